"""Operations: what can be done to an application, how far it is, and what becomes of it when a node does not help."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from broker.core.transitions import TransitionTable


class OperationKind(StrEnum):
    """What somebody wants done to an application."""

    CREATE = "create_application"
    DELETE = "delete_application"
    SCALE_UP = "scale_up"
    SCALE_DOWN = "scale_down"
    SET_LIMITS = "set_limits"
    ENABLE_HA = "enable_ha"
    DISABLE_HA = "disable_ha"
    START = "start"
    STOP = "stop"
    FORCE_STOP = "force_stop"
    RESTART = "restart"
    ADD_ALIAS = "add_alias"
    UPDATE_ALIAS = "update_alias"
    REMOVE_ALIAS = "remove_alias"
    SET_VARIABLES = "set_variables"
    SET_MULTIPLIER = "set_multiplier"
    RESTART_GEAR = "restart_gear"
    ROTATE_OUT = "rotate_out"
    ROTATE_IN = "rotate_in"
    DELETE_GEAR = "delete_gear"
    ADD_CARTRIDGE = "add_cartridge"
    REMOVE_CARTRIDGE = "remove_cartridge"
    START_CARTRIDGE = "start_cartridge"
    STOP_CARTRIDGE = "stop_cartridge"
    RESTART_CARTRIDGE = "restart_cartridge"
    RELOAD_CARTRIDGE = "reload_cartridge"
    RELOAD = "reload"
    TIDY = "tidy"
    THREAD_DUMP = "thread_dump"
    DEPLOY = "deploy"
    ACTIVATE = "activate_deployment"
    UPDATE_DEPLOYMENTS = "update_deployments"
    UPDATE_APPLICATION = "update_application"


class OperationState(StrEnum):
    """How far an operation is; one at a time is running on an application."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class OperationInput(StrEnum):
    """What moves an operation."""

    START = "start"
    COMPLETE = "complete"
    FAIL = "fail"
    CANCEL = "cancel"


OPERATION: Final = TransitionTable[OperationState, OperationInput](
    initial=OperationState.QUEUED,
    moves={
        (OperationState.QUEUED, OperationInput.START): OperationState.RUNNING,
        # Nothing has been done for it yet.
        (OperationState.QUEUED, OperationInput.FAIL): OperationState.FAILED,
        (OperationState.QUEUED, OperationInput.CANCEL): OperationState.CANCELLED,
        (OperationState.RUNNING, OperationInput.COMPLETE): OperationState.COMPLETED,
        # What was done is undone in the transaction that says so: no state lies between.
        (OperationState.RUNNING, OperationInput.FAIL): OperationState.FAILED,
        (OperationState.RUNNING, OperationInput.CANCEL): OperationState.CANCELLED,
    },
)


class Ending(StrEnum):
    """How a running operation ends: by what was planned, whatever it was wanted for."""

    CREATE = "create_application"
    GROW = "scale_up"
    SHRINK = "scale_down"
    ENABLE_HA = "enable_ha"
    REPLACE = "replace_gear"
    RESTART_GEAR = "restart_gear"
    SET_STATE = "set_state"
    ADD_CARTRIDGE = "add_cartridge"
    REMOVE_CARTRIDGE = "remove_cartridge"
    SET_CARTRIDGE_STATE = "set_cartridge_state"
    TELL = "tell"
    DELETE = "delete_application"
    ACTIVATE = "activate_deployment"


class Remedy(StrEnum):
    """What becomes of an operation when a node refused a step, or did not answer by its deadline."""

    # Other nodes are tried, and where none is left or enough were, what was done is undone.
    ELSEWHERE = "elsewhere"
    # The operation is complete without that node, which is told once it is heard of again.
    WITHOUT = "without"


REMEDIES: Final[Mapping[Ending, Remedy]] = {
    Ending.CREATE: Remedy.ELSEWHERE,
    Ending.GROW: Remedy.ELSEWHERE,
    Ending.ENABLE_HA: Remedy.ELSEWHERE,
    Ending.REPLACE: Remedy.ELSEWHERE,
    Ending.RESTART_GEAR: Remedy.WITHOUT,
    Ending.ADD_CARTRIDGE: Remedy.ELSEWHERE,
    Ending.SHRINK: Remedy.WITHOUT,
    Ending.REMOVE_CARTRIDGE: Remedy.WITHOUT,
    Ending.SET_CARTRIDGE_STATE: Remedy.WITHOUT,
    Ending.TELL: Remedy.WITHOUT,
    Ending.SET_STATE: Remedy.WITHOUT,
    Ending.DELETE: Remedy.WITHOUT,
    Ending.ACTIVATE: Remedy.WITHOUT,
}

# The first, and two on other nodes: an operation takes three deadlines at most.
MOST_ATTEMPTS: Final = 3


def tries_elsewhere(ending: Ending, attempt: int) -> bool:
    """Whether an operation whose `attempt` failed on some nodes goes on with others."""
    return REMEDIES[ending] is Remedy.ELSEWHERE and attempt < MOST_ATTEMPTS


def can_be_undone(ending: Ending) -> bool:
    """Whether a running operation can still be cancelled: gears that are gone do not come back."""
    return REMEDIES[ending] is Remedy.ELSEWHERE
