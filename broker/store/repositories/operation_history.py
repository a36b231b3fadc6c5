"""Operations as they are looked at: newest first, with their place in the queue and the steps they are made of."""

from sqlalchemy import ColumnElement, Connection, Select, bindparam, case, exists, func, select

from broker.core.ids import ApplicationId, OperationId, UserId
from broker.core.operation import OperationState
from broker.interfaces import OperationEntry, StepEntry
from broker.store.tables import commands, operations, processes

_before = operations.alias("before")
# Queued ones are few, and only for them is anything counted.
_POSITION = case(
    (
        operations.c.state == OperationState.QUEUED.value,
        select(func.count())
        .where(
            _before.c.application_id == operations.c.application_id,
            _before.c.state == OperationState.QUEUED.value,
            _before.c.turn <= operations.c.turn,
        )
        .scalar_subquery(),
    )
)
_DRIVER_LIVES = exists().where(processes.c.process_id == operations.c.driver)
_NAMES = (
    "operation_id",
    "application_id",
    "owner_id",
    "actor_id",
    "app_name",
    "namespace",
    "kind",
    "wish",
    "ending",
    "state",
    "attempt",
    "driver",
    "cancelled",
    "error",
    "error_code",
    "created_at",
    "started_at",
    "finished_at",
)
_ENTRIES = select(
    *(operations.c[name] for name in _NAMES),
    _POSITION.label("position"),
    _DRIVER_LIVES.label("driver_lives"),
)
_BY_ID = _ENTRIES.where(operations.c.operation_id == bindparam("this_operation"))
_STEP_NAMES = ("command_id", "kind", "node_id", "gear_id", "attempt", "state", "after", "undoes", "error")
_STEPS = (
    select(*(commands.c[name] for name in _STEP_NAMES))
    .where(commands.c.operation_id == bindparam("this_operation"))
    .order_by(commands.c.number)
)


class OperationHistoryRepository:
    """Operations, open and ended."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_id(self, operation_id: OperationId) -> OperationEntry | None:
        """One operation."""
        row = self._connection.execute(_BY_ID, {"this_operation": operation_id}).mappings().first()
        return None if row is None else OperationEntry(**row)

    def of_application(
        self, application_id: ApplicationId, *, limit: int, after: OperationId | None
    ) -> tuple[OperationEntry, ...]:
        """At most `limit` of an application that are older than `after`, newest first."""
        return self._page(operations.c.application_id == application_id, limit, after)

    def of_owner(self, owner_id: UserId, *, limit: int, after: OperationId | None) -> tuple[OperationEntry, ...]:
        """The same of all applications that an owner has or had."""
        return self._page(operations.c.owner_id == owner_id, limit, after)

    def open(
        self, *, created_before: str | None = None, application_id: ApplicationId | None = None
    ) -> tuple[OperationEntry, ...]:
        """Those that have not ended: all, those created before that time, or those of an application.

        What runs comes before what waits for it, and what waits in its turn.
        """
        query = _ENTRIES.where(operations.c.finished_at.is_(None))
        if created_before is not None:
            query = query.where(operations.c.created_at < created_before)
        if application_id is not None:
            query = query.where(operations.c.application_id == application_id)
        return self._entries(query.order_by(operations.c.turn, operations.c.operation_id))

    def steps(self, operation_id: OperationId) -> tuple[StepEntry, ...]:
        """The commands of an operation, in order."""
        rows = self._connection.execute(_STEPS, {"this_operation": operation_id}).mappings()
        return tuple(StepEntry(**row) for row in rows)

    def _page(self, whose: ColumnElement[bool], limit: int, after: OperationId | None) -> tuple[OperationEntry, ...]:
        query = _ENTRIES.where(whose)
        if after is not None:
            query = query.where(operations.c.operation_id < after)
        return self._entries(query.order_by(operations.c.operation_id.desc()).limit(limit))

    def _entries(self, query: Select[tuple[object, ...]]) -> tuple[OperationEntry, ...]:
        return tuple(OperationEntry(**row) for row in self._connection.execute(query).mappings())
