"""The relay's loops: one gives positions, and one for each destination publishes."""

from broker.interfaces import Platform, Publisher
from broker.usecases.outbox_relay import BATCH, number_events, publish_events
from broker.workers.loop import Worker

# The database is looked at this often even if nothing was said, for events that another process has committed.
POLL_SECONDS = 0.5


def numbering(platform: Platform) -> Worker:
    """Gives events their positions as soon as they are committed."""

    def tick() -> None:
        platform.signal.wait_committed(POLL_SECONDS)
        # A full batch means that there may be more; what is committed meanwhile wakes the relay again.
        while number_events(platform) == BATCH:
            pass

    return Worker("relay-numbering", tick)


def publishing(platform: Platform, publisher: Publisher) -> Worker:
    """Publishes to one destination what it has not confirmed; an outage of the bus only delays."""
    end: int | None = None

    def tick() -> None:
        nonlocal end
        if end is not None:
            platform.signal.wait_numbered(end, POLL_SECONDS)
        end = publish_events(platform, publisher)

    return Worker(f"relay-{publisher.destination}", tick)


def relay(platform: Platform) -> list[Worker]:
    """All loops of the relay."""
    return [numbering(platform), *(publishing(platform, publisher) for publisher in platform.publishers)]
