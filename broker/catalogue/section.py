"""A mapping inside a manifest, read key by key; every refusal names the file and the path of the key."""

import re
from collections.abc import Collection
from pathlib import Path

from broker.core.errors import ConfigurationError


class MalformedManifest(ConfigurationError):
    """A manifest that does not describe a cartridge; the text names the file, the key and what is wrong."""

    code = "malformed_manifest"

    def __init__(self, source: Path, key: str | None, problem: str) -> None:
        super().__init__(f"{source}: {f'{key}: ' if key else ''}{problem}.", field=key)


class Section:
    """One mapping of the manifest; `place` is its own path, empty for the manifest itself."""

    def __init__(self, source: Path, place: str, content: object) -> None:
        self.source = source
        self.place = place
        if not isinstance(content, dict):
            raise self.wrong("", f"expected keys and values, found {content!r}")
        self._content = content

    def wrong(self, key: str, problem: str) -> MalformedManifest:
        """The refusal that says what is wrong with this key of the section, or with the section itself."""
        return MalformedManifest(self.source, ".".join(part for part in (self.place, key) if part) or None, problem)

    def only(self, known: Collection[str]) -> None:
        """Refuses a key that is none of these, so that a misspelt one is not silently without effect."""
        for key in self._content:
            if key not in known:
                raise self.wrong(str(key), "this key is not known")

    def has(self, key: str) -> bool:
        """Whether the key is given at all."""
        return key in self._content

    def text(self, key: str, default: str | None = None, *, form: re.Pattern[str] | None = None) -> str:
        """The text under the key, which must be there unless there is a default."""
        value = self._content.get(key, default)
        if value is None:
            raise self.wrong(key, "missing")
        if not isinstance(value, str):
            raise self.wrong(key, f"expected a text, found {value!r}; quote it")
        if form is not None and not form.fullmatch(value):
            raise self.wrong(key, f"{value!r} does not have the form {form.pattern}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """The list of texts under the key; none when it is absent."""
        return tuple(self._text_of(key, item) for item in self._list(key))

    def all_texts(self) -> dict[str, str]:
        """Every key of the section with its text."""
        return {str(key): self.text(key) for key in self._content}

    def number(self, key: str, default: int | None = None, *, lowest: int, highest: int | None = None) -> int:
        """The whole number under the key, between the two, which must be there unless there is a default."""
        value = self._content.get(key, default)
        if value is None:
            raise self.wrong(key, "missing")
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong(key, f"expected a whole number, found {value!r}")
        if value < lowest or (highest is not None and value > highest):
            raise self.wrong(key, f"{value} is not {lowest} or more" + (f", up to {highest}" if highest else ""))
        return value

    def flag(self, key: str) -> bool:
        """Whether the key says true; absent is false."""
        value = self._content.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, f"expected true or false, found {value!r}")
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
            raise self.wrong(key, f"expected a list, found {value!r}")
        return value

    def _text_of(self, key: str, item: object) -> str:
        if not isinstance(item, str):
            raise self.wrong(key, f"expected a list of texts, found {item!r} in it; quote it")
        return item

    def _path(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key
