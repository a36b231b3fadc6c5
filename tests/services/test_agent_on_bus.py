import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from kombu import Connection, Exchange, Queue

from node_agent.addresses import NodeLayout
from node_agent.agent import Agent
from node_agent.bus import AgentOnBus, command_queue
from node_agent.gear_book import GearBook
from node_agent.heartbeat import Heart
from node_agent.journal import Journal
from node_agent.protocol import Command, CommandKind
from node_agent.runtime.faults import Faults
from node_agent.runtime.simulated import SimulatedRuntime

DEADLINE_SECONDS = 20

pytestmark = pytest.mark.services("rabbitmq")


class BrokerSide:
    """What the broker does on the bus: sends commands, and reads what the nodes say."""

    def __init__(self, connection: Connection, node_id: str, exchange: str) -> None:
        self.node_id = node_id
        self.received: list[tuple[str, dict[str, object]]] = []
        self._connection = connection
        self._queue = Queue(f"test.{node_id}", Exchange(exchange, type="topic"), routing_key="#", exclusive=True)

    def send(self, body: str) -> None:
        """Put a message on the node's queue."""
        self._connection.Producer().publish(
            body,
            routing_key=command_queue(self.node_id).name,
            content_type="application/json",
            content_encoding="utf-8",
            declare=[command_queue(self.node_id)],
        )

    def read_until(self, enough: Callable[[], bool]) -> None:
        """Read what comes until there is enough of it; raises `AssertionError` after the deadline."""
        deadline = time.monotonic() + DEADLINE_SECONDS

        def keep(body: object, message: object) -> None:
            key = message.delivery_info["routing_key"]
            self.received.append((key, json.loads(body) if isinstance(body, str | bytes) else body))
            message.ack()

        with self._connection.Consumer(self._queue, callbacks=[keep]):
            while not enough():
                assert time.monotonic() < deadline, f"only this came: {self.received}"
                try:
                    self._connection.drain_events(timeout=0.2)
                except TimeoutError:
                    continue

    def said(self, kind: str) -> list[dict[str, object]]:
        """List what the node said, of one kind."""
        return [content for key, content in self.received if key == f"{kind}.{self.node_id}"]


@pytest.fixture
def broker_side(rabbitmq_url: str, unique_name: str) -> Iterator[BrokerSide]:
    node_id = f"{unique_name}.example.com"
    exchange = f"{unique_name}-nodes"
    agent = Agent(node_id, SimulatedRuntime(Faults()), Journal(), GearBook(NodeLayout()))
    with Connection(rabbitmq_url) as theirs, Connection(rabbitmq_url) as ours:
        side = BrokerSide(ours, node_id, exchange)
        side._queue(ours.default_channel).declare()
        on_bus = AgentOnBus(theirs, agent, Heart(node_id, "boot-1"), exchange=exchange, heartbeat_seconds=0.1)
        thread = threading.Thread(target=on_bus.run)
        thread.start()
        yield side
        on_bus.should_stop = True
        thread.join(timeout=DEADLINE_SECONDS)
        assert not thread.is_alive()
        command_queue(node_id)(ours.default_channel).delete()
        Exchange(exchange)(ours.default_channel).delete()


@pytest.fixture
def queue_of_node(rabbitmq_url: str, unique_name: str) -> Iterator[str]:
    node_id = f"{unique_name}.example.com"
    yield node_id
    with Connection(rabbitmq_url) as connection:
        command_queue(node_id)(connection.default_channel).delete()


def start_of_unknown_gear(node_id: str) -> Command:
    return Command(command_id="c1", node_id=node_id, kind=CommandKind.START_GEAR, gear_id="f" * 24)


def test_a_command_on_the_queue_is_answered_on_the_exchange(broker_side: BrokerSide) -> None:
    command = start_of_unknown_gear(broker_side.node_id)

    broker_side.send(json.dumps(command.to_wire()))
    broker_side.read_until(lambda: bool(broker_side.said("reply")))

    assert broker_side.said("reply")[0]["command_id"] == "c1"
    assert broker_side.said("reply")[0]["error_code"] == "unknown_gear"


def test_heartbeats_keep_coming_with_rising_numbers(broker_side: BrokerSide) -> None:
    broker_side.read_until(lambda: len(broker_side.said("heartbeat")) >= 3)

    numbers = [beat["number"] for beat in broker_side.said("heartbeat")]
    assert numbers == sorted(set(numbers))


def test_garbage_on_the_queue_does_not_keep_the_next_command_from_being_answered(
    broker_side: BrokerSide,
) -> None:
    broker_side.send("this is no command")
    broker_side.send(json.dumps(start_of_unknown_gear(broker_side.node_id).to_wire()))
    broker_side.read_until(lambda: bool(broker_side.said("reply")))

    assert [reply["command_id"] for reply in broker_side.said("reply")] == ["c1"]


def test_oo_node_runs_until_it_is_told_to_terminate(rabbitmq_url: str, queue_of_node: str) -> None:
    command = [sys.executable, "-c", "from node_agent.cli import main; raise SystemExit(main())"]
    options = ["run", "--bus", rabbitmq_url, "--node-id", queue_of_node]

    with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        assert "Connected to" in running.stderr.readline()
        running.terminate()

        assert running.wait(timeout=DEADLINE_SECONDS) == 0
