"""The log of routing events, written in the transaction of the change they tell of, and who has had how much of it."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import BigInteger, Connection, Integer, bindparam, func, select, update

from broker.core.ids import UserId
from broker.interfaces import LoggedEvent, OutgoingEvent, ParkedEvent
from broker.store.bulk import insert_rows
from broker.store.lanes import LANES, cursor_names, lane_of
from broker.store.tables import counters, parked_events, routing_events
from broker.store.upsert import upsert

POSITION = "routing_position"
# The highest position that retention has removed.
FLOOR = "routing_floor"

LOG_COLUMNS = tuple(
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
    "lane",
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
    select(*LOG_COLUMNS)
    .where(routing_events.c.position > bindparam("after"))
    .order_by(routing_events.c.position)
    .limit(bindparam("most", type_=Integer))
)
_OWN_EVENTS_AFTER = _EVENTS_AFTER.where(routing_events.c.owner_id == bindparam("owner"))
_HELD_POSITION = select(counters.c.value).where(counters.c.name == POSITION).with_for_update()
_LAST_POSITION = select(counters.c.value).where(counters.c.name == POSITION)
_EXTENT = select(counters.c.name, counters.c.value).where(counters.c.name.in_((POSITION, FLOOR)))
_MOVE_POSITION = (
    update(counters).where(counters.c.name == POSITION).values(value=bindparam("reached", type_=BigInteger))
)
_CONFIRMED = select(func.min(counters.c.value), func.count()).where(
    counters.c.name.in_(bindparam("names", expanding=True))
)
_PARKED = (
    select(parked_events)
    .order_by(parked_events.c.position.desc(), parked_events.c.destination)
    .limit(bindparam("most", type_=Integer))
)
_COUNT_PARKED = select(func.count()).select_from(parked_events)
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


def logged(row: Sequence[Any]) -> LoggedEvent:
    """A row of `LOG_COLUMNS` as an event."""
    position, application_id, sequence, action, app_name, namespace, occurred_at, data = row
    return LoggedEvent(
        position=position,
        application_id=application_id,
        sequence=sequence,
        action=action,
        app_name=app_name,
        namespace=namespace,
        occurred_at=occurred_at,
        data=data,
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
                lane_of(event.application_id),
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
            self._connection.execute(_MOVE_POSITION, {"reached": self.numbered_to})
        return count

    def after(self, position: int, limit: int, owner_id: UserId | None = None) -> tuple[LoggedEvent, ...]:
        """Numbered events past `position`, in order, of everyone or of one owner."""
        query = _EVENTS_AFTER if owner_id is None else _OWN_EVENTS_AFTER
        rows = self._connection.execute(query, {"after": position, "most": limit, "owner": owner_id})
        return tuple(logged(row) for row in rows)

    def last_position(self) -> int:
        """The position of the last numbered event; 0 before the first."""
        position: int = self._connection.execute(_LAST_POSITION).scalar_one()
        return position

    def extent(self) -> tuple[int, int]:
        """The highest position that was removed for its age, 0 if none was, and that of the last numbered event."""
        found = {name: value for name, value in self._connection.execute(_EXTENT)}  # noqa: C416 rows are no pairs to mypy
        return found.get(FLOOR, 0), found[POSITION]

    def confirmed(self, destination: str) -> int:
        """Up to which position a destination has confirmed everything; 0 for a new one."""
        lowest, lanes = self._connection.execute(_CONFIRMED, {"names": cursor_names(destination)}).one()
        return int(lowest) if lanes == LANES else 0

    def park(self, parked: Sequence[ParkedEvent]) -> None:
        """Put events aside that a destination cannot be sent; one that is there already stays as it is."""
        if parked:
            statement = upsert(self._connection.dialect.name, parked_events)
            rows = [asdict(each) for each in parked]
            self._connection.execute(statement.on_conflict_do_nothing(), rows)

    def parked(self, limit: int) -> tuple[ParkedEvent, ...]:
        """The events that were put aside, at most `limit` of them, the latest first."""
        rows = self._connection.execute(_PARKED, {"most": limit})
        return tuple(ParkedEvent(**row) for row in rows.mappings())

    def count_parked(self) -> int:
        """How many events were put aside, of all destinations."""
        return self._connection.execute(_COUNT_PARKED).scalar_one()
