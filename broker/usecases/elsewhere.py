"""Steps that failed on their nodes are tried on others: gears that were to be built, proxies that were to be added."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from broker.core.application import ApplicationParts, Gear
from broker.core.errors import LimitReached, NodeFailed
from broker.core.gear import Lifecycle
from broker.core.gear_group import effective_limits, web_group
from broker.core.ids import GearId, NodeId
from broker.core.limits import UNLIMITED
from broker.core.operation import Ending
from broker.interfaces import OperationRecord, Platform, StepRecord, UnitOfWork
from broker.usecases.growing import as_if_gone, building_steps, grow_group, place_again
from broker.usecases.steps import Outcomes, undoing


@dataclass(frozen=True, kw_only=True)
class Replanted:
    """What an operation goes on with: its new steps, those that were `done` before, and what undoes the failed ones."""

    parts: ApplicationParts
    steps: tuple[StepRecord, ...]
    done: tuple[StepRecord, ...]
    undo: tuple[StepRecord, ...]


@dataclass(frozen=True)
class _Attempt:
    platform: Platform
    work: UnitOfWork
    operation: OperationRecord
    avoided: frozenset[NodeId]


def replant(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
) -> Replanted:
    """Give the operation's gears that were not built other nodes, and a new proxy gear for each that was not promoted.

    No node that has failed this operation before is asked again. Raises `NoNodeAvailable`, `QuotaExceeded`,
    `LimitReached` or, where a cartridge has to be on a gear that is there, `NodeFailed`, and then the unit of work is
    to be left without a commit.
    """
    concerned = {gear.gear_id: gear for gear in work.gears.of_operation(operation.operation_id)}
    failed = {step.gear_id for step in result.steps if step.command_id not in result.done}
    unbuilt = [gear for gear in concerned.values() if gear.gear_id in failed and gear.lifecycle == Lifecycle.BUILDING]
    unpromoted = [gear for gear in concerned.values() if gear.gear_id in failed and gear not in unbuilt]
    if unpromoted and operation.ending == Ending.ADD_CARTRIDGE:
        raise NodeFailed(result.first_failure)  # the cartridge has to be on this gear, and there is no other
    avoided = result.helpless | work.commands.nodes_that_failed(operation.operation_id)
    attempt = _Attempt(platform, work, operation, avoided)
    undo = _undo(platform, result, [*unbuilt, *unpromoted])
    with ExitStack() as placing:
        for leaving in _leaving(work, operation):
            placing.enter_context(as_if_gone(work, parts.application, leaving))
        parts, added = _replace_promotions(attempt, parts, unpromoted)
        steps = added + _place_elsewhere(attempt, parts, unbuilt)
    done = tuple(each for each in result.steps if each.gear_id not in failed)
    return Replanted(parts=parts, steps=steps, done=done, undo=undo)


def _leaving(work: UnitOfWork, operation: OperationRecord) -> tuple[Gear, ...]:
    """The gear that goes once another has taken its place."""
    if operation.ending != Ending.REPLACE:
        return ()
    return work.gears.by_ids([GearId(str(operation.arguments["gear_id"]))])


def _place_elsewhere(attempt: _Attempt, parts: ApplicationParts, unbuilt: Sequence[Gear]) -> tuple[StepRecord, ...]:
    platform, operation = attempt.platform, attempt.operation
    steps: tuple[StepRecord, ...] = ()
    for group in parts.groups:
        homeless = [gear for gear in unbuilt if gear.group_id == group.group_id]
        if homeless:
            moved = place_again(platform, attempt.work, parts, group, homeless, avoided=attempt.avoided)
            steps += building_steps(platform, parts, group, moved, operation.operation_id, attempt=operation.attempt)
    return steps


def _undo(platform: Platform, result: Outcomes, gears: Sequence[Gear]) -> tuple[StepRecord, ...]:
    """A node that did not answer may have done what it was told, or do it late: what undoes it comes after."""
    by_id: dict[GearId, Gear] = {gear.gear_id: gear for gear in gears}
    lasts = {each.gear_id: each for each in result.steps if each.gear_id in by_id}
    return tuple(undoing(platform, by_id[gear_id], each) for gear_id, each in lasts.items())


def _replace_promotions(
    attempt: _Attempt, parts: ApplicationParts, unpromoted: Sequence[Gear]
) -> tuple[ApplicationParts, tuple[StepRecord, ...]]:
    platform, work = attempt.platform, attempt.work
    group = web_group(parts, platform.catalogue_of(parts))
    if not unpromoted or group is None:
        return parts, ()
    limits = effective_limits(parts, platform.catalogue_of(parts), ha=True)[group.group_id]
    if limits.maximum != UNLIMITED and group.gear_count + len(unpromoted) > limits.maximum:
        raise LimitReached(f"The group has {group.gear_count} gears of at most {limits.maximum}.")
    work.gears.change([gear.gear_id for gear in unpromoted], operation_id=None)
    growth = grow_group(
        platform,
        work,
        parts,
        group,
        (True,) * len(unpromoted),
        operation_id=attempt.operation.operation_id,
        avoided=attempt.avoided,
        attempt=attempt.operation.attempt,
    )
    return growth.parts, growth.steps
