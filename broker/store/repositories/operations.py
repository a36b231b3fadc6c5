"""Operations in their states, the queue of each application, and in whose hands they are."""

from collections.abc import Sequence

from sqlalchemy import Connection, Select, and_, bindparam, exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from broker.core.errors import ApplicationBusy
from broker.core.ids import ApplicationId, OperationId
from broker.core.operation import OperationState
from broker.interfaces import OperationRecord, OperationStanding, QueueState
from broker.store.among import among
from broker.store.tables import operations, processes

_ADD = insert(operations)
_COLUMNS = tuple(operations.c[name] for name in OperationRecord.__slots__)
_THIS = operations.c.operation_id == bindparam("this_operation")
_CHANGE = update(operations).where(_THIS)
_OF_APPLICATION = operations.c.application_id == bindparam("this_application")
_RUNNING = operations.c.state == OperationState.RUNNING.value
_QUEUED = operations.c.state == OperationState.QUEUED.value
_QUEUE = select(
    select(operations.c.operation_id).where(_OF_APPLICATION, _RUNNING).scalar_subquery().label("running"),
    select(func.count()).where(_OF_APPLICATION, _QUEUED).scalar_subquery().label("waiting"),
    select(func.max(operations.c.turn)).where(_OF_APPLICATION, _QUEUED).scalar_subquery().label("last"),
)
_NEXT = (
    select(operations.c.operation_id, operations.c.state)
    .where(_OF_APPLICATION, or_(_RUNNING, _QUEUED))
    .order_by(operations.c.turn)
    .limit(1)
)
_STANDING = select(*(operations.c[name] for name in OperationStanding.__slots__)).where(_THIS)
_IS_OPEN = operations.c.finished_at.is_(None)
# A process that has ended, or that was taken for dead, is not among the processes.
_IS_FREE = or_(operations.c.driver.is_(None), operations.c.driver.not_in(select(processes.c.process_id)))


def _whose_turn_it_is() -> Select[tuple[object, ...]]:
    before = operations.alias("before")
    someone_before = exists().where(
        before.c.application_id == operations.c.application_id,
        or_(
            before.c.state == OperationState.RUNNING.value,
            and_(before.c.state == OperationState.QUEUED.value, before.c.turn < operations.c.turn),
        ),
    )
    return (
        select(*_COLUMNS)
        .where(_IS_OPEN, _IS_FREE, or_(_RUNNING, ~someone_before))
        .order_by(operations.c.operation_id)
        .limit(bindparam("most"))
    )


_TO_BE_TAKEN = _whose_turn_it_is()


class OperationRepository:
    """Operations; one running an application, by a unique index."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, operation: OperationRecord, *, finished_at: str | None = None) -> None:
        """Store an operation; raises `ApplicationBusy` while another of the application runs."""
        row = {name: getattr(operation, name) for name in OperationRecord.__slots__}
        try:
            self._connection.execute(_ADD, row | {"finished_at": finished_at})
        except IntegrityError as error:
            raise ApplicationBusy from error

    def queue(self, application_id: ApplicationId) -> QueueState:
        """Who runs and who waits; exact as long as the application's row is held."""
        row = self._connection.execute(_QUEUE, {"this_application": application_id}).one()
        return QueueState(running=row.running, waiting=row.waiting, last=row.last or 0)

    def next_in_turn(self, application_id: ApplicationId) -> OperationId | None:
        """The operation that may start now, None if none waits or one runs."""
        row = self._connection.execute(_NEXT, {"this_application": application_id}).first()
        return row.operation_id if row is not None and row.state == OperationState.QUEUED else None

    def start(self, operation: OperationRecord) -> None:
        """A queued operation runs from now on, as it was planned."""
        names = ("state", "ending", "arguments", "turn", "driver", "started_at")
        values = {name: getattr(operation, name) for name in names}
        self._connection.execute(_CHANGE, {"this_operation": operation.operation_id, **values})

    def try_again(self, operation_id: OperationId, attempt: int) -> None:
        """The operation goes on with other steps."""
        self._connection.execute(_CHANGE, {"this_operation": operation_id, "attempt": attempt})

    def finish(
        self,
        operation_id: OperationId,
        state: str,
        at: str,
        *,
        error: str | None = None,
        error_code: str | None = None,
    ) -> None:
        """Note how an operation ended, and when."""
        values = {"state": state, "finished_at": at, "error": error, "error_code": error_code}
        self._connection.execute(_CHANGE, {"this_operation": operation_id, **values})

    def by_id(self, operation_id: OperationId) -> OperationRecord | None:
        """One operation, None if there is none of that id."""
        row = self._connection.execute(select(*_COLUMNS).where(_THIS), {"this_operation": operation_id}).mappings()
        found = row.first()
        return None if found is None else OperationRecord(**found)

    def standing(self, operation_id: OperationId) -> OperationStanding | None:
        """How far an operation is."""
        row = self._connection.execute(_STANDING, {"this_operation": operation_id}).mappings().first()
        return None if row is None else OperationStanding(**row)

    def ask_to_cancel(self, operation_id: OperationId) -> None:
        """Who carries it out is to undo it."""
        self._connection.execute(_CHANGE, {"this_operation": operation_id, "cancelled": True})

    def fail_queued(self, application_id: ApplicationId, at: str, error: str, error_code: str) -> None:
        """Nothing that waits for this application can be done any more."""
        values = {"state": OperationState.FAILED.value, "finished_at": at, "error": error, "error_code": error_code}
        statement = update(operations).where(_OF_APPLICATION, _QUEUED).values(**values)
        self._connection.execute(statement, {"this_application": application_id})

    def to_be_taken(self, limit: int) -> tuple[OperationRecord, ...]:
        """Open operations in nobody's hands, or in those of a process that is gone, whose turn it is; oldest first."""
        rows = self._connection.execute(_TO_BE_TAKEN, {"most": limit}).mappings()
        return tuple(OperationRecord(**row) for row in rows)

    def take(self, operation_ids: Sequence[OperationId], process_id: str) -> frozenset[OperationId]:
        """Take such operations; returns those at which no other process was faster."""
        condition = among(self._connection, operations.c.operation_id, operation_ids)
        statement = update(operations).where(condition, _IS_OPEN, _IS_FREE).values(driver=process_id)
        return frozenset(self._connection.execute(statement.returning(operations.c.operation_id)).scalars())

    def let_go(self, operation_ids: Sequence[OperationId], process_id: str) -> None:
        """Any worker may take these operations, if they are in the hands of that process still."""
        condition = among(self._connection, operations.c.operation_id, operation_ids)
        own = operations.c.driver == process_id
        self._connection.execute(update(operations).where(condition, _IS_OPEN, own).values(driver=None))

    def in_hands_of(self, process_id: str) -> frozenset[OperationId]:
        """The open operations of a process."""
        query = select(operations.c.operation_id).where(_IS_OPEN, operations.c.driver == process_id)
        return frozenset(self._connection.execute(query).scalars())
