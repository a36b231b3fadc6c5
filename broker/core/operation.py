"""The two tables of change: an operation on an application, and each of its steps on a node."""

from enum import StrEnum
from typing import Final

from broker.core.transitions import TransitionTable


class OperationState(StrEnum):
    """How far an operation is; one at a time is running on an application."""

    QUEUED = "queued"
    RUNNING = "running"
    ROLLING_BACK = "rolling_back"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class OperationInput(StrEnum):
    """What moves an operation."""

    START = "start"
    COMPLETE = "complete"
    ROLL_BACK = "roll_back"
    FAIL = "fail"
    CANCEL = "cancel"


_O = OperationState
_OI = OperationInput

OPERATION: Final = TransitionTable[OperationState, OperationInput](
    initial=_O.QUEUED,
    moves={
        (_O.QUEUED, _OI.START): _O.RUNNING,
        (_O.QUEUED, _OI.FAIL): _O.FAILED,
        (_O.QUEUED, _OI.CANCEL): _O.CANCELLED,
        (_O.RUNNING, _OI.COMPLETE): _O.COMPLETED,
        (_O.RUNNING, _OI.ROLL_BACK): _O.ROLLING_BACK,
        (_O.RUNNING, _OI.FAIL): _O.FAILED,  # nothing was done yet, so there is nothing to undo
        (_O.ROLLING_BACK, _OI.FAIL): _O.FAILED,
        (_O.ROLLING_BACK, _OI.CANCEL): _O.CANCELLED,  # undone on request, not for a failure
    },
)


class StepState(StrEnum):
    """How far one step of an operation is."""

    PENDING = "pending"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"
    ABANDONED = "abandoned"


class StepInput(StrEnum):
    """What moves a step."""

    SEND = "send"
    SUCCEED = "succeed"
    FAIL = "fail"
    UNDO = "undo"
    ABANDON = "abandon"


_S = StepState
_SI = StepInput

STEP: Final = TransitionTable[StepState, StepInput](
    initial=_S.PENDING,
    moves={
        (_S.PENDING, _SI.SEND): _S.SENT,
        (_S.PENDING, _SI.SUCCEED): _S.DONE,  # a step that only writes records
        (_S.PENDING, _SI.FAIL): _S.FAILED,
        (_S.PENDING, _SI.ABANDON): _S.ABANDONED,  # the operation ended before its turn
        (_S.SENT, _SI.SEND): _S.SENT,  # sent again: commands are delivered at least once
        (_S.SENT, _SI.SUCCEED): _S.DONE,
        (_S.SENT, _SI.FAIL): _S.FAILED,
        (_S.SENT, _SI.UNDO): _S.UNDOING,  # no answer in time: it may have been done
        (_S.SENT, _SI.ABANDON): _S.ABANDONED,
        (_S.DONE, _SI.UNDO): _S.UNDOING,
        (_S.FAILED, _SI.SEND): _S.SENT,  # tried again
        (_S.FAILED, _SI.UNDO): _S.UNDOING,  # it may have been done in part
        (_S.FAILED, _SI.ABANDON): _S.ABANDONED,
        (_S.UNDOING, _SI.UNDO): _S.UNDOING,
        (_S.UNDOING, _SI.SUCCEED): _S.UNDONE,
        (_S.UNDOING, _SI.ABANDON): _S.ABANDONED,  # the undo cannot be had; repair will find what is left
    },
)


def is_over(state: OperationState) -> bool:
    """Whether the operation has ended, well or not."""
    return not OPERATION.inputs_of(state)
