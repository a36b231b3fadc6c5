"""One transaction over all collections, and what may keep it from being one."""

from types import TracebackType
from typing import Protocol, Self

from broker.core.errors import StorageUnavailable
from broker.interfaces.repositories import (
    Agreements,
    AliasCertificates,
    Answers,
    Applications,
    Authorizations,
    Commands,
    Deployments,
    EventLog,
    Gears,
    Keys,
    Members,
    NameChanges,
    Names,
    Namespaces,
    Nodes,
    OperationHistory,
    Operations,
    Processes,
    Retention,
    Teams,
    Users,
)


class Collided(StorageUnavailable):
    """Another unit of work was in this one's way; nothing of it was kept, and it is to be done again from its start.

    One that nobody does again is shown as what it is: a refusal that asks the caller to try again.
    """

    code = "collided"

    def __init__(self) -> None:
        super().__init__("Others changed the same things at the same moment. Nothing was changed; please try again.")


class FleetMoved(Collided):
    """The fleet in memory was behind the database: the room that was counted on is taken."""

    code = "fleet_moved"


class UnitOfWork(Protocol):
    """One transaction. Leaving the block without `commit()` rolls back, in the database and in memory.

    Raises `Collided` where another was in its way, and `StorageUnavailable` where the database cannot be used.
    """

    @property
    def users(self) -> Users: ...
    @property
    def namespaces(self) -> Namespaces: ...
    @property
    def keys(self) -> Keys: ...
    @property
    def authorizations(self) -> Authorizations: ...
    @property
    def teams(self) -> Teams: ...
    @property
    def members(self) -> Members: ...
    @property
    def applications(self) -> Applications: ...
    @property
    def certificates(self) -> AliasCertificates: ...
    @property
    def deployments(self) -> Deployments: ...
    @property
    def gears(self) -> Gears: ...
    @property
    def nodes(self) -> Nodes: ...
    @property
    def log(self) -> EventLog: ...
    @property
    def commands(self) -> Commands: ...
    @property
    def operations(self) -> Operations: ...
    @property
    def processes(self) -> Processes: ...
    @property
    def operation_history(self) -> OperationHistory: ...
    @property
    def agreements(self) -> Agreements: ...
    @property
    def answers(self) -> Answers: ...
    @property
    def names(self) -> Names: ...
    @property
    def name_changes(self) -> NameChanges: ...
    @property
    def retention(self) -> Retention: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def commit(self) -> None: ...
