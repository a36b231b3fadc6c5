"""How each kind of operation ends: what is stored, announced and undone once the nodes have answered."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from broker.core.application import ApplicationParts, ApplicationPhase, Gear
from broker.core.dns_names import app_dns_name, gear_dns_name
from broker.core.errors import EventFailed
from broker.core.gear import Lifecycle
from broker.core.gear_group import web_group
from broker.core.ids import GearId, NodeId
from broker.core.rotation import rotation_of
from broker.core.routing_difference import Telling, difference
from broker.core.routing_table import RoutingTable
from broker.interfaces import OperationRecord, Platform, StepRecord, StoredEndpoint, UnitOfWork
from broker.usecases.activating import gears_by_deployment
from broker.usecases.announcing import ha_name, table_of
from broker.usecases.cartridge_running import still_stopped, with_all_running
from broker.usecases.concluded import Conclusion
from broker.usecases.learning import states_told, take_in
from broker.usecases.standing import tell_and_settle
from broker.usecases.steps import Outcomes, undoing
from broker.usecases.storage import storage_steps
from node_agent.protocol import CommandKind, Reply


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


def conclude_creation(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
) -> Conclusion:
    """The application is ready with its first gears, or nothing is left of it."""
    gears = work.gears.of_operation(operation.operation_id)
    application = parts.application
    if result.failure is not None:
        work.applications.delete(application.application_id)
        work.users.consume_gears(application.owner_id, -len(gears))
        work.nodes.free(count_by_node(gears))
        return Conclusion(parts=None, afterwards=undone_steps(platform, result, gears), error=result.failure)
    after = replace(parts, application=replace(application, phase=ApplicationPhase.READY))
    started, endpoints = activate_gears(platform, work, after, gears, result)
    if application.ha:
        _register_ha_name(platform, work, after, operation)
    table = restricted_table(platform, work, after, started, endpoints)
    after = announce_and_settle(platform, work, None, after, table)
    return Conclusion(parts=work.applications.save(parts, after))


def conclude_growth(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
) -> Conclusion:
    """The new gears serve, or they go again."""
    gears = work.gears.of_operation(operation.operation_id)
    if result.failure is not None:
        return undo_growth(platform, work, parts, operation, result, new=gears)
    started, endpoints = activate_gears(platform, work, parts, gears, result)
    before = restricted_table(platform, work, parts, (), ())
    table = restricted_table(platform, work, parts, started, endpoints)
    after = announce_and_settle(platform, work, before, parts, table)
    return Conclusion(parts=work.applications.save(parts, after))


def conclude_enabling(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
) -> Conclusion:
    """The application is HA with its new and its promoted proxy gears, or these are as they were."""
    concerned = work.gears.of_operation(operation.operation_id)
    new = tuple(gear for gear in concerned if gear.lifecycle == Lifecycle.BUILDING)
    promoted = tuple(gear for gear in concerned if gear.lifecycle != Lifecycle.BUILDING)
    if result.failure is not None:
        return undo_growth(platform, work, parts, operation, result, new=new, promoted=promoted)
    old_endpoints = work.gears.endpoints_of([gear.gear_id for gear in promoted]) if promoted else ()
    before = restricted_table(platform, work, parts, promoted, old_endpoints)
    after = replace(parts, application=replace(parts.application, ha=True))
    after, carriers, added = promote_gears(platform, work, after, promoted, result)
    started, endpoints = activate_gears(platform, work, after, new, result)
    _register_ha_name(platform, work, after, operation)
    table = restricted_table(platform, work, after, (*carriers, *started), (*old_endpoints, *added, *endpoints))
    after = announce_and_settle(platform, work, before, after, table)
    stopped = still_stopped(platform, parts, promoted, operation)
    return Conclusion(parts=work.applications.save(parts, after), afterwards=stopped)


def conclude_shrinking(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
) -> Conclusion:
    """The gears are gone for the application; a node that has not answered is told again."""
    del platform
    gears = work.gears.of_operation(operation.operation_id)
    work.gears.remove([gear.gear_id for gear in gears])
    work.users.consume_gears(parts.application.owner_id, -len(gears))
    work.nodes.free(count_by_node(gears))
    return Conclusion(parts=parts, again=result.may_come)


def conclude_deletion(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
) -> Conclusion:
    """Nothing is left of the application; a node that has not answered is told again."""
    del platform
    gears = work.gears.of_operation(operation.operation_id)
    work.applications.delete(parts.application.application_id)
    work.users.consume_gears(parts.application.owner_id, -len(gears))
    work.nodes.free(count_by_node(gears))
    return Conclusion(parts=None, again=result.may_come)


def conclude_state(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
) -> Conclusion:
    """What nodes have answered is the state of the gears."""
    wanted = operation.arguments["running"] is True
    told = states_told(result)
    gears = {
        gear: told[gear.gear_id] for gear in work.gears.of_operation(operation.operation_id) if gear.gear_id in told
    }
    work.gears.change([step.gear_id for step in result.steps], operation_id=None)
    told_any = with_all_running(work, parts) if gears or result.silent else parts
    after = take_in(
        platform, work, told_any, gears, running=wanted if gears or result.silent else parts.application.running
    )
    error = None
    if result.failure is not None:
        event = operation.arguments["event"]
        error = EventFailed(f"Error occurred while processing event '{event}': {result.failure.text}")
    # A node that did not answer may have done it: only its answer, when it is heard of again, tells.
    return Conclusion(parts=work.applications.save(parts, after), error=error, again=result.silent)


def activate_gears(
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
    for deployment_id, ids in gears_by_deployment(result, CommandKind.CREATE_GEAR).items():
        work.gears.change(ids, lifecycle=lifecycle.value, operation_id=None, deployment_id=deployment_id)
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


def promote_gears(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    promoted: Sequence[Gear],
    result: Outcomes,
) -> tuple[ApplicationParts, tuple[Gear, ...], tuple[StoredEndpoint, ...]]:
    """Gears that have been given the proxy carry it, and rotate as the other proxy gears do."""
    group = web_group(parts, platform.catalogue_of(parts))
    if group is None or not promoted:
        return parts, (), ()
    spread = work.nodes.spread(group.group_id, parts.application.generation, parts.application.region)
    for gear in promoted:
        spread.remove(gear.node_id, region=gear.region, zone=gear.zone)
        spread.add(gear.node_id, region=gear.region, zone=gear.zone, carries_proxy=True)
    carriers = tuple(carrying_proxy(gear, proxies_out=group.proxies_out) for gear in promoted)
    for rotation in {gear.rotation for gear in carriers}:
        ids = [gear.gear_id for gear in carriers if gear.rotation == rotation]
        work.gears.change(ids, carries_proxy=True, rotation=rotation, operation_id=None)
    endpoints = _stored(result.replies(CommandKind.EXPOSE_ENDPOINTS))
    work.gears.add_endpoints(endpoints)
    counted = replace(group, proxy_count=group.proxy_count + len(promoted))
    parts = replace(parts, groups=tuple(counted if each == group else each for each in parts.groups))
    return parts, carriers, endpoints


def carrying_proxy(gear: Gear, *, proxies_out: bool) -> Gear:
    """The gear once it carries the proxy."""
    rotation = rotation_of(held_out=gear.held_out, carries_proxy=True, proxies_out=proxies_out)
    return replace(gear, carries_proxy=True, rotation=rotation.value)


def undo_growth(
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
    undo = undone_steps(platform, result, (*new, *promoted))
    restore = operation.arguments.get("restore")
    if isinstance(restore, dict):
        group = after.group(restore["group_id"])
        limits = replace(
            group,
            explicit_minimum=restore["minimum"],
            explicit_maximum=restore["maximum"],
            additional_storage=restore.get("additional_storage", group.additional_storage),
        )
        after = replace(after, groups=tuple(limits if each == group else each for each in after.groups))
        if limits.additional_storage != group.additional_storage:
            gears = work.gears.of_group(group.group_id)
            undo += storage_steps(platform, work, after, gears, operation.operation_id)
    saved = work.applications.save(parts, after)
    return Conclusion(parts=saved, afterwards=undo, error=result.failure)


def undone_steps(platform: Platform, result: Outcomes, gears: Sequence[Gear]) -> tuple[StepRecord, ...]:
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


def restricted_table(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    gears: Iterable[Gear],
    endpoints: Sequence[StoredEndpoint],
) -> RoutingTable:
    """The routing table with these gears and endpoints only."""
    gears = tuple(gears)
    return table_of(
        platform,
        parts,
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
