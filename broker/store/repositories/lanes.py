"""The cursors of a destination, one a lane, and the events behind them."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, Connection, Integer, bindparam, func, select, update

from broker.interfaces import LoggedEvent
from broker.store.lanes import LANES, cursor_names, lane_of
from broker.store.repositories.event_log import LOG_COLUMNS, POSITION, logged
from broker.store.tables import counters, processes, routing_events
from broker.store.upsert import upsert

WORKER = "work"

_END_AND_WORKERS = select(
    select(counters.c.value).where(counters.c.name == POSITION).scalar_subquery(),
    select(func.count()).select_from(processes).where(processes.c.role == WORKER).scalar_subquery(),
)
# Those that are furthest behind first: so the lanes of a relay that has died are nobody's for no longer than a batch.
_TAKE = (
    select(counters.c.name, counters.c.value)
    .where(
        counters.c.name.in_(bindparam("names", expanding=True)),
        counters.c.value < bindparam("end", type_=BigInteger),
    )
    .order_by(counters.c.value, counters.c.name)
    .limit(bindparam("share", type_=Integer))
    .with_for_update(skip_locked=True)
)
_EVENTS = (
    select(*LOG_COLUMNS)
    .where(
        routing_events.c.position > bindparam("after"),
        routing_events.c.position <= bindparam("end"),
        routing_events.c.lane.in_(bindparam("lanes", expanding=True)),
    )
    .order_by(routing_events.c.position)
    .limit(bindparam("most", type_=Integer))
)
_MOVE = (
    update(counters)
    .where(
        counters.c.name.in_(bindparam("names", expanding=True)),
        counters.c.value < bindparam("reached", type_=BigInteger),
    )
    .values(value=bindparam("reached", type_=BigInteger))
)


@dataclass(frozen=True, kw_only=True, slots=True)
class LaneBatch:
    """The cursors that were taken, by lane; the events of these lanes past them; how far the lanes are after these.

    `end` is the last position there was.
    """

    cursors: dict[int, int]
    events: tuple[LoggedEvent, ...]
    reached: int
    end: int


class LaneRepository:
    """One destination's cursors, in one transaction."""

    def __init__(self, connection: Connection, destination: str) -> None:
        self._connection = connection
        self._names = cursor_names(destination)

    def begin(self) -> None:
        """Make the cursors of a destination that has none: it is sent the log from its beginning."""
        statement = upsert(self._connection.dialect.name, counters).on_conflict_do_nothing(index_elements=["name"])
        self._connection.execute(statement, [{"name": name, "value": 0} for name in self._names])

    def take(self, limit: int) -> LaneBatch:
        """Hold a fair share of the lanes that are behind, and read at most `limit` of their events, in order.

        Where the database locks rows, the lanes are this transaction's until it ends, and lanes that another relay
        holds are passed over. Lanes without events are taken too, so that they never fall behind by more than a batch.
        """
        end, workers = self._connection.execute(_END_AND_WORKERS).one()
        share = -(-LANES // max(1, workers))
        found = self._connection.execute(_TAKE, {"names": self._names, "end": end, "share": share})
        cursors = {self._names.index(name): value for name, value in found}
        if not cursors:
            return LaneBatch(cursors=cursors, events=(), reached=end, end=end)
        asked = {"after": min(cursors.values()), "end": end, "lanes": list(cursors), "most": limit}
        events = [logged(row) for row in self._connection.execute(_EVENTS, asked)]
        reached = end if len(events) < limit else events[-1].position or end
        waiting = tuple(each for each in events if (each.position or 0) > cursors[lane_of(each.application_id)])
        return LaneBatch(cursors=cursors, events=waiting, reached=reached, end=end)

    def move(self, batch: LaneBatch) -> None:
        """Note that everything in the batch's lanes up to what it has reached is with the destination."""
        names = [self._names[lane] for lane in batch.cursors]
        self._connection.execute(_MOVE, {"names": names, "reached": batch.reached})
