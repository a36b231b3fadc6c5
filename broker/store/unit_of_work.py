"""One transaction with its repositories; leaving it without `commit()` undoes everything, in memory too."""

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from sqlalchemy import Connection

from broker.interfaces import EventSignal
from broker.store.engine import Database
from broker.store.fleet_cache import FleetCache
from broker.store.repositories.applications import ApplicationRepository
from broker.store.repositories.commands import CommandRepository
from broker.store.repositories.event_log import EventLogRepository
from broker.store.repositories.gears import GearRepository
from broker.store.repositories.names import NameRepository
from broker.store.repositories.nodes import NodeRepository
from broker.store.repositories.operations import OperationRepository
from broker.store.repositories.users import NamespaceRepository, UserRepository

# More than any transaction writes.
MOST_EVENTS = 1_000_000


class SqlUnitOfWork:
    """A unit of work on the database; `read_only` ones see one state of it and never hold a writer up."""

    users: UserRepository
    namespaces: NamespaceRepository
    applications: ApplicationRepository
    gears: GearRepository
    nodes: NodeRepository
    log: EventLogRepository
    commands: CommandRepository
    operations: OperationRepository
    names: NameRepository

    def __init__(self, database: Database, cache: FleetCache, signal: EventSignal, *, read_only: bool = False) -> None:
        self._opening: AbstractContextManager[Connection] = database.reading() if read_only else database.writing()
        self._cache = cache
        self._signal = signal
        self._read_only = read_only
        # With one writer at a time a position costs nothing; where there are more, the relay gives them.
        self._gives_positions = database.is_sqlite
        self._committed = False

    def __enter__(self) -> Self:
        connection = self._opening.__enter__()
        self._connection = connection
        self.users = UserRepository(connection)
        self.namespaces = NamespaceRepository(connection)
        self.nodes = NodeRepository(connection, self._cache)
        self.applications = ApplicationRepository(connection, self.nodes.renewed, self.nodes.hold)
        self.gears = GearRepository(connection)
        self.log = EventLogRepository(connection)
        self.commands = CommandRepository(connection)
        self.operations = OperationRepository(connection)
        self.names = NameRepository(connection)
        return self

    def commit(self) -> None:
        """Keep everything that was done in this unit of work, and only now."""
        if self._read_only:
            raise RuntimeError("a reading unit of work has nothing to commit")
        if self._gives_positions and self.log.has_events:
            self.log.number(MOST_EVENTS)
        self._connection.commit()
        self._committed = True
        # Still inside the writer's turn, so that memory follows the rows in their order.
        self.nodes.committed()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if not self._committed:
                self.nodes.rolled_back()
                self._connection.rollback()
        finally:
            self._opening.__exit__(kind, error, trace)
        if self._committed and self.log.has_events:
            if self.log.numbered_to:
                self._signal.numbered(self.log.numbered_to)
            else:
                self._signal.committed()
