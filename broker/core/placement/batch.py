"""A batch: gears of one group that ask the same of the fleet, placed one by one."""

from collections import Counter
from collections.abc import Sequence

from broker.core.placement.draw import Draw
from broker.core.placement.fleet import Fleet
from broker.core.placement.guests import guests_of
from broker.core.placement.levels import Level, Order
from broker.core.placement.model import Placement, Request, Rules
from broker.core.placement.policies import Candidates, Pick
from broker.core.placement.preferences import narrow
from broker.core.placement.refusal import Shortage, invalid_node_selected, no_node_available
from broker.core.placement.requirements import survey
from broker.core.placement.spread import GroupSpread
from broker.core.placement.zone import CANDIDATES, Zone


class Batch:
    """Places gears of one profile, region and exclusion; nobody else may change fleet or spread meanwhile."""

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
        self._survey = survey(fleet, request.profile, self.region, rules)
        self._guests = guests = guests_of(fleet, spread, draw.point)
        guests.bar(request.excluded)
        self._zones = [
            Zone(place, [guests.of_class(home) for home in classes], spread) for place, classes in self._survey.zones
        ]
        self._by_place = {zone.place: zone for zone in self._zones}
        self._full = sum([zone.full for zone in self._zones])
        self._barred = sum([zone.barred for zone in self._zones])
        self._has_enough_zones = rules.minimum_zones <= 1

    def takes(self, request: Request) -> bool:
        """The gear asks the same of the fleet as those placed so far."""
        return (
            request.profile == self.request.profile
            and request.excluded == self.request.excluded
            and self.region == (self.spread.region or request.region)
        )

    def place(self, request: Request) -> Placement:
        """Choose the node of one more gear, reserve it in the fleet and count it in the spread."""
        placed = self.choose(request)
        self.fleet.reserve(placed.node_id)
        self.spread.add(placed.node_id, region=placed.region, zone=placed.zone, carries_proxy=placed.carries_proxy)
        zone = self._by_place[placed.region, placed.zone]
        full_before = zone.full
        zone.count()
        self._full += zone.full - full_before
        return placed

    def choose(self, request: Request) -> Placement:
        """Say where one more gear would go; NoNodeAvailable if there is no node for it."""
        order = self._order(request)
        room = CANDIDATES[order]
        open_zones = [zone for zone in self._zones if room(zone)]
        kept, too_few = self._with_enough_zones(open_zones, order)
        refused = self._refused(order, too_few)
        if not kept:
            raise no_node_available(self._shortage(refused, open_zones))
        candidates = sum(map(room, kept))
        zones, level, left = narrow(kept, candidates, order)
        node_id = self.pick(Candidates(zones, level, order), self.draw, self.spread.total)
        zone = self._zone_of(node_id, zones, level, order)
        return Placement(
            node_id=node_id,
            region=zone.place[0],
            zone=zone.place[1],
            carries_proxy=request.carries_proxy,
            policy=self.policy_name,
            refused_counts=refused,
            candidates=candidates,
            left=left,
        )

    def _order(self, request: Request) -> Order:
        if not request.carries_proxy:
            return Order.GEAR
        return Order.PROXY if self.rules.allow_multiple_proxies_on_node else Order.LONE_PROXY

    def _refused(self, order: Order, too_few: int) -> tuple[int, ...]:
        proxied = sum([zone.open - zone.unproxied for zone in self._zones]) if order is Order.LONE_PROXY else 0
        return (*self._survey.refused, self._full, self._barred, proxied, too_few)

    def _with_enough_zones(self, zones: Sequence[Zone], order: Order) -> tuple[Sequence[Zone], int]:
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
        used = Counter(place[0] for place in self.spread.zones_used())
        return all(used[zone.place[0]] >= self._needed_zones(zone.place[0]) for zone in self._zones)

    def _reachable(self, zones: Sequence[Zone]) -> dict[str | None, int]:
        """By region of these zones: how many zones the group uses or could come to."""
        reachable = {*self.spread.zones_used(), *(zone.place for zone in zones if zone.is_known)}
        regions = {zone.place[0] for zone in zones}
        return {region: sum([place[0] == region for place in reachable]) for region in regions}

    def _needed_zones(self, region: str | None) -> int:
        return min(self.rules.minimum_zones, len(self._survey.zone_names.get(region, ())))

    def _zone_of(self, node_id: str, zones: Sequence[Zone], level: Level, order: Order) -> Zone:
        """The zone of the node that was picked, which must be an open one of these zones at this level."""
        entry = self.fleet.entry(node_id)
        if entry and entry.gears < entry.capacity and order.sees(self._guests.level(entry.rank)) == level:
            zone = self._by_place.get((entry.home.region, entry.home.zone))
            if zone and zone in zones and zone.has(entry.home):
                return zone
        raise invalid_node_selected(self.policy_name, node_id)

    def _shortage(self, refused: tuple[int, ...], zones: Sequence[Zone]) -> Shortage:
        available = self._reachable(zones)
        return Shortage(
            refused_counts=refused,
            region_wanted=self.region is not None,
            rules=self.rules,
            available_zones=max(available.values(), default=0),
            needed_zones=max((self._needed_zones(region) for region in available), default=0),
        )
