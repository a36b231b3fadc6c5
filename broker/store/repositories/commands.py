"""Commands to nodes, written in the transaction of the change that needs them."""

import json
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, and_, bindparam, func, select, text, true, update

from broker.core.ids import ApplicationId, CommandId, GearId, NodeId, OperationId
from broker.core.node import Liveness
from broker.interfaces import Json, StepRecord
from broker.store.advisory_locks import CATCHING_UP_LOCK
from broker.store.among import among
from broker.store.bulk import insert_rows
from broker.store.tables import commands, gears, nodes

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
_LEAVE_IN_TIME = select(func.set_config("idle_in_transaction_session_timeout", bindparam("milliseconds"), true()))
_TAKE_TELLING = select(func.pg_try_advisory_xact_lock(CATCHING_UP_LOCK))
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

    def nodes_that_failed(self, operation_id: OperationId) -> frozenset[NodeId]:
        """The nodes that did not do a step of the operation."""
        query = select(commands.c.node_id).where(commands.c.operation_id == operation_id, commands.c.state == FAILED)
        return frozenset(self._connection.execute(query.distinct()).scalars())

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
        # What a gear left behind on a node that it was moved from says nothing of the gear.
        query = (
            select(commands.c.gear_id)
            .join(gears, and_(gears.c.gear_id == commands.c.gear_id, gears.c.node_id == commands.c.node_id))
            .where(commands.c.state == PENDING, commands.c.application_id == application_id)
        )
        return frozenset(self._connection.execute(query).scalars())

    def release(self, operation_id: OperationId) -> None:
        """No operation waits any more for its pending commands; the nodes are told when they can be."""
        self._connection.execute(_RELEASE, {"this_operation": operation_id})

    def of_operation(self, operation_id: OperationId) -> tuple[StepRecord, ...]:
        """All commands of an operation, in order."""
        query = select(*_STEP_COLUMNS).where(commands.c.operation_id == operation_id).order_by(commands.c.number)
        return tuple(StepRecord(**row) for row in self._connection.execute(query).mappings())

    def take_telling(self, seconds: float) -> bool:
        """Whether this unit of work is the one that tells nodes what they are owed, until it ends.

        One that does nothing for so many seconds, as that of a process that was stopped, loses this.
        """
        if self._connection.dialect.name == "sqlite":
            return True
        self._connection.execute(_LEAVE_IN_TIME, {"milliseconds": str(round(seconds * 1000))})
        return bool(self._connection.execute(_TAKE_TELLING).scalar())

    def owed(self, limit: int, *, a_node: int, but: Collection[NodeId] = ()) -> tuple[StepRecord, ...]:
        """What nodes that are heard of have not been told yet and no operation waits for, in order.

        At most so many for each node, so that none takes the place of all others; nothing for the nodes of `but`.
        """
        owed = (
            select(
                commands.c.number,
                func.row_number().over(partition_by=commands.c.node_id, order_by=commands.c.number).label("place"),
            )
            .join(nodes, nodes.c.node_id == commands.c.node_id)
            .where(
                text("commands.state = 'pending' AND NOT commands.awaited"),  # written out as in the index
                nodes.c.liveness == Liveness.RESPONSIVE.value,
                *([~among(self._connection, nodes.c.node_id, but)] if but else []),
            )
            .subquery()
        )
        query = (
            select(*_STEP_COLUMNS)
            .join(owed, owed.c.number == commands.c.number)
            .where(owed.c.place <= a_node)
            .order_by(commands.c.number)
            .limit(limit)
        )
        return tuple(StepRecord(**row) for row in self._connection.execute(query).mappings())
