"""What the end of an operation is: the application after it, and what nodes are still to be told."""

from collections.abc import Callable
from dataclasses import dataclass

from broker.core.application import ApplicationParts
from broker.core.errors import Refusal
from broker.core.ids import CommandId
from broker.interfaces import OperationRecord, Platform, StepRecord, UnitOfWork
from broker.usecases.steps import Outcomes


@dataclass(frozen=True, kw_only=True)
class Conclusion:
    """How an operation ended: the application after it (None if it is gone) and what is still to be told to nodes.

    With `error` the operation failed, and what it had done is undone. Commands that were not done and are to be told
    `again` stay in the outbox, because the operation is complete without them.
    """

    parts: ApplicationParts | None
    afterwards: tuple[StepRecord, ...] = ()
    error: Refusal | None = None
    again: frozenset[CommandId] = frozenset()


Concluder = Callable[[Platform, UnitOfWork, ApplicationParts, OperationRecord, Outcomes], Conclusion]
