"""Starting, stopping and restarting an application, gear by gear on whichever nodes they are."""

from dataclasses import replace
from enum import StrEnum

from broker.core.application import ApplicationParts
from broker.core.errors import ApplicationNotFound
from broker.core.gear import Lifecycle
from broker.core.ids import OperationId
from broker.core.operation import Ending, OperationKind
from broker.core.owner import User
from broker.interfaces import Platform, UnitOfWork
from broker.usecases.applications import view_after
from broker.usecases.cartridge_running import with_all_running
from broker.usecases.finding import find_application
from broker.usecases.learning import STATE_COMMANDS, take_in
from broker.usecases.operations import Intention, Plan, Planner, carry_out
from broker.usecases.permitted import NEEDED
from broker.usecases.steps import step
from broker.usecases.views import ApplicationView
from node_agent.protocol import CommandKind


class StateEvent(StrEnum):
    """What an application can be told to do as a whole."""

    START = "start"
    STOP = "stop"
    FORCE_STOP = "force-stop"
    RESTART = "restart"


_COMMANDS = {
    StateEvent.START: (CommandKind.START_GEAR, {}),
    StateEvent.STOP: (CommandKind.STOP_GEAR, {"force": False}),
    StateEvent.FORCE_STOP: (CommandKind.STOP_GEAR, {"force": True}),
    StateEvent.RESTART: (CommandKind.RESTART_GEAR, {}),
}

# What is waiting for a gear, or for one of its cartridges, says nothing any more once there is a wish for the gear.
SUPERSEDED = (
    *STATE_COMMANDS,
    CommandKind.START_CARTRIDGE,
    CommandKind.STOP_CARTRIDGE,
    CommandKind.RESTART_CARTRIDGE,
    CommandKind.RELOAD_CARTRIDGE,
)

_KINDS = {
    StateEvent.START: OperationKind.START,
    StateEvent.STOP: OperationKind.STOP,
    StateEvent.FORCE_STOP: OperationKind.FORCE_STOP,
    StateEvent.RESTART: OperationKind.RESTART,
}


def change_state(
    platform: Platform, user: User, reference: str, event: StateEvent, namespace: str | None = None
) -> ApplicationView:
    """Do it on all gears at once. A node that is not heard of is told when it is again, and nobody waits for it."""
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace, needs=NEEDED[_KINDS[event]])
    intention = Intention(kind=_KINDS[event])
    parts = carry_out(platform, found.application.application_id, intention, state_planner(platform, event))
    if parts is None:
        raise ApplicationNotFound(reference)
    return view_after(platform, parts)


def state_planner(platform: Platform, event: StateEvent) -> Planner:
    """How starting, stopping or restarting an application is planned."""
    running = event in (StateEvent.START, StateEvent.RESTART)
    kind, arguments = _COMMANDS[event]

    def plan(work: UnitOfWork, parts: ApplicationParts, operation_id: OperationId) -> Plan:
        gears = [
            gear
            for gear in work.gears.of_application(parts.application.application_id)
            if gear.lifecycle != Lifecycle.DESTROYING
        ]
        unresponsive = work.nodes.unresponsive()
        reachable = [gear for gear in gears if gear.node_id not in unresponsive]
        later = [gear for gear in gears if gear.node_id in unresponsive]
        work.gears.change([gear.gear_id for gear in reachable], operation_id=operation_id)
        work.commands.supersede(parts.application.application_id, [gear.gear_id for gear in gears], SUPERSEDED)
        # Every wish for the state is saved before the next is planned, at the latest with its conclusion.
        issued = parts.application.generation + 1
        told_later = [
            step(platform, kind, gear, operation_id, arguments, awaited=False, issued=issued) for gear in later
        ]
        work.commands.add(told_later)
        steps = tuple(step(platform, kind, gear, operation_id, arguments, issued=issued) for gear in reachable)
        return Plan(
            ending=Ending.SET_STATE,
            parts=parts if reachable else _concluded(platform, work, parts, running=running),
            steps=steps,
            arguments={"running": running, "event": event.value},
        )

    return plan


def _concluded(platform: Platform, work: UnitOfWork, parts: ApplicationParts, *, running: bool) -> ApplicationParts:
    """The application where no node can be told now; it is saved even if it is what it was, as `issued` asks for."""
    after = take_in(platform, work, with_all_running(work, parts), {}, running=running)
    return replace(after, application=replace(after.application, generation=parts.application.generation + 1))
