"""Lines: nodes that are alike to a gear group, least loaded first, and ranked no earlier than their turn comes."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush, heapreplace

from broker.core.placement.draw import RANK_MASK
from broker.core.placement.fleet import Fleet
from broker.core.placement.levels import Level
from broker.core.placement.model import FULL_LOAD, load_of
from broker.core.placement.node_class import Entry, Key, NodeClass

_SPARE = 16
"""So many keys beyond two for each node a line may hold before it is made anew."""

_MOST_AHEAD = 16
"""So many nodes are read from the index at once: finding the place in it costs more than reading on."""

START: Key = (0, 0)
"""No key is before this one."""

END: Key = (FULL_LOAD + 1, 0)
"""Every key is before this one."""


class Line(ABC):
    """Open nodes of one class, the least loaded and then nearest to `point` first.

    A node that comes, or whose load falls, is told to the line. One that goes, or whose load rises, is found out
    when its turn comes. So a node's best key may be too good, and is then set right, but is never too bad.
    Nodes before the mark have a key in the heap; others need not.
    """

    __slots__ = ("_heap", "_mark", "fleet", "point")

    def __init__(self, fleet: Fleet, point: int) -> None:
        self.fleet = fleet
        self.point = point
        self._heap: list[Key] | None = None
        self._mark = START

    @abstractmethod
    def __iter__(self) -> Iterator[tuple[Key, Entry]]:
        """Every node with its key, in no promised order."""

    @abstractmethod
    def _size(self) -> int:
        """At least the number of nodes in the line."""

    @abstractmethod
    def _start(self) -> list[Key]:
        """The keys to begin with, as a heap; sets the mark."""

    @abstractmethod
    def _member(self, rank: int) -> Entry | None:
        """The node of this rank, if it is in the line."""

    @abstractmethod
    def _read_on(self) -> Sequence[Key]:
        """Keys that come next after the mark, which is moved behind them; at least one while there are any."""

    def first(self) -> tuple[Key, Entry]:
        """The first node and its key; there must be one."""
        heap = self._heap
        if heap is None:
            heap = self._heap = self._start()
        while True:
            if not heap or heap[0] >= self._mark:
                for further in self._read_on():
                    heappush(heap, further)
            key = load, way = heap[0]
            entry = self._member((self.point + way) & RANK_MASK)
            now = load_of(entry.gears, entry.capacity) if entry else -1
            if entry and now == load:
                return key, entry
            if now > load:
                heapreplace(heap, (now, way))
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


class Tier(Line):
    """Nodes that have as many gears, and as many proxy gears, of the group."""

    __slots__ = ("home", "level", "ranks")

    def __init__(self, fleet: Fleet, point: int, home: NodeClass, level: Level) -> None:
        super().__init__(fleet, point)
        self.home = home
        self.level = level
        self.ranks: set[int] = set()

    def __iter__(self) -> Iterator[tuple[Key, Entry]]:
        entries = map(self.fleet.ranked, self.ranks)
        return ((entry.key(self.point), entry) for entry in entries)

    def add(self, entry: Entry) -> None:
        """Take a node in."""
        self.ranks.add(entry.rank)
        if self._heap is not None:
            self.tell(entry)

    def _size(self) -> int:
        return len(self.ranks)

    def _start(self) -> list[Key]:
        self._mark = END
        heap = [key for key, _ in self]
        heapify(heap)
        return heap

    def _member(self, rank: int) -> Entry | None:
        return self.fleet.ranked(rank) if rank in self.ranks else None

    def _read_on(self) -> Sequence[Key]:
        return ()


class FreshLine(Line):
    """Nodes of one class that have no seat, read from the fleet's index only as far as they are asked for."""

    __slots__ = ("_ahead", "_home", "_seats")

    def __init__(self, fleet: Fleet, point: int, home: NodeClass, seats: dict[int, Tier]) -> None:
        super().__init__(fleet, point)
        self._home = home
        self._seats = seats
        self._ahead = 1

    def __iter__(self) -> Iterator[tuple[Key, Entry]]:
        for load, way, rank in self._home.from_point(self.point):
            if rank not in self._seats:
                yield (load, way), self.fleet.ranked(rank)

    def tell(self, entry: Entry) -> None:
        """Note that a node has become fresh, or that its load has fallen; beyond the mark the index tells it."""
        if entry.key(self.point) < self._mark:
            super().tell(entry)

    def _size(self) -> int:
        return self._home.open

    def _start(self) -> list[Key]:
        self._mark = START
        return []

    def _member(self, rank: int) -> Entry | None:
        if rank in self._seats:
            return None
        entry = self.fleet.find(rank)
        return entry if entry and entry.home is self._home and entry.gears < entry.capacity else None

    def _read_on(self) -> Sequence[Key]:
        keys: list[Key] = []
        for load, way, rank in self._home.from_point(self.point, self._mark):
            self._mark = (load, way + 1)
            if rank not in self._seats:
                keys.append((load, way))
                if len(keys) == self._ahead:
                    break
        self._ahead = min(2 * self._ahead, _MOST_AHEAD)
        return keys
