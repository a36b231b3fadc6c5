"""Operations that nobody waits for, or whose process has ended: any worker takes them and carries them to their end."""

import logging
from dataclasses import replace

from broker.core.errors import OperationGoesOn, Refusal, StorageUnavailable
from broker.core.ids import OperationId
from broker.core.operation import OperationState
from broker.interfaces import OperationRecord, Platform
from broker.usecases.again import again
from broker.usecases.driving import drive
from broker.usecases.operations import finish, start
from broker.usecases.planners import planner_of

_log = logging.getLogger(__name__)

# Taken at once where all are gone on with one after the other.
BATCH = 100


def take_open(
    platform: Platform, limit: int, *, skipped: frozenset[OperationId] = frozenset()
) -> tuple[OperationRecord, ...]:
    """Take at most `limit` operations into this process's hands, oldest first; `go_on` with each of them."""
    with platform.reading() as work:
        # Those that are skipped must not take the place of others.
        found = work.operations.to_be_taken(limit + len(skipped))
    free = [each for each in found if each.operation_id not in skipped and not platform.turns.holds(each.operation_id)]
    found = tuple(replace(each, driver=platform.process_id) for each in free[:limit])
    if not found:
        return ()
    taken = again(lambda: _take(platform, found))
    return tuple(each for each in found if each.operation_id in taken)


def _take(platform: Platform, found: tuple[OperationRecord, ...]) -> frozenset[OperationId]:
    with platform.unit_of_work() as work:
        taken = work.operations.take([each.operation_id for each in found], platform.process_id)
        work.commit()
    return taken


def go_on(platform: Platform, operation: OperationRecord) -> None:
    """Carry an operation that was taken to its end; how that was is in its record.

    Raises what kept it from ending, such as a database that is away; then it is in nobody's hands again.
    """
    with platform.turns.holding(operation.operation_id):
        try:
            _carry_on(platform, operation)
        except (StorageUnavailable, OperationGoesOn):
            raise
        except Refusal as refusal:
            _log.info("an operation has failed", extra={"operation_id": operation.operation_id, "reason": refusal.text})
        finally:
            let_go(platform, operation)


def _carry_on(platform: Platform, operation: OperationRecord) -> None:
    if operation.state == OperationState.QUEUED:
        begun = start(platform, operation, planner_of(platform, operation))
        if begun is not None:
            finish(platform, *begun)
        return
    with platform.reading() as work:
        steps = work.commands.of_operation(operation.operation_id)
    # Those that failed in an earlier attempt were replaced by others; what was done for it has its reply kept.
    drive(platform, operation, tuple(each for each in steps if each.awaited and _matters(each.state, each.reply)))


def _matters(state: str, reply: object) -> bool:
    return state == "pending" or reply is not None


def let_go(platform: Platform, operation: OperationRecord) -> None:
    """If the operation has not ended, any worker may take it."""
    with platform.unit_of_work() as work:
        work.operations.let_go([operation.operation_id], platform.process_id)
        work.commit()


def let_go_of_forgotten(platform: Platform) -> int:
    """Operations that this process is said to have in its hands and has not are free again; returns how many.

    They are those whose thread has met an error that it could not even record.
    """
    with platform.reading() as work:
        said = work.operations.in_hands_of(platform.process_id)
    forgotten = [operation_id for operation_id in said if not platform.turns.holds(operation_id)]
    if not forgotten:
        return 0
    with platform.unit_of_work() as work:
        work.operations.let_go(forgotten, platform.process_id)
        work.commit()
    return len(forgotten)


def resume_operations(platform: Platform) -> int:
    """Go on with every operation that is in nobody's hands, one after the other; returns how many there were."""
    count = 0
    while taken := take_open(platform, BATCH):
        for operation in taken:
            count += 1
            try:
                go_on(platform, operation)
            except Exception:  # noqa: BLE001 whatever is wrong with one operation
                # It stays open for the next time; others must go on.
                _log.exception("operation could not be resumed", extra={"operation_id": operation.operation_id})
    return count
