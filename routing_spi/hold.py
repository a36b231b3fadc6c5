"""When a snapshot is not believed at once: it is empty, sharply smaller or older than what is known."""

from dataclasses import dataclass
from enum import StrEnum

from routing_spi.knowledge import Knowledge
from routing_spi.snapshot import Snapshot


class HoldReason(StrEnum):
    """Why a snapshot is held."""

    EMPTY = "empty"
    SMALLER = "sharply smaller"
    OLDER = "older than what is known"


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldRule:
    """Sharply smaller: fewer than `fraction` of the known endpoints, once `from_endpoints` are known.

    With fewer endpoints than `from_endpoints` one application that was deleted is already a large share,
    so that only an empty snapshot is held.
    """

    from_endpoints: int = 4
    fraction: float = 0.5

    def judge(self, knowledge: Knowledge, offered: Snapshot) -> HoldReason | None:
        """The reason to hold `offered`, or None to believe it."""
        known = knowledge.snapshot()
        if known.tables and not offered.tables:
            return HoldReason.EMPTY
        if known.endpoints and not offered.endpoints:
            return HoldReason.EMPTY
        if known.endpoints >= self.from_endpoints and offered.endpoints < known.endpoints * self.fraction:
            return HoldReason.SMALLER
        if offered.position < knowledge.positions.highest:
            return HoldReason.OLDER
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldSnapshot:
    """A snapshot that waits for a person to confirm it."""

    snapshot: Snapshot
    reason: HoldReason
    known_endpoints: int

    def __str__(self) -> str:
        return (
            f"the snapshot at position {self.snapshot.position} is {self.reason.value}: "
            f"{self.snapshot.endpoints} endpoints of {len(self.snapshot.tables)} applications, "
            f"while {self.known_endpoints} endpoints are known"
        )
