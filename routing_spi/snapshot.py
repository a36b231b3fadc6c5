"""A snapshot: the routing tables of all applications at one position."""

from collections.abc import Mapping
from dataclasses import dataclass

from routing_spi.table import RoutingTable
from routing_spi.wire import JSON, Fields, MalformedMessage


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """Everything there is: `tables` by application id, containing every event up to `position`.

    A `partial` one is all that its reader may see: the log shows that reader some positions and not others.
    """

    position: int
    tables: Mapping[str, RoutingTable]
    partial: bool = False

    @property
    def endpoints(self) -> int:
        """How many endpoints all tables have together."""
        return sum(len(table.endpoints) for table in self.tables.values())

    def to_wire(self) -> dict[str, JSON]:
        """The wire form, applications in the order of their ids."""
        tables = [self.tables[application_id].to_wire() for application_id in sorted(self.tables)]
        return {"position": self.position, "partial": self.partial, "applications": tables}

    @classmethod
    def from_wire(cls, wire: object) -> "Snapshot":
        """The snapshot of a wire form; raises `MalformedMessage`, also if an application is in it twice."""
        fields = Fields.of(wire, "snapshot")
        tables = [RoutingTable.from_wire(table) for table in fields.items("applications")]
        by_id = {table.application_id: table for table in tables}
        if len(by_id) != len(tables):
            raise MalformedMessage("snapshot: an application is in it twice")
        partial = isinstance(wire, Mapping) and wire.get("partial") is True
        return cls(position=fields.number("position"), tables=by_id, partial=partial)
