"""What follows for the whole application from any change of it: which gears rotate, and whether it is HA now."""

from collections import Counter
from dataclasses import replace

from broker.core.application import ApplicationParts, GearGroup
from broker.core.gear_group import web_group
from broker.core.ids import NodeId
from broker.core.placement.fleet import Fleet
from broker.core.placement.spread import GroupSpread
from broker.core.rotation import RATIO_VARIABLE, Rotation, gear_ratio, ratio_limit, rotates_out
from broker.core.routing_changes import Change, GearRotatedIn, GearRotatedOut, VerdictChanged
from broker.core.sparse import proxy_limits, wanted_proxies
from broker.core.verdict import HaFacts, PlaceFacts, Verdict, verdict
from broker.interfaces import Platform, UnitOfWork


def settle(
    platform: Platform, work: UnitOfWork, parts: ApplicationParts
) -> tuple[ApplicationParts, tuple[Change, ...]]:
    """Rotate the proxy gears by the gear ratio and judge the application anew.

    Returns the application with both stored in it, and what routers have to be told.
    """
    group = web_group(parts, platform.catalogue)
    if group is None or not parts.application.scalable:
        return parts, ()
    spread = work.nodes.spread(group.group_id, parts.application.generation, parts.application.region)
    available = _Available(spread, work.nodes.fleet(), work.nodes.unresponsive())
    parts, rotated = _rotate(platform, work, parts, group, available)
    judged = verdict(_facts(platform, parts, available))
    if judged.state == parts.application.verdict:
        return parts, rotated
    changed = VerdictChanged(verdict=judged.state, reasons=judged.failed_rules)
    application = replace(parts.application, verdict=judged.state.value)
    return replace(parts, application=application), (*rotated, changed)


def judge(platform: Platform, work: UnitOfWork, parts: ApplicationParts) -> Verdict:
    """Whether the application is HA now, and why not; changes nothing."""
    group = web_group(parts, platform.catalogue)
    if group is None:
        return verdict(HaFacts(asked=False, dns_registered=True, places=()))
    spread = work.nodes.spread(group.group_id, parts.application.generation, parts.application.region)
    return verdict(_facts(platform, parts, _Available(spread, work.nodes.fleet(), work.nodes.unresponsive())))


class _Available:
    """The gears of the web group that can serve, in numbers."""

    def __init__(self, spread: GroupSpread, fleet: Fleet, unresponsive: frozenset[NodeId]) -> None:
        self.lost = [node for node in unresponsive if node in spread.gears]
        self.total = spread.total
        self.gears = spread.total - sum(spread.gears[node] for node in self.lost)
        self.proxies = sum(spread.proxies.values()) - sum(spread.proxies.get(node, 0) for node in self.lost)
        self._spread = spread
        self._fleet = fleet

    def places(self) -> tuple[PlaceFacts, ...]:
        """The nodes with proxy gears one by one, all others of a zone as one.

        No loss of such others can be fatal alone, since every proxy gear can serve requests itself; so the cost of a
        verdict grows with proxy gears and zones, not with gears.
        """
        spread = self._spread
        others: Counter[str | None] = Counter()
        for (_, zone), count in spread.zone_gears.items():
            others[zone] += count
        for node in {*spread.proxies, *self.lost}:
            others[self._zone(node)] -= spread.gears[node]
        rows = [
            PlaceFacts(node_id=node, zone=self._zone(node), proxies=proxies, serving=spread.gears[node])
            for node, proxies in spread.proxies.items()
            if node not in self.lost
        ]
        lumps = [
            PlaceFacts(node_id=f"other nodes of zone {zone}", zone=zone, proxies=0, serving=count)
            for zone, count in others.items()
            if count
        ]
        return (*rows, *lumps)

    def _zone(self, node: str) -> str | None:
        return self._fleet.node(node).zone


def _facts(platform: Platform, parts: ApplicationParts, available: _Available) -> HaFacts:
    limits = proxy_limits(
        ha=parts.application.ha,
        multiplier=parts.application.effective_multiplier,
        rule=platform.policy.multiplier_rule,
    )
    return HaFacts(
        asked=parts.application.ha,
        # A name the broker keeps is stored with the change that asks for it; another is a router's to keep.
        dns_registered=True,
        places=available.places() if parts.application.running else (),
        wanted_proxies=wanted_proxies(available.total, limits),
        minimum_zones=platform.policy.placement.minimum_zones,
    )


def _rotate(
    platform: Platform, work: UnitOfWork, parts: ApplicationParts, group: GearGroup, available: _Available
) -> tuple[ApplicationParts, tuple[Change, ...]]:
    if not parts.application.running:
        return parts, ()
    own = work.applications.variable(parts.application.application_id, RATIO_VARIABLE)
    limit = ratio_limit(platform.policy.gear_ratio, own)
    others = available.gears - available.proxies
    out = rotates_out(available.gears, available.proxies, limit, others)
    if out == group.proxies_out:
        return parts, ()
    ratio = gear_ratio(available.gears, available.proxies)
    reason = f"{ratio} gears for each proxy gear, and the limit is {limit}"
    proxies = work.gears.proxies_of(parts.application.application_id)
    rotation = Rotation.OUT if out else Rotation.IN
    moved = [gear for gear in proxies if gear.rotation != rotation]
    work.gears.change([gear.gear_id for gear in moved], rotation=rotation.value)
    turned = GearRotatedOut if out else GearRotatedIn
    groups = tuple(replace(each, proxies_out=out) if each == group else each for each in parts.groups)
    return replace(parts, groups=groups), tuple(turned(gear_id=gear.gear_id, reason=reason) for gear in moved)
