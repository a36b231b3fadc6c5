"""How each kind of operation is planned from its wish, by whichever process has it in its hands."""

from collections.abc import Callable, Mapping
from functools import partial

from broker.core.operation import OperationKind
from broker.core.scaling import ScaleDirection
from broker.interfaces import Json, OperationRecord, Platform
from broker.usecases.adding import addition_planner
from broker.usecases.applications import deletion_planner
from broker.usecases.availability import disabling_planner, enabling_planner
from broker.usecases.cartridge_state import CartridgeEvent, cartridge_state_planner
from broker.usecases.deployments import activation_planner, deploy_planner, report_planner
from broker.usecases.gear_deletion import gear_deletion_planner
from broker.usecases.gears import restarting_planner
from broker.usecases.operations import Planner
from broker.usecases.removing import removal_planner
from broker.usecases.scaling import limits_planner, scale_planner
from broker.usecases.state import StateEvent, state_planner
from broker.usecases.upkeep import UpkeepEvent, dump_planner, upkeep_planner


def _cartridge_state(event: CartridgeEvent, platform: Platform, wish: Json) -> Planner:
    return cartridge_state_planner(platform, event, wish)


# Creation is planned in the transaction that makes the application; what needs no node never waits for a plan.
_PLANNERS: Mapping[OperationKind, Callable[[Platform, Json], Planner]] = {
    OperationKind.DELETE: deletion_planner,
    OperationKind.SCALE_UP: lambda platform, wish: scale_planner(platform, ScaleDirection.UP, wish),
    OperationKind.SCALE_DOWN: lambda platform, wish: scale_planner(platform, ScaleDirection.DOWN, wish),
    OperationKind.SET_LIMITS: limits_planner,
    OperationKind.ADD_CARTRIDGE: addition_planner,
    OperationKind.REMOVE_CARTRIDGE: removal_planner,
    OperationKind.ENABLE_HA: enabling_planner,
    OperationKind.DISABLE_HA: disabling_planner,
    OperationKind.DEPLOY: deploy_planner,
    OperationKind.ACTIVATE: activation_planner,
    OperationKind.UPDATE_DEPLOYMENTS: report_planner,
    OperationKind.RESTART_GEAR: restarting_planner,
    OperationKind.DELETE_GEAR: gear_deletion_planner,
    OperationKind.START: lambda platform, _wish: state_planner(platform, StateEvent.START),
    OperationKind.STOP: lambda platform, _wish: state_planner(platform, StateEvent.STOP),
    OperationKind.FORCE_STOP: lambda platform, _wish: state_planner(platform, StateEvent.FORCE_STOP),
    OperationKind.RESTART: lambda platform, _wish: state_planner(platform, StateEvent.RESTART),
    OperationKind.RELOAD: lambda platform, _wish: upkeep_planner(platform, UpkeepEvent.RELOAD),
    OperationKind.TIDY: lambda platform, _wish: upkeep_planner(platform, UpkeepEvent.TIDY),
    OperationKind.THREAD_DUMP: dump_planner,
    OperationKind.START_CARTRIDGE: partial(_cartridge_state, CartridgeEvent.START),
    OperationKind.STOP_CARTRIDGE: partial(_cartridge_state, CartridgeEvent.STOP),
    OperationKind.RESTART_CARTRIDGE: partial(_cartridge_state, CartridgeEvent.RESTART),
    OperationKind.RELOAD_CARTRIDGE: partial(_cartridge_state, CartridgeEvent.RELOAD),
}


def planner_of(platform: Platform, operation: OperationRecord) -> Planner:
    """The planner of a queued operation."""
    return _PLANNERS[OperationKind(operation.kind)](platform, operation.wish)
