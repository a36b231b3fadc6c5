"""The lines in which a state directory notes what changed since it was last kept whole."""

import json
from collections.abc import Iterable

from routing_spi.codec import encode_json, event_from_wire
from routing_spi.delivery import Decision
from routing_spi.knowledge import Change, Knowledge
from routing_spi.table import RoutingTable
from routing_spi.wire import Fields


def line_of(change: Change) -> str:
    """One line of JSON with its newline; a table is in it only where it was fetched."""
    event = change.text or encode_json(change.event)
    if change.decision is Decision.APPLY and change.refused is None:
        return f'{{"decision":"apply","event":{event}}}\n'
    table = None if change.table is None else change.table.to_wire()
    rest = json.dumps({"decision": change.decision, "table": table, "refused": change.refused}, separators=(",", ":"))
    return f'{rest[:-1]},"event":{event}}}\n'


def replay(lines: Iterable[str], knowledge: Knowledge) -> None:
    """Take every change in order, up to a line that a crash has torn or left unreadable.

    What comes after such a line had not been synced, so it was never confirmed and will come again.
    """
    for line in lines:
        try:
            change = _change(line) if line.endswith("\n") else None
        except (ValueError, RecursionError):
            return
        if change is None:
            return
        knowledge.take(change)


def _change(line: str) -> Change:
    fields = Fields.of(json.loads(line), "journal")
    table = fields.values.get("table")
    refused = fields.values.get("refused")
    return Change(
        event=event_from_wire(fields.values.get("event")),
        decision=Decision(fields.text("decision")),
        table=None if table is None else RoutingTable.from_wire(table),
        refused=refused if isinstance(refused, str) else None,
    )
