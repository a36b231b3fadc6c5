"""Operations in their states."""

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from broker.core.errors import ApplicationBusy
from broker.core.ids import OperationId
from broker.interfaces import OperationRecord
from broker.store.tables import operations

_START = insert(operations)
_FINISH = update(operations).where(operations.c.operation_id == bindparam("this_operation"))
_ENDED = select(operations.c.state, operations.c.error).where(
    operations.c.operation_id == bindparam("this_operation"), operations.c.finished_at.is_not(None)
)


class OperationRepository:
    """Operations; one running an application, by a unique index."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def start(self, operation: OperationRecord) -> None:
        """Store a running operation; raises `ApplicationBusy` while another of the application runs."""
        row = {name: getattr(operation, name) for name in OperationRecord.__slots__}
        try:
            self._connection.execute(_START, row)
        except IntegrityError as error:
            raise ApplicationBusy from error

    def finish(self, operation_id: OperationId, state: str, at: str, error: str | None = None) -> None:
        """Note how an operation ended, and when."""
        values = {"this_operation": operation_id, "state": state, "finished_at": at, "error": error}
        self._connection.execute(_FINISH, values)

    def ended(self, operation_id: OperationId) -> tuple[str, str | None] | None:
        """The state an operation ended in and why it failed; None while it runs."""
        row = self._connection.execute(_ENDED, {"this_operation": operation_id}).first()
        return None if row is None else (row.state, row.error)

    def running(self) -> tuple[OperationRecord, ...]:
        """Those that have begun and not ended, oldest first."""
        query = (
            select(*(operations.c[name] for name in OperationRecord.__slots__))
            .where(operations.c.state == "running")
            .order_by(operations.c.created_at, operations.c.operation_id)
        )
        return tuple(OperationRecord(**row) for row in self._connection.execute(query).mappings())
