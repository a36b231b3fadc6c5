"""How each kind of operation is planned from its wish, by whichever process has it in its hands."""

from collections.abc import Callable, Mapping

from broker.core.operation import OperationKind
from broker.core.scaling import ScaleDirection
from broker.interfaces import Json, OperationRecord, Platform
from broker.usecases.applications import deletion_planner
from broker.usecases.availability import disabling_planner, enabling_planner
from broker.usecases.operations import Planner
from broker.usecases.scaling import limits_planner, scale_planner
from broker.usecases.state import StateEvent, state_planner

# Creation is planned in the transaction that makes the application; what needs no node never waits for a plan.
_PLANNERS: Mapping[OperationKind, Callable[[Platform, Json], Planner]] = {
    OperationKind.DELETE: deletion_planner,
    OperationKind.SCALE_UP: lambda platform, wish: scale_planner(platform, ScaleDirection.UP, wish),
    OperationKind.SCALE_DOWN: lambda platform, wish: scale_planner(platform, ScaleDirection.DOWN, wish),
    OperationKind.SET_LIMITS: limits_planner,
    OperationKind.ENABLE_HA: enabling_planner,
    OperationKind.DISABLE_HA: disabling_planner,
    OperationKind.START: lambda platform, _wish: state_planner(platform, StateEvent.START),
    OperationKind.STOP: lambda platform, _wish: state_planner(platform, StateEvent.STOP),
    OperationKind.FORCE_STOP: lambda platform, _wish: state_planner(platform, StateEvent.FORCE_STOP),
    OperationKind.RESTART: lambda platform, _wish: state_planner(platform, StateEvent.RESTART),
}


def planner_of(platform: Platform, operation: OperationRecord) -> Planner:
    """The planner of a queued operation."""
    return _PLANNERS[OperationKind(operation.kind)](platform, operation.wish)
