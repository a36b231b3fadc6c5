"""The candidates of one zone for the gears of one group."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType

from broker.core.placement.guests import ClassGuests
from broker.core.placement.levels import FRESH, Level, Order
from broker.core.placement.line import Line
from broker.core.placement.model import load_of
from broker.core.placement.node_class import Entry, Key, NodeClass
from broker.core.placement.spread import GroupSpread, Place

First = tuple[int, int, int, Entry]
"""A node with its load, its zone's load and its way round the ring; no two nodes have the same way."""


class Zone:
    """The nodes of one zone that meet what is asked of their class, in numbers, as of the last `count()`."""

    __slots__ = (
        "_best", "_classes", "_first", "_spread", "barred", "capacity", "fresh", "full", "gears",
        "group_gears", "group_proxies", "is_known", "open", "place", "unproxied",
    )  # fmt: skip

    def __init__(self, place: Place, classes: Sequence[ClassGuests], spread: GroupSpread) -> None:
        self.place = place
        self.is_known = place[1] is not None
        self._classes = classes
        self._spread = spread
        self._best: dict[Order, tuple[Level, int, int]] = {}
        self._first: dict[Order, First] = {}
        self.count()

    def count(self) -> None:
        """Count anew; to be called whenever a gear has come to the zone."""
        self._best.clear()
        self._first.clear()
        self.group_gears = self._spread.zone_gears.get(self.place, 0)
        self.group_proxies = self._spread.zone_proxies.get(self.place, 0)
        self.open = self.fresh = self.unproxied = self.full = self.barred = self.gears = self.capacity = 0
        for guests in self._classes:
            home = guests.home
            is_open = home.open - guests.barred
            self.open += is_open
            self.fresh += is_open - guests.hosts
            self.unproxied += is_open - guests.proxied
            self.full += len(home.full)
            self.barred += guests.barred
            self.gears += home.gears
            self.capacity += home.capacity

    def has(self, home: NodeClass) -> bool:
        """Whether the nodes of a class are among those that count."""
        return home in [guests.home for guests in self._classes]

    def best(self, order: Order) -> tuple[Level, int, int]:
        """Where no node is fresh: the best level, the candidates with as few proxies, those at the level."""
        known = self._best.get(order)
        if known is None:
            known = self._best[order] = self._find_best(order)
        return known

    def first(self, order: Order) -> First:
        """The least loaded, then nearest, candidate at the best level, with what ranks it among other zones'."""
        known = self._first.get(order)
        if known is None:
            lines = self._lines(FRESH if self.fresh else self.best(order)[0], order)
            (load, way), entry = lines[0].first() if len(lines) == 1 else min([line.first() for line in lines])
            known = self._first[order] = load, load_of(self.gears, self.capacity), way, entry
        return known

    def at(self, level: Level, order: Order) -> Iterator[tuple[Key, Entry]]:
        """Every candidate at a level, in no promised order, and its key."""
        for line in self._lines(level, order):
            yield from line

    def _find_best(self, order: Order) -> tuple[Level, int, int]:
        counts: dict[Level, int] = {}
        for guests in self._classes:
            for level, tier in guests.tiers.items():
                seen = order.sees(level)
                if seen is not None:
                    counts[seen] = counts.get(seen, 0) + len(tier.ranks)
        best = min(counts)
        return best, sum([count for level, count in counts.items() if level[0] == best[0]]), counts[best]

    def _lines(self, level: Level, order: Order) -> Sequence[Line]:
        if level == FRESH:
            return [guests.fresh_line for guests in self._classes if guests.home.open > guests.hosts + guests.barred]
        return [tier for guests in self._classes for each, tier in guests.tiers.items() if order.sees(each) == level]


CANDIDATES: Mapping[Order, Callable[[Zone], int]] = MappingProxyType(
    {
        Order.GEAR: attrgetter("open"),
        Order.PROXY: attrgetter("open"),
        Order.LONE_PROXY: attrgetter("unproxied"),
    }
)
"""By order, the number of nodes of a zone that can take such a gear."""
