"""Gives a relay its share of a destination's events, held so long that no other relay sends the same."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection

from broker.interfaces import LoggedEvent, ParkedEvent
from broker.store.engine import Database
from broker.store.repositories.event_log import EventLogRepository
from broker.store.repositories.lanes import LaneBatch, LaneRepository


class TakenLanes:
    """The lanes of one batch; without `published` they stay where they were."""

    def __init__(
        self, destination: str, batch: LaneBatch, writing: Callable[[], AbstractContextManager[Connection]]
    ) -> None:
        self._destination = destination
        self._batch = batch
        self._writing = writing

    @property
    def count(self) -> int:
        """How many lanes were taken."""
        return len(self._batch.cursors)

    @property
    def events(self) -> Sequence[LoggedEvent]:
        """The events of these lanes that the destination has not confirmed, in order."""
        return self._batch.events

    @property
    def end(self) -> int:
        """The position of the last event of the log when they were taken."""
        return self._batch.end

    def published(self, parked: Sequence[ParkedEvent]) -> None:
        """Move the lanes behind the events, in one transaction with the note of those that were put aside."""
        with self._writing() as connection:
            LaneRepository(connection, self._destination).move(self._batch)
            EventLogRepository(connection).park(parked)
            connection.commit()


class RelayLanes:
    """Shares lanes among relays by locks on the rows of their cursors.

    The transaction of a batch is open while it is published, beside the writers of this process and holding no row
    but those cursors: a relay that dies lets its lanes go with its connection. On SQLite there is one relay, and an
    open transaction would hold every writer up, so there nothing is held.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._begun: set[str] = set()

    @contextmanager
    def take(self, destination: str, limit: int) -> Iterator[TakenLanes]:
        """A fair share of the lanes that are behind, with at most `limit` events."""
        self._begin(destination)
        if self._database.is_sqlite:
            with self._database.reading() as connection:
                batch = LaneRepository(connection, destination).take(limit)
            yield TakenLanes(destination, batch, self._database.writing)
            return
        with self._database.engine.connect() as connection:
            batch = LaneRepository(connection, destination).take(limit)
            yield TakenLanes(destination, batch, lambda: _lightly(connection))

    def _begin(self, destination: str) -> None:
        if destination not in self._begun:
            with self._database.writing() as connection:
                LaneRepository(connection, destination).begin()
                connection.commit()
            self._begun.add(destination)


@contextmanager
def _lightly(connection: Connection) -> Iterator[Connection]:
    """The open transaction, whose commit need not reach the disk: to lose it repeats events and loses none."""
    connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
    yield connection
