"""Publishes routing events on a bus, in order and confirmed."""
# mypy: allow-untyped-calls
# kombu annotates few of its functions.

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from kombu.connection import Connection
from kombu.entity import Exchange
from kombu.exceptions import OperationalError
from kombu.messaging import Producer

from broker.bus.confirms import ConfirmedSending
from broker.bus.frames import PERSISTENT
from broker.bus.message import Message
from broker.core.errors import StorageUnavailable
from broker.interfaces import BusUnavailable, LoggedEvent, PoisonEvent

CONNECT_SECONDS = 5
# The bus is taken for stuck when nothing comes from it for so long while confirms are missing.
STUCK_SECONDS = 10.0
AMQP_LONGEST_ROUTING_KEY = 255

# Routing key, body and content type; None for an event that the dialect does not have.
Encoder = Callable[[LoggedEvent], tuple[str, str, str] | None]


class _Sending(Protocol):
    """A way to the exchange that the transport offers."""

    def send(self, messages: Sequence[Message]) -> Mapping[int, str]:
        """Send in order; the indexes of those that are refused by themselves, and why."""


class PlainSending:
    """Transports without confirms: what is sent has been handed to them, and no more is known."""

    def __init__(self, connection: Connection, exchange: Exchange) -> None:
        self._producer = Producer(connection.channel(), exchange=exchange, auto_declare=True)

    def send(self, messages: Sequence[Message]) -> Mapping[int, str]:
        """Send in order; nothing is ever refused."""
        for message in messages:
            self._producer.publish(
                message.body,
                routing_key=message.routing_key,
                content_type=message.content_type,
                content_encoding="utf-8",
                delivery_mode=PERSISTENT,
            )
        return {}


class KombuPublisher:
    """Sends one dialect to one topic exchange. An event that the dialect does not have is passed over.

    On RabbitMQ `publish` returns only after the last confirm; a repeat after an error is possible and harmless,
    since listeners drop what they have had.
    """

    def __init__(
        self, *, destination: str, url: str, exchange: str, encode: Encoder, stuck_seconds: float = STUCK_SECONDS
    ) -> None:
        self.destination = destination
        self._stuck_seconds = stuck_seconds
        self._encode = encode
        self._exchange = Exchange(exchange, type="topic", durable=True)
        self._url = url
        self._connection: Connection | None = None
        self._sending: _Sending | None = None
        self._lock = threading.Lock()

    def publish(self, events: Sequence[LoggedEvent]) -> Sequence[PoisonEvent]:
        """Send events in order; returns those that cannot be sent while others can.

        Raises `BusUnavailable`, after which the next call connects anew.
        """
        told: list[tuple[LoggedEvent, Message]] = []
        refused: list[PoisonEvent] = []
        for event in events:
            try:
                message = self._message(event)
            except StorageUnavailable:
                raise  # it is not the event that keeps its key from being read
            except Exception as error:  # noqa: BLE001 whatever makes one event unreadable must not hold the others up
                refused.append(PoisonEvent(event=event, reason=f"it cannot be encoded: {error!r}"))
            else:
                if message is not None:
                    told.append((event, message))
        reasons = self._sent([message for _, message in told]) if told else {}
        return refused + [PoisonEvent(event=told[index][0], reason=reason) for index, reason in reasons.items()]

    def _message(self, event: LoggedEvent) -> Message | None:
        told = self._encode(event)
        if told is None:
            return None
        key, body, content_type = told
        if len(key.encode()) > AMQP_LONGEST_ROUTING_KEY:
            raise ValueError(f"a routing key has at most {AMQP_LONGEST_ROUTING_KEY} bytes")
        return Message(routing_key=key, body=body.encode(), content_type=content_type)

    def _sent(self, messages: Sequence[Message]) -> Mapping[int, str]:
        with self._lock:
            try:
                return (self._sending or self._connected()).send(messages)
            except self._errors() as error:
                self._drop()
                raise BusUnavailable(f"the bus does not take events for {self.destination}: {error}") from error
            except BaseException:
                self._drop()
                raise

    def _connected(self) -> _Sending:
        self._connection = Connection(self._url, connect_timeout=CONNECT_SECONDS)
        if self._connection.transport.driver_type != "amqp":
            self._sending = PlainSending(self._connection, self._exchange)
            return self._sending
        # A bus that takes nothing in would otherwise hold the sender up for ever.
        self._connection.transport_options = {"write_timeout": self._stuck_seconds}
        self._sending = ConfirmedSending(self._connection, self._exchange, self._stuck_seconds)
        return self._sending

    def _errors(self) -> tuple[type[Exception], ...]:
        """Everything a broken connection is told by."""
        known: tuple[type[Exception], ...] = (OperationalError, OSError)
        if self._connection is not None:
            known += (*self._connection.connection_errors, *self._connection.channel_errors)
        return known

    def _drop(self) -> None:
        """Let the connection go without a word: a bus that is stuck would not answer it."""
        connection, self._connection, self._sending = self._connection, None, None
        if connection is not None:
            connection.collect()

    def close(self) -> None:
        """Let the connection go."""
        with self._lock:
            if self._connection is not None and isinstance(self._sending, ConfirmedSending):
                self._sending.close()
            self._drop()
