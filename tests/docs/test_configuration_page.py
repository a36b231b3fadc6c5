"""The table of settings says of each what the code says; only what it means is written by hand."""

from dataclasses import fields
from pathlib import Path
from typing import Any

from broker.config import values
from broker.config.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
BEGIN, END = "<!-- settings: computed but for the last column -->", "<!-- /settings -->"


def allowed(read: Any) -> str:
    """What a setting may be, in the words in which it refuses what it may not be."""
    if read is values.boolean:
        return "true or false"
    for impossible in ("no-such-value", "\0", ""):
        try:
            read(impossible)
        except values.UnreadableValue as refusal:
            return str(refusal)
    raise AssertionError("the setting takes anything")


def default(value: object) -> str:
    """A default as a file would give it."""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`{','.join(value)}`" if value else "nothing"
    if isinstance(value, float):
        return f"`{value:g}`"
    return f"`{value}`" if str(value) else "nothing"


def computed():
    """Name, default and what is allowed, of every setting in its order."""
    return [
        [f"`{each.metadata['name']}`", default(each.default), allowed(each.metadata["read"])]
        for each in fields(Settings)
    ]


def documented():
    """The cells of the page's table, row by row."""
    table = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_the_table_of_settings_is_what_the_code_says():
    assert [row[:3] for row in documented()] == computed()


def test_every_setting_is_explained():
    assert [row[0] for row in documented() if len(row) != 4 or not row[3]] == []
