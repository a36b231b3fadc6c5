"""What to do with an event that arrived: apply it, drop it as a repeat, or fill a gap. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from routing_spi.events import Action, RoutingEvent

# Positions remembered beyond a missing one. A listener bound to a part of the events never sees the
# missing ones, so the memory must end somewhere; what is forgotten only means that `through` waits for
# the next snapshot.
_AHEAD_AT_MOST: Final = 1024


class Decision(StrEnum):
    """What an event is to a table."""

    APPLY = "apply"
    REPEAT = "repeat"
    GAP = "gap"


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What is known of one application: its last `sequence`, and whether it is gone."""

    sequence: int
    gone: bool = False


def decide(known: Known | None, event: RoutingEvent, *, through: int = 0) -> Decision:
    """Whether `event` is the next of its application, was there already, or leaves something out before it.

    `through` is the position up to which every event is contained in what is known, so that an old event
    of an application nobody remembers is a repeat and not a beginning.
    """
    if known is not None:
        if event.sequence <= known.sequence:
            return Decision.REPEAT
        return Decision.APPLY if event.sequence == known.sequence + 1 and not known.gone else Decision.GAP
    if event.position is not None and event.position <= through:
        return Decision.REPEAT
    begins = event.sequence == 1 and event.action is Action.CREATE_APPLICATION
    return Decision.APPLY if begins else Decision.GAP


@dataclass(frozen=True, kw_only=True, slots=True)
class Positions:
    """Which positions are contained in what is known: all up to `through`, and those of `ahead`."""

    through: int = 0
    ahead: frozenset[int] = field(default=frozenset())

    @property
    def highest(self) -> int:
        """The highest position heard of."""
        return max(self.ahead, default=self.through)

    def misses_before(self, position: int) -> bool:
        """True if some position before `position` has not been heard of."""
        return position > self.through + 1 and any(p not in self.ahead for p in range(self.through + 1, position))

    def seen(self, position: int | None) -> "Positions":
        """The positions after hearing of `position`; an event without one changes nothing."""
        if position is None or position <= self.through:
            return self
        ahead, through = set(self.ahead) | {position}, self.through
        while through + 1 in ahead:
            through += 1
            ahead.remove(through)
        return Positions(through=through, ahead=frozenset(sorted(ahead)[-_AHEAD_AT_MOST:]))
