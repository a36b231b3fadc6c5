"""How evenly things lie over zones and nodes, and which to take so that the rest lie most evenly."""

from heapq import heappop, heappush
from typing import Generic, TypeVar

T = TypeVar("T")


class _Place(Generic[T]):
    """One node in one zone: how many things lie there, and those that may be taken, the newest last."""

    __slots__ = ("count", "takeable")

    def __init__(self) -> None:
        self.count = 0
        self.takeable: list[tuple[int, T]] = []


class _Zone(Generic[T]):
    """The nodes of one zone, with the fullest at hand."""

    __slots__ = ("_places", "_queue", "count")

    def __init__(self) -> None:
        self.count = 0
        self._places: dict[str, _Place[T]] = {}
        self._queue: list[tuple[int, int, str]] = []

    def add(self, node_id: str, ordinal: int, takeable: T | None) -> None:
        place = self._places.setdefault(node_id, _Place())
        self.count += 1
        place.count += 1
        if takeable is not None:
            place.takeable.append((ordinal, takeable))
        self._queue_up(node_id, place)

    def remove(self, node_id: str, *, taken: bool) -> None:
        place = self._places[node_id]
        self.count -= 1
        place.count -= 1
        if taken:
            place.takeable.pop()
        self._queue_up(node_id, place)

    def _queue_up(self, node_id: str, place: _Place[T]) -> None:
        if place.takeable:
            heappush(self._queue, (-place.count, -place.takeable[-1][0], node_id))

    def fullest(self) -> tuple[int, int, T] | None:
        """The things on the fullest node with one that may be taken, that one's ordinal, and itself."""
        while self._queue:
            count, ordinal, node_id = self._queue[0]
            place = self._places[node_id]
            # Every change puts an entry in and takes none out: one that is out of date is dropped here.
            if place.count == -count and place.takeable and place.takeable[-1][0] == -ordinal:
                return -count, -ordinal, place.takeable[-1][1]
            heappop(self._queue)
        return None


class Spread(Generic[T]):
    """Things on nodes in zones, added in rising order; one added as None counts but cannot be taken."""

    def __init__(self) -> None:
        self.size = 0
        self._zones: dict[str | None, _Zone[T]] = {}

    def add(self, zone: str | None, node_id: str, ordinal: int, takeable: T | None) -> None:
        """One more thing on a node."""
        self.size += 1
        self._zones.setdefault(zone, _Zone()).add(node_id, ordinal, takeable)

    def remove(self, zone: str | None, node_id: str, *, taken: bool) -> None:
        """One thing fewer on a node: the newest that could be taken there, or one that could not."""
        self.size -= 1
        self._zones[zone].remove(node_id, taken=taken)

    def fullest(self, spared: frozenset[str] = frozenset()) -> T | None:
        """What to take so that the rest lie most evenly: fullest zone, fullest node in it, newest there.

        A zone in `spared` loses nothing. None when nothing may be taken.
        """
        best: tuple[int, int, int] | None = None
        found: T | None = None
        for name, zone in self._zones.items():
            top = None if name in spared else zone.fullest()
            if top is not None and (best is None or (zone.count, top[0], top[1]) > best):
                best, found = (zone.count, top[0], top[1]), top[2]
        return found

    @property
    def zones(self) -> int:
        """How many named zones hold something."""
        return sum(1 for name, zone in self._zones.items() if name is not None and zone.count > 0)

    @property
    def zones_with_one(self) -> frozenset[str]:
        """The named zones that hold one thing only."""
        return frozenset(name for name, zone in self._zones.items() if name is not None and zone.count == 1)
