"""The relay: gives committed events their positions, wakes followers, and publishes on the bus in order."""

from broker.interfaces import Platform, Publisher

# Events numbered or published at once.
BATCH = 1000


def number_events(platform: Platform) -> int:
    """Give positions to events that have none; followers of the log are woken. Returns how many."""
    with platform.unit_of_work() as work:
        count = work.log.number(BATCH)
        if not count:
            return 0
        last = work.log.last_position()
        work.commit()
    platform.signal.numbered(last)
    return count


def publish_events(platform: Platform, publisher: Publisher) -> int:
    """Send a destination what it has not confirmed yet, in order; returns how many events that were.

    The cursor moves after the confirmation, so a crash between the two repeats events and loses none.
    Raises `BusUnavailable`, and the events stay.
    """
    with platform.reading() as work:
        events = work.log.after(work.log.cursor(publisher.destination), BATCH)
    if not events:
        return 0
    publisher.publish(events)
    with platform.unit_of_work() as work:
        work.log.move_cursor(publisher.destination, events[-1].position or 0)
        work.commit()
    return len(events)
