"""The file of quickstarts becomes what the interface shows of them, or is refused by file and key."""

import re
from pathlib import Path

from broker.catalogue.section import Section
from broker.catalogue.yaml_file import document_of
from broker.core.quickstart import Quickstart

KEYS = frozenset({"id", "name", "website", "initial_git_url", "cartridges", "summary", "tags", "admin_tags"})
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def shipped_quickstarts() -> Path:
    """The file of the quickstarts that come with the broker."""
    return Path(__file__).parent / "quickstarts.yaml"


def read_quickstarts(path: Path) -> tuple[Quickstart, ...]:
    """The quickstarts of the list `quickstarts` in the file, in its order.

    Raises `MalformedManifest`, naming file and key, for one that is wrong and for two that share an id.
    """
    document = Section(path, "", document_of(path))
    document.only({"quickstarts"})
    found: dict[str, Quickstart] = {}
    for section in document.parts("quickstarts"):
        quickstart = _quickstart(section)
        if quickstart.quickstart_id in found:
            raise section.wrong("id", f"{quickstart.quickstart_id} is another quickstart's already")
        found[quickstart.quickstart_id] = quickstart
    return tuple(found.values())


def _quickstart(section: Section) -> Quickstart:
    section.only(KEYS)
    return Quickstart(
        quickstart_id=section.text("id", form=ID),
        name=section.text("name"),
        website=section.text("website", ""),
        initial_git_url=section.text("initial_git_url"),
        cartridges=section.texts("cartridges"),
        summary=section.text("summary", ""),
        tags=section.texts("tags"),
        admin_tags=section.texts("admin_tags"),
    )
