"""An agent on the bus: commands from the node's own queue, replies and heartbeats to one exchange."""
# mypy: allow-untyped-calls
# kombu annotates few of its functions.

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
from kombu.messaging import Consumer
from kombu.mixins import ConsumerMixin

from node_agent.agent import Agent
from node_agent.heartbeat import Heart
from node_agent.protocol import Command, Heartbeat, MalformedMessage, Reply

NODES_EXCHANGE = "gearbroker.nodes"
HEARTBEAT_SECONDS = 5.0
PREFETCHED_COMMANDS = 20

_log = logging.getLogger(__name__)


def command_queue(node_id: str) -> Queue:
    """Return the durable queue of a node's commands; whoever sends one publishes to its name directly."""
    return Queue(f"gearbroker.node.{node_id}", durable=True)


class AgentOnBus(ConsumerMixin):
    """Runs one agent on the bus until `should_stop` is set; waits for the bus while it is away.

    Replies go to the topic exchange `gearbroker.nodes` with the routing key `reply.<node_id>`, heartbeats
    with `heartbeat.<node_id>`; both are JSON. A command is acknowledged after its reply is published, so
    that a command whose reply was lost comes again and is answered from the journal.
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
        self.connection = connection
        self._agent = agent
        self._heart = heart
        self._exchange = Exchange(exchange, type="topic", durable=True)
        self._heartbeat_seconds = heartbeat_seconds
        self._now = now
        self._next_beat_at = now()
        self._publish: Callable[..., object] | None = None

    def get_consumers(self, consumer_class: Callable[..., Consumer], channel: Any) -> list[Consumer]:
        """Consume the node's queue, and publish over the same channel."""
        self._publish = self.connection.Producer(channel, exchange=self._exchange).publish
        consumer = consumer_class(
            queues=[command_queue(self._agent.node_id)],
            on_message=self.on_command,
            prefetch_count=PREFETCHED_COMMANDS,
        )
        return [consumer]

    def on_iteration(self) -> None:
        """Send a heartbeat when one is due; called about once a second, and after each command."""
        if self._publish is not None and self._now() >= self._next_beat_at:
            self._next_beat_at = self._now() + self._heartbeat_seconds
            self._send("heartbeat", self._heart.beat(len(self._agent.book)))

    def on_command(self, message: Message) -> None:
        """Carry out one command and answer it; what is no command at all is logged and thrown away."""
        try:
            command = Command.from_wire(json.loads(message.body))
        except (MalformedMessage, ValueError) as malformed:
            _log.warning("not a command", extra={"node_id": self._agent.node_id, "reason": str(malformed)})
            message.reject()
            return
        self._send("reply", self._agent.handle(command))
        message.ack()

    def _send(self, kind: str, content: Reply | Heartbeat) -> None:
        if self._publish is None:
            raise RuntimeError("nothing can be sent before the bus is reached")
        self._publish(
            json.dumps(content.to_wire()),
            routing_key=f"{kind}.{self._agent.node_id}",
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode="persistent" if kind == "reply" else "transient",
            declare=[self._exchange],
        )


class BusUnusable(Exception):
    """The bus cannot be used: its URL makes no sense, or nobody answers there."""


def serve(bus_url: str, agent: Agent, heart: Heart, *, stop_on: Sequence[signal.Signals]) -> None:
    """Run the agent on that bus until one of these signals comes; raises `BusUnusable` where it cannot begin."""
    try:
        connection = Connection(bus_url, connect_timeout=5)
    except (KeyError, ValueError, ImportError) as failure:
        raise BusUnusable(f"cannot use the bus URL: {failure.args[0]}") from failure
    with connection:
        try:
            connection.ensure_connection(max_retries=2, interval_start=1)
        except (KombuError, OSError) as failure:
            raise BusUnusable(f"cannot reach the bus {connection.as_uri()}: {failure}") from failure
        on_bus = AgentOnBus(connection, agent, heart)

        def stop(_signal: int, _frame: object) -> None:
            on_bus.should_stop = True

        for each in stop_on:
            signal.signal(each, stop)
        on_bus.run()
