"""One transaction with its repositories; leaving it without `commit()` undoes everything, in memory too.

What many transactions count up and down, the gears of a node and of an owner, is written last: whoever holds such a
row holds nobody else up for longer than a commit takes, and locks are taken in one order everywhere. It is in
docs/architecture.md.
"""

import threading
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from sqlalchemy import Connection

from broker.interfaces import EventSignal
from broker.store.engine import Database
from broker.store.faults import refusal_of
from broker.store.fleet_cache import FleetCache
from broker.store.repositories.agreements import AgreementRepository
from broker.store.repositories.answers import AnswerRepository
from broker.store.repositories.applications import ApplicationRepository
from broker.store.repositories.commands import CommandRepository
from broker.store.repositories.deployments import AliasCertificateRepository, DeploymentRepository
from broker.store.repositories.event_log import EventLogRepository
from broker.store.repositories.gears import GearRepository
from broker.store.repositories.keys import AuthorizationRepository, KeyRepository
from broker.store.repositories.members import MemberRepository, TeamRepository
from broker.store.repositories.name_changes import NameChangeRepository
from broker.store.repositories.names import NameRepository
from broker.store.repositories.nodes import NodeRepository
from broker.store.repositories.operation_history import OperationHistoryRepository
from broker.store.repositories.operations import OperationRepository
from broker.store.repositories.processes import ProcessRepository
from broker.store.repositories.retention import RetentionRepository
from broker.store.repositories.users import NamespaceRepository, UserRepository

# More than any transaction writes.
MOST_EVENTS = 1_000_000


class SqlUnitOfWork:
    """A unit of work on the database; `read_only` ones see one state of it and never hold a writer up."""

    users: UserRepository
    namespaces: NamespaceRepository
    keys: KeyRepository
    authorizations: AuthorizationRepository
    teams: TeamRepository
    members: MemberRepository
    applications: ApplicationRepository
    certificates: AliasCertificateRepository
    deployments: DeploymentRepository
    gears: GearRepository
    nodes: NodeRepository
    log: EventLogRepository
    commands: CommandRepository
    operations: OperationRepository
    processes: ProcessRepository
    operation_history: OperationHistoryRepository
    agreements: AgreementRepository
    answers: AnswerRepository
    names: NameRepository
    name_changes: NameChangeRepository
    retention: RetentionRepository

    def __init__(
        self,
        database: Database,
        cache: FleetCache,
        signal: EventSignal,
        *,
        read_only: bool = False,
        names_changed: threading.Event | None = None,
    ) -> None:
        self._opening: AbstractContextManager[Connection] = database.reading() if read_only else database.writing()
        self._cache = cache
        self._signal = signal
        self._read_only = read_only
        # With one writer at a time a position costs nothing; where there are more, the relay gives them.
        self._gives_positions = database.is_sqlite
        self._committed = False
        self._is_committing = False
        # Without it, no DNS server has to be told of names, and their changes are not noted.
        self._names_changed = names_changed

    def __enter__(self) -> Self:
        connection = self._connection = self._begun()
        self.namespaces = NamespaceRepository(connection)
        self.nodes = NodeRepository(connection, self._cache)
        self.users = UserRepository(connection, self.nodes.hold)
        self.applications = ApplicationRepository(connection, self.nodes.renewed, self.nodes.hold)
        self.keys = KeyRepository(connection)
        self.authorizations = AuthorizationRepository(connection)
        self.teams = TeamRepository(connection)
        self.members = MemberRepository(connection)
        self.certificates = AliasCertificateRepository(connection)
        self.deployments = DeploymentRepository(connection)
        self.gears = GearRepository(connection)
        self.log = EventLogRepository(connection)
        self.commands = CommandRepository(connection)
        self.operations = OperationRepository(connection)
        self.processes = ProcessRepository(connection)
        self.operation_history = OperationHistoryRepository(connection)
        self.agreements = AgreementRepository(connection)
        self.answers = AnswerRepository(connection)
        self.name_changes = NameChangeRepository(connection)
        self.retention = RetentionRepository(connection)
        self.names = NameRepository(connection, self.name_changes if self._names_changed else None)
        return self

    def _begun(self) -> Connection:
        try:
            return self._opening.__enter__()
        except Exception as error:
            refusal = refusal_of(error, reading=self._read_only)
            if refusal is None:
                raise
            raise refusal from error

    def commit(self) -> None:
        """Keep everything that was done in this unit of work, and only now."""
        if self._read_only:
            raise RuntimeError("a reading unit of work has nothing to commit")
        if self._gives_positions and self.log.has_events:
            self.log.number(MOST_EVENTS)
        self.users.write_counts()
        # Rows and memory change as one for everybody who learns the fleet from its rows.
        with self.nodes.counting():
            self.nodes.write_counts()
            self._is_committing = True
            self._connection.commit()
            self._committed = True
            self.nodes.committed()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if not self._committed:
                self.nodes.rolled_back(in_doubt=self._is_committing)
                self._connection.rollback()
        finally:
            self._opening.__exit__(kind, error, trace)
        refusal = refusal_of(error, committing=self._is_committing, reading=self._read_only)
        if refusal is not None:
            raise refusal from error
        if self._committed and self.log.has_events:
            if self.log.numbered_to:
                self._signal.numbered(self.log.numbered_to)
            else:
                self._signal.committed()
        if self._committed and self._names_changed and self.name_changes.has_marked:
            self._names_changed.set()
