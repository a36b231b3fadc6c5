"""The candidates of one zone for the gears of one group, best first, while a batch of them is placed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from heapq import heapify, heappop, heappush, merge
from operator import attrgetter
from types import MappingProxyType

from broker.core.placement.draw import RANK_MASK
from broker.core.placement.fleet import Fleet
from broker.core.placement.model import load_of
from broker.core.placement.node_class import Entry, NodeClass
from broker.core.placement.spread import GroupSpread, Place


class Order(StrEnum):
    """What the gear to be placed makes of the group's gears on a node."""

    GEAR = "gear"  # fewest gears first
    PROXY = "proxy"  # fewest proxy gears first, then fewest gears
    LONE_PROXY = "lone_proxy"  # no proxy gear at all, fewest gears first


Level = tuple[int, int]
"""Proxy gears of the group, where the order minds them, and gears of the group on a node."""

FRESH: Level = (0, 0)
"""The level of a node without gears of the group: none is better."""


class Guest:
    """A node that hosts gears of the group, with what the batch has added to it."""

    __slots__ = ("entry", "gears", "hosted", "proxies")

    def __init__(self, entry: Entry, hosted: int, proxies: int) -> None:
        self.entry = entry
        self.gears = entry.gears
        self.hosted = hosted
        self.proxies = proxies

    def level(self, order: Order) -> Level:
        """Where the order ranks the node."""
        return (self.proxies if order is Order.PROXY else 0, self.hosted)


_HeapItem = tuple[int, int, int, int, Guest]
"""Level, load and way round the ring; no two nodes share the way, so guests are never compared."""


class ZoneQueue:
    """The open nodes of one zone: fresh ones, read lazily from the fleet's index, and guests, by level.

    Gears taken here are in no other book until the batch ends; the fleet must not change meanwhile.
    """

    __slots__ = (
        "_best", "_first", "_fleet", "_fresh_nodes", "_head", "_heaps", "_point", "barred", "capacity",
        "classes", "fresh", "gears", "group_gears", "group_proxies", "guests", "is_known", "levels", "open",
        "place", "unproxied",
    )  # fmt: skip

    def __init__(self, place: Place, classes: tuple[NodeClass, ...], fleet: Fleet, point: int) -> None:
        self.place = place
        self.is_known = place[1] is not None
        self.classes = classes
        self.open = self.gears = self.capacity = 0
        for home in classes:
            self.open += home.open
            self.gears += home.gears
            self.capacity += home.capacity
        self.fresh = self.unproxied = self.open
        self.group_gears = self.group_proxies = 0
        self.guests: dict[int, Guest] = {}
        self.barred: set[int] = set()
        self.levels: dict[Level, int] = {}
        self._fleet = fleet
        self._point = point
        self._head: tuple[int, int, Entry] | None = None
        self._fresh_nodes: Iterator[tuple[int, int, int]] | None = None
        self._heaps: dict[Order, list[_HeapItem]] = {}
        self._best: dict[Order, tuple[Level, int, int]] = {}
        self._first: dict[Order, tuple[int, int, Entry]] = {}

    def admit(self, entry: Entry, spread: GroupSpread) -> None:
        """Note an open node of the zone that hosts gears of the group; before anything is asked."""
        guest = Guest(entry, spread.gears[entry.node_id], spread.proxies.get(entry.node_id, 0))
        self.guests[entry.rank] = guest
        self.fresh -= 1
        self.unproxied -= 1
        self._count(guest, 1)

    def bar(self, entry: Entry) -> None:
        """Leave an open node of the zone out; before anything is asked, and not one that was admitted."""
        self.barred.add(entry.rank)
        self.open -= 1
        self.unproxied -= 1
        self.fresh -= 1

    def best(self, order: Order) -> tuple[Level, int, int]:
        """Where no node is fresh: the best level, the candidates with as few proxies, those at the level."""
        known = self._best.get(order)
        if known is None:
            known = self._best[order] = self._find_best(order)
        return known

    def first(self, order: Order) -> tuple[int, int, Entry]:
        """The least loaded, then nearest, candidate at the best level: load, way round the ring, itself."""
        if self.fresh:
            return self._head or self._next_fresh()
        known = self._first.get(order)
        if known is None:
            known = self._first[order] = self._first_guest(order)
        return known

    def at(self, level: Level, order: Order) -> Iterator[tuple[int, int, Entry]]:
        """Every candidate at a level, in no promised order: its load, its way round the ring, itself."""
        if level == FRESH:
            for home in self.classes:
                for load, way, rank in home.from_point(self._point):
                    if rank not in self.guests and rank not in self.barred:
                        yield load, way, self._fleet.ranked(rank)
            return
        for proxies, hosted, load, way, guest in self._items(self.guests.values(), order):
            if (proxies, hosted) == level:
                yield load, way, guest.entry

    def is_at(self, entry: Entry, level: Level, order: Order) -> bool:
        """The node is a candidate of this zone at this level."""
        if entry.home not in self.classes or entry.gears >= entry.capacity or entry.rank in self.barred:
            return False
        guest = self.guests.get(entry.rank)
        if guest is None:
            return level == FRESH
        return self._can_take(guest, order) and guest.level(order) == level

    def take(self, entry: Entry, *, carries_proxy: bool) -> bool:
        """Put a gear on a candidate; true if that made the node full."""
        guest = self.guests.get(entry.rank)
        if guest is None:
            guest = self.guests[entry.rank] = Guest(entry, 0, 0)
            self.fresh -= 1
            self.unproxied -= 1
            if self._head and self._head[2] is entry:
                self._head = None
        else:
            self._count(guest, -1)
        self._best.clear()
        self._first.clear()
        guest.hosted += 1
        guest.gears += 1
        self.gears += 1
        self.group_gears += 1
        if carries_proxy:
            guest.proxies += 1
            self.group_proxies += 1
        if guest.gears >= entry.capacity:
            self.open -= 1
            return True
        self._count(guest, 1)
        for order, heap in self._heaps.items():
            for item in self._items((guest,), order):
                heappush(heap, item)
        return False

    def _count(self, guest: Guest, by: int) -> None:
        level = (guest.proxies, guest.hosted)
        count = self.levels.get(level, 0) + by
        if count:
            self.levels[level] = count
        else:
            del self.levels[level]
        if not guest.proxies:
            self.unproxied += by

    def _next_fresh(self) -> tuple[int, int, Entry]:
        if self._fresh_nodes is None:
            runs = [home.from_point(self._point) for home in self.classes]
            self._fresh_nodes = runs[0] if len(runs) == 1 else merge(*runs)
        load, way, rank = next(self._fresh_nodes)
        while rank in self.guests or rank in self.barred:
            load, way, rank = next(self._fresh_nodes)
        self._head = load, way, self._fleet.ranked(rank)
        return self._head

    def _find_best(self, order: Order) -> tuple[Level, int, int]:
        levels = self.levels
        if order is Order.PROXY:
            proxies = min([level[0] for level in levels])
            levels = {level: count for level, count in levels.items() if level[0] == proxies}
            least = min(levels)
            return least, sum(levels.values()), levels[least]
        counted = [(level[1], count) for level, count in levels.items() if order is Order.GEAR or not level[0]]
        gears = min(counted)[0]
        return (0, gears), CANDIDATES[order](self), sum([count for each, count in counted if each == gears])

    def _first_guest(self, order: Order) -> tuple[int, int, Entry]:
        heap = self._heaps.get(order)
        if heap is None:
            heap = self._heaps[order] = self._items(self.guests.values(), order)
            heapify(heap)
        while heap[0][1] != heap[0][4].hosted or not self._can_take(heap[0][4], order):
            heappop(heap)
        _, _, load, way, guest = heap[0]
        return load, way, guest.entry

    def _items(self, guests: Iterable[Guest], order: Order) -> list[_HeapItem]:
        point = self._point
        minds_proxies, takes_no_proxy = order is Order.PROXY, order is Order.LONE_PROXY
        return [
            (
                guest.proxies if minds_proxies else 0,
                guest.hosted,
                load_of(guest.gears, guest.entry.capacity),
                (guest.entry.rank - point) & RANK_MASK,
                guest,
            )
            for guest in guests
            if guest.gears < guest.entry.capacity and not (takes_no_proxy and guest.proxies)
        ]

    def _can_take(self, guest: Guest, order: Order) -> bool:
        if guest.gears >= guest.entry.capacity:
            return False
        return not (order is Order.LONE_PROXY and guest.proxies)


CANDIDATES: Mapping[Order, Callable[[ZoneQueue], int]] = MappingProxyType(
    {
        Order.GEAR: attrgetter("open"),
        Order.PROXY: attrgetter("open"),
        Order.LONE_PROXY: attrgetter("unproxied"),
    }
)
"""By order, the number of nodes of a zone that can take such a gear."""
