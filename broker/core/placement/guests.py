"""Guests: the open nodes that host a gear group, by class and level, in step with the fleet and the spread."""

from broker.core.placement.draw import rank_of
from broker.core.placement.fleet import Fleet
from broker.core.placement.levels import BARRED, FRESH, Level
from broker.core.placement.line import FreshLine, Tier
from broker.core.placement.node_class import Entry, NodeClass
from broker.core.placement.spread import GroupSpread


class ClassGuests:
    """The open nodes of one class as a gear group sees them: hosts and barred ones by level, and fresh ones."""

    __slots__ = ("barred", "fresh_line", "home", "hosts", "proxied", "tiers")

    def __init__(self, home: NodeClass, fresh_line: FreshLine) -> None:
        self.home = home
        self.fresh_line = fresh_line
        self.tiers: dict[Level, Tier] = {}
        self.hosts = self.proxied = self.barred = 0

    def admit(self, entry: Entry, level: Level) -> Tier:
        """Give a node a seat at that level and return it."""
        tier = self.tiers.get(level)
        if tier is None:
            tier = self.tiers[level] = Tier(self.fresh_line.fleet, self.fresh_line.point, self.home, level)
        tier.add(entry)
        self._count(level, 1)
        return tier

    def dismiss(self, rank: int, seat: Tier) -> None:
        """Take a node's seat back."""
        seat.ranks.remove(rank)
        if not seat.ranks:
            del self.tiers[seat.level]
        self._count(seat.level, -1)

    def _count(self, level: Level, by: int) -> None:
        if level == BARRED:
            self.barred += by
        else:
            self.hosts += by
            self.proxied += by if level[0] else 0


class Guests:
    """Where a gear group is on a fleet, as seen from an application's point on the ring.

    The spread tells each change of its own; the fleet's are caught up with before a placement. So asking costs
    what has changed since, not what there is.
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

    def of_class(self, home: NodeClass) -> ClassGuests:
        """The guests among the nodes of a class."""
        guests = self._by_class.get(home)
        if guests is None:
            line = FreshLine(self.fleet, self.point, home, self._seats)
            guests = self._by_class[home] = ClassGuests(home, line)
        return guests

    def level(self, rank: int) -> Level:
        """The level of an open node."""
        seat = self._seats.get(rank)
        return seat.level if seat else FRESH

    def catch_up(self) -> bool:
        """Look at the nodes that have changed in the fleet; False if it is quicker to look at all guests anew."""
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
            self._by_class[seat.home].dismiss(rank, seat)
        if entry is None or entry.gears >= entry.capacity:
            return
        guests = self.of_class(entry.home)
        level = self._due_level(node_id)
        if level == FRESH:
            guests.fresh_line.tell(entry)
        else:
            self._seats[rank] = guests.admit(entry, level)

    def layout(self) -> dict[tuple[object, ...], dict[Level, set[int]]]:
        """The seats as plain data, so that what was kept in step can be compared with what is learnt anew."""
        return {
            home.key: {level: set(tier.ranks) for level, tier in guests.tiers.items()}
            for home, guests in self._by_class.items()
            if guests.tiers
        }

    def _due_level(self, node_id: str) -> Level:
        if node_id in self._barred:
            return BARRED
        return self._spread.proxies.get(node_id, 0), self._spread.gears.get(node_id, 0)


def guests_of(fleet: Fleet, spread: GroupSpread, point: int) -> Guests:
    """The guests of a group as of now; from what is known of them, where it is of this fleet and point."""
    known = spread.watcher
    if isinstance(known, Guests) and known.fleet is fleet and known.point == point and known.catch_up():
        return known
    spread.watcher = guests = Guests(fleet, spread, point)
    return guests
