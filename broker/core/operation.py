"""How far an operation on an application is, and what moves it."""

from enum import StrEnum
from typing import Final

from broker.core.transitions import TransitionTable


class OperationState(StrEnum):
    """How far an operation is; one at a time is running on an application."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class OperationInput(StrEnum):
    """What ends an operation."""

    COMPLETE = "complete"
    FAIL = "fail"


OPERATION: Final = TransitionTable[OperationState, OperationInput](
    initial=OperationState.RUNNING,
    moves={
        (OperationState.RUNNING, OperationInput.COMPLETE): OperationState.COMPLETED,
        # What was done is undone in the transaction that says so: no state lies between.
        (OperationState.RUNNING, OperationInput.FAIL): OperationState.FAILED,
    },
)
