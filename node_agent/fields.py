"""Reading named fields out of what was received, with a clear refusal of whatever is malformed."""

import json
import reprlib
from collections.abc import Mapping, Sequence
from math import inf

HIGHEST_PORT = 65535
# JSON without spaces; made once, because `json.dumps` makes an encoder for every text.
compact = json.JSONEncoder(separators=(",", ":")).encode

_brief = reprlib.Repr()
_brief.maxstring = _brief.maxother = 100


class MalformedMessage(ValueError):
    """What was received is not the message it should be; the text names the field and, in brief, what it held."""


def mapping_in(value: object, what: str) -> Mapping[str, object]:
    """Return `value` if it is a mapping; raises `MalformedMessage`."""
    if not isinstance(value, (dict, Mapping)):  # nearly always a dict, and asking for a Mapping first is slow
        raise MalformedMessage(f"{what} must be an object with named fields, not {_brief.repr(value)}")
    return value


def text_in(fields: Mapping[str, object], name: str) -> str:
    """Return the non-empty text called `name`, which can be written down anywhere; raises `MalformedMessage`."""
    return _text(fields.get(name), name)


def texts_in(fields: Mapping[str, object], name: str) -> tuple[str, ...]:
    """Return the list of non-empty texts called `name`; raises `MalformedMessage`."""
    return tuple([_text(each, f"each of {name}") for each in list_in(fields, name)])


def _text(value: object, what: str) -> str:
    if not isinstance(value, str) or not value:
        raise MalformedMessage(f"{what} must be a text that is not empty, not {_brief.repr(value)}")
    if "\0" in value or not (value.isascii() or _can_be_written(value)):
        raise MalformedMessage(f"{what} must be a text of Unicode characters without NUL, not {_brief.repr(value)}")
    return value


def _can_be_written(text: str) -> bool:
    """JSON can hold half of a character (a lone surrogate), which UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def optional_text_in(fields: Mapping[str, object], name: str) -> str | None:
    """Return the text called `name`, None where it is absent or null; raises `MalformedMessage`."""
    return None if fields.get(name) is None else text_in(fields, name)


def truth_in(fields: Mapping[str, object], name: str) -> bool:
    """Return the truth value called `name`; raises `MalformedMessage`."""
    value = fields.get(name)
    if not isinstance(value, bool):
        raise MalformedMessage(f"{name} must be true or false, not {_brief.repr(value)}")
    return value


def whole_in(fields: Mapping[str, object], name: str) -> int:
    """Return the whole number, not negative, called `name`; raises `MalformedMessage`."""
    value = fields.get(name)
    if type(value) is not int or value < 0:  # `type`, because True is an int by `isinstance`
        raise MalformedMessage(f"{name} must be a whole number that is not negative, not {_brief.repr(value)}")
    return value


def port_in(fields: Mapping[str, object], name: str) -> int:
    """Return the network port (1..65535) called `name`; raises `MalformedMessage`."""
    value = fields.get(name)
    if type(value) is not int or not 1 <= value <= HIGHEST_PORT:
        raise MalformedMessage(f"{name} must be a network port, not {_brief.repr(value)}")
    return value


def list_in(fields: Mapping[str, object], name: str) -> Sequence[object]:
    """Return the list called `name`; raises `MalformedMessage`."""
    value = fields.get(name)
    if not isinstance(value, list | tuple):
        raise MalformedMessage(f"{name} must be a list, not {_brief.repr(value)}")
    return value


def number_in(fields: Mapping[str, object], name: str) -> float:
    """Return the number, finite and not negative, called `name`; raises `MalformedMessage`."""
    value = fields.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < inf:
        raise MalformedMessage(f"{name} must be a number that is not negative, not {_brief.repr(value)}")
    return value
