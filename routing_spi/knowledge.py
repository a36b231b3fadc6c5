"""What a follower knows: the tables, who is gone, and which positions are contained."""

from dataclasses import dataclass, field
from typing import Final

from routing_spi.delivery import Known, Positions
from routing_spi.snapshot import Snapshot
from routing_spi.table import RoutingTable
from routing_spi.wire import JSON, Fields

# Ids are never given twice: a forgotten one only costs a question to the broker if an old event comes.
_GONE_AT_MOST: Final = 10_000


@dataclass(kw_only=True, slots=True)
class Knowledge:
    """All tables by application id, the last sequences of those that are gone, and the positions."""

    tables: dict[str, RoutingTable] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    positions: Positions = field(default_factory=Positions)

    def of(self, application_id: str) -> Known | None:
        """What is known of one application; None if it was never heard of."""
        if table := self.tables.get(application_id):
            return Known(sequence=table.sequence)
        if (sequence := self.gone.get(application_id)) is not None:
            return Known(sequence=sequence, gone=True)
        return None

    def put(self, application_id: str, sequence: int, table: RoutingTable | None) -> None:
        """Set the table of an application, or that it is gone with its event `sequence`."""
        if table is not None:
            self.tables[application_id] = table
            self.gone.pop(application_id, None)
            return
        self.tables.pop(application_id, None)
        self.gone[application_id] = sequence
        while len(self.gone) > _GONE_AT_MOST:
            del self.gone[next(iter(self.gone))]

    def snapshot(self) -> Snapshot:
        """Everything that is known, as a listener is told it."""
        return Snapshot(position=self.positions.through, tables=dict(self.tables))

    def to_wire(self) -> dict[str, JSON]:
        """The form it is kept in."""
        ahead = sorted(self.positions.ahead)
        return {**self.snapshot().to_wire(), "ahead": ahead, "gone": dict(self.gone)}

    @classmethod
    def from_wire(cls, wire: object) -> "Knowledge":
        """The knowledge of a kept form; raises `MalformedMessage`."""
        snapshot, fields = Snapshot.from_wire(wire), Fields.of(wire, "state")
        gone = Fields.of(fields.values.get("gone"), "state: gone")
        return cls(
            tables=dict(snapshot.tables),
            gone={application_id: gone.number(application_id) for application_id in gone.values},
            positions=positions_from(snapshot.position, fields),
        )


def positions_from(through: int, fields: Fields) -> Positions:
    """The positions of a kept form."""
    ahead = [position for position in fields.items("ahead") if isinstance(position, int)]
    return Positions(through=through, ahead=frozenset(ahead))
