"""The log of routing events, written in the transaction of the change they tell of, and who has had how much of it."""

import json
from collections.abc import Sequence

from sqlalchemy import BigInteger, Connection, Integer, bindparam, func, select, update

from broker.core.ids import UserId
from broker.interfaces import LoggedEvent, OutgoingEvent
from broker.store.bulk import insert_rows
from broker.store.tables import counters, routing_events
from broker.store.upsert import upsert

POSITION = "routing_position"

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


class EventLogRepository:
    """Routing events and the cursors of those they are published to."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.has_events = False
        self.numbered_to = 0

    def add(self, events: Sequence[OutgoingEvent]) -> None:
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

    def number(self, limit: int) -> int:
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

    def after(self, position: int, limit: int, owner_id: UserId | None = None) -> tuple[LoggedEvent, ...]:
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
