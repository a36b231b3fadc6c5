"""A refusal made anew of what was stored of it."""

from collections.abc import Iterator

from broker.core.errors.base import Refusal
from broker.core.errors.rules import NoNodeAvailable
from broker.core.errors.under_way import NodeFailed


def refusal_of(code: str | None, text: str) -> Refusal:
    """A refusal that was stored as its code and its text; what has no known code is a node's failure."""
    kind = next((each for each in _kinds(Refusal) if each.code == code), NodeFailed)
    if issubclass(kind, NoNodeAvailable):
        return kind(text)
    stored = kind.__new__(kind)
    Refusal.__init__(stored, text)
    return stored


def _kinds(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for each in kind.__subclasses__():
        yield each
        yield from _kinds(each)
