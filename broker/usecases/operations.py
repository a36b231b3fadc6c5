"""Operations: a change to an application is planned when it is its turn, carried out by nodes, and concluded.

Plan and commands commit together, the conclusion in a transaction of its own; `driving` is what lies between.
A crash leaves an operation that waits or runs in the database, which any worker takes over: see `open_operations`.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from broker.core.application import Application, ApplicationParts, ApplicationPhase
from broker.core.errors import (
    ApplicationBusy,
    ApplicationNotFound,
    OperationGoesOn,
    PreconditionFailed,
    Refusal,
    StorageUnavailable,
)
from broker.core.ids import ApplicationId, OperationId
from broker.core.operation import OPERATION as MOVES
from broker.core.operation import Ending, OperationInput, OperationKind, OperationState
from broker.interfaces import Accepted, Json, OperationRecord, Platform, StepRecord, Turn, UnitOfWork
from broker.usecases.again import again
from broker.usecases.driving import call_next, drive, follow
from broker.usecases.permitted import check_actor, check_caller
from broker.usecases.revisions import check_revision
from broker.usecases.steps import new_operation_id
from broker.usecases.times import timestamp

# How often the database is asked whose turn it is, where another process may have had the one before.
POLL_SECONDS = 0.1
# More do not wait for one application; they are told that it is busy.
MOST_QUEUED = 100


@dataclass(frozen=True, kw_only=True)
class Intention:
    """What is wanted, as its owner may read it, and as another process can plan it from."""

    kind: OperationKind
    arguments: Json = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an operation is about to do: the application as it will be at once, and the commands to nodes.

    `arguments` is what the conclusion needs beside the rows. Without steps there is nothing to wait for.
    """

    ending: Ending
    parts: ApplicationParts
    steps: tuple[StepRecord, ...] = ()
    arguments: Mapping[str, object] = field(default_factory=dict)


Planner = Callable[[UnitOfWork, ApplicationParts, OperationId], Plan]
Change = Callable[[UnitOfWork, ApplicationParts], ApplicationParts]


def carry_out(
    platform: Platform,
    application_id: ApplicationId,
    intention: Intention,
    planner: Planner,
    *,
    operation_id: OperationId | None = None,
) -> ApplicationParts | None:
    """Plan when it is its turn, let the nodes work, conclude; returns the application after it, None if it is gone.

    One operation at a time an application: others wait for their turn, and after `application_wait_seconds` are
    refused as `ApplicationBusy`. Raises `Accepted` for a caller that does not wait. A caller that looks for what nodes
    have said gives it an `operation_id`.
    """
    operation_id = operation_id or new_operation_id(platform)
    with in_hand(platform, operation_id):
        operation, plan = again(lambda: _begin(platform, application_id, operation_id, intention, planner))
        if platform.origin.respond_async:
            raise Accepted(operation_id)
        try:
            if plan is None:
                return _when_it_is_its_turn(platform, operation, planner)
            return finish(platform, operation, plan)
        except StorageUnavailable as away:
            raise OperationGoesOn(operation_id) from away


@contextmanager
def in_hand(platform: Platform, operation_id: OperationId) -> Iterator[None]:
    """This process carries the operation out for the length of a block; if nobody waits, a worker wakes after it."""
    try:
        with platform.turns.holding(operation_id):
            yield
    except Accepted:
        platform.turns.opened()
        raise


def finish(platform: Platform, operation: OperationRecord, plan: Plan) -> ApplicationParts | None:
    """Let the nodes do what a committed plan tells them, and conclude."""
    if not plan.steps:
        call_next(platform, operation.application_id)
        return plan.parts
    return drive(platform, operation, plan.steps)


def change(platform: Platform, application_id: ApplicationId, intention: Intention, make: Change) -> ApplicationParts:
    """Make a change that needs no node, at once; it waits for no operation. Raises `Accepted` as `carry_out` does."""
    operation_id = new_operation_id(platform)

    def attempt() -> ApplicationParts:
        with platform.unit_of_work() as work:
            before = _held(work, application_id)
            check_caller(work, platform.origin.caller, before.application, intention.kind)
            if before.application.phase is ApplicationPhase.CREATING:
                raise ApplicationBusy
            check_revision(platform, before)
            # Saved even if its own row is what it was: whatever is below it has another revision now.
            saved = work.applications.save(before, make(work, before))
            now = timestamp(platform.clock.now())
            done = record(platform, before.application, operation_id, intention, OperationState.COMPLETED)
            begin_in(platform, work, replace(done, started_at=now), finished_at=now)
            work.commit()
        return saved

    saved = again(attempt)
    if platform.origin.respond_async:
        raise Accepted(operation_id)
    return saved


def record(
    platform: Platform,
    application: Application,
    operation_id: OperationId,
    intention: Intention,
    state: OperationState,
) -> OperationRecord:
    """An operation of this process on an application; one that nobody waits for is in nobody's hands."""
    return OperationRecord(
        operation_id=operation_id,
        application_id=application.application_id,
        owner_id=application.owner_id,
        actor_id=platform.origin.caller_id,
        app_name=application.name,
        namespace=application.namespace,
        kind=intention.kind.value,
        wish=dict(intention.arguments),
        ending=None,
        arguments={},
        state=state.value,
        turn=0,
        attempt=1,
        driver=None if platform.origin.respond_async else platform.process_id,
        created_at=timestamp(platform.clock.now()),
        started_at=None,
    )


def planned(platform: Platform, operation: OperationRecord, plan: Plan) -> OperationRecord:
    """The operation as it is once it has a plan: it runs, or is done already where there is nothing to wait for."""
    state = MOVES.after(OperationState.QUEUED, OperationInput.START)
    if not plan.steps:
        state = MOVES.after(state, OperationInput.COMPLETE)
    return replace(
        operation,
        ending=plan.ending.value,
        arguments=dict(plan.arguments),
        state=state.value,
        turn=0,
        driver=None if platform.origin.respond_async else platform.process_id,
        started_at=timestamp(platform.clock.now()),
    )


def begin_in(
    platform: Platform, work: UnitOfWork, operation: OperationRecord, *, finished_at: str | None = None
) -> None:
    """Write a new operation in a unit of work that goes on, and what request it came from."""
    work.operations.add(operation, finished_at=finished_at)
    key = platform.origin.answer_key
    if key is not None and operation.owner_id is not None:
        work.answers.became(operation.actor_id or operation.owner_id, key, operation.operation_id)


def _begin(
    platform: Platform,
    application_id: ApplicationId,
    operation_id: OperationId,
    intention: Intention,
    planner: Planner,
) -> tuple[OperationRecord, Plan | None]:
    """Plan at once, or queue behind others, which is to have no plan yet."""
    with platform.unit_of_work() as work:
        before = _held(work, application_id)
        check_caller(work, platform.origin.caller, before.application, intention.kind)
        check_revision(platform, before)
        queue = work.operations.queue(application_id)
        operation = record(platform, before.application, operation_id, intention, MOVES.initial)
        if queue.running is not None or queue.waiting:
            if platform.origin.if_match is not None:
                raise PreconditionFailed  # what is under way changes it before this would
            if queue.waiting >= MOST_QUEUED:
                raise ApplicationBusy(f"{queue.waiting} operations wait for it already; try again later.")
            operation = replace(operation, turn=queue.last + 1)
            begin_in(platform, work, operation)
            work.commit()
            return operation, None
        plan = planner(work, before, operation_id)
        operation = planned(platform, operation, plan)
        plan = _kept(work, before, plan)
        begin_in(platform, work, operation, finished_at=None if plan.steps else operation.started_at)
        work.commands.add(plan.steps)
        work.commit()
    return operation, plan


def _held(work: UnitOfWork, application_id: ApplicationId) -> ApplicationParts:
    parts = work.applications.locked(application_id)
    if parts is None or parts.application.phase is ApplicationPhase.DELETING:
        raise ApplicationNotFound(application_id)
    return parts


def _kept(work: UnitOfWork, before: ApplicationParts, plan: Plan) -> Plan:
    return replace(plan, parts=work.applications.save(before, plan.parts)) if plan.parts != before else plan


def _when_it_is_its_turn(platform: Platform, operation: OperationRecord, planner: Planner) -> ApplicationParts | None:
    deadline = time.monotonic() + platform.policy.application_wait_seconds
    with platform.turns.waiting(operation.operation_id) as turn:
        begun = _await(platform, operation, planner, turn, deadline)
    if begun is None:
        return follow(platform, operation)
    return finish(platform, *begun)


def _await(
    platform: Platform, operation: OperationRecord, planner: Planner, turn: Turn, deadline: float
) -> tuple[OperationRecord, Plan] | None:
    """The operation with its plan, None if another process has taken it; raises `ApplicationBusy` at the deadline."""
    while is_waiting(platform, operation):
        begun = start(platform, operation, planner)
        if begun is not None:
            return begun
        left = deadline - time.monotonic()
        if left <= 0 and end_waiting(platform, operation, OperationInput.FAIL, ApplicationBusy()):
            raise ApplicationBusy
        turn.wait(min(max(left, 0), POLL_SECONDS))
    return None


def is_waiting(platform: Platform, operation: OperationRecord) -> bool:
    """Whether it is queued still."""
    with platform.reading() as work:
        standing = work.operations.standing(operation.operation_id)
    return standing is not None and standing.state == OperationState.QUEUED


def start(platform: Platform, operation: OperationRecord, planner: Planner) -> tuple[OperationRecord, Plan] | None:
    """Plan a queued operation if it is its turn; one whose plan is refused fails with that refusal, which is raised."""
    with platform.reading() as work:
        if work.operations.next_in_turn(operation.application_id) != operation.operation_id:
            return None
    try:
        return again(lambda: _start(platform, operation, planner))
    except StorageUnavailable:
        raise  # nothing is said of the wish: it waits on
    except Refusal as refusal:
        end_waiting(platform, operation, OperationInput.FAIL, refusal)
        raise


def _start(platform: Platform, operation: OperationRecord, planner: Planner) -> tuple[OperationRecord, Plan] | None:
    with platform.unit_of_work() as work:
        before = _held(work, operation.application_id)
        if work.operations.next_in_turn(operation.application_id) != operation.operation_id:
            return None
        check_actor(work, operation.actor_id, before.application, OperationKind(operation.kind))
        plan = planner(work, before, operation.operation_id)
        started = planned(platform, operation, plan)
        plan = _kept(work, before, plan)
        work.operations.start(started)
        if not plan.steps:
            work.operations.finish(started.operation_id, started.state, timestamp(platform.clock.now()))
        work.commands.add(plan.steps)
        work.commit()
    return started, plan


def end_waiting(platform: Platform, operation: OperationRecord, how: OperationInput, refusal: Refusal) -> bool:
    """Let a queued operation go without having done anything; False if it waits no more."""
    with platform.unit_of_work() as work:
        work.applications.locked(operation.application_id)
        standing = work.operations.standing(operation.operation_id)
        if standing is None or standing.state != OperationState.QUEUED:
            return False
        work.operations.finish(
            operation.operation_id,
            MOVES.after(OperationState.QUEUED, how).value,
            timestamp(platform.clock.now()),
            error=refusal.text,
            error_code=refusal.code,
        )
        work.commit()
    call_next(platform, operation.application_id)
    return True
