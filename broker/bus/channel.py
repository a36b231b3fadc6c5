"""The way to nodes whose agents run elsewhere: commands to their queues, replies and heartbeats from one exchange."""
# mypy: allow-untyped-calls
# kombu annotates few of its functions.

import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kombu.connection import Connection
from kombu.entity import Exchange, Queue, binding
from kombu.exceptions import KombuError
from kombu.message import Message
from kombu.messaging import Consumer, Producer
from kombu.mixins import ConsumerMixin

from broker.interfaces import Json

_log = logging.getLogger(__name__)

NODES_EXCHANGE = "gearbroker.nodes"
PERSISTENT = 2


class BusChannel(ConsumerMixin):
    """Sends commands and gathers what nodes answer. A command that cannot be sent is one that is not answered."""

    def __init__(self, url: str, *, exchange: str = NODES_EXCHANGE) -> None:
        self.connection = Connection(url, connect_timeout=5)
        self._url = url
        self._sending = Connection(url, connect_timeout=5)
        self._exchange = Exchange(exchange, type="topic", durable=True)
        self._lock = threading.Lock()
        self._waiting: dict[str, _Box] = {}
        self._heard: set[str] = set()
        self._thread = threading.Thread(target=self.run, name="node-channel", daemon=True)

    def start(self) -> None:
        """Begin to hear nodes."""
        self._thread.start()

    def close(self) -> None:
        """Hear nobody any more."""
        self.should_stop = True
        if self._thread.is_alive():
            self._thread.join(5)
        with self._lock:
            self._sending.release()

    def heard(self) -> list[str]:
        """The nodes that were heard of since the last call."""
        with self._lock:
            heard, self._heard = self._heard, set()
        return sorted(heard)

    def call(self, commands: Sequence[Json], deadline_seconds: float) -> Mapping[str, Json]:
        """Send commands and wait for their replies, until the deadline for those that do not come."""
        box = _Box({str(command["command_id"]) for command in commands})
        with self._lock:
            self._waiting.update(dict.fromkeys(box.missing, box))
        try:
            self._send(commands)
            box.wait(deadline_seconds)
        finally:
            with self._lock:
                for command in commands:
                    self._waiting.pop(str(command["command_id"]), None)
        return box.replies

    def _send(self, commands: Sequence[Json]) -> None:
        with self._lock:
            try:
                producer = Producer(self._sending.default_channel)
                for command in commands:
                    queue = Queue(f"gearbroker.node.{command['node_id']}", durable=True)
                    producer.publish(
                        json.dumps(command),
                        routing_key=queue.name,
                        declare=[queue],
                        content_type="application/json",
                        content_encoding="utf-8",
                        delivery_mode=PERSISTENT,
                    )
            except (KombuError, OSError, *self._sending.connection_errors) as error:
                # What was not sent is not answered in time, and the operation ends as its rule says.
                _log.warning("commands cannot be sent", extra={"reason": str(error)})
                self._sending.release()
                self._sending = Connection(self._url, connect_timeout=5)

    def get_consumers(self, consumer_class: Callable[..., Consumer], channel: Any) -> list[Consumer]:  # noqa: ARG002 kombu gives it
        """Hear replies and heartbeats in a queue of this process's own, which ends with it."""
        queue = Queue(
            f"gearbroker.broker.{uuid.uuid4().hex}",
            bindings=[binding(self._exchange, routing_key=key) for key in ("reply.#", "heartbeat.#")],
            exclusive=True,
            auto_delete=True,
            durable=False,
        )
        return [consumer_class(queues=[queue], on_message=self._on_message, no_ack=True)]

    def _on_message(self, message: Message) -> None:
        try:
            wire = json.loads(message.body)
            node_id = str(wire["node_id"])
        except (ValueError, KeyError, TypeError) as error:
            _log.warning("not a message of a node", extra={"reason": str(error)})
            return
        with self._lock:
            self._heard.add(node_id)
            box = self._waiting.get(str(wire.get("command_id")))
        if box is not None:
            box.take(wire)


class _Box:
    """The replies that one call waits for."""

    def __init__(self, missing: set[str]) -> None:
        self.missing = missing
        self.replies: dict[str, Json] = {}
        self._condition = threading.Condition()

    def take(self, wire: Json) -> None:
        with self._condition:
            command_id = str(wire["command_id"])
            self.replies[command_id] = wire
            self.missing.discard(command_id)
            if not self.missing:
                self._condition.notify_all()

    def wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        with self._condition:
            self._condition.wait_for(lambda: not self.missing, max(0.0, deadline - time.monotonic()))
