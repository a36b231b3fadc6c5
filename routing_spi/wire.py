"""Checked reading of values out of mappings that came from elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn, TypeAlias

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"

_HIGHEST_PORT: Final = 65535
_SHOWN_AT_MOST: Final = 80


class MalformedMessage(ValueError):
    """A message that is not what the contract says; its text names the field and shows the value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fields:
    """The fields of one mapping, each read with the type it must have; all else is a `MalformedMessage`."""

    values: Mapping[str, object]
    what: str

    @classmethod
    def of(cls, value: object, what: str) -> "Fields":
        """`value` as fields; refuses what is not a mapping with text keys."""
        if not isinstance(value, Mapping) or not set(map(type, value)) <= {str}:
            msg = f"{what} must be a mapping with text keys, not {_shown(value)}"
            raise MalformedMessage(msg)
        return cls(values=value, what=what)

    def text(self, name: str) -> str:
        """A text that is not empty."""
        value = self.values.get(name)
        if not isinstance(value, str) or not value:
            self._refuse(name, "a text that is not empty", self._present(name))
        return value

    def any_text(self, name: str) -> str:
        """A text, empty or not."""
        value = self.values.get(name)
        if not isinstance(value, str):
            self._refuse(name, "a text", self._present(name))
        return value

    def optional_text(self, name: str) -> str | None:
        """A text, or None."""
        value = self._present(name)
        if value is not None and not isinstance(value, str):
            self._refuse(name, "a text or null", value)
        return value

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self.values.get(name)
        if not isinstance(value, bool):
            self._refuse(name, "true or false", self._present(name))
        return value

    def number(self, name: str, *, least: int = 0) -> int:
        """A whole number of at least `least`; true and false are no numbers."""
        value = self.values.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            self._refuse(name, f"a whole number of at least {least}", self._present(name))
        return value

    def optional_number(self, name: str, *, least: int = 0) -> int | None:
        """A whole number of at least `least`, or None."""
        return None if self._present(name) is None else self.number(name, least=least)

    def port(self, name: str) -> int:
        """A network port, 1 to 65535."""
        value = self.number(name, least=1)
        if value > _HIGHEST_PORT:
            self._refuse(name, "a port from 1 to 65535", value)
        return value

    def items(self, name: str) -> list[object]:
        """A list of anything."""
        value = self._present(name)
        if not isinstance(value, list | tuple):
            self._refuse(name, "a list", value)
        return list(value)

    def texts(self, name: str) -> list[str]:
        """A list of texts."""
        items = self.items(name)
        texts = [item for item in items if isinstance(item, str)]
        if len(texts) != len(items):
            self._refuse(name, "a list of texts", items)
        return texts

    def mappings(self, name: str) -> list[dict[str, str]]:
        """A list of path mappings, each `{"frontend": text, "backend": text}`."""
        read = [Fields.of(item, f"{self.what}: {name}") for item in self.items(name)]
        return [{"frontend": item.any_text("frontend"), "backend": item.any_text("backend")} for item in read]

    def _present(self, name: str) -> object:
        if name not in self.values:
            msg = f"{self.what} has no {name}"
            raise MalformedMessage(msg)
        return self.values[name]

    def _refuse(self, name: str, expected: str, value: object) -> NoReturn:
        msg = f"{self.what}: {name} must be {expected}, not {_shown(value)}"
        raise MalformedMessage(msg)


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN_AT_MOST else f"{shown[: _SHOWN_AT_MOST - 3]}..."
