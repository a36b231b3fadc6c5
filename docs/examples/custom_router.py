"""A router in fifteen lines: a file with one `NAME ADDRESS:PORT` line for each place that serves a name."""

from pathlib import Path

from routing_spi.files import replace_file
from routing_spi.listener import known_options
from routing_spi.names import pool_aliases, pool_members
from routing_spi.tables import Tables


class CustomRouter:
    """Writes the file of option `file`."""

    def __init__(self, options):
        known_options(options, required=("file",))
        self._file, self._tables = Path(options["file"]), Tables()

    def apply(self, event):
        self._tables.apply(event)
        self._write()

    def resync(self, snapshot):
        self._tables.resync(snapshot)
        self._write()

    def _write(self):
        routes = [(name, e) for t in self._tables for name in pool_aliases(t) for e in pool_members(t)]
        replace_file(self._file, "".join(f"{name} {e.public_address}:{e.public_port}\n" for name, e in routes))
