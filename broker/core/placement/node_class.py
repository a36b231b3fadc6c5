"""Nodes that no rule tells apart, ordered by load and, within one load, on a ring by a fixed rank."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from itertools import chain

from broker.core.placement.draw import RANK_MASK
from broker.core.placement.model import load_of

ClassKey = tuple[str, str | None, str | None, bool, bool]
"""Profile, region, zone, active, responsive."""

Key = tuple[int, int]
"""A node's load and its way round the ring from a point: which of two nodes comes first; no two have the same."""


class Entry:
    """The fleet's own record of a node; only the fleet changes it."""

    __slots__ = ("capacity", "gears", "home", "node_id", "rank")

    def __init__(self, node_id: str, rank: int, home: "NodeClass", *, gears: int, capacity: int) -> None:
        self.node_id = node_id
        self.rank = rank
        self.home = home
        self.gears = gears
        self.capacity = capacity

    def key(self, point: int) -> Key:
        """Where the node comes as it is now, seen from that point."""
        return load_of(self.gears, self.capacity), (self.rank - point) & RANK_MASK


class NodeClass:
    """The nodes of one profile, region, zone and state: open ones by load, full ones apart.

    `rings` maps a load to the sorted ranks of the open nodes that have it; `loads` are its keys, sorted.
    """

    __slots__ = (
        "active", "capacity", "full", "gears", "key", "loads", "open",
        "profile", "region", "responsive", "rings", "zone",
    )  # fmt: skip

    def __init__(self, key: ClassKey) -> None:
        self.key = key
        self.profile, self.region, self.zone, self.active, self.responsive = key
        self.loads: list[int] = []
        self.rings: dict[int, list[int]] = {}
        self.full: set[int] = set()
        self.open = 0
        self.gears = 0
        self.capacity = 0

    def __len__(self) -> int:
        return self.open + len(self.full)

    def insert(self, entry: Entry) -> None:
        """Take the node in, at the place its load gives it."""
        self.gears += entry.gears
        self.capacity += entry.capacity
        self._rank_in(entry)

    def discard(self, entry: Entry) -> None:
        """Let the node go; its gears must be those it was last ranked with."""
        self.gears -= entry.gears
        self.capacity -= entry.capacity
        self._rank_out(entry)

    def shift(self, entry: Entry, gears: int) -> None:
        """Change the node's gears by so many, and its place with them."""
        self._rank_out(entry)
        entry.gears += gears
        self.gears += gears
        self._rank_in(entry)

    def _rank_in(self, entry: Entry) -> None:
        if entry.gears >= entry.capacity:
            self.full.add(entry.rank)
            return
        self.open += 1
        load = load_of(entry.gears, entry.capacity)
        ring = self.rings.get(load)
        if ring is None:
            self.rings[load] = [entry.rank]
            insort(self.loads, load)
        else:
            insort(ring, entry.rank)

    def _rank_out(self, entry: Entry) -> None:
        if entry.gears >= entry.capacity:
            self.full.remove(entry.rank)
            return
        self.open -= 1
        load = load_of(entry.gears, entry.capacity)
        ring = self.rings[load]
        del ring[bisect_left(ring, entry.rank)]
        if not ring:
            del self.rings[load]
            del self.loads[bisect_left(self.loads, load)]

    def from_point(self, point: int, mark: Key = (0, 0)) -> Iterator[tuple[int, int, int]]:
        """Open nodes as (load, way round the ring from `point`, rank), in order of their keys, none before `mark`.

        The class must not change while this is read.
        """
        for position in range(bisect_left(self.loads, mark[0]), len(self.loads)):
            load = self.loads[position]
            ring = self.rings[load]
            begin = point + mark[1] if load == mark[0] else point
            end = bisect_left(ring, point)
            if begin <= RANK_MASK:
                indexes = chain(range(bisect_left(ring, begin), len(ring)), range(end))
            else:
                indexes = chain(range(bisect_left(ring, begin & RANK_MASK), end))
            for index in indexes:
                rank = ring[index]
                yield load, (rank - point) & RANK_MASK, rank
