"""Operations, what nodes are told, what requests are answered, and the processes that do it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from broker.core.ids import ApplicationId, CommandId, GearId, NodeId, OperationId, UserId
from broker.interfaces.records import (
    Json,
    KeptAnswer,
    OperationEntry,
    OperationRecord,
    OperationStanding,
    ProcessRecord,
    QueueState,
    StepEntry,
    StepRecord,
)


class Commands(Protocol):
    """What nodes are told, written in the transaction of the change that needs it."""

    def add(self, steps: Sequence[StepRecord]) -> None: ...
    def settle(self, outcomes: Mapping[CommandId, str | None]) -> None:
        """Mark as done (None) or failed (the error)."""

    def keep_replies(self, replies: Mapping[CommandId, Json]) -> None:
        """Remember what nodes answered, for an operation that goes on."""

    def of_operation(self, operation_id: OperationId) -> tuple[StepRecord, ...]:
        """All commands of an operation, in order."""

    def nodes_that_failed(self, operation_id: OperationId) -> frozenset[NodeId]:
        """The nodes that did not do a step of the operation."""

    def still_pending(self, command_ids: Sequence[CommandId]) -> frozenset[CommandId]: ...
    def supersede(self, application_id: ApplicationId, gear_ids: Sequence[GearId], kinds: Sequence[str]) -> None: ...
    def gears_owing(self, application_id: ApplicationId) -> frozenset[GearId]: ...
    def release(self, operation_id: OperationId) -> None:
        """No operation waits any more for its pending commands; the nodes are told when they can be."""

    def take_telling(self, seconds: float) -> bool:
        """Whether this unit of work is the one that tells nodes what they are owed, until it ends or idles so long."""

    def owed(self, limit: int, *, a_node: int, but: Collection[NodeId] = ()) -> tuple[StepRecord, ...]:
        """What nodes that are heard of have not been told yet and no operation waits for, in order.

        At most so many for each node, so that none takes the place of all others; nothing for the nodes of `but`.
        """


class Operations(Protocol):
    """Operations in their states, the queue of each application, and in whose hands they are."""

    def add(self, operation: OperationRecord, *, finished_at: str | None = None) -> None:
        """Store an operation in whatever state; raises `ApplicationBusy` while another of the application runs."""

    def queue(self, application_id: ApplicationId) -> QueueState:
        """Who runs and who waits; exact as long as the application's row is held."""

    def next_in_turn(self, application_id: ApplicationId) -> OperationId | None:
        """The operation that may start now, None if none waits or one runs."""

    def start(self, operation: OperationRecord) -> None:
        """A queued operation runs from now on, as it was planned."""

    def try_again(self, operation_id: OperationId, attempt: int) -> None:
        """The operation goes on with other steps."""

    def finish(
        self,
        operation_id: OperationId,
        state: str,
        at: str,
        *,
        error: str | None = None,
        error_code: str | None = None,
    ) -> None: ...
    def by_id(self, operation_id: OperationId) -> OperationRecord | None: ...
    def standing(self, operation_id: OperationId) -> OperationStanding | None: ...
    def ask_to_cancel(self, operation_id: OperationId) -> None: ...
    def fail_queued(self, application_id: ApplicationId, at: str, error: str, error_code: str) -> None:
        """Nothing that waits for this application can be done any more."""

    def to_be_taken(self, limit: int) -> tuple[OperationRecord, ...]:
        """Open operations in nobody's hands, or in those of a process that is gone, whose turn it is; oldest first."""

    def take(self, operation_ids: Sequence[OperationId], process_id: str) -> frozenset[OperationId]:
        """Take such operations; returns those at which no other process was faster."""

    def let_go(self, operation_ids: Sequence[OperationId], process_id: str) -> None:
        """Any worker may take these operations, if they are in the hands of that process still."""

    def in_hands_of(self, process_id: str) -> frozenset[OperationId]:
        """The open operations of a process."""


class OperationHistory(Protocol):
    """Operations as they are looked at. Every method is one statement."""

    def by_id(self, operation_id: OperationId) -> OperationEntry | None: ...
    def of_application(
        self, application_id: ApplicationId, *, limit: int, after: OperationId | None
    ) -> tuple[OperationEntry, ...]:
        """At most `limit` that are older than `after`, newest first."""

    def of_owner(self, owner_id: UserId, *, limit: int, after: OperationId | None) -> tuple[OperationEntry, ...]: ...
    def open(
        self, *, created_before: str | None = None, application_id: ApplicationId | None = None
    ) -> tuple[OperationEntry, ...]:
        """Those that have not ended, oldest first."""

    def steps(self, operation_id: OperationId) -> tuple[StepEntry, ...]: ...


class Answers(Protocol):
    """What repeated requests are answered."""

    def begin(self, owner_id: UserId, key: str, *, fingerprint: str, driver: str, at: str) -> bool:
        """Note that the process `driver` works on a request; False if its key is known already."""

    def find(self, owner_id: UserId, key: str) -> KeptAnswer | None: ...
    def take(self, owner_id: UserId, key: str, *, driver: str, after: str | None) -> bool:
        """Work on a request in place of the process `after`; False if another was faster."""

    def became(self, owner_id: UserId, key: str, what: str) -> None:
        """Note the id of the operation that the request became, or of what it changed.

        Raises `RequestTakenOver` where it has become another.
        """

    def settle(self, owner_id: UserId, key: str, driver: str, *, status: int, headers: Json, body: str) -> None: ...
    def forget(self, owner_id: UserId, key: str, driver: str) -> None:
        """A repeat does the request anew, unless it became an operation that is open or completed."""


class Processes(Protocol):
    """The processes that share the database."""

    def beat(self, process: ProcessRecord) -> bool:
        """One beat more; False if it was not among them, as at its start or when it was taken for dead: now it is."""

    def all(self) -> tuple[ProcessRecord, ...]: ...
    def bury(self, seen: Mapping[str, int]) -> int:
        """Forget those that still have the beats they were seen with; what they had in hand is in nobody's.

        Returns how many operations that are.
        """


class Agreements(Protocol):
    """What all processes of a platform must agree on, by name."""

    def find(self, name: str) -> str | None: ...
    def propose(self, name: str, value: str) -> str:
        """What holds: this value if none did, else the one that does."""

    def replace(self, name: str, before: str, after: str) -> bool:
        """Agree on something else; False if it was not as it was `before`."""
