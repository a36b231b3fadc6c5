"""A quickstart: an application that can be made at once from code that is there already."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Quickstart:
    """What to create, and the code to begin with; `admin_tags` are the operator's words for it."""

    quickstart_id: str
    name: str
    initial_git_url: str
    cartridges: tuple[str, ...]
    website: str = ""
    summary: str = ""
    tags: tuple[str, ...] = ()
    admin_tags: tuple[str, ...] = ()
