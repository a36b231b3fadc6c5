"""Publishes on RabbitMQ and waits for its confirms once a batch, not once a message."""
# mypy: allow-untyped-calls
# kombu and py-amqp annotate few of their functions.

import logging
from collections.abc import Mapping, Sequence

import amqp
from kombu.connection import Connection
from kombu.entity import Exchange

from broker.bus.frames import published
from broker.bus.message import Message

# Whose frames are put together in memory.
WRITTEN_AT_ONCE = 100
# The bus closes the channel with one of these over a message that it can never take: the others are not at fault.
_REFUSED = (amqp.PreconditionFailed, amqp.ContentTooLarge)
_log = logging.getLogger(__name__)
_NACKED = "the bus refuses it (basic.nack) and takes others: a queue it is routed to is full or broken"


class NothingTaken(ConnectionError):
    """The bus is there and refuses whatever it is sent."""


class ConfirmedSending:
    """Sends batches to an exchange; what it returns from is with the bus.

    A message is refused by itself when the bus closes the channel over it, or nacks it and acknowledges one that was
    sent later. Nacks at the end of a batch say that the bus takes nothing now.
    """

    def __init__(self, connection: Connection, exchange: Exchange, stuck_seconds: float) -> None:
        self._connection = connection
        self._exchange = exchange
        self._stuck_seconds = stuck_seconds
        self._channel: _ConfirmedChannel | None = None

    def send(self, messages: Sequence[Message]) -> Mapping[int, str]:
        """Publish in order and wait for all confirms; the indexes of messages that are refused, and why.

        Raises what py-amqp raises for a lost connection, `NothingTaken`, and `TimeoutError` for a stuck bus.
        """
        refused: dict[int, str] = {}
        nacked = self._pass(messages, range(len(messages)), refused)
        taken = [index for index in range(len(messages)) if index not in nacked and index not in refused]
        if any(index > (taken[-1] if taken else -1) for index in nacked):
            raise NothingTaken("the bus refuses messages (basic.nack): a queue they are routed to is full or broken")
        return {**refused, **dict.fromkeys(nacked, _NACKED)}

    def close(self) -> None:
        """Say goodbye, so that the bus does not log a lost connection; not for longer than is waited for confirms."""
        if self._channel is not None:
            self._channel.close()

    def _pass(self, messages: Sequence[Message], indexes: Sequence[int], refused: dict[int, str]) -> set[int]:
        """Publish those, one by one if the bus closes the channel over one of them; returns what it nacked."""
        channel = self._channel or self._opened()
        try:
            return channel.publish(messages, indexes)
        except _REFUSED as error:
            self._channel = None
            left = channel.open_indexes
            if len(indexes) == 1:
                refused[left[0]] = " ".join(str(error).split())
                return set()
            # It does not say over which; what was sent after that one was not taken.
            alone = [self._pass(messages, [index], refused) for index in left]
            return channel.nacked.union(*alone)

    def _opened(self) -> "_ConfirmedChannel":
        channel = self._connection.channel()
        self._exchange(channel).declare()
        self._channel = _ConfirmedChannel(channel, self._exchange.name, self._stuck_seconds)
        return self._channel


class _ConfirmedChannel:
    """One channel of py-amqp in confirm mode."""

    def __init__(self, channel: amqp.Channel, exchange: str, stuck_seconds: float) -> None:
        channel.confirm_select()
        channel.events["basic_ack"].add(self._on_ack)
        channel.events["basic_nack"].add(self._on_nack)
        self._channel = channel
        self._connection = channel.connection
        self._exchange = exchange
        self._stuck_seconds = stuck_seconds
        self._sent = 0
        self._open: dict[int, int] = {}  # the index of a message by its delivery tag, in order
        self.nacked: set[int] = set()

    @property
    def open_indexes(self) -> list[int]:
        """Messages that are not confirmed yet, in order."""
        return list(self._open.values())

    def publish(self, messages: Sequence[Message], indexes: Sequence[int]) -> set[int]:
        """Send, wait for all confirms, and return what was nacked."""
        self.nacked = set()
        for index in indexes:
            self._sent += 1
            self._open[self._sent] = index
        for start in range(0, len(indexes), WRITTEN_AT_ONCE):
            some = [messages[index] for index in indexes[start : start + WRITTEN_AT_ONCE]]
            self._connection.transport.write(b"".join(map(self._frames, some)))
        while self._open:
            self._connection.drain_events(timeout=self._stuck_seconds)
        return self.nacked

    def _frames(self, message: Message) -> bytes:
        channel, frame_max = self._channel.channel_id, self._connection.frame_max
        return published(message, channel=channel, exchange=self._exchange, frame_max=frame_max)

    def close(self) -> None:
        """End the connection; one that is broken already is no error."""
        try:
            self._connection.sock.settimeout(self._stuck_seconds)
            self._connection.close()
        except (OSError, AttributeError, *amqp.Connection.connection_errors) as error:
            _log.debug("the connection to the bus was lost before its end", extra={"reason": str(error)})

    def _on_ack(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 as py-amqp calls it
        self._confirmed(tag, multiple=multiple)

    def _on_nack(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 as py-amqp calls it
        self.nacked.update(self._confirmed(tag, multiple=multiple))

    def _confirmed(self, tag: int, *, multiple: bool) -> list[int]:
        if not multiple:
            return [self._open.pop(tag)]
        tags = []
        for each in self._open:
            if each > tag:
                break
            tags.append(each)
        return [self._open.pop(each) for each in tags]
