"""Form parameters with brackets in their names become lists and mappings, as the field's clients write them."""

from collections.abc import Iterable
from typing import Any

from broker.api.refusals import Unreadable

DEEPEST = 16


def nest(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`a[]=1&a[]=2` is a list, `a[b]=1` a mapping, `a[][b]=1` a list of mappings; a plain name keeps its last value.

    Raises `Unreadable` where one name is used as two of these, or is nested too deep.
    """
    root: dict[str, Any] = {}
    for key, value in pairs:
        name, path = _parts(key)
        if name:
            root[name] = _put(root.get(name), path, value, key)
    return root


def _parts(key: str) -> tuple[str, list[str]]:
    name, bracket, rest = key.partition("[")
    if not name or not bracket or not rest.endswith("]"):
        return key, []
    path = rest[:-1].split("][")
    if len(path) > DEEPEST:
        raise Unreadable(f"The parameter '{key[:60]}' is nested deeper than {DEEPEST} levels.")
    return name, path


def _put(held: Any, path: list[str], value: str, key: str) -> Any:
    if not path:
        return value
    part, rest = path[0], path[1:]
    if part == "":
        items = _expect(held, list, key)
        if not rest:
            return [*items, value]
        goes_on = items and isinstance(items[-1], dict) and _lacks(items[-1], rest)
        return [*items[:-1], _put(items[-1], rest, value, key)] if goes_on else [*items, _put(None, rest, value, key)]
    mapping = _expect(held, dict, key)
    return {**mapping, part: _put(mapping.get(part), rest, value, key)}


def _expect(held: Any, kind: type, key: str) -> Any:
    if held is None:
        return kind()
    if not isinstance(held, kind):
        raise Unreadable(f"The parameter '{key[:60]}' is given both as a value and as a list or mapping.")
    return held


def _lacks(mapping: dict[str, Any], path: list[str]) -> bool:
    """Whether the path is free in the mapping: if not, a new element of the list begins."""
    part, rest = path[0], path[1:]
    if part not in mapping:
        return True
    return rest[:1] == [""] or (bool(rest) and isinstance(mapping[part], dict) and _lacks(mapping[part], rest))
