"""What an application can be told beside being started and stopped: to reload, to tidy up, to dump its threads."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from broker.core.application import ApplicationParts, Gear
from broker.core.errors import ApplicationNotFound, EventFailed, Invalid
from broker.core.gear import Lifecycle
from broker.core.ids import OperationId
from broker.core.operation import Ending, OperationKind
from broker.core.owner import User
from broker.interfaces import Json, Platform, StepRecord, UnitOfWork
from broker.usecases.applications import view_after
from broker.usecases.cartridge_state import carriers
from broker.usecases.finding import find_application
from broker.usecases.operations import Intention, Plan, Planner, carry_out
from broker.usecases.permitted import NEEDED
from broker.usecases.steps import new_operation_id
from broker.usecases.telling import tell
from broker.usecases.views import ApplicationView
from node_agent.protocol import CommandKind

# The word by which manifests say that a cartridge can do it.
THREAD_DUMP_ACTION = "threaddump"
NO_THREAD_DUMP = 180


class UpkeepEvent(StrEnum):
    """What is done for all gears and leaves them as they are."""

    RELOAD = "reload"
    TIDY = "tidy"


_COMMANDS: Mapping[UpkeepEvent, CommandKind] = {
    UpkeepEvent.RELOAD: CommandKind.RELOAD_GEAR,
    UpkeepEvent.TIDY: CommandKind.TIDY_GEAR,
}
_KINDS: Mapping[UpkeepEvent, OperationKind] = {
    UpkeepEvent.RELOAD: OperationKind.RELOAD,
    UpkeepEvent.TIDY: OperationKind.TIDY,
}


@dataclass(frozen=True, kw_only=True)
class Dumped:
    """The application, and what its gears said of their threads."""

    view: ApplicationView
    text: str


def keep_up(
    platform: Platform, user: User, reference: str, event: UpkeepEvent, namespace: str | None = None
) -> ApplicationView:
    """Do it on all gears at once. A node that is not heard of is told when it is again."""
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace, needs=NEEDED[_KINDS[event]])
    intention = Intention(kind=_KINDS[event])
    parts = carry_out(platform, found.application.application_id, intention, upkeep_planner(platform, event))
    if parts is None:
        raise ApplicationNotFound(reference)
    return view_after(platform, parts)


def upkeep_planner(platform: Platform, event: UpkeepEvent) -> Planner:
    """How it is planned; it is no wish for the state of a gear, so a later one is not behind it."""

    def plan(work: UnitOfWork, parts: ApplicationParts, operation_id: OperationId) -> Plan:
        gears = [
            gear
            for gear in work.gears.of_application(parts.application.application_id)
            if gear.lifecycle != Lifecycle.DESTROYING
        ]
        steps = tell(platform, work, gears, _COMMANDS[event], operation_id)
        return Plan(ending=Ending.TELL, parts=parts, steps=steps, arguments={"event": event.value})

    return plan


def dump_threads(platform: Platform, user: User, reference: str, namespace: str | None = None) -> Dumped:
    """What the cartridges that can tell say of their threads, gear by gear."""
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace, needs=NEEDED[OperationKind.THREAD_DUMP])
    operation_id = new_operation_id(platform)
    intention = Intention(kind=OperationKind.THREAD_DUMP)
    planner = dump_planner(platform, {})
    parts = carry_out(platform, found.application.application_id, intention, planner, operation_id=operation_id)
    if parts is None:
        raise ApplicationNotFound(reference)
    with platform.reading() as work:
        steps = work.commands.of_operation(operation_id)
    return Dumped(view=view_after(platform, parts), text="".join(map(_said, steps)))


def _said(step: StepRecord) -> str:
    output = None if step.reply is None else step.reply.get("output")
    return f"{output}\n" if isinstance(output, str) else ""


def dump_planner(platform: Platform, _wish: Json) -> Planner:
    """How a thread dump is planned: of every cartridge that offers one, on every gear that is heard of."""

    def plan(work: UnitOfWork, parts: ApplicationParts, operation_id: OperationId) -> Plan:
        catalogue = platform.catalogue_of(parts)
        telling = [each for each in parts.cartridges if THREAD_DUMP_ACTION in catalogue[each.name].control_actions]
        if not telling:
            text = "The threaddump command is not available for this application"
            raise Invalid(text, exit_code=NO_THREAD_DUMP)
        unresponsive = work.nodes.unresponsive()
        steps: list[StepRecord] = []
        for each in telling:
            gears: list[Gear] = [
                gear for gear in carriers(platform, work, parts, each.name) if gear.node_id not in unresponsive
            ]
            told = {"cartridge": each.name}
            steps += tell(platform, work, gears, CommandKind.THREAD_DUMP, operation_id, arguments=told)
        if not steps:
            raise EventFailed("Error occurred while processing event 'thread-dump': no node of it is heard of.")
        arguments = {"event": "thread-dump", "once": True}
        return Plan(ending=Ending.TELL, parts=parts, steps=tuple(steps), arguments=arguments)

    return plan
