"""Drives an operation that runs: its steps go to the nodes, and what they answer ends it or sends it elsewhere.

Every attempt ends in one transaction, which either concludes the operation or goes on with other nodes. Whoever
does so first has done it: a process that was taken for dead and comes late finds the operation further than it knows.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from broker.core.application import ApplicationParts
from broker.core.errors import (
    ApplicationNotFound,
    OperationCancelled,
    OperationGoesOn,
    Refusal,
    StorageUnavailable,
    refusal_of,
)
from broker.core.ids import ApplicationId
from broker.core.operation import OPERATION, Ending, OperationInput, OperationState, can_be_undone, tries_elsewhere
from broker.interfaces import Json, OperationRecord, OperationStanding, Platform, StepRecord, UnitOfWork
from broker.usecases import endings
from broker.usecases.again import again
from broker.usecases.concluded import Conclusion
from broker.usecases.elsewhere import replant
from broker.usecases.learning import learn_states
from broker.usecases.steps import Outcomes, outcomes
from broker.usecases.times import timestamp

_log = logging.getLogger(__name__)

# How often, and for how many deadlines of nodes, an operation is looked at that another process carries out.
FOLLOWING_SECONDS = 0.05
FOLLOWED_DEADLINES = 5


@dataclass(frozen=True, kw_only=True)
class Ended:
    """An operation that is over: the application after it, None if it is gone, or why it failed."""

    parts: ApplicationParts | None
    error: Refusal | None = None


@dataclass(frozen=True, kw_only=True)
class GoesOn:
    """An operation that tries other nodes: with these steps, those that were done before among them."""

    operation: OperationRecord
    steps: tuple[StepRecord, ...]


def drive(platform: Platform, operation: OperationRecord, steps: tuple[StepRecord, ...]) -> ApplicationParts | None:
    """Send the steps, wait for the replies until the deadline, and conclude; as often as its kind allows.

    Raises what it failed with, after everything was undone.
    """
    while True:
        known: dict[str, Json] = {each.command_id: each.reply for each in steps if each.reply is not None}
        waiting = tuple(each for each in steps if each.command_id not in known)
        result = outcomes(steps, {**known, **send(platform, waiting)})
        after = _conclude(platform, operation, result)
        if after is None:
            return follow(platform, operation)
        if isinstance(after, Ended):
            call_next(platform, operation.application_id)
            if after.error is not None:
                raise after.error
            return after.parts
        operation, steps = after.operation, after.steps


def send(platform: Platform, steps: tuple[StepRecord, ...]) -> Mapping[str, Json]:
    """The replies of the nodes; a way to them that is broken is their silence."""
    try:
        return platform.channel.call([each.body for each in steps], platform.policy.command_deadline_seconds)
    except Exception:  # noqa: BLE001 whatever is wrong with the way to the nodes
        _log.exception("commands could not be sent", extra={"commands": len(steps)})
        return {}


def call_next(platform: Platform, application_id: ApplicationId) -> None:
    """Tell who waits in this process for the application's next turn that it is theirs."""
    if not platform.turns.somebody_waits:
        return
    try:
        with platform.reading() as work:
            following = work.operations.next_in_turn(application_id)
    except StorageUnavailable as away:
        # They look for themselves a moment later; what has just ended has ended all the same.
        _log.info("nobody is told of the next turn", extra={"reason": away.text})
        return
    if following is not None:
        platform.turns.call(following)


def follow(platform: Platform, operation: OperationRecord) -> ApplicationParts | None:
    """Wait until an operation is over that another process has in its hands; returns and raises as `drive` does."""
    deadline = time.monotonic() + FOLLOWED_DEADLINES * platform.policy.command_deadline_seconds
    while True:
        with platform.reading() as work:
            standing = work.operations.standing(operation.operation_id)
            if standing is None:
                raise ApplicationNotFound(operation.application_id)
            if standing.state not in (OperationState.QUEUED, OperationState.RUNNING):
                error = failure_of(standing)
                if error is not None:
                    raise error
                return work.applications.by_id(operation.application_id)
        if time.monotonic() > deadline:
            raise OperationGoesOn(operation.operation_id)
        time.sleep(FOLLOWING_SECONDS)


def failure_of(standing: OperationStanding) -> Refusal | None:
    """Why an operation that is over was not done, None if it was."""
    if standing.state == OperationState.COMPLETED:
        return None
    return refusal_of(standing.error_code, standing.error or "The operation was given up.")


def _conclude(platform: Platform, operation: OperationRecord, result: Outcomes) -> Ended | GoesOn | None:
    """End the operation or go on with other nodes; None if somebody else has got further with it."""
    if not result.all_done and tries_elsewhere(_ending(operation), operation.attempt):
        try:
            return again(lambda: _try_elsewhere(platform, operation, result))
        except StorageUnavailable:
            raise
        except Refusal as refusal:
            # No other node, no quota, or nobody who wants it any more: what was done is undone.
            _log.debug("no other node", extra={"operation_id": operation.operation_id, "reason": refusal.text})
    return again(lambda: _end(platform, operation, result))


def _ending(operation: OperationRecord) -> Ending:
    return Ending(operation.ending or operation.kind)


def _still_mine(work: UnitOfWork, operation: OperationRecord) -> OperationStanding | None:
    """How far the operation is, None if somebody else has got further than this attempt."""
    standing = work.operations.standing(operation.operation_id)
    if standing is None or standing.state != OperationState.RUNNING or standing.attempt != operation.attempt:
        return None
    return standing


def _try_elsewhere(platform: Platform, operation: OperationRecord, result: Outcomes) -> GoesOn | None:
    with platform.unit_of_work() as work:
        parts = work.applications.locked(operation.application_id)
        standing = _still_mine(work, operation)
        if parts is None or standing is None:
            return None
        if standing.cancelled:
            raise OperationCancelled
        goes_on = replace(operation, attempt=operation.attempt + 1)
        replanted = replant(platform, work, parts, goes_on, result)
        work.commands.settle(result.settled())
        work.commands.keep_replies({each.command_id: result.done[each.command_id].to_wire() for each in replanted.done})
        work.commands.add((*replanted.undo, *replanted.steps))
        work.operations.try_again(goes_on.operation_id, goes_on.attempt)
        work.applications.save(parts, replanted.parts)
        work.commit()
    _log.info(
        "an operation goes on with other nodes",
        extra={"operation_id": goes_on.operation_id, "attempt": goes_on.attempt, "reason": result.first_failure},
    )
    kept = tuple(replace(each, reply=result.done[each.command_id].to_wire()) for each in replanted.done)
    return GoesOn(operation=goes_on, steps=(*kept, *replanted.steps))


def _end(platform: Platform, operation: OperationRecord, result: Outcomes) -> Ended | None:
    with platform.unit_of_work() as work:
        parts = work.applications.locked(operation.application_id)
        standing = _still_mine(work, operation)
        if standing is None:
            return None
        if parts is None:
            raise ApplicationNotFound(operation.application_id)
        is_cancelled = standing.cancelled and can_be_undone(_ending(operation))
        told = replace(result, cancelled=is_cancelled)
        conclusion = endings.conclude(platform, work, parts, operation, told)
        work.commands.settle(result.settled(again=conclusion.again))
        work.commands.release(operation.operation_id)
        work.commands.add(conclusion.afterwards)
        _note_the_end(platform, work, operation, conclusion, cancelled=is_cancelled)
        work.commit()
    return Ended(parts=conclusion.parts, error=conclusion.error)


def _note_the_end(
    platform: Platform,
    work: UnitOfWork,
    operation: OperationRecord,
    conclusion: Conclusion,
    *,
    cancelled: bool,
) -> None:
    error = conclusion.error
    ending = OperationInput.CANCEL if cancelled else OperationInput.FAIL if error else OperationInput.COMPLETE
    now = timestamp(platform.clock.now())
    work.operations.finish(
        operation.operation_id,
        OPERATION.after(OperationState.RUNNING, ending).value,
        now,
        error=None if error is None else error.text,
        error_code=None if error is None else error.code,
    )
    if conclusion.parts is None:
        gone = ApplicationNotFound(operation.app_name or operation.application_id)
        work.operations.fail_queued(operation.application_id, now, gone.text, gone.code)


def tell_afterwards(platform: Platform, steps: tuple[StepRecord, ...]) -> int:
    """Tell nodes what no operation waits for; who does not answer is told again later. Returns how many were done."""
    if not steps:
        return 0
    replies = send(platform, steps)
    if not replies:
        return 0
    try:
        return again(lambda: _learn(platform, steps, replies))
    except StorageUnavailable as away:
        # They stay owed, and nodes answer once more what they have done already.
        _log.info("answers of nodes are not kept", extra={"reason": away.text})
        return 0


def _learn(platform: Platform, steps: tuple[StepRecord, ...], replies: Mapping[str, Json]) -> int:
    with platform.unit_of_work() as work:
        # Applications are held first, as everywhere; and nobody gives one of them another wish meanwhile.
        work.applications.many({each.application_id for each in steps})
        wanted = work.commands.still_pending([each.command_id for each in steps])
        result = outcomes([each for each in steps if each.command_id in wanted], replies)
        work.commands.settle(result.settled(again=result.may_come))
        learn_states(platform, work, result)
        work.commit()
        return len(result.done)
