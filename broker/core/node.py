"""Whether a node is heard of, and when silence has lasted too long."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from broker.core.transitions import TransitionTable


class Liveness(StrEnum):
    """What the broker knows of a node from its heartbeats; says nothing of whether it takes new gears."""

    RESPONSIVE = "responsive"
    UNRESPONSIVE = "unresponsive"


class LivenessInput(StrEnum):
    """What can happen to a node's heartbeats."""

    HEAR = "hear"
    MISS = "miss"


# The documented rule: the fleet is told of lost and returned nodes in one statement each, whatever they were before.
LIVENESS: Final = TransitionTable[Liveness, LivenessInput](
    initial=Liveness.RESPONSIVE,
    moves={
        (Liveness.RESPONSIVE, LivenessInput.HEAR): Liveness.RESPONSIVE,
        (Liveness.RESPONSIVE, LivenessInput.MISS): Liveness.UNRESPONSIVE,
        (Liveness.UNRESPONSIVE, LivenessInput.HEAR): Liveness.RESPONSIVE,
        (Liveness.UNRESPONSIVE, LivenessInput.MISS): Liveness.UNRESPONSIVE,
    },
)


def is_overdue(last_heard: datetime, now: datetime, interval_seconds: float, missed_allowed: int) -> bool:
    """Whether more than `missed_allowed` heartbeats in a row are missing.

    A heartbeat is missing when its interval has passed whole; a clock that went backwards makes nobody
    overdue.
    """
    return now - last_heard > timedelta(seconds=interval_seconds * (missed_allowed + 1))
