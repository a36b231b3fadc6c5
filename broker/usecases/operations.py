"""Carries operations out: plan and commands in one transaction, the nodes' work, and the conclusion in another.

A crash between the two leaves a running operation in the database; `resume_operations` sends its commands again,
which the nodes answer without doing anything twice, and concludes it.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from broker.core.application import ApplicationParts, ApplicationPhase
from broker.core.errors import ApplicationBusy, ApplicationNotFound, NodeFailed, NoNodeAvailable
from broker.core.ids import ApplicationId, OperationId
from broker.core.operation import OPERATION, OperationInput, OperationState
from broker.interfaces import Json, OperationRecord, Platform, StepRecord, UnitOfWork
from broker.usecases import conclusions
from broker.usecases.fleet_moved import FleetMoved
from broker.usecases.learning import learn_states
from broker.usecases.steps import new_operation_id, outcomes
from broker.usecases.times import timestamp

_log = logging.getLogger(__name__)

# How often a plan is made anew when another process has taken the room it counted on.
PLANNING_ATTEMPTS = 5
# An operation takes its deadline for the nodes, and this much at most before and after.
ABANDONED_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an operation is about to do: the application as it will be at once, and the commands to nodes.

    `arguments` is what the conclusion needs beside the rows. Without steps there is nothing to wait for.
    """

    kind: conclusions.Kind
    parts: ApplicationParts
    steps: tuple[StepRecord, ...] = ()
    arguments: Mapping[str, object] = field(default_factory=dict)


Planner = Callable[[UnitOfWork, ApplicationParts, OperationId], Plan]


def carry_out(platform: Platform, application_id: ApplicationId, planner: Planner) -> ApplicationParts | None:
    """Plan, commit, let the nodes work, conclude; returns the application as it is then, None if it is gone.

    One operation at a time an application: others wait for their turn, then raise `ApplicationBusy`.
    """
    with platform.gates.enter(application_id, platform.policy.application_wait_seconds):
        operation_id = new_operation_id(platform)
        for attempt in range(1, PLANNING_ATTEMPTS + 1):
            try:
                plan = _commit_plan(platform, application_id, operation_id, planner)
                break
            except FleetMoved:
                if attempt == PLANNING_ATTEMPTS:
                    raise NoNodeAvailable from None
        return finish(platform, application_id, operation_id, plan)


def finish(
    platform: Platform, application_id: ApplicationId, operation_id: OperationId, plan: Plan
) -> ApplicationParts | None:
    """Let the nodes do what a committed plan tells them, and conclude."""
    if not plan.steps:
        return plan.parts
    return drive(platform, _record(platform, application_id, operation_id, plan), plan.steps)


def _commit_plan(
    platform: Platform, application_id: ApplicationId, operation_id: OperationId, planner: Planner
) -> Plan:
    with platform.unit_of_work() as work:
        before = work.applications.locked(application_id)
        if before is None or before.application.phase is ApplicationPhase.DELETING:
            raise ApplicationNotFound(application_id)
        if before.application.phase is ApplicationPhase.CREATING:
            raise ApplicationBusy
        plan = planner(work, before, operation_id)
        saved = work.applications.save(before, plan.parts) if plan.parts != before else before
        if plan.steps:
            work.operations.start(_record(platform, application_id, operation_id, plan))
            work.commands.add(plan.steps)
        work.commit()
    return Plan(kind=plan.kind, parts=saved, steps=plan.steps, arguments=plan.arguments)


def _record(
    platform: Platform, application_id: ApplicationId, operation_id: OperationId, plan: Plan
) -> OperationRecord:
    return OperationRecord(
        operation_id=operation_id,
        application_id=application_id,
        kind=plan.kind.value,
        state=OPERATION.initial.value,
        arguments=dict(plan.arguments),
        created_at=timestamp(platform.clock.now()),
    )


def start_in(
    work: UnitOfWork, platform: Platform, application_id: ApplicationId, operation_id: OperationId, plan: Plan
) -> None:
    """Write an operation with its commands in a unit of work that goes on."""
    work.operations.start(_record(platform, application_id, operation_id, plan))
    work.commands.add(plan.steps)


def drive(platform: Platform, operation: OperationRecord, steps: tuple[StepRecord, ...]) -> ApplicationParts | None:
    """Send the steps, wait for the replies until the deadline, and conclude."""
    return conclude(platform, operation, steps, _send(platform, steps))


def _send(platform: Platform, steps: tuple[StepRecord, ...]) -> Mapping[str, Json]:
    """The replies of the nodes; a way to them that is broken is their silence."""
    try:
        return platform.channel.call([each.body for each in steps], platform.policy.command_deadline_seconds)
    except Exception:  # noqa: BLE001 whatever is wrong with the way to the nodes
        _log.exception("commands could not be sent", extra={"commands": len(steps)})
        return {}


def conclude(
    platform: Platform,
    operation: OperationRecord,
    steps: tuple[StepRecord, ...],
    replies: Mapping[str, Json],
) -> ApplicationParts | None:
    """Store what the replies mean. Raises `NodeFailed`, after undoing, when the operation could not be done.

    An operation that somebody else has concluded, who took its process for dead, is not concluded twice.
    """
    result = outcomes(steps, replies)
    with platform.unit_of_work() as work:
        parts = work.applications.locked(operation.application_id)
        ended = work.operations.ended(operation.operation_id)
        if ended is not None:
            state, error = ended
            if state == OperationState.FAILED:
                raise NodeFailed(error or "The operation was given up.")
            return parts
        if parts is None:
            raise ApplicationNotFound(operation.application_id)
        conclusion = conclusions.conclude(platform, work, parts, operation, result)
        work.commands.settle(result.settled(again=conclusion.again))
        work.commands.release(operation.operation_id)
        work.commands.add(conclusion.afterwards)
        ending = OperationInput.FAIL if conclusion.error else OperationInput.COMPLETE
        work.operations.finish(
            operation.operation_id,
            OPERATION.after(OperationState(operation.state), ending),
            timestamp(platform.clock.now()),
            None if conclusion.error is None else str(conclusion.error),
        )
        work.commit()
    # A node that has just been waited for in vain is told later, when nobody waits.
    silent = {each.node_id for each in steps if each.command_id in result.silent}
    tell_afterwards(platform, tuple(each for each in conclusion.afterwards if each.node_id not in silent))
    if conclusion.error is not None:
        raise conclusion.error
    return conclusion.parts


def tell_afterwards(platform: Platform, steps: tuple[StepRecord, ...]) -> int:
    """Tell nodes what no operation waits for; who does not answer is told again later. Returns how many were done."""
    if not steps:
        return 0
    replies = _send(platform, steps)
    if replies:
        with platform.unit_of_work() as work:
            wanted = work.commands.still_pending([each.command_id for each in steps])
            result = outcomes([each for each in steps if each.command_id in wanted], replies)
            work.commands.settle(result.settled(again=result.may_come))
            learn_states(platform, work, result)
            work.commit()
            return len(result.done)
    return 0


def resume_abandoned(platform: Platform) -> int:
    """Go on with operations that run longer than any process takes: theirs has ended. Returns how many there were."""
    longest = platform.policy.command_deadline_seconds + ABANDONED_SECONDS
    return resume_operations(platform, begun_before=platform.clock.now() - longest)


def resume_operations(platform: Platform, *, begun_before: float | None = None) -> int:
    """Go on with every operation that a crash has interrupted; returns how many there were.

    One that its own process goes on with too is concluded by whichever is first.
    """
    latest = None if begun_before is None else timestamp(begun_before)
    with platform.reading() as work:
        running = [each for each in work.operations.running() if latest is None or each.created_at < latest]
        interrupted = [(each, work.commands.of_operation(each.operation_id)) for each in running]
    for operation, steps in interrupted:
        try:
            drive(platform, operation, steps)
        except Exception:  # noqa: BLE001 whatever is wrong with one operation
            # It has been undone and recorded as failed, or stays running for the next start; others must go on.
            _log.exception("operation could not be resumed", extra={"operation_id": operation.operation_id})
    return len(interrupted)
