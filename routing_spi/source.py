"""Whom a follower asks when events alone do not tell."""

from typing import Protocol

from routing_spi.snapshot import Snapshot
from routing_spi.table import RoutingTable


class SourceUnavailable(Exception):
    """The broker cannot be asked now, or its answer not believed; the text says why, a later try may help."""


class SnapshotSource(Protocol):
    """Whom a follower asks when events alone do not tell."""

    def snapshot(self) -> Snapshot:
        """The tables of all applications; raises `SourceUnavailable`."""

    def table(self, application_id: str) -> RoutingTable | None:
        """The table of one application, None if it is known to be gone; raises `SourceUnavailable`."""
