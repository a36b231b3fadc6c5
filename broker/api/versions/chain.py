"""Shows data in an older version: down the steps from 1.7, one after the other, to the version asked for.

A kind of data that no step names passes through, except for its links.
"""

from typing import Any

from broker.api.versions import to_1_0, to_1_1, to_1_2, to_1_3, to_1_4, to_1_5, to_1_6
from broker.api.versions.links import LINKS
from broker.api.versions.step import Data, Made, Names, Step
from broker.api.xml import singular

_STEPS = (to_1_6.STEP, to_1_5.STEP, to_1_4.STEP, to_1_3.STEP, to_1_2.STEP, to_1_1.STEP, to_1_0.STEP)
# What is inside something: its member, and the kind of each thing in that.
_INSIDE = {
    "application": {"aliases": "alias", "cartridges": "cartridge", "members": "member"},
    "domain": {"members": "member"},
    "team": {"members": "member"},
}


def shown_in(version: float, kind: str, data: Any, source: object, names: Names) -> Any:
    """The data of that kind, one thing or many, as that version shows it; `source` is what it was dumped from."""
    steps = tuple(step for step in _STEPS if step.version >= version)
    if isinstance(data, list):
        return _many(steps, kind, data, source, names)
    return _one(steps, kind, data, source, names)


def _many(steps: tuple[Step, ...], kind: str, data: list[Any], source: object, names: Names) -> list[Any]:
    pairs = _paired(data, source)
    for step in steps:
        if kind in step.lists:
            pairs = [(each, made_from) for each, made_from in pairs if step.lists[kind](each)]
    return [_one(steps, singular(kind), each, made_from, names) for each, made_from in pairs]


def _one(steps: tuple[Step, ...], kind: str, data: Any, source: object, names: Names) -> Any:
    if not isinstance(data, dict):
        return data
    if kind == "application":
        names.learn(data["id"], data["domain_id"], data["name"])
    for member, inner in _INSIDE.get(kind, {}).items():
        if isinstance(data.get(member), list):
            pairs = _paired(data[member], getattr(source, member, None))
            data = {**data, member: [_one(steps, inner, each, made_from, names) for each, made_from in pairs]}
    made = Made(source=source, names=names)
    for step in steps:
        for change in step.changes.get(kind, ()):
            data = change(data, made)
        for change in step.everywhere if kind != LINKS else ():
            data = change(data, made)
    return data


def _paired(data: list[Data], source: object) -> list[tuple[Data, object]]:
    """Each thing with the value that it was dumped from, None where that is not known."""
    known = source if isinstance(source, list | tuple) and len(source) == len(data) else [None] * len(data)
    return list(zip(data, known, strict=True))
