"""Stand-ins around a follower: a broker that answers from events, a listener that keeps tables."""

from collections.abc import Sequence

from routing_spi.conformance_story import tables_after
from routing_spi.events import RoutingEvent
from routing_spi.follower import SourceUnavailable
from routing_spi.snapshot import Snapshot
from routing_spi.table import RoutingTable
from routing_spi.tables import Tables


class ToldBroker:
    """A broker whose events so far are `told`; what it is asked is kept in `asked`."""

    def __init__(self, told: Sequence[RoutingEvent] = ()) -> None:
        self.told = list(told)
        self.asked: list[str] = []
        self.reachable = True

    def snapshot(self) -> Snapshot:
        self._answer("snapshot")
        position = max((event.position or 0 for event in self.told), default=0)
        return Snapshot(position=position, tables=tables_after(self.told))

    def table(self, application_id: str) -> RoutingTable | None:
        self._answer(application_id)
        return tables_after(self.told).get(application_id)

    def _answer(self, asked: str) -> None:
        self.asked.append(asked)
        if not self.reachable:
            raise SourceUnavailable("the broker cannot be reached")


class TableListener:
    """A listener that keeps tables, and raises once for each entry of `failures`."""

    def __init__(self) -> None:
        self.kept = Tables()
        self.told: list[str] = []
        self.failures: list[Exception] = []

    def apply(self, event: RoutingEvent) -> None:
        self._fail()
        self.told.append(event.event_id)
        self.kept.apply(event)

    def resync(self, snapshot: Snapshot) -> None:
        self._fail()
        self.told.append("snapshot")
        self.kept.resync(snapshot)

    @property
    def tables(self) -> dict[str, RoutingTable]:
        return {table.application_id: table for table in self.kept}

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop()
