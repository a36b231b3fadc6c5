"""Lines: nodes that are alike to a gear group, least loaded first, ranked no earlier than their turn comes."""

from abc import ABC, abstractmethod
from heapq import heapify, heappop, heappush, heapreplace

from broker.core.placement.draw import RANK_MASK
from broker.core.placement.fleet import Fleet
from broker.core.placement.levels import Level
from broker.core.placement.node_class import Entry, Key, NodeClass

_SPARE = 16
"""So many keys out of date a line may have beside one for each node, before it is made anew."""


class Line(ABC):
    """Open nodes of one class, the least loaded and then nearest to `point` first.

    A node that comes, or whose load falls, is told to the line. One that goes, or whose load rises, is found out
    when its key comes first: so a key may be too good, and is then set right, but none is too bad without a better
    one of the same node. The keys are made when the line is first asked.
    """

    __slots__ = ("_heap", "fleet", "point")

    def __init__(self, fleet: Fleet, point: int) -> None:
        self.fleet = fleet
        self.point = point
        self._heap: list[Key] | None = None

    @abstractmethod
    def _size(self) -> int:
        """About how many nodes there are in the line."""

    @abstractmethod
    def _start(self) -> list[Key]:
        """The keys to begin with, as a heap."""

    @abstractmethod
    def _member(self, rank: int) -> Entry | None:
        """The node of this rank, if it is in the line."""

    def first(self) -> tuple[Key, Entry]:
        """The first node, and its key; there must be one."""
        heap = self._keys()
        while True:
            self._feed(heap)
            key = heap[0]
            entry = self._member((self.point + key[1]) & RANK_MASK)
            now = entry.key(self.point) if entry else key
            if entry and now == key:
                return key, entry
            if entry and now > key:
                heapreplace(heap, now)
            else:
                heappop(heap)

    def tell(self, entry: Entry) -> None:
        """Note that a node has come to the line, or that its load has fallen."""
        if self._heap is None:
            return
        if len(self._heap) > 2 * self._size() + _SPARE:
            self._heap = None
        else:
            heappush(self._heap, entry.key(self.point))

    def _keys(self) -> list[Key]:
        if self._heap is None:
            self._heap = self._start()
        return self._heap

    def _feed(self, heap: list[Key]) -> None:
        """Add the keys, not in the heap so far, that may be better than all in it."""


class Tier(Line):
    """Open nodes of one class that have as many gears, and as many proxy gears, of the group."""

    __slots__ = ("level", "ranks")

    def __init__(self, fleet: Fleet, point: int, level: Level) -> None:
        super().__init__(fleet, point)
        self.level = level
        self.ranks: set[int] = set()

    def add(self, entry: Entry) -> None:
        """Take a node in."""
        self.ranks.add(entry.rank)
        self.tell(entry)

    def _size(self) -> int:
        return len(self.ranks)

    def _start(self) -> list[Key]:
        heap = [self.fleet.ranked(rank).key(self.point) for rank in self.ranks]
        heapify(heap)
        return heap

    def _member(self, rank: int) -> Entry | None:
        return self.fleet.ranked(rank) if rank in self.ranks else None


class FreshLine(Line):
    """Open nodes of one class without a seat: read from the fleet's index, as far as they were asked for.

    `seats` has the ranks of all nodes that are not fresh. Each fresh node is in the heap or not before the mark.
    """

    __slots__ = ("_home", "_mark", "_seats")

    def __init__(self, fleet: Fleet, point: int, home: NodeClass, seats: dict[int, Tier]) -> None:
        super().__init__(fleet, point)
        self._home = home
        self._seats = seats
        self._mark: Key = (0, 0)

    def tell(self, entry: Entry) -> None:
        """Note that a node has become fresh, or that its load has fallen; the index tells of those not yet read."""
        if entry.key(self.point) < self._mark:
            super().tell(entry)

    def _size(self) -> int:
        return self._home.open

    def _start(self) -> list[Key]:
        self._mark = (0, 0)
        return []

    def _member(self, rank: int) -> Entry | None:
        entry = self.fleet.find(rank)
        is_fresh = entry and entry.home is self._home and entry.gears < entry.capacity and rank not in self._seats
        return entry if is_fresh else None

    def _feed(self, heap: list[Key]) -> None:
        if heap and heap[0] < self._mark:
            return
        for load, way, rank in self._home.from_point(self.point, self._mark):
            self._mark = (load, way + 1)
            if rank not in self._seats:
                heappush(heap, (load, way))
                return
