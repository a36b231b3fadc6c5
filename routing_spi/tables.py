"""The routing tables a listener keeps for itself, from what it is told."""

from collections.abc import Iterator

from routing_spi.events import RoutingEvent
from routing_spi.snapshot import Snapshot
from routing_spi.table import RoutingTable, apply_event


class Tables:
    """All tables, in the order of namespace and application, so that what is made of them is stable."""

    def __init__(self) -> None:
        self._tables: dict[str, RoutingTable] = {}

    def __iter__(self) -> Iterator[RoutingTable]:
        return iter(sorted(self._tables.values(), key=lambda table: (table.namespace, table.app_name)))

    def __len__(self) -> int:
        return len(self._tables)

    def apply(self, event: RoutingEvent) -> None:
        """Take in the next event of an application; one that was told before changes nothing."""
        known = self._tables.get(event.application_id)
        if known is not None and event.sequence <= known.sequence:
            return
        table = apply_event(known, event)
        if table is None:
            self._tables.pop(event.application_id, None)
        else:
            self._tables[event.application_id] = table

    def resync(self, snapshot: Snapshot) -> None:
        """Know exactly what is in the snapshot."""
        self._tables = dict(snapshot.tables)
