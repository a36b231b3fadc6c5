"""What a router was told, from what its recording listener wrote: tables to compare, and the order of events."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from routing_spi.codec import decode_json
from routing_spi.snapshot import Snapshot
from routing_spi.table import RoutingTable, apply_event

LINE_BEGINS = '{"monotonic_seconds"'


@dataclass(kw_only=True)
class RouterSeen:
    """Folds the lines of one recording, as far as they are written; `broken` says what was told out of order."""

    file: Path
    tables: dict[str, RoutingTable] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    events: int = 0
    _offset: int = 0

    def read_on(self) -> None:
        """Take in what was written since the last call."""
        if not self.file.exists():
            return
        with self.file.open("rb") as lines:
            lines.seek(self._offset)
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                self._offset += len(line)
                self._take(line.decode())

    def _take(self, line: str) -> None:
        try:
            told: dict[str, Any] = json.loads(line)
        except ValueError:
            # A kill tore the line of one process, and the next one wrote on behind it.
            whole = line.rfind(LINE_BEGINS)
            told = json.loads(line[whole:])
        if "snapshot" in told:
            self._resync(Snapshot.from_wire(told["snapshot"]))
        else:
            self._apply(told["event"])

    def _resync(self, snapshot: Snapshot) -> None:
        self.tables = dict(snapshot.tables)
        self.gone = {}

    def _apply(self, wire: dict[str, Any]) -> None:
        event = decode_json(json.dumps(wire))
        self.events += 1
        known = self.tables.pop(event.application_id, None)
        last = known.sequence if known is not None else self.gone.get(event.application_id)
        if event.sequence != (last or 0) + 1 and not (last is None and event.action == "create_application"):
            self.broken.append(f"{self.file.stem} was told {event.event_id} after sequence {last}")
        table = apply_event(known, event)
        if table is None:
            self.gone[event.application_id] = event.sequence
        else:
            self.tables[event.application_id] = table

    def digests(self) -> dict[str, str]:
        """The digest of each application's table."""
        return {application_id: table.digest for application_id, table in self.tables.items()}
