"""What a follower knows: the tables, who is gone, which positions are contained, and what its listener refuses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from routing_spi.delivery import Decision, Known
from routing_spi.events import RoutingEvent
from routing_spi.positions import Positions
from routing_spi.snapshot import Snapshot
from routing_spi.table import RoutingTable, apply_event
from routing_spi.wire import JSON, Fields

# Ids are never given twice: a forgotten one only costs a question to the broker if an old event comes.
_GONE_AT_MOST: Final = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """An application whose table the listener does not take: why, and the table it took last, if any."""

    reason: str
    told: RoutingTable | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One event and what it was: the next one, a repeat, or one after a gap.

    After a gap `table` is the application's, fetched; None if it is gone. `refused` says why the listener does
    not take it. `text` is the event as it came, one line of JSON, if that is at hand.
    """

    event: RoutingEvent
    decision: Decision
    text: str | None = None
    table: RoutingTable | None = None
    refused: str | None = None


@dataclass(kw_only=True, slots=True)
class Knowledge:
    """All tables by application id, the last sequences of those that are gone, and the positions.

    `partial`: the log shows this reader some positions and not others. `refused` are the applications whose
    listener stays behind.
    """

    tables: dict[str, RoutingTable] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    positions: Positions = field(default_factory=Positions)
    partial: bool = False
    refused: dict[str, Refused] = field(default_factory=dict)

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

    def take(self, change: Change) -> None:
        """Know what a change says; taken again from the same state, it does the same."""
        event, application_id = change.event, change.event.application_id
        before = self.tables.get(application_id)
        if change.decision is Decision.APPLY:
            self.put(application_id, event.sequence, apply_event(before, event))
        elif change.decision is Decision.GAP:
            self.put(application_id, event.sequence, change.table)
        if change.refused is not None and application_id not in self.refused:
            self.refused[application_id] = Refused(reason=change.refused, told=before)
        if self.partial:
            # The log is read in order, and what lies between belongs to others.
            self.positions.skip_to(event.position)
        else:
            self.positions.hear(event.position)

    def told(self) -> dict[str, RoutingTable]:
        """The tables as the listener has them: of those it refuses, the last it took."""
        return told_tables(self.tables, self.refused)

    def snapshot(self) -> Snapshot:
        """Everything that is known, as a listener is told it."""
        return Snapshot(position=self.positions.through, tables=dict(self.tables), partial=self.partial)

    def to_wire(self) -> dict[str, JSON]:
        """The form it is kept in."""
        refused: dict[str, JSON] = {
            application_id: {"reason": each.reason, "told": None if each.told is None else each.told.to_wire()}
            for application_id, each in self.refused.items()
        }
        ahead = sorted(self.positions.ahead)
        return {**self.snapshot().to_wire(), "ahead": ahead, "gone": dict(self.gone), "refused": refused}

    @classmethod
    def from_wire(cls, wire: object) -> "Knowledge":
        """The knowledge of a kept form; raises `MalformedMessage`."""
        snapshot, fields = Snapshot.from_wire(wire), Fields.of(wire, "state")
        gone = Fields.of(fields.values.get("gone"), "state: gone")
        refused = Fields.of(fields.values.get("refused", {}), "state: refused")
        ahead = [position for position in fields.items("ahead") if isinstance(position, int)]
        return cls(
            tables=dict(snapshot.tables),
            gone={application_id: gone.number(application_id) for application_id in gone.values},
            positions=Positions(through=snapshot.position, ahead=ahead),
            partial=snapshot.partial,
            refused={application_id: _refused(value) for application_id, value in refused.values.items()},
        )


def told_tables(tables: Mapping[str, RoutingTable], refused: Mapping[str, Refused]) -> dict[str, RoutingTable]:
    """`tables`, but those of refused applications as the listener took them last."""
    told = dict(tables)
    for application_id, each in refused.items():
        told.pop(application_id, None)
        if each.told is not None:
            told[application_id] = each.told
    return told


def _refused(wire: object) -> Refused:
    fields = Fields.of(wire, "state: refused")
    told = fields.values.get("told")
    return Refused(reason=fields.text("reason"), told=None if told is None else RoutingTable.from_wire(told))
