"""Links between documents lead somewhere, headings included."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def text_of(document):
    """The text without its fenced blocks, whose brackets are no links and whose `#` no headings."""
    return FENCED.sub("", document.read_text(encoding="utf-8"))


def anchors(document):
    """The anchors of a document's headings, as forges make them."""
    headings = HEADING.findall(text_of(document))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_the_document_leads_somewhere(document):
    links = [link for link in LINK.findall(text_of(document)) if not re.match(r"[a-z]+:", link)]

    broken = []
    for link in links:
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            broken.append(link)

    assert broken == []


def test_every_page_can_be_reached_from_the_index():
    index = ROOT / "docs" / "index.md"
    listed = {(index.parent / link.partition("#")[0]).resolve() for link in LINK.findall(text_of(index))}

    assert [str(page) for page in sorted((ROOT / "docs").glob("*.md")) if page not in {*listed, index}] == []
