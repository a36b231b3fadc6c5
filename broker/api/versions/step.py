"""A step from one version of the interface down to the one before it, made of small changes of dumped data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Data = dict[str, Any]
Find = Callable[[str], tuple[str, str] | None]


class Names:
    """Domain and name of applications by their ids: what older links are made of.

    Those of the answer are known from it; `find` looks another one up, and has None for one that is gone.
    """

    def __init__(self, find: Find) -> None:
        self._find = find
        self._known: dict[str, tuple[str, str] | None] = {}

    def learn(self, application_id: str, domain: str, name: str) -> None:
        """Note an application of the answer."""
        self._known[application_id] = (domain, name)

    def of(self, application_id: str) -> tuple[str, str] | None:
        """Domain and name of the application."""
        if application_id not in self._known:
            self._known[application_id] = self._find(application_id)
        return self._known[application_id]


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """What a change may need beside the data: the value that the data was made from, and names of applications.

    `source` is None where the data came without one.
    """

    source: object
    names: Names


Change = Callable[[Data, Made], Data]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """The changes that lead down to a version.

    `changes` are by the kind of one thing (`application`, never `applications`). `lists` are by the kind of many, and
    say which of these are listed at all. `everywhere` are the changes of all things that are no map of links.
    """

    version: float
    changes: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)
    lists: Mapping[str, Callable[[Data], bool]] = field(default_factory=dict)
    everywhere: tuple[Change, ...] = ()


def without(*names: str) -> Change:
    """The change that takes members away."""

    def take(data: Data, _: Made) -> Data:
        return {name: value for name, value in data.items() if name not in names}

    return take


def only(*names: str) -> Change:
    """The change that takes all other members away."""

    def keep(data: Data, _: Made) -> Data:
        return {name: value for name, value in data.items() if name in names}

    return keep


def renamed(old: str, new: str) -> Change:
    """The change that gives a member another name, if it is there."""

    def rename(data: Data, _: Made) -> Data:
        return {new if name == old else name: value for name, value in data.items()}

    return rename
