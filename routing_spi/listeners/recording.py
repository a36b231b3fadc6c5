"""A listener that writes down what it is told, one JSON line each."""

import json
import sys
import time
from collections.abc import Mapping
from typing import IO, TextIO

from routing_spi.codec import event_to_wire
from routing_spi.events import RoutingEvent
from routing_spi.listener import OptionRefused, known_options
from routing_spi.snapshot import Snapshot
from routing_spi.wire import JSON


class RecordingListener:
    """Appends `{"event": …}` and `{"snapshot": …}` lines to the file of option `file`; without it, to stdout.

    Each line is flushed before the call returns, and carries `monotonic_seconds`, a clock that nobody sets.
    """

    def __init__(self, options: Mapping[str, str]) -> None:
        """Raises `OptionRefused` for a file that cannot be written."""
        known_options(options, required=(), optional=("file",))
        self._file: IO[str] | TextIO = sys.stdout
        if path := options.get("file"):
            try:
                self._file = open(path, "a", encoding="utf-8")  # noqa: PTH123, SIM115 - stays open
            except OSError as error:
                raise OptionRefused(f"option 'file': {path} cannot be written: {error.strerror}") from error

    def apply(self, event: RoutingEvent) -> None:
        """Write one line for the event."""
        self._write("event", event_to_wire(event))

    def resync(self, snapshot: Snapshot) -> None:
        """Write one line for the snapshot."""
        self._write("snapshot", snapshot.to_wire())

    def close(self) -> None:
        """Close the file, if it is one."""
        if self._file is not sys.stdout:
            self._file.close()

    def _write(self, what: str, wire: JSON) -> None:
        line = {"monotonic_seconds": round(time.monotonic(), 6), what: wire}
        self._file.write(json.dumps(line, separators=(",", ":")) + "\n")
        self._file.flush()
