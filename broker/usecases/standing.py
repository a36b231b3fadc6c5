"""What follows for the whole application from any change of it: which gears rotate, and whether it is HA now."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from broker.core.application import ApplicationParts, ApplicationPhase, Gear, GearGroup
from broker.core.gear import Lifecycle
from broker.core.gear_group import web_group
from broker.core.ids import NodeId
from broker.core.placement.spread import GroupSpread
from broker.core.rotation import RATIO_VARIABLE, Rotation, RotationFacts, gear_ratio, ratio_limit, rotates_out
from broker.core.routing_changes import Change, EndpointAdded, GearRotatedIn, GearRotatedOut, VerdictChanged
from broker.core.sparse import proxy_limits, wanted_proxies
from broker.core.verdict import HaFacts, PlaceFacts, Verdict, verdict
from broker.interfaces import Nodes, Platform, UnitOfWork
from broker.usecases.announcing import announce
from broker.usecases.times import timestamp


def tell_and_settle(
    platform: Platform, work: UnitOfWork, parts: ApplicationParts, changes: Iterable[Change]
) -> ApplicationParts:
    """Tell routers of changes that the records have already, and of what follows from them.

    Proxy gears come back into rotation before what served in their place goes, and after what they wait for has come.
    """
    changes = tuple(changes)
    parts, follows = settle(platform, work, parts)
    waits = any(isinstance(change, EndpointAdded) for change in changes)
    first = [change for change in follows if isinstance(change, GearRotatedIn) and not waits]
    then = [change for change in follows if change not in first]
    return announce(platform, work, parts, (*first, *changes, *then))


def settle(
    platform: Platform, work: UnitOfWork, parts: ApplicationParts
) -> tuple[ApplicationParts, tuple[Change, ...]]:
    """Rotate the proxy gears by the gear ratio and judge the application anew.

    Returns the application with both stored in it, and what routers have to be told.
    """
    group = web_group(parts, platform.catalogue_of(parts))
    if group is None or not parts.application.scalable or parts.application.phase is not ApplicationPhase.READY:
        return parts, ()
    available = _available(work, parts, group)
    parts, rotated = _rotate(platform, work, parts, group, available)
    judged = verdict(_facts(platform, parts, available))
    if judged.state == parts.application.verdict:
        return parts, rotated
    changed = VerdictChanged(verdict=judged.state, reasons=judged.failed_rules)
    since = timestamp(platform.clock.now())
    application = replace(parts.application, verdict=judged.state.value, verdict_since=since)
    return replace(parts, application=application), (*rotated, changed)


def judge(platform: Platform, work: UnitOfWork, parts: ApplicationParts) -> Verdict:
    """Whether the application is HA now, and why not; changes nothing."""
    group = web_group(parts, platform.catalogue_of(parts))
    if group is None:
        return verdict(HaFacts(asked=False, dns_registered=True, places=()))
    return verdict(_facts(platform, parts, _available(work, parts, group)))


def rotation_facts(work: UnitOfWork, parts: ApplicationParts, gears: Iterable[Gear]) -> tuple[RotationFacts, ...]:
    """What rotation by hand needs to know of gears with the web framework."""
    unresponsive = work.nodes.unresponsive()
    able = {Lifecycle.STARTED.value}
    if not parts.application.running:
        able.add(Lifecycle.STOPPED.value)
    return tuple(
        RotationFacts(
            gear_id=gear.gear_id,
            ordinal=gear.ordinal,
            is_head=gear.is_head,
            held_out=gear.held_out,
            can_serve=gear.lifecycle in able and gear.node_id not in unresponsive,
        )
        for gear in gears
    )


def _available(work: UnitOfWork, parts: ApplicationParts, group: GearGroup) -> "_Available":
    spread = work.nodes.spread(group.group_id, parts.application.generation, parts.application.region)
    return _Available(spread, work.nodes, work.gears.apart_of(group.group_id) if parts.application.running else ())


class _Available:
    """The gears of the web group in numbers: those that are started on nodes that are heard of.

    `held` is how many of them were taken out of rotation by hand, `plain` how many others do not carry the proxy.
    `total` counts those too that should run and do not, but not those that are still being built.
    """

    def __init__(self, spread: GroupSpread, nodes: Nodes, apart: Sequence[Gear]) -> None:
        unresponsive = nodes.unresponsive()
        reached = [gear for gear in apart if gear.node_id not in unresponsive]
        idle = [gear for gear in reached if gear.lifecycle != Lifecycle.STARTED]
        held = [gear for gear in reached if gear.lifecycle == Lifecycle.STARTED]
        self.lost = {node for node in unresponsive if node in spread.gears}
        self._idle_proxies = Counter(gear.node_id for gear in idle if gear.carries_proxy)
        self._apart = Counter(gear.node_id for gear in reached)
        self.held = len(held)
        self.total = spread.total - sum(gear.lifecycle == Lifecycle.BUILDING for gear in apart)
        self.gears = spread.total - len(idle) - sum(spread.gears[node] for node in self.lost)
        lost_proxies = sum(spread.proxies.get(node, 0) for node in self.lost)
        self.proxies = sum(spread.proxies.values()) - self._idle_proxies.total() - lost_proxies
        self.plain = self.gears - self.proxies - sum(not gear.carries_proxy for gear in held)
        self._spread = spread
        self._nodes = nodes

    def places(self) -> tuple[PlaceFacts, ...]:
        """The nodes with proxy gears one by one, all others of a zone as one.

        No loss of such others can be fatal alone while a proxy gear serves requests itself; so the cost of a verdict
        grows with proxy gears and zones, not with gears. Where every proxy gear was taken out of rotation by hand, the
        others are told one by one.
        """
        spread = self._spread
        rows = [
            PlaceFacts(
                node_id=node,
                zone=self._zone(node),
                proxies=proxies - self._idle_proxies[NodeId(node)],
                serving=self._serving_on(node),
            )
            for node, proxies in spread.proxies.items()
            if node not in self.lost
        ]
        return (*rows, *(self._by_zone() if any(row.serving for row in rows) else self._by_node()))

    def _serving_on(self, node: str) -> int:
        return self._spread.gears[node] - self._apart[NodeId(node)]

    def _by_zone(self) -> Iterator[PlaceFacts]:
        spread = self._spread
        others: Counter[str | None] = Counter()
        for (_, zone), count in spread.zone_gears.items():
            others[zone] += count
        for node in {*spread.proxies, *self.lost}:
            others[self._zone(node)] -= spread.gears[node]
        for apart, count in self._apart.items():
            if apart not in spread.proxies:
                others[self._zone(apart)] -= count
        for zone, count in others.items():
            if count:
                yield PlaceFacts(node_id=f"other nodes of zone {zone}", zone=zone, proxies=0, serving=count)

    def _by_node(self) -> Iterator[PlaceFacts]:
        for node in self._spread.gears:
            if node not in self._spread.proxies and node not in self.lost and self._serving_on(node):
                yield PlaceFacts(node_id=node, zone=self._zone(node), proxies=0, serving=self._serving_on(node))

    def _zone(self, node: str) -> str | None:
        return self._nodes.zone(NodeId(node))


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
        places=_running(platform, parts, available.places()) if parts.application.running else (),
        wanted_proxies=wanted_proxies(available.total, limits),
        minimum_zones=platform.policy.placement.minimum_zones,
        running=parts.application.running and _web_runs(platform, parts),
        held_out=available.held,
    )


def _running(platform: Platform, parts: ApplicationParts, places: tuple[PlaceFacts, ...]) -> tuple[PlaceFacts, ...]:
    """The same places, where a web framework or a proxy that its owner has stopped does nothing."""
    stopped = {each.name for each in parts.cartridges if not each.running}
    catalogue = platform.catalogue_of(parts) if stopped else {}
    if any(catalogue[name].is_web_framework for name in stopped):
        places = tuple(replace(each, serving=0) for each in places)
    if any(catalogue[name].is_web_proxy for name in stopped):
        places = tuple(replace(each, proxies=0) for each in places)
    return places


def _web_runs(platform: Platform, parts: ApplicationParts) -> bool:
    """Whether its owner has stopped neither the web framework nor the proxy alone."""
    stopped = {each.name for each in parts.cartridges if not each.running}
    catalogue = platform.catalogue_of(parts) if stopped else {}
    return not any(catalogue[name].is_web_framework or catalogue[name].is_web_proxy for name in stopped)


def _rotate(
    platform: Platform, work: UnitOfWork, parts: ApplicationParts, group: GearGroup, available: _Available
) -> tuple[ApplicationParts, tuple[Change, ...]]:
    if not parts.application.running:
        return parts, ()
    own = work.applications.variable(parts.application.application_id, RATIO_VARIABLE)
    limit = ratio_limit(platform.policy.gear_ratio, own)
    out = rotates_out(available.gears, available.proxies, limit, available.plain)
    if out == group.proxies_out:
        return parts, ()
    ratio = gear_ratio(available.gears, available.proxies)
    reason = f"{ratio} gears for each proxy gear, and the limit is {limit}"
    proxies = work.gears.proxies_of(parts.application.application_id)
    rotation = Rotation.OUT if out else Rotation.IN
    # What was taken out by hand is out already, and stays so.
    moved = [gear for gear in proxies if gear.rotation != rotation and not gear.held_out]
    work.gears.change([gear.gear_id for gear in moved], rotation=rotation.value)
    turned = GearRotatedOut if out else GearRotatedIn
    groups = tuple(replace(each, proxies_out=out) if each == group else each for each in parts.groups)
    # Routers have not been told yet of gears that are being built, and no more of those that are going.
    routed = [gear for gear in moved if gear.lifecycle not in (Lifecycle.BUILDING, Lifecycle.DESTROYING)]
    return replace(parts, groups=groups), tuple(turned(gear_id=gear.gear_id, reason=reason) for gear in routed)
