"""Cartridges that leave an application, with their gears where nothing else is on them."""

from dataclasses import replace

from broker.core.application import ApplicationParts, Gear, GearGroup
from broker.core.errors import CartridgeNotInApplication, Invalid
from broker.core.gear import Lifecycle
from broker.core.ids import OperationId
from broker.core.operation import Ending, OperationKind
from broker.core.owner import User
from broker.interfaces import Json, Platform, UnitOfWork
from broker.usecases.announcing import table_of
from broker.usecases.cartridge_endings import without_cartridges
from broker.usecases.conclusions import announce_and_settle, restricted_table
from broker.usecases.finding import find_application
from broker.usecases.operations import Intention, Plan, Planner, carry_out
from broker.usecases.permitted import NEEDED
from broker.usecases.shrinking import shrink
from broker.usecases.telling import tell
from node_agent.protocol import CommandKind

NOT_REMOVABLE = 137


def remove_cartridge(
    platform: Platform, user: User, reference: str, cartridge: str, namespace: str | None = None
) -> ApplicationParts:
    """Remove a cartridge; routers are told before it goes. A node that does not answer removes it later."""
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace, needs=NEEDED[OperationKind.REMOVE_CARTRIDGE])
    arguments = {"cartridge": cartridge}
    intention = Intention(kind=OperationKind.REMOVE_CARTRIDGE, arguments=arguments)
    carry_out(platform, found.application.application_id, intention, removal_planner(platform, arguments))
    return found


def removal_planner(platform: Platform, asked: Json) -> Planner:
    """How the `cartridge` of the wish is removed: from the records at once, then from its gears."""
    name = str(asked["cartridge"])

    def plan(work: UnitOfWork, parts: ApplicationParts, operation_id: OperationId) -> Plan:
        installed = parts.cartridge(name)
        if installed is None:
            raise CartridgeNotInApplication(name)
        check_removable(platform, parts, name)
        group = parts.group(installed.group_id)
        if parts.cartridges_of(group.group_id) == (name,):
            return _with_gears(platform, work, parts, group, name, operation_id=operation_id)
        return _from_gears(platform, work, parts, group, name, operation_id=operation_id)

    return plan


def check_removable(platform: Platform, parts: ApplicationParts, name: str) -> None:
    """Refuses what an application cannot be without, and what another of its cartridges requires."""
    catalogue = platform.catalogue_of(parts)
    cartridge = catalogue[name]
    if cartridge.is_web_framework or (cartridge.is_web_proxy and parts.application.scalable):
        raise Invalid(f"'{name}' cannot be removed", exit_code=NOT_REMOVABLE)
    others = [catalogue[each.name] for each in parts.cartridges if each.name != name]
    for other in others:
        if other.unmet(others) and not other.unmet([*others, cartridge]):
            raise Invalid(f"'{name}' cannot be removed: {other.name} requires it", exit_code=NOT_REMOVABLE)


def _gears(work: UnitOfWork, group: GearGroup) -> list[Gear]:
    return [gear for gear in work.gears.of_group(group.group_id) if gear.lifecycle != Lifecycle.DESTROYING]


def _with_gears(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    group: GearGroup,
    name: str,
    *,
    operation_id: OperationId,
) -> Plan:
    """Nothing else is on the gears: they go too, after they have drained."""
    shrinking = shrink(platform, work, parts, _gears(work, group), operation_id)
    work.applications.remove_cartridge(parts.application.application_id, name)
    # The row of the group goes with those of its gears, which refer to it.
    after = replace(
        shrinking.parts,
        groups=tuple(each for each in shrinking.parts.groups if each.group_id != group.group_id),
        cartridges=tuple(each for each in shrinking.parts.cartridges if each.name != name),
    )
    arguments = {"cartridge": name, "group_id": group.group_id}
    return Plan(ending=Ending.REMOVE_CARTRIDGE, parts=after, steps=shrinking.steps, arguments=arguments)


def _from_gears(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    group: GearGroup,
    name: str,
    *,
    operation_id: OperationId,
) -> Plan:
    is_sparse = platform.catalogue_of(parts)[name].is_sparse
    gears = [gear for gear in _gears(work, group) if gear.carries_proxy or not is_sparse]
    ids = [gear.gear_id for gear in gears]
    endpoints = [each for each in work.gears.endpoints_of(ids) if each.cartridge == name]
    before = restricted_table(platform, work, parts, gears, endpoints)
    work.gears.remove_endpoints(ids, name)
    after = without_cartridges(work, parts, [name])
    after = announce_and_settle(platform, work, before, after, table_of(platform, after, addresses={}))
    told = {"cartridge": name}
    steps = tell(platform, work, gears, CommandKind.REMOVE_CARTRIDGE, operation_id, arguments=told)
    return Plan(ending=Ending.REMOVE_CARTRIDGE, parts=after, steps=steps, arguments=told)
