"""From the bus to a follower: a durable queue, acknowledged only after the event was taken in."""

# kombu annotates few of its functions.
# mypy: disable-error-code="no-untyped-call"

import socket
import time
from collections.abc import Iterator
from threading import Event
from typing import Any, Final

from kombu.connection import Connection
from kombu.entity import Exchange, Queue
from kombu.exceptions import OperationalError

from routing_spi.backoff import Backoff
from routing_spi.codec import decode_json
from routing_spi.events import RoutingEvent
from routing_spi.follower import Follower, ListenerFailed, Report, SnapshotHeld, SourceUnavailable
from routing_spi.http_source import BadAddress
from routing_spi.state import StateUnusable
from routing_spi.wire import MalformedMessage

EXCHANGE: Final = "gearbroker.routing"
_PREFETCH: Final = 1_000
# Events are kept on disk and acknowledged so many at a time, or as soon as no more are there.
_BATCH: Final = 250
_MORE_SECONDS: Final = 0.002
_HEARTBEAT_SECONDS: Final = 30
_TICK_SECONDS: Final = 0.5
_HELD_RETRY_SECONDS: Final = 60.0


class BusConsumer:
    """Feeds a follower from one queue on the bus, through cuts.

    The queue is durable and has one active consumer at a time, so that a second process waits instead of
    taking half of the events. A message that cannot be read is parked and acknowledged; one that cannot
    be taken in now is not acknowledged, and comes again after a wait. Messages are acknowledged only after
    what they said is on disk, many at a time: a crash makes some come again, and loses none.
    """

    def __init__(
        self,
        url: str,
        *,
        follower: Follower,
        queue: str,
        report: Report,
        exchange: str = EXCHANGE,
        binding_key: str = "#",
        backoff: Backoff | None = None,
    ) -> None:
        """`url` is kombu's; `binding_key` chooses events, such as `test.testha.*`."""
        self._url = url
        self._follower = follower
        self._report = report
        self._backoff = backoff or Backoff()
        self._queue = Queue(
            queue,
            exchange=Exchange(exchange, type="topic", durable=True),
            routing_key=binding_key,
            durable=True,
            queue_arguments={"x-single-active-consumer": True},
        )
        self._taken: list[Any] = []
        self.parked = 0

    def run(self, stop: Event) -> None:
        """Consume until `stop` is set; each failure is reported and tried again after a wait.

        Raises `BadAddress`, and `ListenerFailed` if the listener cannot take in what was kept.
        """
        started = self._follower.start()
        while not stop.is_set():
            try:
                with _connection(self._url) as connection:
                    try:
                        started = self._consume(connection, stop, started=started)
                    except _broken(connection) as error:
                        self._report(f"the bus at {connection.as_uri()} cannot be used: {error}")
            except (SourceUnavailable, ListenerFailed, StateUnusable) as error:
                self._report(str(error))
            if not stop.is_set():
                stop.wait(self._backoff.next_seconds())

    def _consume(self, connection: Connection, stop: Event, *, started: bool) -> bool:
        # Bound first and only then compared with a snapshot, so that no event falls between the two.
        queue = self._queue(connection.default_channel)
        queue.declare()
        started = self._catch_up(started=started)
        compare_at = time.monotonic() + _HELD_RETRY_SECONDS
        self._taken.clear()  # those of a connection that is gone come again
        several = connection.transport.driver_type == "amqp"  # the other transports acknowledge one at a time
        with connection.Consumer(queue, on_message=self._take, accept=None, prefetch_count=_PREFETCH):
            while not stop.is_set():
                self._take_batch(connection)
                self._settle(several=several)
                self._follower.retry()
                if self._follower.held is not None and time.monotonic() >= compare_at:
                    self._catch_up(started=True)
                    compare_at = time.monotonic() + _HELD_RETRY_SECONDS
        return started

    def _take_batch(self, connection: Connection) -> None:
        try:
            connection.drain_events(timeout=_TICK_SECONDS)
            while len(self._taken) < _BATCH:
                connection.drain_events(timeout=_MORE_SECONDS)
        except TimeoutError:
            connection.heartbeat_check()

    def _settle(self, *, several: bool) -> None:
        if not self._taken:
            return
        self._follower.settle()
        if several:
            self._taken[-1].ack(multiple=True)
        else:
            for message in self._taken:
                message.ack()
        self._taken.clear()
        self._backoff.reset()

    def _catch_up(self, *, started: bool) -> bool:
        try:
            self._follower.resync()
        except SnapshotHeld as error:
            self._report(str(error))
        except SourceUnavailable as error:
            if not started:
                raise
            self._report(f"{error}; going on with what is known")
        return True

    def _take(self, message: Any) -> None:
        body = _text(message)
        try:
            event = decode_json(body)
        except MalformedMessage as error:
            self._follower.park(body, str(error))
            self.parked += 1
        else:
            self._follower.receive(event, body)
        self._taken.append(message)


def watch_bus(url: str, *, exchange: str = EXCHANGE, binding_key: str = "#") -> Iterator[RoutingEvent | str]:
    """The events on the bus from now on, a text for an unreadable message; raises `SourceUnavailable`."""
    topic = Exchange(exchange, type="topic", durable=True)
    queue = Queue("", exchange=topic, routing_key=binding_key, exclusive=True, auto_delete=True, durable=False)
    seen: list[RoutingEvent | str] = []
    with _connection(url) as connection:
        try:
            with connection.Consumer(queue, on_message=lambda m: seen.append(_read(m)), accept=None, no_ack=True):
                while True:
                    try:
                        connection.drain_events(timeout=_TICK_SECONDS)
                    except TimeoutError:
                        connection.heartbeat_check()
                    yield from seen
                    seen.clear()
        except _broken(connection) as error:
            raise SourceUnavailable(f"the bus at {connection.as_uri()} cannot be used: {error}") from error


def _connection(url: str) -> Connection:
    try:
        return Connection(url, heartbeat=_HEARTBEAT_SECONDS)
    except (KeyError, ValueError, ImportError) as error:  # kombu's words for a scheme it cannot serve
        scheme = url.partition(":")[0]
        raise BadAddress(f"{scheme}: is no address of a bus: write amqp://HOST// or the like") from error


def _read(message: Any) -> RoutingEvent | str:
    try:
        return decode_json(_text(message))
    except MalformedMessage as error:
        return str(error)


def _text(message: Any) -> str:
    body = message.body
    return body if isinstance(body, str) else bytes(body).decode("utf-8", errors="replace")


def _broken(connection: Connection) -> tuple[type[Exception], ...]:
    return (
        *connection.connection_errors,
        *connection.channel_errors,
        OperationalError,
        socket.gaierror,
    )
