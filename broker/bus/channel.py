"""The way to nodes whose agents run elsewhere: commands to their queues, replies to this process's own."""
# mypy: allow-untyped-calls
# kombu annotates few of its functions.

import json
import logging
import threading
import time
import uuid
from collections.abc import Mapping, Sequence

from kombu.connection import Connection
from kombu.entity import Exchange, Queue
from kombu.exceptions import KombuError
from kombu.message import Message
from kombu.messaging import Consumer, Producer

from broker.bus.calls import Call, Calls
from broker.bus.hearing import Hearing
from broker.bus.sender import Sender, connection_to
from broker.interfaces import Json

NODES_EXCHANGE = "gearbroker.nodes"
IDLE_SECONDS = 0.5
RECONNECT_SECONDS = 0.5
# What reading a field of a message may raise; the last for thousands of brackets in one another.
_NOT_THAT = (ValueError, KeyError, TypeError, RecursionError)

_log = logging.getLogger(__name__)


class BusChannel:
    """Sends commands and gathers what nodes answer; with `watches` it also hears who is alive.

    One for each process, for any number of threads. Two connections, each with a thread of its own: one sends, the
    other listens to a queue that ends with it. When that queue is new, after the bus was away, what still waits is
    sent again, to be answered there; agents do nothing twice. A command that cannot be sent in time is not answered.

    Whatever else arrives is dropped: what is no JSON or no replies, a reply that nobody waits for, that comes a
    second time, or from another node than was told. The first of each such thing on a connection is a warning.
    """

    def __init__(self, url: str, *, exchange: str = NODES_EXCHANGE, watches: bool = True) -> None:
        self._url = url
        self._exchange = Exchange(exchange, type="topic", durable=True)
        self._watches = watches
        self._calls = Calls()
        self._sender = Sender(url, self._calls)
        self._hearing = Hearing()
        self._lock = threading.Lock()
        self._arrived: set[str] = set()
        self._heard: set[str] = set()
        self._warned: set[str] = set()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="node-channel", daemon=True)

    def start(self) -> None:
        """Begin to hear nodes."""
        self._sender.start()
        self._thread.start()

    def close(self) -> None:
        """Hear nobody any more; who waits for replies gets what has come."""
        self._closed.set()
        self._calls.end()
        if self._thread.is_alive():
            self._thread.join(5)
        self._sender.close()

    def heard(self) -> list[str]:
        """The nodes that were heard of since the last call."""
        with self._lock:
            heard, self._heard = self._heard, set()
        return sorted(heard)

    def listening(self) -> tuple[float, float]:
        """From when to when, without a break and in monotonic seconds, every heartbeat has arrived here."""
        return self._hearing.span()

    def call(self, commands: Sequence[Json], deadline_seconds: float) -> Mapping[str, Json]:
        """Send commands and wait for their replies, until the deadline for those that do not come."""
        call = Call(commands, deadline_seconds)
        self._calls.add(call)
        try:
            self._sender.wake()
            if not self._closed.is_set():
                call.wait()
        finally:
            self._calls.remove(call)
        return call.end()

    def _run(self) -> None:
        while not self._closed.is_set():
            connection = connection_to(self._url)
            try:
                connection.ensure_connection(max_retries=0)
                self._listen(connection)
                connection.release()
            except Exception as error:  # noqa: BLE001 a process whose thread has ended would be deaf, and nobody knew
                self._lost(connection, error)
            finally:
                self._sender.answer_to(None)

    def _lost(self, connection: Connection, error: Exception) -> None:
        expected = (KombuError, OSError, *connection.connection_errors, *connection.channel_errors)
        bug = None if isinstance(error, expected) else error
        _log.warning("nodes cannot be heard", exc_info=bug, extra={"reason": str(error)})
        connection.collect()  # without a word to the other side, which may be one that no longer answers
        self._closed.wait(RECONNECT_SECONDS)

    def _listen(self, connection: Connection) -> None:
        replies = _own_queue("replies")
        beats = _own_queue("heartbeats", exchange=self._exchange, routing_key="heartbeat.#")
        own_voice = Producer(connection)
        takers = {replies: self._on_replies} | ({beats: self._on_heartbeat} if self._watches else {})
        for queue, take in takers.items():
            consumer = Consumer(connection, [queue], on_message=take, on_decode_error=self._on_junk, no_ack=True)
            consumer.consume()
        self._warned.clear()
        self._sender.answer_to(replies.name)
        self._hearing.begin()
        self._arrived.clear()
        next_look = 0.0
        while not self._closed.is_set():
            if time.monotonic() >= next_look:
                next_look = time.monotonic() + IDLE_SECONDS
                connection.heartbeat_check()
                if self._watches:
                    own_voice.publish(self._hearing.pulse(), routing_key=beats.name)
            try:
                connection.drain_events(timeout=IDLE_SECONDS)
            except TimeoutError:
                continue

    def _on_replies(self, message: Message) -> None:
        try:
            replies = json.loads(message.body)["replies"]
        except _NOT_THAT:
            replies = None
        if not isinstance(replies, list):
            self._dropped("a message that holds no replies")
            return
        for reply in replies:
            reason = self._calls.deliver(reply)
            if reason is not None:
                self._dropped(reason)

    def _on_heartbeat(self, message: Message) -> None:
        text = message.body if isinstance(message.body, str) else bytes(message.body).decode("utf-8", "replace")
        is_news = self._hearing.hears(text)
        if is_news is not None:
            self._take_in(is_news=is_news)
            return
        try:
            node_id = json.loads(text)["node_id"]
        except _NOT_THAT:
            node_id = None
        if not isinstance(node_id, str):
            self._dropped("a message that is no heartbeat")
            return
        self._arrived.add(node_id)

    def _on_junk(self, _message: Message, _error: Exception) -> None:
        self._dropped("a message that cannot be unpacked")

    def _take_in(self, *, is_news: bool) -> None:
        """What arrived before a pulse was heard of; unless it comes late, as after this process was stopped."""
        if is_news:
            with self._lock:
                self._heard |= self._arrived
        self._arrived.clear()

    def _dropped(self, what: str) -> None:
        """Say what was dropped: as a warning once, then for whoever looks closely."""
        level = logging.DEBUG if what in self._warned else logging.WARNING
        self._warned.add(what)
        _log.log(level, "dropped: %s", what)


def _own_queue(what: str, exchange: Exchange | None = None, routing_key: str = "") -> Queue:
    """A queue of this process's own, which ends with its connection."""
    return Queue(
        f"gearbroker.broker.{what}.{uuid.uuid4().hex}",
        exchange,
        routing_key,
        exclusive=True,
        auto_delete=True,
        durable=False,
    )
