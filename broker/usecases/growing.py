"""New gears for a gear group: quota, placement, records and the commands that build them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from broker.core.application import Application, ApplicationParts, Gear, GearGroup
from broker.core.errors import NoNodeAvailable, QuotaExceeded, ScalingRefused
from broker.core.gear import Lifecycle
from broker.core.gear_group import carried_cartridges
from broker.core.ids import GearId, NodeId, OperationId
from broker.core.owner import User
from broker.core.placement.draw import Draw
from broker.core.placement.engine import place
from broker.core.placement.model import Placement, Request
from broker.core.rotation import Rotation
from broker.core.sparse import ProxyLimits, grow, proxy_limits
from broker.interfaces import Platform, StepRecord, UnitOfWork
from broker.usecases.steps import creation_arguments, step
from broker.usecases.times import timestamp
from node_agent.protocol import CommandKind

# A quota may be unlimited; the memory of one operation is not.
MOST_AT_ONCE = 10_000


@dataclass(frozen=True, kw_only=True)
class Growth:
    """Gears that are about to be built: the application with them counted, and the commands."""

    parts: ApplicationParts
    gears: tuple[Gear, ...]
    steps: tuple[StepRecord, ...]


def limits_of_proxies(platform: Platform, application: Application) -> ProxyLimits:
    """How many proxy gears the application should have, by its multiplier and the operator's rule."""
    return proxy_limits(
        ha=application.ha,
        multiplier=application.effective_multiplier,
        rule=platform.policy.multiplier_rule,
    )


def consume_quota(work: UnitOfWork, application: Application, count: int) -> None:
    """Take `count` gears from the owner's quota; raises `QuotaExceeded`."""
    if count > 0 and not work.users.consume_gears(application.owner_id, count):
        owner = work.users.by_id(application.owner_id)
        consumed, maximum = (0, 0) if owner is None else (owner.consumed_gears, owner.max_gears)
        raise QuotaExceeded(application.owner_login, consumed, maximum, count)


def check_quota(work: UnitOfWork, application: Application, count: int) -> None:
    """Refuses a number that the quota or this broker cannot give, before anything is made for each of `count`."""
    owner = work.users.by_id(application.owner_id)
    if owner is not None:
        check_room(owner, count)


def check_room(owner: User, count: int) -> None:
    """The same for an owner that is known."""
    if not owner.has_room_for(count):
        raise QuotaExceeded(owner.login, owner.consumed_gears, owner.max_gears, count)
    if count > MOST_AT_ONCE:
        raise ScalingRefused(f"At most {MOST_AT_ONCE} gears can be added at once.", exit_code=168)


def proxies_for(platform: Platform, parts: ApplicationParts, group: GearGroup, count: int) -> tuple[bool, ...]:
    """For each of `count` new gears of the group in turn, whether it carries the sparse cartridge."""
    names, catalogue = parts.cartridges_of(group.group_id), platform.catalogue_of(parts)
    if not any(catalogue[name].is_web_proxy for name in names):
        return (False,) * count
    limits = limits_of_proxies(platform, parts.application)
    return grow(group.gear_count, group.proxy_count, count, limits)


def grow_group(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    group: GearGroup,
    carry: Sequence[bool],
    *,
    operation_id: OperationId,
    avoided: frozenset[NodeId] = frozenset(),
    attempt: int = 1,
) -> Growth:
    """Place one gear for each element of `carry`, which says whether it carries the proxy, and record them all.

    The head gear is the first of the application, and has its id. None comes to a node that is to be `avoided`.
    Raises `NoNodeAvailable` or `QuotaExceeded`.
    """
    application = parts.application
    if not carry:
        return Growth(parts=parts, gears=(), steps=())
    consume_quota(work, application, len(carry))
    placements = _place(platform, work, parts, group, carry, avoided=avoided)
    if application.region is None and placements[0].region is not None:
        application = replace(application, region=placements[0].region)
    gears = _record(platform, application, group, carry, placements, operation_id=operation_id)
    work.gears.add(gears)
    if application.head_gear_id is None:
        application = replace(application, head_gear_id=gears[0].gear_id)
    counted = replace(
        group,
        gear_count=group.gear_count + len(gears),
        proxy_count=group.proxy_count + sum(carry),
        ordinals=group.ordinals + len(gears),
    )
    grown = replace(
        parts,
        application=application,
        groups=tuple(counted if each == group else each for each in parts.groups),
    )
    steps = building_steps(platform, grown, counted, gears, operation_id, attempt=attempt)
    return Growth(parts=grown, gears=gears, steps=steps)


def place_again(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    group: GearGroup,
    gears: Sequence[Gear],
    *,
    avoided: frozenset[NodeId],
) -> tuple[Gear, ...]:
    """Give gears that were never built other nodes than they had, and none that is to be avoided.

    They keep their ids, their ordinals and their place in the quota. Raises `NoNodeAvailable`.
    """
    spread = work.nodes.spread(group.group_id, parts.application.generation, parts.application.region)
    for gear in gears:
        spread.remove(gear.node_id, region=gear.region, zone=gear.zone, carries_proxy=gear.carries_proxy)
    placements = _place(platform, work, parts, group, [gear.carries_proxy for gear in gears], avoided=avoided)
    work.nodes.free(Counter(gear.node_id for gear in gears))
    moved = tuple(
        replace(gear, node_id=NodeId(placed.node_id), zone=placed.zone, region=placed.region)
        for gear, placed in zip(gears, placements, strict=True)
    )
    work.gears.move(moved)
    return moved


@contextmanager
def as_if_gone(work: UnitOfWork, application: Application, gear: Gear) -> Iterator[None]:
    """Gears that are placed in a block come where they would if this one were gone already."""
    spread = work.nodes.spread(gear.group_id, application.generation, application.region)
    spread.remove(gear.node_id, region=gear.region, zone=gear.zone, carries_proxy=gear.carries_proxy)
    yield
    spread.add(gear.node_id, region=gear.region, zone=gear.zone, carries_proxy=gear.carries_proxy)


def _place(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    group: GearGroup,
    carry: Sequence[bool],
    *,
    avoided: frozenset[NodeId],
) -> tuple[Placement, ...]:
    application = parts.application
    policy = platform.policy
    plain = Request(profile=group.profile, region=application.region, excluded=frozenset(avoided))
    proxied = replace(plain, carries_proxy=True)
    spread = work.nodes.spread(group.group_id, application.generation, application.region)
    find_nodes = partial(
        place,
        work.nodes.fleet(),
        spread,
        [proxied if carries else plain for carries in carry],
        rules=policy.placement,
        draw=Draw.for_application(application.application_id),
        policy=policy.placement_policy,
    )
    try:
        placements = find_nodes()
    except NoNodeAvailable:
        # Another process may have made room since this one has looked.
        if not work.nodes.learn_anew():
            raise
        placements = find_nodes()
    work.nodes.placed(spread, placements)
    counts: dict[NodeId, int] = dict(Counter(NodeId(placed.node_id) for placed in placements))
    work.nodes.reserve(counts)
    return placements


def _record(
    platform: Platform,
    application: Application,
    group: GearGroup,
    carry: Sequence[bool],
    placements: Sequence[Placement],
    *,
    operation_id: OperationId,
) -> tuple[Gear, ...]:
    now = timestamp(platform.clock.now())
    out = Rotation.OUT.value if group.proxies_out else Rotation.IN.value
    gears = []
    for number, (carries, placed) in enumerate(zip(carry, placements, strict=True)):
        is_head = application.head_gear_id is None and number == 0
        gears.append(
            Gear(
                gear_id=GearId(application.application_id if is_head else platform.new_id()),
                application_id=application.application_id,
                group_id=group.group_id,
                node_id=NodeId(placed.node_id),
                zone=placed.zone,
                region=placed.region,
                ordinal=group.ordinals + number + 1,
                is_head=is_head,
                carries_proxy=carries,
                lifecycle=Lifecycle.BUILDING.value,
                rotation=out if carries else Rotation.IN.value,
                uid=None,
                operation_id=operation_id,
                created_at=now,
            )
        )
    return tuple(gears)


def building_steps(
    platform: Platform,
    parts: ApplicationParts,
    group: GearGroup,
    gears: Sequence[Gear],
    operation_id: OperationId,
    *,
    attempt: int = 1,
) -> tuple[StepRecord, ...]:
    """The commands that build these gears of a group."""
    names, catalogue = parts.cartridges_of(group.group_id), platform.catalogue_of(parts)
    stopped = parts.stopped_cartridges(group.group_id)
    carried = {carries: carried_cartridges(names, catalogue, carries_proxy=carries) for carries in (False, True)}
    arguments = {
        carries: {
            **creation_arguments(parts.application, cartridges, group.profile),
            "additional_gigabytes": group.additional_storage,
            "stopped_cartridges": [each.name for each in cartridges if each.name in stopped],
        }
        for carries, cartridges in carried.items()
    }
    return tuple(
        step(platform, CommandKind.CREATE_GEAR, gear, operation_id, arguments[gear.carries_proxy], attempt=attempt)
        for gear in gears
    )
