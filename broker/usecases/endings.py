"""Which conclusion belongs to which ending of an operation."""

from collections.abc import Mapping
from typing import Final

from broker.core.application import ApplicationParts
from broker.core.operation import Ending
from broker.interfaces import OperationRecord, Platform, UnitOfWork
from broker.usecases import conclusions
from broker.usecases.activating import conclude_activation
from broker.usecases.cartridge_endings import conclude_addition, conclude_removal
from broker.usecases.cartridge_running import conclude_cartridge_state
from broker.usecases.concluded import Concluder, Conclusion
from broker.usecases.gear_endings import conclude_gear_restart, conclude_replacement
from broker.usecases.steps import Outcomes
from broker.usecases.telling import conclude_telling

_CONCLUDERS: Final[Mapping[Ending, Concluder]] = {
    Ending.CREATE: conclusions.conclude_creation,
    Ending.GROW: conclusions.conclude_growth,
    Ending.SHRINK: conclusions.conclude_shrinking,
    Ending.ENABLE_HA: conclusions.conclude_enabling,
    Ending.REPLACE: conclude_replacement,
    Ending.RESTART_GEAR: conclude_gear_restart,
    Ending.SET_STATE: conclusions.conclude_state,
    Ending.ADD_CARTRIDGE: conclude_addition,
    Ending.REMOVE_CARTRIDGE: conclude_removal,
    Ending.SET_CARTRIDGE_STATE: conclude_cartridge_state,
    Ending.TELL: conclude_telling,
    Ending.DELETE: conclusions.conclude_deletion,
    Ending.ACTIVATE: conclude_activation,
}


def conclude(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
) -> Conclusion:
    """End an operation by how it was planned; one that was cancelled is undone although all was done."""
    return _CONCLUDERS[Ending(operation.ending or operation.kind)](platform, work, parts, operation, result)
