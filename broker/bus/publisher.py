"""Publishes routing events on a bus, in order and confirmed."""
# mypy: allow-untyped-calls
# kombu annotates few of its functions.

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kombu.connection import Connection
from kombu.entity import Exchange
from kombu.exceptions import OperationalError
from kombu.messaging import Producer

from broker.interfaces import BusUnavailable, LoggedEvent

PERSISTENT = 2


@dataclass(frozen=True, kw_only=True)
class Message:
    """One event on the wire."""

    routing_key: str
    body: str
    content_type: str


Encoder = Callable[[LoggedEvent], Message | None]


class KombuPublisher:
    """Sends one dialect to one topic exchange. An event that the dialect does not have is passed over.

    Where the transport has publisher confirms, `publish` returns only after the last of them; a repeat after an
    error is possible and harmless, since listeners drop what they have had.
    """

    def __init__(self, *, destination: str, url: str, exchange: str, encode: Encoder) -> None:
        self.destination = destination
        self._encode = encode
        self._exchange = Exchange(exchange, type="topic", durable=True)
        self._url = url
        self._connection: Connection | None = None
        self._lock = threading.Lock()

    def publish(self, events: Sequence[LoggedEvent]) -> None:
        """Send events in order; raises `BusUnavailable`, after which the next call connects anew."""
        with self._lock:
            try:
                self._send(events)
            except self._errors() as error:
                self._drop()
                raise BusUnavailable(f"the bus does not take events for {self.destination}: {error}") from error

    def _send(self, events: Sequence[LoggedEvent]) -> None:
        if self._connection is None:
            self._connection = Connection(self._url, transport_options={"confirm_publish": True}, connect_timeout=5)
        channel = self._connection.default_channel
        producer = Producer(channel, exchange=self._exchange, auto_declare=True)
        for event in events:
            message = self._encode(event)
            if message is not None:
                producer.publish(
                    message.body.encode(),
                    routing_key=message.routing_key,
                    content_type=message.content_type,
                    content_encoding="utf-8",
                    delivery_mode=PERSISTENT,
                )

    def _errors(self) -> tuple[type[Exception], ...]:
        """Everything a broken connection is told by."""
        known: tuple[type[Exception], ...] = (OperationalError, OSError)
        if self._connection is not None:
            known += (*self._connection.connection_errors, *self._connection.channel_errors)
        return known

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.release()

    def close(self) -> None:
        """Let the connection go."""
        with self._lock:
            self._drop()
