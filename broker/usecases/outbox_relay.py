"""The relay: gives committed events their positions, wakes followers, and publishes on the bus in order."""

import logging
from collections.abc import Sequence

from broker.interfaces import ParkedEvent, Platform, PoisonEvent, Publisher
from broker.usecases.times import timestamp

# Events numbered or published at once.
BATCH = 1000

_log = logging.getLogger(__name__)


def number_events(platform: Platform) -> int:
    """Give positions to events that have none; followers of the log are woken. Returns how many."""
    with platform.unit_of_work() as work:
        count = work.log.number(BATCH)
        if not count:
            return 0
        work.commit()
    platform.signal.numbered(work.log.numbered_to)
    return count


def publish_events(platform: Platform, publisher: Publisher) -> int | None:
    """Send a destination one batch of what it has not confirmed yet, in the order of each application.

    The cursors move after the confirmation, so a crash between the two repeats events and loses none. An event
    that can never be sent is put aside with its reason; the listener finds a gap and asks for the table.

    Returns None when there may be more, else the end of the log: nothing up to it is left for this relay.
    Raises `BusUnavailable`, and the events stay.
    """
    with platform.lanes.take(publisher.destination, BATCH) as taken:
        if not taken.count:
            return taken.end
        refused = publisher.publish(taken.events) if taken.events else ()
        parked = _parked(platform, publisher, refused)
        taken.published(parked)
    for each in parked:
        _log.warning(
            "routing event parked",
            extra={
                "destination": each.destination,
                "position": each.position,
                "event": f"{each.application_id}/{each.sequence}",
                "reason": each.reason,
            },
        )
    return None


def _parked(platform: Platform, publisher: Publisher, refused: Sequence[PoisonEvent]) -> list[ParkedEvent]:
    at = timestamp(platform.clock.now())
    return [
        ParkedEvent(
            destination=publisher.destination,
            position=each.event.position or 0,
            application_id=each.event.application_id,
            sequence=each.event.sequence,
            action=each.event.action,
            reason=each.reason,
            parked_at=at,
        )
        for each in refused
    ]
