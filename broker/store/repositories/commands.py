"""Commands to nodes, written in the transaction of the change that needs them."""

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, select, text, update

from broker.core.ids import ApplicationId, CommandId, GearId, OperationId
from broker.core.node import Liveness
from broker.interfaces import Json, StepRecord
from broker.store.among import among
from broker.store.bulk import insert_rows
from broker.store.tables import commands, nodes

PENDING, DONE, FAILED = "pending", "done", "failed"

_STEP_NAMES = (
    "command_id",
    "operation_id",
    "application_id",
    "node_id",
    "gear_id",
    "kind",
    "body",
    "awaited",
    "state",
    "attempt",
    "after",
    "undoes",
    "reply",
)
_ADDED_NAMES = _STEP_NAMES[:-1]
_STEP_COLUMNS = tuple(commands.c[name] for name in _STEP_NAMES)
_SETTLE_ONE = update(commands).where(commands.c.command_id == bindparam("this_command"))
_RELEASE = (
    update(commands)
    .where(commands.c.operation_id == bindparam("this_operation"), commands.c.state == PENDING)
    .values(awaited=False)
)


class CommandRepository:
    """What nodes are told, in order."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, steps: Sequence[StepRecord]) -> None:
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
                step.awaited,
                step.state,
                step.attempt,
                step.after,
                step.undoes,
            )
            for step in steps
        ]
        insert_rows(self._connection, commands, _ADDED_NAMES, rows)

    def settle(self, outcomes: Mapping[CommandId, str | None]) -> None:
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

    def keep_replies(self, replies: Mapping[CommandId, Json]) -> None:
        """Remember what nodes answered, for an operation that goes on."""
        rows = [{"this_command": command_id, "state": DONE, "reply": reply} for command_id, reply in replies.items()]
        if rows:
            self._connection.execute(_SETTLE_ONE, rows)

    def still_pending(self, command_ids: Sequence[CommandId]) -> frozenset[CommandId]:
        """Those of these commands that are neither done nor failed."""
        condition = among(self._connection, commands.c.command_id, command_ids)
        query = select(commands.c.command_id).where(condition, commands.c.state == PENDING)
        return frozenset(self._connection.execute(query).scalars())

    def supersede(self, application_id: ApplicationId, gear_ids: Sequence[GearId], kinds: Sequence[str]) -> None:
        """Give up what these gears' nodes have not been told yet of these kinds: a newer wish takes its place."""
        self._connection.execute(
            update(commands)
            .where(
                commands.c.application_id == application_id,
                text("commands.state = 'pending'"),  # written out as in the index
                ~commands.c.awaited,
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

    def release(self, operation_id: OperationId) -> None:
        """No operation waits any more for its pending commands; the nodes are told when they can be."""
        self._connection.execute(_RELEASE, {"this_operation": operation_id})

    def of_operation(self, operation_id: OperationId) -> tuple[StepRecord, ...]:
        """All commands of an operation, in order."""
        query = select(*_STEP_COLUMNS).where(commands.c.operation_id == operation_id).order_by(commands.c.number)
        return tuple(StepRecord(**row) for row in self._connection.execute(query).mappings())

    def owed(self, limit: int) -> tuple[StepRecord, ...]:
        """What nodes that are heard of have not been told yet and no operation waits for, in order."""
        query = (
            select(*_STEP_COLUMNS)
            .join(nodes, nodes.c.node_id == commands.c.node_id)
            .where(commands.c.state == PENDING, ~commands.c.awaited, nodes.c.liveness == Liveness.RESPONSIVE.value)
            .order_by(commands.c.number)
            .limit(limit)
        )
        return tuple(StepRecord(**row) for row in self._connection.execute(query).mappings())
