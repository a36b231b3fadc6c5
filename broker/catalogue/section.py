"""A mapping inside a manifest, read key by key; every refusal names the file and the path of the key."""

import re
from collections.abc import Collection
from pathlib import Path

from broker.core.errors import ConfigurationError

LONGEST_QUOTE = 80


class MalformedManifest(ConfigurationError):
    """A manifest that does not describe a cartridge; the text names the file, the key and what is wrong."""

    code = "malformed_manifest"

    def __init__(self, source: Path | str, key: str | None, problem: str) -> None:
        self.problem = f"{key}: {problem}" if key else problem
        super().__init__(f"{source}: {self.problem}.", field=key)


def shown(value: object) -> str:
    """A value as a refusal quotes it: no longer than a line."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no number of thousands of digits
        return "a number of very many digits"
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}..."


def _shown_key(key: object) -> str:
    return " ".join(key.split())[:LONGEST_QUOTE] if isinstance(key, str) else shown(key)


class Section:
    """One mapping of the manifest; `place` is its own path, empty for the manifest itself."""

    def __init__(self, source: Path | str, place: str, content: object) -> None:
        self.source = source
        self.place = place
        if not isinstance(content, dict):
            raise self.wrong("", f"expected keys and values, found {shown(content)}")
        self._content = content

    def wrong(self, key: str, problem: str) -> MalformedManifest:
        """The refusal that says what is wrong with this key of the section, or with the section itself."""
        return MalformedManifest(self.source, ".".join(part for part in (self.place, key) if part) or None, problem)

    def only(self, known: Collection[str]) -> None:
        """Refuses a key that is none of these, so that a misspelt one is not silently without effect."""
        for key in self._content:
            if key not in known:
                raise self.wrong(_shown_key(key), "this key is not known")

    def has(self, key: str) -> bool:
        """Whether the key is given at all."""
        return key in self._content

    def text(self, key: str, default: str | None = None, *, form: re.Pattern[str] | None = None) -> str:
        """The text under the key, which must be there unless there is a default."""
        value = self._content.get(key, default)
        if value is None:
            raise self.wrong(key, "missing")
        if not isinstance(value, str):
            raise self.wrong(_shown_key(key), f"expected a text, found {shown(value)}; quote it")
        if form is not None and not form.fullmatch(value):
            raise self.wrong(key, f"{shown(value)} does not have the form {form.pattern}")
        return value

    def keys(self) -> frozenset[str]:
        """The keys that are given."""
        return frozenset(map(_shown_key, self._content))

    def texts(self, key: str, *, form: re.Pattern[str] | None = None) -> tuple[str, ...]:
        """The list of texts under the key; none when it is absent."""
        return tuple(self._text_of(key, item, form) for item in self._list(key))

    def alternatives(self, key: str) -> tuple[tuple[str, ...], ...]:
        """A list whose every item is a text, or a list of texts of which one is enough; none when it is absent."""
        found = []
        for item in self._list(key):
            items = item if isinstance(item, list) and item else [item]
            found.append(tuple(self._text_of(key, each, None) for each in items))
        return tuple(found)

    def all_texts(self) -> dict[str, str]:
        """Every key of the section with its text."""
        return {_shown_key(key): self.text(key) for key in self._content}

    def number(self, key: str, default: int | None = None, *, lowest: int, highest: int | None = None) -> int:
        """The whole number under the key, between the two, which must be there unless there is a default."""
        value = self._content.get(key, default)
        if value is None:
            raise self.wrong(key, "missing")
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong(key, f"expected a whole number, found {shown(value)}")
        if value < lowest or (highest is not None and value > highest):
            raise self.wrong(key, f"{shown(value)} is not {lowest} or more" + (f", up to {highest}" if highest else ""))
        return value

    def flag(self, key: str) -> bool:
        """Whether the key says true; absent is false."""
        value = self._content.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, f"expected true or false, found {shown(value)}")
        return value

    def part(self, key: str) -> "Section":
        """The section under the key; an empty one when it is absent."""
        return Section(self.source, self._path(key), self._content.get(key, {}))

    def parts(self, key: str) -> tuple["Section", ...]:
        """The list of sections under the key; none when it is absent."""
        return tuple(
            Section(self.source, f"{self._path(key)}[{index}]", item) for index, item in enumerate(self._list(key))
        )

    def _list(self, key: str) -> list[object]:
        value = self._content.get(key, [])
        if not isinstance(value, list):
            raise self.wrong(key, f"expected a list, found {shown(value)}")
        return value

    def _text_of(self, key: str, item: object, form: re.Pattern[str] | None) -> str:
        if not isinstance(item, str):
            raise self.wrong(key, f"expected a list of texts, found {shown(item)} in it; quote it")
        if form is not None and not form.fullmatch(item):
            raise self.wrong(key, f"{shown(item)} does not have the form {form.pattern}")
        return item

    def _path(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key
