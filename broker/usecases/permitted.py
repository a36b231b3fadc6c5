"""What each kind of operation needs, and whether its caller may still do it once the application's row is held.

A caller is asked before they wait for a row or for their turn, and may have lost their role by then.
"""

from collections.abc import Mapping
from typing import Final

from broker.core.access import Permission
from broker.core.application import Application
from broker.core.errors import ApplicationNotFound, Forbidden
from broker.core.ids import UserId
from broker.core.operation import OperationKind
from broker.core.owner import User
from broker.interfaces import UnitOfWork
from broker.usecases.visibility import check_may, is_reached, role_in_domain, visible_namespace

NEEDED: Final[Mapping[OperationKind, Permission]] = {
    OperationKind.CREATE: Permission.CREATE_APPLICATION,
    OperationKind.DELETE: Permission.DESTROY_APPLICATION,
    OperationKind.SCALE_UP: Permission.SCALE_CARTRIDGE,
    OperationKind.SCALE_DOWN: Permission.SCALE_CARTRIDGE,
    # More storage needs `change_gear_quota` as well, which the same roles have: see `scaling`.
    OperationKind.SET_LIMITS: Permission.SCALE_CARTRIDGE,
    OperationKind.SET_MULTIPLIER: Permission.SCALE_CARTRIDGE,
    OperationKind.ENABLE_HA: Permission.MAKE_HA,
    OperationKind.DISABLE_HA: Permission.DISABLE_HA,
    OperationKind.START: Permission.CHANGE_STATE,
    OperationKind.STOP: Permission.CHANGE_STATE,
    OperationKind.FORCE_STOP: Permission.CHANGE_STATE,
    OperationKind.RESTART: Permission.CHANGE_STATE,
    OperationKind.ADD_ALIAS: Permission.CREATE_ALIAS,
    OperationKind.UPDATE_ALIAS: Permission.UPDATE_ALIAS,
    OperationKind.REMOVE_ALIAS: Permission.DESTROY_ALIAS,
    OperationKind.SET_VARIABLES: Permission.CHANGE_VARIABLES,
    OperationKind.RESTART_GEAR: Permission.CHANGE_STATE,
    OperationKind.ROTATE_OUT: Permission.ROTATE_GEAR,
    OperationKind.ROTATE_IN: Permission.ROTATE_GEAR,
    OperationKind.DELETE_GEAR: Permission.REMOVE_GEAR,
    OperationKind.ADD_CARTRIDGE: Permission.CREATE_CARTRIDGE,
    OperationKind.REMOVE_CARTRIDGE: Permission.DESTROY_CARTRIDGE,
    OperationKind.START_CARTRIDGE: Permission.CHANGE_CARTRIDGE_STATE,
    OperationKind.STOP_CARTRIDGE: Permission.CHANGE_CARTRIDGE_STATE,
    OperationKind.RESTART_CARTRIDGE: Permission.CHANGE_CARTRIDGE_STATE,
    OperationKind.RELOAD_CARTRIDGE: Permission.CHANGE_CARTRIDGE_STATE,
    OperationKind.RELOAD: Permission.CHANGE_CARTRIDGE_STATE,
    OperationKind.TIDY: Permission.CHANGE_CARTRIDGE_STATE,
    OperationKind.THREAD_DUMP: Permission.VIEW_CODE_DETAILS,
    OperationKind.DEPLOY: Permission.CREATE_DEPLOYMENT,
    OperationKind.ACTIVATE: Permission.CREATE_DEPLOYMENT,
    OperationKind.UPDATE_DEPLOYMENTS: Permission.REPORT_DEPLOYMENTS,
    OperationKind.UPDATE_APPLICATION: Permission.UPDATE_APPLICATION,
}


def check_caller(work: UnitOfWork, caller: User | None, application: Application, kind: OperationKind) -> None:
    """Raises `ApplicationNotFound` or `Forbidden` where a caller may not, or no more, do this; nobody is the operator.

    To be called with the row of the application held; it takes a statement for those who do not own it.
    """
    if caller is None:
        return
    role = role_in_domain(work, caller, application.namespace_id, application.owner_id)
    if role is None or not is_reached(caller, application):
        raise ApplicationNotFound(application.application_id)
    check_may(caller, application, role, NEEDED[kind])


def check_actor(work: UnitOfWork, actor_id: UserId | None, application: Application, kind: OperationKind) -> None:
    """Raises `Forbidden` where who has queued this may do it no more by their role; what they logged in with is gone.

    To be called as `check_caller` is.
    """
    if actor_id is None or actor_id == application.owner_id:
        return
    role = work.members.role_in(application.namespace_id, actor_id)
    if role is None or role < NEEDED[kind].needs:
        raise Forbidden(f"You are not permitted to perform this action ({NEEDED[kind]})")


def check_creator(work: UnitOfWork, creator: User, application: Application) -> None:
    """Raises what `visible_namespace` does where the creator lost their role before the application was there.

    To be called once the row of the application refers to that of its domain, so that no member changes meanwhile.
    """
    if creator.user_id != application.owner_id:
        visible_namespace(work, creator, application.namespace, needs=NEEDED[OperationKind.CREATE])
