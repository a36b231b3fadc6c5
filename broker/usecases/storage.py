"""How much storage the gears of a group have beside what every gear has."""

from collections.abc import Sequence

from broker.core.application import ApplicationParts, Gear, GearGroup
from broker.core.errors import Invalid
from broker.core.gear import Lifecycle
from broker.core.ids import OperationId
from broker.core.owner import User
from broker.interfaces import Platform, StepRecord, UnitOfWork
from broker.usecases.steps import step
from node_agent.protocol import CommandKind

NOT_ALLOWED, TOO_MUCH = 164, 166


def check_storage_of(owner: User, gigabytes: int) -> None:
    """Refuses more than the owner's gears may have."""
    if gigabytes > 0 and owner.max_storage == 0:
        raise Invalid("This application is not allowed to have additional gear storage", exit_code=NOT_ALLOWED)
    if gigabytes > owner.max_storage:
        text = f"You have requested more additional gear storage than you are allowed (max: {owner.max_storage} GB)"
        raise Invalid(text, exit_code=TOO_MUCH)


def storage_steps(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    gears: Sequence[Gear],
    operation_id: OperationId,
    *,
    awaited: bool = False,
) -> tuple[StepRecord, ...]:
    """The commands that tell nodes how much storage these gears have now, in place of any they were not told yet."""
    if not gears:
        return ()
    ids = [gear.gear_id for gear in gears]
    work.commands.supersede(parts.application.application_id, ids, (CommandKind.SET_STORAGE,))
    return tuple(
        step(
            platform,
            CommandKind.SET_STORAGE,
            gear,
            operation_id,
            {"additional_gigabytes": parts.group(gear.group_id).additional_storage},
            awaited=awaited,
            issued=parts.application.generation + 1,
        )
        for gear in gears
    )


def tell_storage(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    group: GearGroup,
    operation_id: OperationId,
    *,
    awaited: bool,
) -> tuple[StepRecord, ...]:
    """Tell the nodes of a group's gears how much storage these have now; returns the commands to be waited for.

    Nodes that are not heard of are told later, and so are all where nothing is `awaited`.
    """
    gears = [gear for gear in work.gears.of_group(group.group_id) if gear.lifecycle != Lifecycle.DESTROYING]
    unresponsive = work.nodes.unresponsive()
    waited_for = [gear for gear in gears if awaited and gear.node_id not in unresponsive]
    later = [gear for gear in gears if gear not in waited_for]
    work.gears.change([gear.gear_id for gear in waited_for], operation_id=operation_id)
    work.commands.add(storage_steps(platform, work, parts, later, operation_id))
    return storage_steps(platform, work, parts, waited_for, operation_id, awaited=True)
