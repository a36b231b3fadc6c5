"""Answers as XML: what JSON would hold, as elements.

`{"gear_sizes": ["small"]}` becomes `<gear-sizes><gear-size>small</gear-size></gear-sizes>`. Null is an empty element
with `nil="true"`; an empty list, object or string is an empty element without it. A key that is no name for an element
becomes `<entry key="...">`. Nothing here reads XML: a body in that format is refused unread.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
ROOT: Final = "response"
DATA: Final = "data"
# The element around the data where its kind has no singular of its own: the map of links, and whatever has no kind.
DATUM: Final = "datum"
LINKS: Final = "links"
_SINGULARS: Final = {"aliases": "alias", "statuses": "status"}
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
# What XML 1.0 cannot hold in any spelling.
_UNHOLDABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REPLACEMENT: Final = "\ufffd"
_MARKUP: Final = re.compile('[&<>"\r]')
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"}


def xml_text(envelope: Mapping[str, object]) -> str:
    """The envelope of an answer as a document; its `data` is always in an element of its kind, one object as well."""
    kind = envelope.get("type")
    parts = [DECLARATION, f"<{ROOT}>"]
    for name, value in envelope.items():
        parts += _data(value, kind) if name == DATA else _element(name, value)
    parts.append(f"</{ROOT}>\n")
    return "".join(parts)


def singular(name: str) -> str:
    """What one of several things is called: `properties` are made of a `property` each."""
    if name in _SINGULARS:
        return _SINGULARS[name]
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    if name.endswith("sses"):
        return name[:-2]
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def _data(value: object, kind: object) -> Iterator[str]:
    """The data: nothing, or one element of its kind for each of what it has."""
    if value is None:
        yield from _element(DATA, None)
        return
    item = singular(kind) if isinstance(kind, str) and kind != LINKS else DATUM
    values = value if isinstance(value, list) else [value]
    yield f"<{DATA}>"
    for each in values:
        yield from _element(item, each)
    yield f"</{DATA}>"


def _element(name: str, value: object) -> Iterator[str]:
    tag, attribute = _tag(name)
    if value is None:
        yield f'<{tag}{attribute} nil="true"/>'
        return
    yield f"<{tag}{attribute}>"
    yield from _content(name, value)
    yield f"</{tag}>"


def _content(name: str, value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _element(str(key), each)
    elif isinstance(value, list | tuple):
        item = singular(name)
        for each in value:
            yield from _element(item, each)
    elif isinstance(value, bool):
        yield "true" if value else "false"
    else:
        yield escaped(str(value))


def _tag(name: str) -> tuple[str, str]:
    """The name of the element, and the attribute that holds the key where it cannot be that name."""
    if _NAME.fullmatch(name) and not name.lower().startswith("xml"):
        return name.replace("_", "-"), ""
    key = escaped(name).replace("\n", "&#10;").replace("\t", "&#9;")
    return "entry", f' key="{key}"'


def escaped(text: str) -> str:
    """The text without markup; what XML 1.0 cannot hold is replaced, and a carriage return survives its reader."""
    return _MARKUP.sub(_entity, _UNHOLDABLE.sub(_REPLACEMENT, text))


def _entity(found: re.Match[str]) -> str:
    return _ENTITIES[found[0]]
