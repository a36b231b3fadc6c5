"""Starting, stopping, restarting and reloading one cartridge of an application, on every gear that carries it."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

from broker.core.application import ApplicationParts, Gear
from broker.core.errors import ApplicationNotFound, CartridgeNotInApplication
from broker.core.gear import Lifecycle
from broker.core.ids import OperationId
from broker.core.operation import Ending, OperationKind
from broker.core.owner import User
from broker.interfaces import Json, Platform, UnitOfWork
from broker.usecases.applications import view_after
from broker.usecases.cartridge_running import with_running
from broker.usecases.finding import find_application
from broker.usecases.operations import Intention, Plan, Planner, carry_out
from broker.usecases.permitted import NEEDED
from broker.usecases.standing import tell_and_settle
from broker.usecases.telling import tell
from broker.usecases.views import ApplicationView
from node_agent.protocol import CommandKind


class CartridgeEvent(StrEnum):
    """What a cartridge can be told to do."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"
    RELOAD = "reload"


_COMMANDS: Mapping[CartridgeEvent, CommandKind] = {
    CartridgeEvent.START: CommandKind.START_CARTRIDGE,
    CartridgeEvent.STOP: CommandKind.STOP_CARTRIDGE,
    CartridgeEvent.RESTART: CommandKind.RESTART_CARTRIDGE,
    CartridgeEvent.RELOAD: CommandKind.RELOAD_CARTRIDGE,
}
_KINDS: Mapping[CartridgeEvent, OperationKind] = {
    CartridgeEvent.START: OperationKind.START_CARTRIDGE,
    CartridgeEvent.STOP: OperationKind.STOP_CARTRIDGE,
    CartridgeEvent.RESTART: OperationKind.RESTART_CARTRIDGE,
    CartridgeEvent.RELOAD: OperationKind.RELOAD_CARTRIDGE,
}


def change_cartridge_state(
    platform: Platform,
    user: User,
    reference: str,
    cartridge: str,
    event: CartridgeEvent,
    *,
    namespace: str | None = None,
) -> ApplicationView:
    """Do it on all gears that carry the cartridge. A node that is not heard of is told when it is again."""
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace, needs=NEEDED[_KINDS[event]])
    intention = Intention(kind=_KINDS[event], arguments={"cartridge": cartridge})
    planner = cartridge_state_planner(platform, event, intention.arguments)
    parts = carry_out(platform, found.application.application_id, intention, planner)
    if parts is None:
        raise ApplicationNotFound(reference)
    return view_after(platform, parts)


def cartridge_state_planner(platform: Platform, event: CartridgeEvent, wish: Json) -> Planner:
    """How it is planned for the `cartridge` of the wish."""
    name = str(wish["cartridge"])

    def plan(work: UnitOfWork, parts: ApplicationParts, operation_id: OperationId) -> Plan:
        gears = carriers(platform, work, parts, name)
        # One number line with the wishes for whole gears: the newest wins, wherever it is heard of last.
        issued = parts.application.generation + 1
        steps = tell(
            platform, work, gears, _COMMANDS[event], operation_id, arguments={"cartridge": name}, issued=issued
        )
        if event is CartridgeEvent.RELOAD:
            return Plan(ending=Ending.TELL, parts=_later(parts), steps=steps, arguments={"event": event.value})
        running = event is not CartridgeEvent.STOP
        arguments = {"event": event.value, "cartridge": name, "running": running}
        after = parts
        if not steps:
            after = _later(tell_and_settle(platform, work, with_running(work, parts, name, running=running), ()))
        return Plan(ending=Ending.SET_CARTRIDGE_STATE, parts=after, steps=steps, arguments=arguments)

    return plan


def _later(parts: ApplicationParts) -> ApplicationParts:
    """The application with the next generation: it is to be saved, so that a later wish has a higher number."""
    return replace(parts, application=replace(parts.application, generation=parts.application.generation + 1))


def carriers(platform: Platform, work: UnitOfWork, parts: ApplicationParts, name: str) -> tuple[Gear, ...]:
    """The gears that carry a cartridge: all of its group, or where it is sparse only the proxy gears."""
    installed = parts.cartridge(name)
    if installed is None:
        raise CartridgeNotInApplication(name)
    is_sparse = platform.catalogue_of(parts)[name].is_sparse
    return tuple(
        gear
        for gear in work.gears.of_group(installed.group_id)
        if gear.lifecycle != Lifecycle.DESTROYING and (gear.carries_proxy or not is_sparse)
    )
