"""How the adding and the removing of cartridges end."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from broker.core.application import ApplicationParts, Gear
from broker.core.gear import Lifecycle
from broker.core.ids import GearId, GroupId
from broker.interfaces import OperationRecord, Platform, StepRecord, StoredEndpoint, UnitOfWork
from broker.usecases.concluded import Conclusion
from broker.usecases.conclusions import (
    activate_gears,
    announce_and_settle,
    count_by_node,
    forget_gears,
    restricted_table,
    undone_steps,
)
from broker.usecases.hidden import variables_in
from broker.usecases.steps import Outcomes, undoing
from broker.usecases.storage import storage_steps
from node_agent.protocol import CommandKind


def conclude_addition(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
) -> Conclusion:
    """The cartridges are there and routers know their endpoints, or nothing is left of them."""
    concerned = work.gears.of_operation(operation.operation_id)
    new = tuple(gear for gear in concerned if gear.lifecycle == Lifecycle.BUILDING)
    there = tuple(gear for gear in concerned if gear.lifecycle != Lifecycle.BUILDING)
    if result.failure is not None:
        return _undo(platform, work, parts, operation, result, new=new, there=there)
    before = restricted_table(platform, work, parts, (), ())
    started, endpoints = activate_gears(platform, work, parts, new, result)
    added = _exposed(result)
    work.gears.add_endpoints(added)
    work.gears.change([gear.gear_id for gear in there], operation_id=None)
    application_id = parts.application.application_id
    work.applications.set_variables(application_id, variables_in(platform, operation.wish))
    after, told = _with_storage(platform, work, parts, operation, there)
    table = restricted_table(platform, work, after, (*started, *there), (*endpoints, *added))
    after = announce_and_settle(platform, work, before, after, table)
    return Conclusion(parts=work.applications.save(parts, after), afterwards=told)


def _exposed(result: Outcomes) -> tuple[StoredEndpoint, ...]:
    """The endpoints that nodes have exposed on gears that were there."""
    return tuple(
        StoredEndpoint(
            gear_id=each.gear_id,
            cartridge=endpoint.cartridge,
            port_name=endpoint.port_name,
            public_port=endpoint.public_port,
            internal_address=endpoint.internal_address,
            internal_port=endpoint.internal_port,
        )
        for each in result.steps
        if each.kind == CommandKind.EXPOSE_ENDPOINTS and each.command_id in result.done
        for endpoint in result.done[each.command_id].endpoints
    )


def _with_storage(
    platform: Platform, work: UnitOfWork, parts: ApplicationParts, operation: OperationRecord, gears: Sequence[Gear]
) -> tuple[ApplicationParts, tuple[StepRecord, ...]]:
    """Groups that were joined have as much storage as the new cartridges want; their nodes are told of it."""
    wanted = operation.arguments.get("storage")
    if not isinstance(wanted, Mapping):
        return parts, ()
    groups = tuple(
        replace(each, additional_storage=max(each.additional_storage, wanted.get(each.group_id, 0)))
        for each in parts.groups
    )
    after = replace(parts, groups=groups)
    grown = {each.group_id for each, old in zip(groups, parts.groups, strict=True) if each != old}
    concerned = [gear for gear in gears if gear.group_id in grown]
    return after, storage_steps(platform, work, after, concerned, operation.operation_id)


def _undo(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
    *,
    new: Sequence[Gear],
    there: Sequence[Gear],
) -> Conclusion:
    after = forget_gears(work, parts, new)
    work.gears.remove([gear.gear_id for gear in new])
    work.gears.change([gear.gear_id for gear in there], operation_id=None)
    work.users.consume_gears(parts.application.owner_id, -len(new))
    work.nodes.free(count_by_node(new))
    names, groups = _words(operation, "cartridges"), _words(operation, "groups")
    after = without_cartridges(work, after, names, gone=[GroupId(each) for each in groups])
    undo = (*undone_steps(platform, result, new), *_taken_back(platform, result, there))
    return Conclusion(parts=work.applications.save(parts, after), afterwards=undo, error=result.failure)


def _taken_back(platform: Platform, result: Outcomes, gears: Iterable[Gear]) -> tuple[StepRecord, ...]:
    """What removes each new cartridge from each gear again; to add it and to show its endpoints is undone at once."""
    by_id = {gear.gear_id: gear for gear in gears}
    last: dict[tuple[GearId, object], StepRecord] = {}
    for each in result.steps:
        if each.gear_id in by_id:
            last[each.gear_id, each.after or each.command_id] = each
    return tuple(undoing(platform, by_id[each.gear_id], each) for each in last.values())


def _words(operation: OperationRecord, name: str) -> list[str]:
    words = operation.arguments.get(name)
    return [str(each) for each in words] if isinstance(words, list) else []


def without_cartridges(
    work: UnitOfWork, parts: ApplicationParts, names: Sequence[str], *, gone: Sequence[GroupId] = ()
) -> ApplicationParts:
    """The application without these cartridges, and without the groups that are gone, stored so."""
    application_id = parts.application.application_id
    last: dict[GroupId, str] = {}
    by_group: dict[GroupId, list[str]] = defaultdict(list)
    for each in parts.cartridges:
        if each.name in names:
            by_group[each.group_id].append(each.name)
            last[each.group_id] = each.name
    for group_id, members in by_group.items():
        for name in members:
            with_group = group_id if group_id in gone and name == last[group_id] else None
            work.applications.remove_cartridge(application_id, name, with_group=with_group)
    return replace(
        parts,
        groups=tuple(each for each in parts.groups if each.group_id not in gone),
        cartridges=tuple(each for each in parts.cartridges if each.name not in names),
    )


def conclude_removal(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
) -> Conclusion:
    """The cartridge has gone, with its group where nothing was left in it; who did not answer is told again."""
    del platform
    concerned = work.gears.of_operation(operation.operation_id)
    gone = tuple(gear for gear in concerned if gear.lifecycle == Lifecycle.DESTROYING)
    work.gears.remove([gear.gear_id for gear in gone])
    work.gears.change([gear.gear_id for gear in concerned if gear not in gone], operation_id=None)
    work.users.consume_gears(parts.application.owner_id, -len(gone))
    work.nodes.free(count_by_node(gone))
    name, group_id = operation.arguments["cartridge"], operation.arguments.get("group_id")
    if group_id is not None:
        application_id = parts.application.application_id
        work.applications.remove_cartridge(application_id, str(name), with_group=GroupId(str(group_id)))
    return Conclusion(parts=work.applications.save(parts, parts), again=result.may_come)
