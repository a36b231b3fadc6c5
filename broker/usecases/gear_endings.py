"""How what is done to a single gear ends: its restart, and its deletion where another had to take its place first."""

from collections.abc import Sequence
from dataclasses import replace

from broker.core.application import ApplicationParts, Gear
from broker.core.dns_names import gear_dns_name
from broker.core.gear import Lifecycle
from broker.core.gear_removal import GearRefused, keeps_zones, too_few_zones
from broker.core.ids import GearId
from broker.core.rotation import may_leave
from broker.interfaces import OperationRecord, Platform, UnitOfWork
from broker.usecases.cartridge_running import still_stopped
from broker.usecases.concluded import Conclusion
from broker.usecases.conclusions import (
    activate_gears,
    announce_and_settle,
    count_by_node,
    forget_gears,
    promote_gears,
    restricted_table,
    undo_growth,
)
from broker.usecases.learning import states_told, take_in
from broker.usecases.standing import rotation_facts
from broker.usecases.steps import Outcomes, destruction
from broker.usecases.telling import failed_event


def conclude_gear_restart(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
) -> Conclusion:
    """What the node has answered is the state of the gear; a node that has not is told again."""
    told = states_told(result)
    gears = {gear: told[gear.gear_id] for gear in work.gears.by_ids(sorted(told))} if told else {}
    work.gears.change(sorted({each.gear_id for each in result.steps}), operation_id=None)
    after = take_in(platform, work, parts, gears)
    saved = work.applications.save(parts, after)
    return Conclusion(parts=saved, error=failed_event(operation, result), again=result.silent)


def conclude_replacement(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
) -> Conclusion:
    """The gear is gone, and another carries the proxy or serves for it; or everything is as it was."""
    concerned = work.gears.of_operation(operation.operation_id)
    new = tuple(gear for gear in concerned if gear.lifecycle == Lifecycle.BUILDING)
    promoted = tuple(gear for gear in concerned if gear.lifecycle != Lifecycle.BUILDING)
    (leaving,) = work.gears.by_ids([GearId(str(operation.arguments["gear_id"]))])
    refusal = result.failure or (
        _leaves_too_few_zones(platform, work, leaving, new) if new else needed_for_traffic(work, parts, leaving)
    )
    if refusal is not None:
        undone = undo_growth(platform, work, parts, operation, result, new=new, promoted=promoted)
        return replace(undone, error=refusal)
    old = work.gears.endpoints_of([gear.gear_id for gear in (*promoted, leaving)])
    before = restricted_table(platform, work, parts, (*promoted, leaving), old)
    after, carriers, added = promote_gears(platform, work, parts, promoted, result)
    started, endpoints = activate_gears(platform, work, after, new, result)
    table = restricted_table(platform, work, after, (*carriers, *started), (*old, *added, *endpoints))
    after = count_out(platform, work, after, leaving, operation)
    after = announce_and_settle(platform, work, before, after, table)
    told = replace(destruction(platform, leaving, operation.operation_id), awaited=False)
    stopped = still_stopped(platform, parts, promoted, operation)
    return Conclusion(parts=work.applications.save(parts, after), afterwards=(*stopped, told))


def _leaves_too_few_zones(
    platform: Platform, work: UnitOfWork, leaving: Gear, new: Sequence[Gear]
) -> GearRefused | None:
    """Why the gear may not go: those that were built for it may have come to other zones than were planned for."""
    built = {gear.gear_id for gear in new}
    gears = [each for each in work.gears.of_group(leaving.group_id) if each.lifecycle != Lifecycle.DESTROYING]
    before = [each.zone for each in gears if each.gear_id not in built]
    after = [each.zone for each in gears if each.gear_id != leaving.gear_id]
    minimum = platform.policy.placement.minimum_zones
    return None if keeps_zones(before, after, minimum) else too_few_zones(leaving.gear_id, minimum)


def needed_for_traffic(work: UnitOfWork, parts: ApplicationParts, leaving: Gear) -> GearRefused | None:
    """Why the gear may not go: nothing else serves. None where something does, or where it serves nothing itself."""
    facts = rotation_facts(work, parts, work.gears.of_group(leaving.group_id))
    if may_leave(facts, leaving.gear_id):
        return None
    return GearRefused(f"Gear '{leaving.gear_id}' cannot be deleted: no other gear of its application serves requests.")


def count_out(
    platform: Platform, work: UnitOfWork, parts: ApplicationParts, leaving: Gear, operation: OperationRecord
) -> ApplicationParts:
    """The application without a gear whose node is told later; its row, its name and its place in quotas are gone."""
    after = forget_gears(work, parts, [leaving])
    name = gear_dns_name(leaving.gear_id, parts.application.namespace, platform.policy.cloud_domain)
    work.names.remove([name], operation_id=operation.operation_id)
    work.gears.remove([leaving.gear_id])
    work.users.consume_gears(parts.application.owner_id, -1)
    work.nodes.free(count_by_node([leaving]))
    return after
