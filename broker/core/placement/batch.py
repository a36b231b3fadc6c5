"""A batch: gears of one group placed one by one on a fleet that stands still until all have a node."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from broker.core.placement.draw import Draw
from broker.core.placement.fleet import Fleet
from broker.core.placement.model import Placement, Request, Rules
from broker.core.placement.node_class import Entry
from broker.core.placement.policies import Candidates, Pick
from broker.core.placement.preferences import narrow
from broker.core.placement.refusal import Shortage, invalid_node_selected, no_node_available
from broker.core.placement.requirements import survey
from broker.core.placement.spread import GroupSpread
from broker.core.placement.zone_queue import CANDIDATES, Level, Order, ZoneQueue


class Batch:
    """Places gears of one profile, region and exclusion; nothing is reserved before `settle()`."""

    def __init__(
        self,
        fleet: Fleet,
        spread: GroupSpread,
        request: Request,
        *,
        rules: Rules,
        draw: Draw,
        policy: tuple[str, Pick],
    ) -> None:
        self.fleet = fleet
        self.spread = spread
        self.rules = rules
        self.draw = draw
        self.policy_name, self.pick = policy
        self.request = request
        self.region = spread.region or request.region
        self.placements: list[Placement] = []
        self._followed: str | None = None
        self._survey = survey(fleet, request.profile, self.region, rules)
        self._full = self._barred = 0
        point = draw.point
        self._zones = [ZoneQueue(place, classes, fleet, point) for place, classes in self._survey.zones]
        self._by_class = {home: zone for zone in self._zones for home in zone.classes}
        self._fill(request.excluded)
        self._used = set(spread.zones_used())
        self._has_enough_zones = rules.minimum_zones <= 1

    def takes(self, request: Request) -> bool:
        """The gear asks the same of the fleet as those placed so far."""
        return (
            request.profile == self.request.profile
            and request.excluded == self.request.excluded
            and self.region == (self.spread.region or self._followed or request.region)
        )

    def place(self, request: Request) -> Placement:
        """Choose the node of one more gear; NoNodeAvailable if there is none, and the batch is as before."""
        order = self._order(request)
        room = CANDIDATES[order]
        open_zones = [zone for zone in self._zones if room(zone)]
        kept, too_few = self._with_enough_zones(open_zones, order)
        refused = self._refused(order, too_few)
        if not kept:
            raise no_node_available(self._shortage(refused, open_zones))
        candidates = sum(map(room, kept))
        zones, level, left = narrow(kept, candidates, order)
        placed_before = self.spread.total + len(self.placements)
        node_id = self.pick(Candidates(zones, level, order), self.draw, placed_before)
        zone, entry = self._picked(node_id, zones, level, order)
        placement = Placement(
            node_id=node_id,
            region=zone.place[0],
            zone=zone.place[1],
            carries_proxy=request.carries_proxy,
            policy=self.policy_name,
            refused_counts=refused,
            candidates=candidates,
            left=left,
        )
        self._full += zone.take(entry, carries_proxy=request.carries_proxy)
        self._followed = self._followed or placement.region
        if zone.is_known and not self._has_enough_zones:
            self._used.add(zone.place)
        self.placements.append(placement)
        return placement

    def settle(self) -> Sequence[Placement]:
        """Reserve what was placed, count it in the spread and return it; the batch is then over."""
        added: dict[str, int] = {}
        for placed in self.placements:
            added[placed.node_id] = added.get(placed.node_id, 0) + 1
            self.spread.add(placed.node_id, region=placed.region, zone=placed.zone, carries_proxy=placed.carries_proxy)
        for node_id, gears in added.items():
            self.fleet.reserve(node_id, gears)
        return self.placements

    def _order(self, request: Request) -> Order:
        if not request.carries_proxy:
            return Order.GEAR
        return Order.PROXY if self.rules.allow_multiple_proxies_on_node else Order.LONE_PROXY

    def _fill(self, excluded: frozenset[str]) -> None:
        """Tell the zones where the group's gears are, and which nodes are out of the question."""
        spread = self.spread
        for zone in self._zones:
            zone.group_gears = spread.zone_gears.get(zone.place, 0)
            zone.group_proxies = spread.zone_proxies.get(zone.place, 0)
        for home in self._by_class:
            self._full += len(home.full)
        for zone, entry in self._open(excluded):
            zone.bar(entry)
            self._barred += 1
        for zone, entry in self._open(node_id for node_id in spread.gears if node_id not in excluded):
            zone.admit(entry, spread)

    def _open(self, node_ids: Iterable[str]) -> Iterator[tuple[ZoneQueue, Entry]]:
        """Those of these nodes that have room and are in a zone of this batch."""
        for node_id in node_ids:
            entry = self.fleet.entry(node_id)
            zone = self._by_class.get(entry.home) if entry else None
            if entry and zone and entry.gears < entry.capacity:
                yield zone, entry

    def _refused(self, order: Order, too_few: int) -> tuple[int, ...]:
        proxied = sum([zone.open - zone.unproxied for zone in self._zones]) if order is Order.LONE_PROXY else 0
        return (*self._survey.refused, self._full, self._barred, proxied, too_few)

    def _with_enough_zones(self, zones: Sequence[ZoneQueue], order: Order) -> tuple[Sequence[ZoneQueue], int]:
        """Without the zones of regions that cannot give the group its minimum; and how many nodes went."""
        if self._has_enough_zones:
            return zones, 0
        reachable = self._reachable(zones)
        self._has_enough_zones = self._uses_enough_zones()
        enough = {region for region, count in reachable.items() if count >= self._needed_zones(region)}
        kept = [zone for zone in zones if zone.place[0] in enough]
        return kept, sum(map(CANDIDATES[order], zones)) - sum(map(CANDIDATES[order], kept))

    def _uses_enough_zones(self) -> bool:
        """The group has its minimum of zones wherever this batch may go, and cannot lose it in the batch."""
        used = Counter(place[0] for place in self._used)
        return all(used[zone.place[0]] >= self._needed_zones(zone.place[0]) for zone in self._zones)

    def _reachable(self, zones: Sequence[ZoneQueue]) -> dict[str | None, int]:
        """By region of these zones: how many zones the group uses or could come to."""
        reachable = self._used.union([zone.place for zone in zones if zone.place[1] is not None])
        regions = {zone.place[0] for zone in zones}
        return {region: sum([place[0] == region for place in reachable]) for region in regions}

    def _needed_zones(self, region: str | None) -> int:
        return min(self.rules.minimum_zones, len(self._survey.zone_names.get(region, ())))

    def _picked(self, node_id: str, zones: Sequence[ZoneQueue], level: Level, order: Order) -> tuple[ZoneQueue, Entry]:
        entry = self.fleet.entry(node_id)
        zone = self._by_class.get(entry.home) if entry else None
        if entry and zone and zone in zones and zone.is_at(entry, level, order):
            return zone, entry
        raise invalid_node_selected(self.policy_name, node_id)

    def _shortage(self, refused: tuple[int, ...], zones: Sequence[ZoneQueue]) -> Shortage:
        available = self._reachable(zones)
        return Shortage(
            refused_counts=refused,
            region_wanted=self.region is not None,
            rules=self.rules,
            available_zones=max(available.values(), default=0),
            needed_zones=max((self._needed_zones(region) for region in available), default=0),
        )
