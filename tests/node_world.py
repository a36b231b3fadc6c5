"""What tests of nodes on the bus share: the broker's side of it, and agents in processes of their own."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from kombu import Connection, Exchange, Queue

from node_agent.bus import command_queue

DEADLINE_SECONDS = 20


def until(condition: Callable[[], bool], seconds: float = DEADLINE_SECONDS) -> bool:
    """Whether the condition comes to hold in time."""
    deadline = time.monotonic() + seconds
    while not (held := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return held


def creation(node_id: str, gear_id: str, command_id: str) -> dict[str, object]:
    """A command to create a gear with one endpoint, as it is on the wire."""
    endpoint = {"port_name": "PROXY_PORT", "internal_port": 8080}
    return {
        "command_id": command_id,
        "node_id": node_id,
        "kind": "create_gear",
        "gear_id": gear_id,
        "arguments": {
            "application": "a",
            "namespace": "n",
            "profile": "small",
            "cartridges": [{"name": "php-5.4", "endpoints": [endpoint]}],
            "start": True,
        },
    }


def destruction(node_id: str, gear_id: str, command_id: str) -> dict[str, object]:
    """A command to destroy a gear, as it is on the wire."""
    return {
        "command_id": command_id,
        "node_id": node_id,
        "kind": "destroy_gear",
        "gear_id": gear_id,
        "arguments": {"drain_seconds": 0},
    }


class BrokerSide:
    """What a broker does on the bus, bare: puts messages into a node's queue and keeps every reply that comes."""

    def __init__(self, connection: Connection, node_id: str, exchange: str) -> None:
        self.node_id = node_id
        self.replies: list[dict[str, object]] = []
        self.messages = 0
        self.beats: list[dict[str, object]] = []
        self._connection = connection
        name = f"test.{uuid.uuid4().hex}"
        self._answers = Queue(f"{name}.replies", exclusive=True, durable=False)
        self._beats = Queue(
            f"{name}.beats", Exchange(exchange, type="topic"), routing_key="heartbeat.#", exclusive=True
        )
        command_queue(node_id)(connection.default_channel).declare()
        keep = {self._answers: self._keep_replies, self._beats: self._keep_beat}
        for queue, take in keep.items():
            connection.Consumer(queue, on_message=take, no_ack=True).consume()

    def tell(self, *commands: object) -> None:
        """Put a batch of commands into the node's queue."""
        self.send(json.dumps({"commands": commands}), reply_to=self._answers.name)

    def send(self, body: str, **properties: object) -> None:
        """Put any message into the node's queue."""
        self._connection.Producer().publish(
            body,
            routing_key=command_queue(self.node_id).name,
            content_type="application/json",
            content_encoding="utf-8",
            **properties,
        )

    def read_until(self, enough: Callable[[], bool]) -> None:
        """Read what comes until there is enough of it; fails after the deadline."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not enough():
            assert time.monotonic() < deadline, f"only this came: {self.replies}"
            self.read(0.1)

    def read(self, seconds: float) -> None:
        """Read what comes, until nothing has come for so long."""
        while True:
            try:
                self._connection.drain_events(timeout=seconds)
            except TimeoutError:
                return

    def answered(self) -> set[object]:
        """The commands that were answered."""
        return {reply["command_id"] for reply in self.replies}

    def waiting(self) -> int:
        """How many messages are in the node's queue and with nobody."""
        return command_queue(self.node_id)(self._connection.default_channel).queue_declare(passive=True).message_count

    def _keep_replies(self, message: object) -> None:
        self.messages += 1
        self.replies += json.loads(message.body)["replies"]

    def _keep_beat(self, message: object) -> None:
        self.beats.append(json.loads(message.body))


@contextmanager
def oo_node(bus_url: str, node_id: str, data_dir: Path, **options: object) -> Iterator[subprocess.Popen[str]]:
    """An `oo-node` in a process of its own, killed at the end of the block unless it has ended."""
    command = [sys.executable, "-m", "node_agent.cli", "run", "--node-id", node_id, "--data-dir", str(data_dir)]
    environment = {**os.environ, "BUS_URL": bus_url}
    with subprocess.Popen(command, env=environment, text=True, **options) as running:
        try:
            yield running
        finally:
            running.kill()


@contextmanager
def agents_in_processes(bus_url: str, ids: Sequence[str], directory: Path) -> Iterator[None]:
    """Agents for the length of a block, and no queue of theirs after it."""
    with ExitStack() as started:
        processes = [started.enter_context(oo_node(bus_url, node_id, directory / node_id)) for node_id in ids]
        yield
        for process in processes:
            process.terminate()
        ended = [process.wait(DEADLINE_SECONDS) for process in processes]
    with Connection(bus_url) as connection:
        for node_id in ids:
            command_queue(node_id)(connection.default_channel).delete()
    assert ended == [0] * len(ids)
