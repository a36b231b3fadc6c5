"""Cancelling an operation: one that waits ends at once, one that runs is undone when its nodes have answered."""

from broker.core.errors import OperationCancelled, OperationNotCancellable, OperationNotFound
from broker.core.ids import OperationId
from broker.core.operation import Ending, OperationInput, OperationState, can_be_undone
from broker.interfaces import OperationRecord, Platform
from broker.usecases.operations import end_waiting


def cancel(platform: Platform, operation_id: OperationId) -> str:
    """The state the operation is in now: `cancelled`, or `running` until it has been undone.

    Raises `OperationNotFound`, and `OperationNotCancellable` for one that has ended or cannot be undone.
    """
    with platform.reading() as work:
        operation = work.operations.by_id(operation_id)
    if operation is None:
        raise OperationNotFound(operation_id)
    if operation.state == OperationState.QUEUED and end_waiting(
        platform, operation, OperationInput.CANCEL, OperationCancelled()
    ):
        platform.turns.call(operation_id)
        return OperationState.CANCELLED.value
    return _ask(platform, operation)


def _ask(platform: Platform, operation: OperationRecord) -> str:
    with platform.unit_of_work() as work:
        work.applications.locked(operation.application_id)
        now = work.operations.by_id(operation.operation_id)
        if now is None or now.state != OperationState.RUNNING:
            raise OperationNotCancellable(f"The operation is {now.state if now else 'gone'} already.")
        if not can_be_undone(Ending(now.ending or now.kind)):
            raise OperationNotCancellable("What this operation has begun cannot be undone; it ends by itself.")
        work.operations.ask_to_cancel(operation.operation_id)
        work.commit()
    return OperationState.RUNNING.value
