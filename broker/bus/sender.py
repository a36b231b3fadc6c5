"""Puts commands into the queues of nodes, over a connection of its own."""
# mypy: allow-untyped-calls
# kombu annotates few of its functions.

import json
import logging
import threading
from collections.abc import Iterator, Sequence

from kombu.connection import Connection
from kombu.entity import Queue
from kombu.exceptions import KombuError
from kombu.messaging import Producer

from broker.bus.calls import Call, Calls
from broker.interfaces import Json

PERSISTENT = 2
# As many as an agent takes in one message.
MOST_IN_A_MESSAGE = 200
CONNECT_SECONDS = 5
# A bus that takes nothing for so long, because it is short of memory or of disk, is one that is away.
WRITE_SECONDS = 5
# How soon a connection that is dead without a word is noticed: after twice as long at most.
HEARTBEAT_SECONDS = 10
IDLE_SECONDS = 0.5
RECONNECT_SECONDS = 0.5

_log = logging.getLogger(__name__)


def connection_to(url: str) -> Connection:
    """A connection that is not made yet, and that says within seconds when the bus does not answer."""
    return Connection(
        url,
        connect_timeout=CONNECT_SECONDS,
        heartbeat=HEARTBEAT_SECONDS,
        transport_options={"write_timeout": WRITE_SECONDS},
    )


def node_queue(node_id: str) -> Queue:
    """The durable queue of a node's commands, as its agent declares it: one consumer at a time is given commands."""
    return Queue(f"gearbroker.node.{node_id}", durable=True, queue_arguments={"x-single-active-consumer": True})


class Sender:
    """Sends the commands of calls, in a thread of its own, so that no call waits longer than it wants to.

    Commands of one process reach a node in the order of their calls: one thread writes to one connection, the oldest
    call first, and a call that has ended is not begun. So what undoes an operation, which is sent after its call has
    ended, comes after the operation's own commands. Written is not yet received: where the connection breaks, the
    last of it may be lost, or come late, after what is sent over the next connection. So agents refuse what comes
    later than what undoes or follows it.
    """

    def __init__(self, url: str, calls: Calls) -> None:
        self._url = url
        self._calls = calls
        self._reply_to: str | None = None
        self._wanted = threading.Event()
        self._closed = threading.Event()
        self._connection: Connection | None = None
        self._producer: Producer | None = None
        self._declared: set[str] = set()
        self._without_queue: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="node-sender", daemon=True)

    def start(self) -> None:
        """Begin to send what waits."""
        self._thread.start()

    def wake(self) -> None:
        """Look at once for calls that are not sent yet."""
        self._wanted.set()

    def answer_to(self, reply_to: str | None) -> None:
        """Let replies come to this queue, and send again what still waits for some; None: send nothing for now."""
        self._reply_to = reply_to
        self.wake()

    def close(self) -> None:
        """Send nothing any more."""
        self._closed.set()
        self.wake()
        if self._thread.is_alive():
            self._thread.join(WRITE_SECONDS + CONNECT_SECONDS)

    def _run(self) -> None:
        while not self._closed.is_set():
            self._wanted.wait(IDLE_SECONDS)
            self._wanted.clear()
            try:
                self._keep_alive()
                self._send_waiting()
            except Exception as error:  # noqa: BLE001 a process whose thread has ended could tell nodes nothing
                bug = None if isinstance(error, self._errors()) else error
                _log.warning("the bus does not take commands", exc_info=bug, extra={"reason": str(error)})
                self._drop()
                self._closed.wait(RECONNECT_SECONDS)
                self.wake()
        if self._connection is not None:
            self._connection.release()

    def _send_waiting(self) -> None:
        reply_to = self._reply_to
        if reply_to is None:
            return
        for call in self._calls.open():
            if call.sent_for != reply_to and call.seconds_left:
                self._write(call, reply_to)
                call.sent_for = reply_to

    def _write(self, call: Call, reply_to: str) -> None:
        connection = self._connected()
        unusable: set[str] = set()
        for node_id, body in messages(call.commands):
            if node_id not in unusable and not self._has_queue(connection, node_id):
                unusable.add(node_id)
            if node_id in unusable:
                continue
            self._open_producer(connection).publish(
                body,
                routing_key=node_queue(node_id).name,
                reply_to=reply_to,
                content_type="application/json",
                content_encoding="utf-8",
                delivery_mode=PERSISTENT,
            )

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = connection_to(self._url)
            self._connection.ensure_connection(max_retries=0)
        return self._connection

    def _open_producer(self, connection: Connection) -> Producer:
        if self._producer is None:
            self._producer = Producer(connection.channel())
        return self._producer

    def _has_queue(self, connection: Connection, node_id: str) -> bool:
        """Declare a node's queue; False if the bus refuses that, and then only this node is silent.

        The bus closes a channel with each refusal. It may be one of what was sent before: so it is asked twice.
        """
        if node_id in self._declared:
            return True
        for _ in range(2):
            try:
                node_queue(node_id)(self._open_producer(connection).channel).declare()
            except connection.channel_errors as error:
                self._producer, reason = None, str(error)
                continue
            self._declared.add(node_id)
            return True
        level = logging.DEBUG if node_id in self._without_queue else logging.WARNING
        self._without_queue.add(node_id)
        _log.log(level, "the queue of a node cannot be used", extra={"node_id": node_id, "reason": reason})
        return False

    def _keep_alive(self) -> None:
        """Take in what the bus says, heartbeats or that it closes the connection, and send ours when one is due."""
        if self._connection is None:
            return
        while True:
            try:
                self._connection.drain_events(timeout=0)
            except TimeoutError:
                break
        self._connection.heartbeat_check()

    def _errors(self) -> tuple[type[Exception], ...]:
        known: tuple[type[Exception], ...] = (KombuError, OSError)
        if self._connection is not None:
            known += (*self._connection.connection_errors, *self._connection.channel_errors)
        return known

    def _drop(self) -> None:
        connection, self._connection, self._producer = self._connection, None, None
        self._declared.clear()
        self._without_queue.clear()
        if connection is not None:
            connection.collect()  # without a word to the other side, which may be one that no longer answers


def messages(commands: Sequence[Json]) -> Iterator[tuple[str, str]]:
    """Messages as (node, body): the commands of each node together and in their order."""
    by_node: dict[str, list[Json]] = {}
    for command in commands:
        by_node.setdefault(str(command["node_id"]), []).append(command)
    for node_id, theirs in by_node.items():
        for start in range(0, len(theirs), MOST_IN_A_MESSAGE):
            part = {"commands": theirs[start : start + MOST_IN_A_MESSAGE]}
            yield node_id, json.dumps(part, separators=(",", ":"))
