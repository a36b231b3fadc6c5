"""Pick: one node among the candidates that requirements and preferences left; a policy is one function."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from broker.core.placement.draw import Draw
from broker.core.placement.levels import Level, Order
from broker.core.placement.model import FULL_LOAD
from broker.core.placement.zone import Zone

_SPARED = 4
"""So many nodes the original policy keeps whatever their load."""


class Candidate(NamedTuple):
    """A node that may be picked: `load` in parts per million, `way` from the draw's point on the ring."""

    load: int
    way: int
    node_id: str
    region: str | None
    zone: str | None


class Candidates:
    """What is left to pick from: names the least loaded at once, and all of them when read through."""

    __slots__ = ("level", "order", "zones")

    def __init__(self, zones: Sequence[Zone], level: Level, order: Order) -> None:
        self.zones = zones
        self.level = level
        self.order = order

    def __iter__(self) -> Iterator[Candidate]:
        for zone in self.zones:
            for key, entry in zone.at(self.level, self.order):
                yield Candidate(*key, entry.node_id, *zone.place)

    def least_loaded(self) -> str:
        """The least loaded node; among equals that of the least loaded zone, then the nearest on the ring."""
        return min([zone.first(self.order) for zone in self.zones])[3].node_id


Pick = Callable[[Candidates, Draw, int], str]
"""From candidates, the application's draw and the number of gears placed before: the id of one candidate."""


def least_loaded(candidates: Candidates, _draw: Draw, _index: int) -> str:
    """The least loaded node, ties broken by the application's place on the ring."""
    return candidates.least_loaded()


def original(candidates: Candidates, draw: Draw, index: int) -> str:
    """A weighted draw that leans to empty nodes about three to one, after the fullest have been left out.

    It reads every candidate, so it costs what a full scan costs. The original's halving by a district's free
    uids has no counterpart, as districts are not placed by.
    """
    ranked = without_fullest(sorted(candidates, key=lambda candidate: (-candidate.load, candidate.way)))
    weights = weights_of(len(ranked))
    ticket = draw.below(index + 2, sum(weights))  # the first two numbers are the ring's point
    for candidate, weight in zip(ranked, weights, strict=True):
        ticket -= weight
        if ticket < 0:
            return candidate.node_id
    raise AssertionError("a ticket is below the sum of the weights")


def without_fullest(fullest_first: Sequence[Candidate]) -> Sequence[Candidate]:
    """Drop nodes loaded more than about a percent above the mean; keep a fifth and at least four."""
    count = len(fullest_first)
    total = sum(candidate.load for candidate in fullest_first)
    beyond = 0
    while (
        count - beyond > max(_SPARED, count // 5)
        and 100 * count * fullest_first[beyond].load > 99 * total + FULL_LOAD * count
    ):
        beyond += 1
    return fullest_first[beyond:]


def weights_of(count: int) -> range:
    """The weights of so many nodes, fullest first: half their number, rounded half up, and rising by one."""
    skew = (count + 1) // 2
    return range(skew, skew + count)


POLICIES: Mapping[str, Pick] = MappingProxyType({"least_loaded": least_loaded, "original": original})
"""The policies by name; others are passed as functions."""


def named(policy: str | Pick) -> tuple[str, Pick]:
    """A policy with its name, given either; KeyError for a name that is not in `POLICIES`."""
    if isinstance(policy, str):
        return policy, POLICIES[policy]
    return getattr(policy, "__name__", type(policy).__name__), policy
