"""Removes what has been kept for long enough, a batch at a time, by index and from the oldest on."""

from collections.abc import Sequence
from itertools import takewhile

from sqlalchemy import BigInteger, Connection, Integer, bindparam, delete, exists, select, tuple_, update

from broker.store.among import among
from broker.store.repositories.commands import PENDING
from broker.store.repositories.event_log import FLOOR
from broker.store.tables import answers, commands, counters, operations, parked_events, routing_events
from broker.store.upsert import upsert

# One worker at a time; a second finds the row held and leaves the work to the first.
_HELD_FLOOR = select(counters.c.value).where(counters.c.name == FLOOR).with_for_update(skip_locked=True)
_MOVE_FLOOR = update(counters).where(counters.c.name == FLOOR)
# Positions rise with time but for a clock that jumps, so the oldest come first.
_OLDEST_EVENTS = (
    select(routing_events.c.position, routing_events.c.occurred_at)
    .where(
        routing_events.c.position > bindparam("floor", type_=BigInteger),
        routing_events.c.position <= bindparam("confirmed", type_=BigInteger),
    )
    .order_by(routing_events.c.position)
    .limit(bindparam("most", type_=Integer))
)
_FORGET_EVENTS = delete(routing_events).where(
    routing_events.c.position > bindparam("floor", type_=BigInteger),
    routing_events.c.position <= bindparam("reached", type_=BigInteger),
)
_FORGET_PARKED = delete(parked_events).where(
    parked_events.c.destination.in_(bindparam("destinations", expanding=True)),
    parked_events.c.position <= bindparam("reached", type_=BigInteger),
)
_OLD_OPERATIONS = (
    select(operations.c.operation_id)
    .where(
        operations.c.finished_at.is_not(None),
        operations.c.finished_at < bindparam("before"),
        ~exists().where(commands.c.operation_id == operations.c.operation_id, commands.c.state == PENDING),
    )
    .order_by(operations.c.finished_at)
    .limit(bindparam("most", type_=Integer))
)
_OLD_ANSWERS = (
    select(answers.c.owner_id, answers.c.key)
    .where(answers.c.created_at < bindparam("before"))
    .order_by(answers.c.created_at)
    .limit(bindparam("most", type_=Integer))
)
_FORGET_ANSWERS = delete(answers).where(
    tuple_(answers.c.owner_id, answers.c.key).in_(bindparam("keys", expanding=True))
)


class RetentionRepository:
    """What is removed for its age. Each method takes at most `limit` rows and returns how many it took."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def forget_events(self, before: str, confirmed: int, destinations: Sequence[str], limit: int) -> int:
        """Remove events of before a time, up to the position that all destinations have confirmed.

        The floor of the log is moved with them, and what was put aside for the destinations goes too.
        """
        floor = self._connection.execute(_HELD_FLOOR).scalar()
        if floor is None and not self._begin_floor():
            return 0
        floor = floor or 0
        asked = {"floor": floor, "confirmed": confirmed, "most": limit}
        oldest = self._connection.execute(_OLDEST_EVENTS, asked)
        old = [position for position, _ in takewhile(lambda row: row.occurred_at < before, oldest.all())]
        if not old:
            return 0
        self._connection.execute(_FORGET_EVENTS, {"floor": floor, "reached": old[-1]})
        if destinations:
            self._connection.execute(_FORGET_PARKED, {"destinations": list(destinations), "reached": old[-1]})
        self._connection.execute(_MOVE_FLOOR, {"value": old[-1]})
        return len(old)

    def _begin_floor(self) -> bool:
        """Make the row, and with that hold it; False if it is there, and only held by another."""
        statement = upsert(self._connection.dialect.name, counters).on_conflict_do_nothing(index_elements=["name"])
        return bool(self._connection.execute(statement, {"name": FLOOR, "value": 0}).rowcount)

    def forget_operations(self, before: str, limit: int) -> int:
        """Remove operations that ended before a time, with their commands; not while a node is owed one of them.

        One may have many thousands: an operation goes once its last commands do. At most `limit` of each kind go.
        """
        found = self._connection.execute(_OLD_OPERATIONS, {"before": before, "most": limit}).scalars().all()
        if not found:
            return 0
        # What another worker removes at this moment is left to it.
        some = (
            select(commands.c.number)
            .where(among(self._connection, commands.c.operation_id, found))
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        told = self._connection.execute(delete(commands).where(commands.c.number.in_(some))).rowcount
        gone = self._connection.execute(
            delete(operations).where(
                among(self._connection, operations.c.operation_id, found),
                ~exists().where(commands.c.operation_id == operations.c.operation_id),
            )
        ).rowcount
        return told + gone

    def forget_answers(self, before: str, limit: int) -> int:
        """Remove what requests were answered before a time: the same key is a new request."""
        found = [tuple(row) for row in self._connection.execute(_OLD_ANSWERS, {"before": before, "most": limit})]
        if found:
            self._connection.execute(_FORGET_ANSWERS, {"keys": found})
        return len(found)
