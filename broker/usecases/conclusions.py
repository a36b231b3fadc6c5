"""How each kind of operation ends: what is stored, announced and undone once the nodes have answered."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from broker.core.application import ApplicationParts, ApplicationPhase, Gear
from broker.core.dns_names import app_dns_name, gear_dns_name
from broker.core.errors import EventFailed, Refusal
from broker.core.gear import Lifecycle
from broker.core.gear_group import web_group
from broker.core.ids import CommandId, GearId, NodeId
from broker.core.operation import Ending
from broker.core.rotation import Rotation
from broker.core.routing_difference import Telling, difference
from broker.core.routing_table import RoutingTable
from broker.interfaces import OperationRecord, Platform, StepRecord, StoredEndpoint, UnitOfWork
from broker.usecases.announcing import ha_name, table_of
from broker.usecases.learning import states_told, take_in
from broker.usecases.standing import tell_and_settle
from broker.usecases.steps import Outcomes, undoing
from node_agent.protocol import CommandKind, Reply


@dataclass(frozen=True, kw_only=True)
class Conclusion:
    """How an operation ended: the application after it (None if it is gone) and what is still to be told to nodes.

    With `error` the operation failed, and what it had done is undone. Commands that were not done and are to be told
    `again` stay in the outbox, because the operation is complete without them.
    """

    parts: ApplicationParts | None
    afterwards: tuple[StepRecord, ...] = ()
    error: Refusal | None = None
    again: frozenset[CommandId] = frozenset()


Concluder = Callable[[Platform, UnitOfWork, ApplicationParts, OperationRecord, Outcomes], Conclusion]


def conclude(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
) -> Conclusion:
    """End an operation by how it was planned; one that was cancelled is undone although all was done."""
    concluders: dict[Ending, Concluder] = {
        Ending.CREATE: _conclude_creation,
        Ending.GROW: _conclude_growth,
        Ending.SHRINK: _conclude_shrinking,
        Ending.ENABLE_HA: _conclude_enabling,
        Ending.SET_STATE: _conclude_state,
        Ending.DELETE: _conclude_deletion,
    }
    return concluders[Ending(operation.ending or operation.kind)](platform, work, parts, operation, result)


def announce_and_settle(
    platform: Platform,
    work: UnitOfWork,
    before: RoutingTable | None,
    parts: ApplicationParts,
    after: RoutingTable,
) -> ApplicationParts:
    """Announce how the table changed, with what follows for rotation and verdict."""
    telling = Telling(
        managed_dns=platform.policy.manage_ha_dns,
        router_hostname=platform.policy.router_hostname,
        rotation_reason="gear ratio",
    )
    return tell_and_settle(platform, work, parts, difference(before, after, telling))


def count_by_node(gears: Iterable[Gear]) -> dict[NodeId, int]:
    """How many of these gears are on each node."""
    return dict(Counter(gear.node_id for gear in gears))


def _conclude_creation(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
) -> Conclusion:
    gears = work.gears.of_operation(operation.operation_id)
    application = parts.application
    if result.failure is not None:
        work.applications.delete(application.application_id)
        work.users.consume_gears(application.owner_id, -len(gears))
        work.nodes.free(count_by_node(gears))
        return Conclusion(parts=None, afterwards=_undone(platform, result, gears), error=result.failure)
    after = replace(parts, application=replace(application, phase=ApplicationPhase.READY))
    started, endpoints = _activate(platform, work, after, gears, result)
    if application.ha:
        _register_ha_name(platform, work, after, operation)
    table = _restricted(platform, work, after, started, endpoints)
    after = announce_and_settle(platform, work, None, after, table)
    return Conclusion(parts=work.applications.save(parts, after))


def _conclude_growth(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
) -> Conclusion:
    gears = work.gears.of_operation(operation.operation_id)
    if result.failure is not None:
        return _undo_growth(platform, work, parts, operation, result, new=gears)
    started, endpoints = _activate(platform, work, parts, gears, result)
    before = _restricted(platform, work, parts, (), ())
    table = _restricted(platform, work, parts, started, endpoints)
    after = announce_and_settle(platform, work, before, parts, table)
    return Conclusion(parts=work.applications.save(parts, after))


def _conclude_enabling(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
) -> Conclusion:
    concerned = work.gears.of_operation(operation.operation_id)
    new = tuple(gear for gear in concerned if gear.lifecycle == Lifecycle.BUILDING)
    promoted = tuple(gear for gear in concerned if gear.lifecycle != Lifecycle.BUILDING)
    if result.failure is not None:
        return _undo_growth(platform, work, parts, operation, result, new=new, promoted=promoted)
    old_endpoints = work.gears.endpoints_of([gear.gear_id for gear in promoted]) if promoted else ()
    before = _restricted(platform, work, parts, promoted, old_endpoints)
    after = replace(parts, application=replace(parts.application, ha=True))
    after, carriers, added = _promote(platform, work, after, promoted, result)
    started, endpoints = _activate(platform, work, after, new, result)
    _register_ha_name(platform, work, after, operation)
    table = _restricted(platform, work, after, (*carriers, *started), (*old_endpoints, *added, *endpoints))
    after = announce_and_settle(platform, work, before, after, table)
    return Conclusion(parts=work.applications.save(parts, after))


def _conclude_shrinking(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
) -> Conclusion:
    # The gears are gone for the application; a node that has not answered is told again.
    del platform
    gears = work.gears.of_operation(operation.operation_id)
    work.gears.remove([gear.gear_id for gear in gears])
    work.users.consume_gears(parts.application.owner_id, -len(gears))
    work.nodes.free(count_by_node(gears))
    return Conclusion(parts=parts, again=result.may_come)


def _conclude_deletion(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
) -> Conclusion:
    del platform
    gears = work.gears.of_operation(operation.operation_id)
    work.applications.delete(parts.application.application_id)
    work.users.consume_gears(parts.application.owner_id, -len(gears))
    work.nodes.free(count_by_node(gears))
    return Conclusion(parts=None, again=result.may_come)


def _conclude_state(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
) -> Conclusion:
    wanted = operation.arguments["running"] is True
    told = states_told(result)
    gears = {
        gear: told[gear.gear_id] for gear in work.gears.of_operation(operation.operation_id) if gear.gear_id in told
    }
    work.gears.change([step.gear_id for step in result.steps], operation_id=None)
    after = take_in(
        platform, work, parts, gears, running=wanted if gears or result.silent else parts.application.running
    )
    error = None
    if result.failure is not None:
        event = operation.arguments["event"]
        error = EventFailed(f"Error occurred while processing event '{event}': {result.failure.text}")
    # A node that did not answer may have done it: only its answer, when it is heard of again, tells.
    return Conclusion(parts=work.applications.save(parts, after), error=error, again=result.silent)


def _activate(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    gears: Sequence[Gear],
    result: Outcomes,
) -> tuple[tuple[Gear, ...], tuple[StoredEndpoint, ...]]:
    """The gears that nodes have built are started, with their endpoints and names."""
    if not gears:
        return (), ()
    application = parts.application
    replies = result.replies(CommandKind.CREATE_GEAR)
    lifecycle = Lifecycle.STARTED if application.running else Lifecycle.STOPPED
    uids = {gear.gear_id: reply.uid for gear in gears if (reply := replies[gear.gear_id]).uid is not None}
    work.gears.set_uids(uids)
    work.gears.change([gear.gear_id for gear in gears], lifecycle=lifecycle.value, operation_id=None)
    endpoints = _stored(replies)
    work.gears.add_endpoints(endpoints)
    domain = platform.policy.cloud_domain
    names = [
        (
            app_dns_name(application.name, application.namespace, domain)
            if gear.is_head
            else gear_dns_name(gear.gear_id, application.namespace, domain),
            "CNAME",
            gear.node_id,
        )
        for gear in gears
    ]
    work.names.put(names, application.application_id, operation_id=gears[0].operation_id)
    started = tuple(replace(gear, lifecycle=lifecycle.value, operation_id=None) for gear in gears)
    return started, endpoints


def _promote(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    promoted: Sequence[Gear],
    result: Outcomes,
) -> tuple[ApplicationParts, tuple[Gear, ...], tuple[StoredEndpoint, ...]]:
    """Gears that have been given the proxy carry it, and rotate as the other proxy gears do."""
    group = web_group(parts, platform.catalogue)
    if group is None or not promoted:
        return parts, (), ()
    spread = work.nodes.spread(group.group_id, parts.application.generation, parts.application.region)
    for gear in promoted:
        spread.remove(gear.node_id, region=gear.region, zone=gear.zone)
        spread.add(gear.node_id, region=gear.region, zone=gear.zone, carries_proxy=True)
    rotation = Rotation.OUT if group.proxies_out else Rotation.IN
    ids = [gear.gear_id for gear in promoted]
    work.gears.change(ids, carries_proxy=True, rotation=rotation.value, operation_id=None)
    endpoints = _stored(result.replies(CommandKind.EXPOSE_ENDPOINTS))
    work.gears.add_endpoints(endpoints)
    counted = replace(group, proxy_count=group.proxy_count + len(promoted))
    parts = replace(parts, groups=tuple(counted if each == group else each for each in parts.groups))
    carriers = tuple(replace(gear, carries_proxy=True, rotation=rotation.value) for gear in promoted)
    return parts, carriers, endpoints


def _undo_growth(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
    *,
    new: Sequence[Gear],
    promoted: Sequence[Gear] = (),
) -> Conclusion:
    """New gears go, promoted ones lose the proxy again, and the owner's limits are what they were."""
    after = forget_gears(work, parts, new)
    work.gears.remove([gear.gear_id for gear in new])
    work.gears.change([gear.gear_id for gear in promoted], operation_id=None)
    work.users.consume_gears(parts.application.owner_id, -len(new))
    work.nodes.free(count_by_node(new))
    restore = operation.arguments.get("restore")
    if isinstance(restore, dict):
        group = after.group(restore["group_id"])
        limits = replace(group, explicit_minimum=restore["minimum"], explicit_maximum=restore["maximum"])
        after = replace(after, groups=tuple(limits if each == group else each for each in after.groups))
    undo = _undone(platform, result, (*new, *promoted))
    saved = work.applications.save(parts, after)
    return Conclusion(parts=saved, afterwards=undo, error=result.failure)


def _undone(platform: Platform, result: Outcomes, gears: Sequence[Gear]) -> tuple[StepRecord, ...]:
    """What takes back the steps on these gears; to add a cartridge and to show its endpoints is undone at once."""
    last = {each.gear_id: each for each in result.steps}
    return tuple(undoing(platform, gear, last[gear.gear_id]) for gear in gears)


def forget_gears(work: UnitOfWork, parts: ApplicationParts, gears: Iterable[Gear]) -> ApplicationParts:
    """Count gears out of their groups and out of where the groups' gears are, before their rows say so too."""
    groups = {group.group_id: group for group in parts.groups}
    for gear in gears:
        group = groups[gear.group_id]
        spread = work.nodes.spread(group.group_id, parts.application.generation, parts.application.region)
        spread.remove(gear.node_id, region=gear.region, zone=gear.zone, carries_proxy=gear.carries_proxy)
        groups[gear.group_id] = replace(
            group, gear_count=group.gear_count - 1, proxy_count=group.proxy_count - gear.carries_proxy
        )
    return replace(parts, groups=tuple(groups.values()))


def _stored(replies: dict[GearId, Reply]) -> tuple[StoredEndpoint, ...]:
    return tuple(
        StoredEndpoint(
            gear_id=gear_id,
            cartridge=endpoint.cartridge,
            port_name=endpoint.port_name,
            public_port=endpoint.public_port,
            internal_address=endpoint.internal_address,
            internal_port=endpoint.internal_port,
        )
        for gear_id, reply in replies.items()
        for endpoint in reply.endpoints
    )


def _restricted(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    gears: Iterable[Gear],
    endpoints: Sequence[StoredEndpoint],
) -> RoutingTable:
    gears = tuple(gears)
    return table_of(
        platform,
        parts.application,
        gears=gears,
        endpoints=endpoints,
        addresses={gear.node_id: work.nodes.address(gear.node_id) for gear in gears},
        unresponsive=work.nodes.unresponsive(),
    )


def _register_ha_name(
    platform: Platform, work: UnitOfWork, parts: ApplicationParts, operation: OperationRecord
) -> None:
    if platform.policy.manage_ha_dns:
        name = ha_name(platform.policy, parts.application)
        record = (name, "CNAME", platform.policy.router_hostname)
        work.names.put([record], parts.application.application_id, operation_id=operation.operation_id)
