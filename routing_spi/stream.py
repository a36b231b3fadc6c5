"""Follows a broker's HTTP stream for as long as it is asked to, through cuts, expiry and held snapshots."""

import time
from collections.abc import Iterator
from threading import Event

from routing_spi.backoff import Backoff
from routing_spi.codec import decode_json
from routing_spi.events import RoutingEvent
from routing_spi.follower import Follower, ListenerFailed, Report, SnapshotHeld, SourceUnavailable
from routing_spi.http_source import AccessRefused, HttpBroker, PositionExpired
from routing_spi.state import StateUnusable
from routing_spi.wire import MalformedMessage

# A lone event is on disk at once, and of a flow so much at a time: what is lost is read again from the log.
_SETTLE_SECONDS = 0.1


def follow_stream(
    follower: Follower,
    broker: HttpBroker,
    *,
    stop: Event,
    report: Report,
    afresh: bool = False,
    backoff: Backoff | None = None,
) -> None:
    """Keep `follower` right until `stop` is set; each failure is reported and tried again after a wait.

    `afresh` begins with a snapshot even if tables were kept. Raises `AccessRefused` if the broker has
    never accepted the credentials, `ListenerFailed` if the listener cannot take in what was kept, and
    `StateUnusable`.
    """
    waits = backoff or Backoff()
    settled = time.monotonic()
    needs_snapshot, welcome = not follower.start() or afresh, False
    while not stop.is_set():
        try:
            if needs_snapshot:
                follower.resync()
                needs_snapshot = False
            for line in broker.lines(follower.position):
                welcome = True
                _take(follower, line)
                waits.reset()
                if not line or time.monotonic() - settled > _SETTLE_SECONDS:
                    follower.settle()
                    follower.retry()
                    settled = time.monotonic()
                if stop.is_set():
                    follower.settle()
                    return
            report("the stream ended: connecting again")
        except PositionExpired as error:
            report(f"{error}: taking a snapshot")
            needs_snapshot = True
        except AccessRefused as error:
            if not welcome:
                raise
            report(str(error))
        except (SourceUnavailable, SnapshotHeld, ListenerFailed, StateUnusable) as error:
            report(str(error))
        stop.wait(waits.next_seconds())


def _take(follower: Follower, line: str) -> None:
    if not line:
        return
    try:
        event = decode_json(line)
    except MalformedMessage as error:
        follower.park(line, str(error))
        return
    follower.receive(event, line)


def watch_stream(broker: HttpBroker, after: int, *, report: Report) -> Iterator[RoutingEvent]:
    """The events after a position, for ever; cuts are reported and mended, repeats dropped.

    Raises `SourceUnavailable` if the broker cannot be asked at all, refuses, or no longer has these events.
    """
    position, waits, welcome = after, Backoff(), False
    while True:
        try:
            for line in broker.lines(position):
                welcome = True
                waits.reset()
                event = _read(line, report)
                if event is not None and (event.position is None or event.position > position):
                    position = event.position or position
                    yield event
        except SourceUnavailable as error:
            if not welcome or isinstance(error, PositionExpired):
                raise
            report(str(error))
        time.sleep(waits.next_seconds())


def _read(line: str, report: Report) -> RoutingEvent | None:
    if not line:
        return None
    try:
        return decode_json(line)
    except MalformedMessage as error:
        report(f"a message cannot be read: {error}")
        return None
