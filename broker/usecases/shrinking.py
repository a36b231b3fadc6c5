"""Gears that go: which ones, what routers are told first, and the commands that destroy them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from broker.core.application import ApplicationParts, Gear, GearGroup
from broker.core.errors import ScalingRefused, SparseMinimumViolated
from broker.core.gear import Lifecycle
from broker.core.ids import GearId, OperationId
from broker.core.rotation import kept_for_traffic
from broker.core.sparse import ProxyLimits, VictimCandidate, choose_victims
from broker.interfaces import Platform, StepRecord, UnitOfWork
from broker.usecases.announcing import table_of
from broker.usecases.conclusions import announce_and_settle, forget_gears
from broker.usecases.growing import limits_of_proxies
from broker.usecases.standing import rotation_facts
from broker.usecases.steps import destruction


@dataclass(frozen=True, kw_only=True)
class Shrinking:
    """The application without the gears that go, and the commands that end them."""

    parts: ApplicationParts
    steps: tuple[StepRecord, ...]


def choose(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    group: GearGroup,
    count: int,
    *,
    minimum_gears: int,
    limits: ProxyLimits | None = None,
) -> tuple[Gear, ...]:
    """The `count` gears whose going leaves the application best spread; raises `ScalingRefused` where none may go."""
    gears = [gear for gear in work.gears.of_group(group.group_id) if gear.lifecycle != Lifecycle.DESTROYING]
    kept = kept_for_traffic(rotation_facts(work, parts, gears))
    candidates = [
        VictimCandidate(
            gear_id=gear.gear_id,
            ordinal=gear.ordinal,
            is_head=gear.is_head,
            carries_proxy=gear.carries_proxy,
            node_id=gear.node_id,
            zone=gear.zone,
            must_stay=gear.gear_id == kept,
        )
        for gear in gears
    ]
    try:
        victims = choose_victims(
            candidates,
            count,
            limits or limits_of_proxies(platform, parts.application),
            minimum_gears=minimum_gears,
            minimum_zones=platform.policy.placement.minimum_zones,
        )
    except SparseMinimumViolated as violated:
        if kept is None:
            raise
        text = f"{violated.text} Some gears are rotated out by hand, and one that serves must stay."
        raise ScalingRefused(text) from None
    by_id = {gear.gear_id: gear for gear in gears}
    return tuple(by_id[victim] for victim in victims)


def shrink(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    gears: Sequence[Gear],
    operation_id: OperationId,
    *,
    after: ApplicationParts | None = None,
) -> Shrinking:
    """Take gears out of the routing table, count them out, and command their end, which comes after they have drained.

    `after` is the application as it will be, where more changes than its gears.
    """
    ids = [gear.gear_id for gear in gears]
    endpoints = work.gears.endpoints_of(ids)
    addresses = {gear.node_id: work.nodes.address(gear.node_id) for gear in gears}
    unresponsive = work.nodes.unresponsive()
    before = table_of(
        platform,
        parts,
        gears=gears,
        endpoints=endpoints,
        addresses=addresses,
        unresponsive=unresponsive,
    )
    shrunk = forget_gears(work, after or parts, gears)
    work.gears.change(ids, lifecycle=Lifecycle.DESTROYING.value, operation_id=operation_id)
    work.names.remove(_names(platform, parts, ids), operation_id=operation_id)
    table = table_of(platform, shrunk, addresses={})
    shrunk = announce_and_settle(platform, work, before, shrunk, table)
    steps = tuple(destruction(platform, gear, operation_id) for gear in gears)
    return Shrinking(parts=shrunk, steps=steps)


def _names(platform: Platform, parts: ApplicationParts, ids: Collection[GearId]) -> list[str]:
    domain = platform.policy.cloud_domain
    return [f"{gear_id}-{parts.application.namespace}.{domain}".lower() for gear_id in ids]
