"""An agent on the bus: commands from the node's own queue, replies to whoever asked, heartbeats to one exchange."""
# mypy: allow-untyped-calls
# kombu annotates few of its functions.

import itertools
import json
import logging
import signal
import time
from collections.abc import Callable, Sequence
from typing import Any

from kombu.connection import Connection
from kombu.entity import Exchange, Queue
from kombu.exceptions import KombuError
from kombu.message import Message
from kombu.messaging import Consumer, Producer

from node_agent.agent import Agent
from node_agent.batches import MOST_IN_A_MESSAGE, read_commands, write_replies
from node_agent.fields import text_in
from node_agent.heartbeat import Heart
from node_agent.protocol import Command, MalformedMessage, Reply

NODES_EXCHANGE = "gearbroker.nodes"
# As often as a broker expects it unless it is told otherwise.
HEARTBEAT_SECONDS = 1.0
PREFETCHED_MESSAGES = 10
# Replies and heartbeats do not wait longer than this for the other commands of a batch.
PIECE_SECONDS = 0.25
# How soon a connection that is dead without a word is noticed: after twice as long at most.
BUS_HEARTBEAT_SECONDS = 10
IDLE_SECONDS = 0.5
RECONNECT_SECONDS = 0.5

_log = logging.getLogger(__name__)


def command_queue(node_id: str) -> Queue:
    """Return the durable queue of a node's commands; whoever sends some publishes to its name directly.

    Only one consumer at a time is given commands. An agent that has lost its connection and made another must not be
    given the newer ones while the bus still takes the old connection, with older ones in it, for alive.
    """
    return Queue(f"gearbroker.node.{node_id}", durable=True, queue_arguments={"x-single-active-consumer": True})


class AgentOnBus:
    """Runs one agent on the bus until `should_stop` is set; waits for the bus while it is away.

    A message holds commands, which are done in order; the replies go to the message's `reply_to` queue. What is in
    the queue is taken together, up to ten messages, so that many small ones cost one write to the disk.
    Messages are acknowledged after the replies are published, so that commands whose replies were lost come again and
    are answered from the journal. Heartbeats go to the topic exchange with the routing key `heartbeat.<node_id>`.
    """

    def __init__(
        self,
        connection: Connection,
        agent: Agent,
        heart: Heart,
        *,
        exchange: str = NODES_EXCHANGE,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.should_stop = False
        self._connection = connection
        self._agent = agent
        self._heart = heart
        self._exchange = Exchange(exchange, type="topic", durable=True)
        self._heartbeat_seconds = heartbeat_seconds
        self._now = now
        self._next_beat_at = now()
        self._inbox: list[Message] = []
        self._warned = False

    def run(self) -> None:
        """Serve, and after each loss of the connection serve again."""
        while not self.should_stop:
            connection = self._connection.clone()
            errors = (KombuError, OSError, *connection.connection_errors, *connection.channel_errors)
            try:
                connection.ensure_connection(max_retries=0)
                _log.info("connected to %s", connection.as_uri())
                self._serve(connection)
                connection.release()
            except errors as error:
                connection.collect()  # without a word to the other side, which may be one that no longer answers
                _log.warning("the bus is lost", extra={"node_id": self._agent.node_id, "reason": str(error)})
                time.sleep(RECONNECT_SECONDS)

    def _serve(self, connection: Connection) -> None:
        channel = connection.default_channel
        self._inbox.clear()  # what an earlier connection brought comes again
        self._warned = False
        producer = Producer(channel)
        self._exchange(channel).declare()
        consumer = Consumer(
            channel,
            queues=[command_queue(self._agent.node_id)],
            on_message=self._inbox.append,
            on_decode_error=self._throw_away,
            prefetch_count=PREFETCHED_MESSAGES,
        )
        with consumer:
            while not self.should_stop:
                self._beat(producer)
                connection.heartbeat_check()
                if self._receive(connection):
                    self._work(producer)

    def _receive(self, connection: Connection) -> bool:
        """Wait a little for a message, then take all that are here."""
        wait = IDLE_SECONDS
        while len(self._inbox) < PREFETCHED_MESSAGES:
            try:
                connection.drain_events(timeout=wait)
            except TimeoutError:
                break
            wait = 0
        return bool(self._inbox)

    def _work(self, producer: Producer) -> None:
        """Do what the messages say, answering piece by piece, and acknowledge them."""
        messages, self._inbox[:] = list(self._inbox), []
        orders = [(to, entry) for each in messages for to, entry in self._orders(each)]
        for is_command, group in itertools.groupby(orders, lambda order: isinstance(order[1], Command)):
            if is_command:
                self._carry_out(producer, [(to, entry) for to, entry in group if isinstance(entry, Command)])
            else:
                self._send(producer, [(to, entry) for to, entry in group if isinstance(entry, Reply)])
        for message in messages:
            if not message.acknowledged:
                message.ack()

    def _orders(self, message: Message) -> list[tuple[str, Command | Reply]]:
        """What a message tells to do, each with where to answer; one that makes no sense is thrown away."""
        try:
            reply_to = text_in(message.properties, "reply_to")
            return [(reply_to, entry) for entry in read_commands(message.body, self._agent.node_id)]
        except MalformedMessage as malformed:
            self._throw_away(message, malformed)
            return []

    def _throw_away(self, message: Message, reason: Exception) -> None:
        # One warning a connection: whoever sends such a thing may send it without end.
        level = logging.DEBUG if self._warned else logging.WARNING
        self._warned = True
        _log.log(level, "no commands", extra={"node_id": self._agent.node_id, "reason": str(reason)})
        message.reject()

    def _carry_out(self, producer: Producer, orders: Sequence[tuple[str, Command]]) -> None:
        while orders:
            replies = self._agent.handle_all([command for _, command in orders], PIECE_SECONDS)
            self._send(producer, [(to, reply) for (to, _), reply in zip(orders, replies, strict=False)])
            orders = orders[len(replies) :]
            self._beat(producer)

    def _send(self, producer: Producer, answers: Sequence[tuple[str, Reply]]) -> None:
        for to, group in itertools.groupby(answers, lambda answer: answer[0]):
            replies = [reply for _, reply in group]
            for start in range(0, len(replies), MOST_IN_A_MESSAGE):
                part = write_replies(replies[start : start + MOST_IN_A_MESSAGE])
                _publish(producer, part, routing_key=to, delivery_mode="persistent")

    def _beat(self, producer: Producer) -> None:
        """Send a heartbeat when one is due."""
        if self._now() >= self._next_beat_at:
            self._next_beat_at = self._now() + self._heartbeat_seconds
            beat = json.dumps(self._heart.beat(len(self._agent.book)).to_wire())
            key = f"heartbeat.{self._agent.node_id}"
            _publish(producer, beat, routing_key=key, exchange=self._exchange, delivery_mode="transient")


def _publish(producer: Producer, body: str, **where: Any) -> None:
    producer.publish(body, content_type="application/json", content_encoding="utf-8", **where)


class BusUnusable(Exception):
    """The bus cannot be used: its URL makes no sense, or nobody answers there."""


def serve(
    bus_url: str,
    agent: Agent,
    heart: Heart,
    *,
    stop_on: Sequence[signal.Signals],
    heartbeat_seconds: float = HEARTBEAT_SECONDS,
) -> None:
    """Run the agent on that bus until one of these signals comes; raises `BusUnusable` where it cannot begin."""
    try:
        connection = Connection(
            bus_url,
            connect_timeout=5,
            heartbeat=BUS_HEARTBEAT_SECONDS,
            transport_options={"write_timeout": 2 * BUS_HEARTBEAT_SECONDS},
        )
    except (KeyError, ValueError, ImportError) as failure:
        raise BusUnusable(f"cannot use the bus URL: {failure.args[0]}") from failure
    with connection:
        try:
            connection.ensure_connection(max_retries=2, interval_start=1)
        except (KombuError, OSError) as failure:
            raise BusUnusable(f"cannot reach the bus {connection.as_uri()}: {failure}") from failure
    on_bus = AgentOnBus(connection, agent, heart, heartbeat_seconds=heartbeat_seconds)

    def stop(_signal: int, _frame: object) -> None:
        on_bus.should_stop = True

    for each in stop_on:
        signal.signal(each, stop)
    on_bus.run()
