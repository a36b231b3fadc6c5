"""Guests: the open nodes that host a gear group, by class and level, in step with the fleet and the spread."""

from broker.core.placement.draw import rank_of
from broker.core.placement.fleet import Fleet
from broker.core.placement.levels import BARRED, FRESH, Level
from broker.core.placement.line import FreshLine, Tier
from broker.core.placement.node_class import NodeClass
from broker.core.placement.spread import GroupSpread


class ClassGuests:
    """The open nodes of one class as a gear group sees them: hosts by level, barred ones, and fresh ones."""

    __slots__ = ("barred", "fresh_line", "home", "hosts", "proxied", "tiers")

    def __init__(self, home: NodeClass, fresh_line: FreshLine) -> None:
        self.home = home
        self.fresh_line = fresh_line
        self.tiers: dict[Level, Tier] = {}
        self.hosts = self.proxied = self.barred = 0

    @property
    def fresh(self) -> int:
        """How many nodes have no gear of the group and are not barred."""
        return self.home.open - self.hosts - self.barred

    def count(self, level: Level, by: int) -> None:
        """Count nodes of a level in or out."""
        if level == BARRED:
            self.barred += by
        else:
            self.hosts += by
            self.proxied += by if level[0] else 0


class Guests:
    """Where a gear group is on a fleet, as an application's point ranks it.

    The spread tells each change of its own. The fleet's changes are caught up with before a placement.
    """

    __slots__ = ("_barred", "_by_class", "_seats", "_seen", "_spread", "fleet", "point")

    def __init__(self, fleet: Fleet, spread: GroupSpread, point: int) -> None:
        self.fleet = fleet
        self.point = point
        self._spread = spread
        self._seen = fleet.changes
        self._barred: frozenset[str] = frozenset()
        self._by_class: dict[NodeClass, ClassGuests] = {}
        self._seats: dict[int, Tier] = {}
        for node_id in spread.gears:
            self.look(node_id)

    def catch_up(self) -> bool:
        """Look at the nodes that have changed in the fleet; False if learning all anew is cheaper."""
        if self.fleet.changes - self._seen > len(self._spread.gears):
            return False
        for node_id in self.fleet.changed_since(self._seen):
            self.look(node_id)
        self._seen = self.fleet.changes
        return True

    def bar(self, node_ids: frozenset[str]) -> None:
        """Put these nodes out of the question, and no others."""
        changed = self._barred ^ node_ids
        self._barred = node_ids
        for node_id in changed:
            self.look(node_id)

    def look(self, node_id: str) -> None:
        """Give the node the seat that it should have now: none if it is fresh, full or gone."""
        entry = self.fleet.entry(node_id)
        rank = entry.rank if entry else rank_of(node_id)
        seat = self._seats.pop(rank, None)
        if seat:
            seat.leave(rank)
        if entry is None or entry.gears >= entry.capacity:
            return
        guests = self.of_class(entry.home)
        level = self._level(node_id)
        if level == FRESH:
            guests.fresh_line.tell(entry)
            return
