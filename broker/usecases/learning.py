"""What the replies of nodes tell of the state of gears: recorded, announced, and judged for rotation and HA."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from broker.core.application import ApplicationParts, Gear
from broker.core.gear import Lifecycle, shown_state
from broker.core.ids import ApplicationId, GearId
from broker.core.routing_changes import GearStateChanged
from broker.interfaces import Platform, UnitOfWork
from broker.usecases.activating import note_deployments
from broker.usecases.standing import tell_and_settle
from broker.usecases.steps import Outcomes
from node_agent.protocol import CommandKind

STATE_COMMANDS = (CommandKind.START_GEAR, CommandKind.STOP_GEAR, CommandKind.RESTART_GEAR)
_KNOWN = (Lifecycle.STARTED, Lifecycle.STOPPED)


def learn_states(platform: Platform, work: UnitOfWork, result: Outcomes) -> None:
    """Take in what nodes answered to commands that no operation waited for; gears that are gone teach nothing."""
    note_deployments(work, result)
    told = states_told(result)
    concerned: dict[ApplicationId, set[GearId]] = defaultdict(set)
    for step in result.steps:
        if step.gear_id in told:
            concerned[step.application_id].add(step.gear_id)
    for before in work.applications.many(concerned) if concerned else ():
        gears = work.gears.by_ids(sorted(concerned[before.application.application_id]))
        after = take_in(platform, work, before, {gear: told[gear.gear_id] for gear in gears})
        if after != before:
            work.applications.save(before, after)


def states_told(result: Outcomes) -> dict[GearId, Lifecycle]:
    """The state that each gear has by the last reply to a command that starts or stops."""
    told: dict[GearId, Lifecycle] = {}
    for step in result.steps:
        reply = result.done.get(step.command_id)
        if reply is not None and step.kind in STATE_COMMANDS and reply.gear_state in _KNOWN:
            told[step.gear_id] = Lifecycle(reply.gear_state)
    return told


def take_in(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    told: Mapping[Gear, Lifecycle],
    *,
    running: bool | None = None,
) -> ApplicationParts:
    """Record the states of these gears, and `running` where it changes; routers are told what follows."""
    unresponsive = work.nodes.unresponsive()
    changed = {
        gear: state for gear, state in told.items() if gear.lifecycle in _KNOWN and Lifecycle(gear.lifecycle) != state
    }
    for state in _KNOWN:
        work.gears.change([gear.gear_id for gear, now in changed.items() if now is state], lifecycle=state.value)
    changes = [
        GearStateChanged(
            gear_id=gear.gear_id,
            state=shown_state(state, node_responds=gear.node_id not in unresponsive),
            node=gear.node_id,
            region=gear.region,
            zone=gear.zone,
        )
        for gear, state in changed.items()
    ]
    if running is not None:
        parts = replace(parts, application=replace(parts.application, running=running))
    return tell_and_settle(platform, work, parts, changes)
