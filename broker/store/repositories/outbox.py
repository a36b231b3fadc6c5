"""The outbox: routing events and node commands, written in the transaction of the change they tell of."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, Integer, Table, bindparam, func, select, update
from sqlalchemy.dialects import sqlite

from broker.core.ids import ApplicationId, CommandId, GearId, OperationId, UserId
from broker.core.node import Liveness
from broker.interfaces import LoggedEvent, OutgoingEvent, StepRecord
from broker.store.among import among
from broker.store.bulk import insert_rows
from broker.store.tables import commands, counters, nodes, routing_events

POSITION = "routing_position"
PENDING, DONE, FAILED = "pending", "done", "failed"

_LOG_COLUMNS = tuple(
    routing_events.c[name]
    for name in (
        "position",
        "application_id",
        "sequence",
        "action",
        "app_name",
        "namespace",
        "occurred_at",
        "data",
    )
)
_EVENT_COLUMNS = (
    "application_id",
    "owner_id",
    "sequence",
    "action",
    "app_name",
    "namespace",
    "occurred_at",
    "data",
)
_STEP_NAMES = (
    "command_id",
    "operation_id",
    "application_id",
    "node_id",
    "gear_id",
    "kind",
    "body",
    "state",
)
_STEP_COLUMNS = tuple(commands.c[name] for name in _STEP_NAMES)
_EVENTS_AFTER = (
    select(*_LOG_COLUMNS)
    .where(routing_events.c.position > bindparam("after"))
    .order_by(routing_events.c.position)
    .limit(bindparam("most", type_=Integer))
)
_OWN_EVENTS_AFTER = _EVENTS_AFTER.where(routing_events.c.owner_id == bindparam("owner"))
_HELD_POSITION = select(counters.c.value).where(counters.c.name == POSITION).with_for_update()
_CURSOR = select(counters.c.value).where(counters.c.name == bindparam("destination"))
_MOVE_CURSOR = update(counters).where(
    counters.c.name == bindparam("destination"), counters.c.value < bindparam("reached", type_=BigInteger)
)
_UNNUMBERED = (
    select(
        routing_events.c.event_id,
        func.row_number().over(order_by=routing_events.c.event_id).label("number"),
    )
    .where(routing_events.c.position.is_(None))
    .order_by(routing_events.c.event_id)
    .limit(bindparam("most", type_=Integer))
    .subquery()
)
_NUMBER = (
    update(routing_events)
    .where(routing_events.c.event_id == _UNNUMBERED.c.event_id)
    .values(position=bindparam("last", type_=BigInteger) + _UNNUMBERED.c.number)
)
_SETTLE_ONE = update(commands).where(commands.c.command_id == bindparam("this_command"))
_RELEASE = (
    update(commands)
    .where(commands.c.operation_id == bindparam("this_operation"), commands.c.state == PENDING)
    .values(operation_id=None)
)


def upsert(dialect: str, table: Table) -> Any:
    """An insert with the conflict clauses of the database of that name."""
    if dialect == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 slow to load

    return postgresql.insert(table)


class OutboxRepository:
    """Whatever leaves the broker."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.has_events = False
        self.numbered_to = 0

    def add_events(self, events: Sequence[OutgoingEvent]) -> None:
        """Write events; the relay gives them their positions."""
        rows = [
            (
                event.application_id,
                event.owner_id,
                event.sequence,
                event.action,
                event.app_name,
                event.namespace,
                event.occurred_at,
                json.dumps(event.data, separators=(",", ":")),
            )
            for event in events
        ]
        insert_rows(self._connection, routing_events, _EVENT_COLUMNS, rows)
        self.has_events |= bool(rows)

    def number_events(self, limit: int) -> int:
        """Give the next positions to at most `limit` events without one, in the order of their writing.

        The counter's row is held first, so that positions have no gap and no two relays number the same event;
        within an application the order of writing is the order of its sequence, because its row was held then.
        """
        last = self._connection.execute(_HELD_POSITION).scalar_one()
        count: int = self._connection.execute(_NUMBER, {"most": limit, "last": last}).rowcount
        if count:
            self.numbered_to = last + count
            self.move_cursor(POSITION, self.numbered_to)
        return count

    def events_after(self, position: int, limit: int, owner_id: UserId | None = None) -> tuple[LoggedEvent, ...]:
        """Numbered events past `position`, in order, of everyone or of one owner."""
        query = _EVENTS_AFTER if owner_id is None else _OWN_EVENTS_AFTER
        rows = self._connection.execute(query, {"after": position, "most": limit, "owner": owner_id})
        return tuple(LoggedEvent(**row) for row in rows.mappings())

    def last_position(self) -> int:
        """The position of the last numbered event; 0 before the first."""
        return self.cursor(POSITION)

    def cursor(self, destination: str) -> int:
        """Up to which position a destination has confirmed; 0 for a new one."""
        return self._connection.execute(_CURSOR, {"destination": destination}).scalar() or 0

    def move_cursor(self, destination: str, position: int) -> None:
        """Note that a destination has confirmed everything up to `position`, unless it has confirmed more."""
        reached = {"destination": destination, "reached": position, "value": position}
        moved = self._connection.execute(_MOVE_CURSOR, reached)
        if moved.rowcount:
            return
        statement = upsert(self._connection.dialect.name, counters).values(name=destination, value=position)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["name"],
                set_={"value": statement.excluded.value},
                where=counters.c.value < statement.excluded.value,
            )
        )

    def add_commands(self, steps: Sequence[StepRecord]) -> None:
        """Write commands that nodes have to be told, in this order."""
        rows = [
            (
                step.command_id,
                step.operation_id,
                step.application_id,
                step.node_id,
                step.gear_id,
                step.kind,
                json.dumps(step.body, separators=(",", ":")),
                step.state,
            )
            for step in steps
        ]
        insert_rows(self._connection, commands, _STEP_NAMES, rows)

    def settle_commands(self, outcomes: Mapping[CommandId, str | None]) -> None:
        """Mark as done (None) or failed (the error)."""
        done = [command_id for command_id, error in outcomes.items() if error is None]
        if len(done) == 1:
            self._connection.execute(_SETTLE_ONE, {"this_command": done[0], "state": DONE})
        elif done:
            condition = among(self._connection, commands.c.command_id, done)
            self._connection.execute(update(commands).where(condition).values(state=DONE))
        failed = [
            {"this_command": command_id, "state": FAILED, "error": error}
            for command_id, error in outcomes.items()
            if error is not None
        ]
        if failed:
            self._connection.execute(_SETTLE_ONE, failed)

    def still_pending(self, command_ids: Sequence[CommandId]) -> frozenset[CommandId]:
        """Those of these commands that are neither done nor failed."""
        condition = among(self._connection, commands.c.command_id, command_ids)
        query = select(commands.c.command_id).where(condition, commands.c.state == PENDING)
        return frozenset(self._connection.execute(query).scalars())

    def supersede(self, gear_ids: Sequence[GearId], kinds: Sequence[str]) -> None:
        """Give up what these gears' nodes have not been told yet of these kinds: a newer wish takes its place."""
        self._connection.execute(
            update(commands)
            .where(
                commands.c.state == PENDING,
                commands.c.operation_id.is_(None),
                commands.c.kind.in_(kinds),
                among(self._connection, commands.c.gear_id, gear_ids),
            )
            .values(state=FAILED, error="superseded by a newer command")
        )

    def gears_owing(self, application_id: ApplicationId) -> frozenset[GearId]:
        """The gears of an application whose nodes have not been told everything yet."""
        query = select(commands.c.gear_id).where(
            commands.c.state == PENDING, commands.c.application_id == application_id
        )
        return frozenset(self._connection.execute(query).scalars())

    def release_commands(self, operation_id: OperationId) -> None:
        """No operation waits any more for its pending commands; the nodes are told when they can be."""
        self._connection.execute(_RELEASE, {"this_operation": operation_id})

    def commands_of(self, operation_id: OperationId) -> tuple[StepRecord, ...]:
        """All commands of an operation, in order."""
        query = select(*_STEP_COLUMNS).where(commands.c.operation_id == operation_id).order_by(commands.c.number)
        return tuple(StepRecord(**row) for row in self._connection.execute(query).mappings())

    def pending_for_responsive(self) -> tuple[StepRecord, ...]:
        """What nodes that are heard of have not been told yet, for operations that no longer wait for it, in order."""
        query = (
            select(*_STEP_COLUMNS)
            .join(nodes, nodes.c.node_id == commands.c.node_id)
            .where(
                commands.c.state == PENDING,
                commands.c.operation_id.is_(None),
                nodes.c.liveness == Liveness.RESPONSIVE.value,
            )
            .order_by(commands.c.number)
        )
        return tuple(StepRecord(**row) for row in self._connection.execute(query).mappings())
