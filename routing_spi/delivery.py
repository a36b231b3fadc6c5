"""What to do with an event that arrived: apply it, drop it as a repeat, or fill a gap. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from routing_spi.events import Action, RoutingEvent


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
