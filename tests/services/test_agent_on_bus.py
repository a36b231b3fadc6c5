import json
import logging
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cut_wire import wire_to
from kombu import Connection, Exchange
from node_world import DEADLINE_SECONDS, BrokerSide, creation, destruction, oo_node, until

from node_agent.addresses import NodeLayout
from node_agent.agent import Agent
from node_agent.bus import NODES_EXCHANGE, AgentOnBus, command_queue
from node_agent.gear import Gear
from node_agent.gear_book import GearBook
from node_agent.heartbeat import Heart
from node_agent.journal import MemoryJournal
from node_agent.runtime.faults import Faults
from node_agent.runtime.simulated import SimulatedRuntime

pytestmark = pytest.mark.services("rabbitmq")


class SlowRuntime(SimulatedRuntime):
    """A runtime that takes its time."""

    def create(self, gear: Gear) -> None:
        time.sleep(0.05)
        super().create(gear)


@contextmanager
def agent_and_side(
    our_url: str, agents_url: str, name: str, runtime: SimulatedRuntime | None = None
) -> Iterator[BrokerSide]:
    """The broker's side, with an agent on the other."""
    node_id = f"{name}.example.com"
    exchange = f"{name}-nodes"
    agent = Agent(node_id, runtime or SimulatedRuntime(Faults()), MemoryJournal(), GearBook(NodeLayout()))
    with Connection(agents_url) as theirs, Connection(our_url) as ours:
        side = BrokerSide(ours, node_id, exchange)
        on_bus = AgentOnBus(theirs, agent, Heart(node_id, "boot-1"), exchange=exchange, heartbeat_seconds=0.1)
        thread = threading.Thread(target=on_bus.run)
        thread.start()
        try:
            yield side
        finally:
            on_bus.should_stop = True
            thread.join(timeout=DEADLINE_SECONDS)
            command_queue(node_id)(ours.default_channel).delete()
            Exchange(exchange)(ours.default_channel).delete()
        assert not thread.is_alive()


@pytest.fixture
def side(rabbitmq_url: str, unique_name: str) -> Iterator[BrokerSide]:
    with agent_and_side(rabbitmq_url, rabbitmq_url, unique_name) as side:
        yield side


@pytest.fixture
def node_id(rabbitmq_url: str, unique_name: str) -> Iterator[str]:
    """A node whose queue is gone after the test."""
    node_id = f"{unique_name}.example.com"
    yield node_id
    with Connection(rabbitmq_url) as connection:
        command_queue(node_id)(connection.default_channel).delete()


def unknown_kind(node_id: str, command_id: str) -> dict[str, object]:
    return creation(node_id, "g1", command_id) | {"kind": "paint_gear"}


def test_a_batch_is_done_in_order_and_answered_where_the_message_says(side: BrokerSide) -> None:
    node = side.node_id
    side.tell(creation(node, "g1", "c1"), destruction(node, "g1", "c2"), creation(node, "g1", "c3"))
    side.read_until(lambda: side.answered() == {"c1", "c2", "c3"})

    assert [(reply["command_id"], reply["error_code"]) for reply in side.replies] == [
        ("c1", None),
        ("c2", None),
        ("c3", "gear_destroyed"),
    ]


def test_commands_that_come_again_are_answered_again_and_done_once(side: BrokerSide) -> None:
    batch = [creation(side.node_id, f"g{number}", f"c{number}") for number in range(150)]
    side.tell(*batch)
    side.tell(*batch)
    side.read_until(lambda: len(side.replies) == 300)

    assert side.replies[:150] == side.replies[150:]
    assert len({reply["uid"] for reply in side.replies}) == 150


def test_heartbeats_keep_coming_with_rising_numbers(side: BrokerSide) -> None:
    side.read_until(lambda: len(side.beats) >= 3)

    numbers = [beat["number"] for beat in side.beats]
    assert numbers == sorted(set(numbers))


def test_what_makes_no_sense_in_a_batch_is_answered_and_the_rest_is_done(side: BrokerSide) -> None:
    node = side.node_id
    side.tell(
        creation(node, "g1", "c1"),
        unknown_kind(node, "c2"),
        "no command",
        {"kind": "create_gear"},
        creation("other.example.com", "g2", "c3"),
        creation(node, "g3", "c4"),
    )
    side.read_until(lambda: "c4" in side.answered())

    assert [(reply["command_id"], reply["error_code"]) for reply in side.replies] == [
        ("c1", None),
        ("c2", "malformed_command"),
        ("c3", "wrong_node"),
        ("c4", None),
    ]


@pytest.mark.parametrize(
    "body",
    [
        "this is no JSON",
        "[]",
        "{}",
        '{"commands": {}}',
        '{"commands": []}',
        "[" * 100_000,
        '{"commands": [{"command_id": ' + "[" * 100_000,
        json.dumps({"commands": [creation("n", f"g{number}", f"c{number}") for number in range(201)]}),
    ],
)
def test_a_message_that_is_no_batch_is_thrown_away_and_the_next_is_answered(side: BrokerSide, body: str) -> None:
    side.send(body, reply_to="nobody")
    side.tell(creation(side.node_id, "g1", "after"))
    side.read_until(lambda: bool(side.replies))

    assert [reply["command_id"] for reply in side.replies] == ["after"]


NOT_TO_BE_WRITTEN = ["\ud800", "a\0b"]


@pytest.mark.parametrize("text", NOT_TO_BE_WRITTEN)
@pytest.mark.parametrize("field", ["command_id", "node_id", "gear_id", "kind"])
def test_a_text_that_cannot_be_written_down_ends_no_agent(
    rabbitmq_url: str, node_id: str, tmp_path: Path, field: str, text: str
) -> None:
    with Connection(rabbitmq_url) as connection, oo_node(rabbitmq_url, node_id, tmp_path) as running:
        side = BrokerSide(connection, node_id, NODES_EXCHANGE)
        side.tell(creation(node_id, "g1", "c1") | {field: text}, creation(node_id, "g2", "c2"))
        side.read_until(lambda: "c2" in side.answered())

        assert running.poll() is None
    assert [reply["error_code"] for reply in side.replies] == ["malformed_command"] * (field != "command_id") + [None]


@pytest.mark.parametrize("text", NOT_TO_BE_WRITTEN)
def test_arguments_that_cannot_be_written_down_are_refused(side: BrokerSide, text: str) -> None:
    order = creation(side.node_id, "g1", "c1")
    cartridge = {"name": text, "endpoints": []}
    order["arguments"]["cartridges"] = [cartridge]
    undoing = destruction(side.node_id, "g1", "c2") | {"undoes": ["c1", text]}
    side.tell(order, undoing, creation(side.node_id, "g3", "c3"))
    side.read_until(lambda: "c3" in side.answered())

    assert [(reply["command_id"], reply["error_code"]) for reply in side.replies] == [
        ("c1", "malformed_command"),
        ("c2", "malformed_command"),
        ("c3", None),
    ]


def test_a_message_that_cannot_be_unpacked_is_thrown_away(side: BrokerSide) -> None:
    side.send("no archive", reply_to="nobody", headers={"compression": "application/x-gzip"})
    side.send("no archive", reply_to="nobody", headers={"compression": "no such thing"})
    side.tell(creation(side.node_id, "g1", "after"))
    side.read_until(lambda: bool(side.replies))

    assert (side.replies[0]["ok"], side.waiting()) == (True, 0)


def test_a_message_that_does_not_say_where_to_answer_is_not_carried_out(side: BrokerSide) -> None:
    side.send(json.dumps({"commands": [creation(side.node_id, "g1", "c1")]}))
    side.tell(creation(side.node_id, "g1", "c2"))
    side.read_until(lambda: bool(side.replies))

    assert [(reply["command_id"], reply["ok"]) for reply in side.replies] == [("c2", True)]


def test_much_garbage_is_one_warning(side: BrokerSide, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="node_agent")
    for _ in range(50):
        side.send("this is no JSON", reply_to="nobody")
    side.tell(creation(side.node_id, "g1", "after"))
    side.read_until(lambda: bool(side.replies))

    assert [record.message for record in caplog.records] == ["no commands"]


def test_replies_to_a_queue_that_is_gone_do_not_keep_the_next_command_from_being_answered(side: BrokerSide) -> None:
    side.send(json.dumps({"commands": [creation(side.node_id, "g1", "c1")]}), reply_to="gone")
    side.tell(creation(side.node_id, "g1", "c1"))
    side.read_until(lambda: bool(side.replies))

    assert side.replies[0]["ok"]


def test_a_batch_that_takes_long_is_answered_in_pieces_with_heartbeats_between(
    rabbitmq_url: str, unique_name: str
) -> None:
    with agent_and_side(rabbitmq_url, rabbitmq_url, unique_name, SlowRuntime(Faults())) as side:
        side.tell(*[creation(side.node_id, f"g{number}", f"c{number}") for number in range(30)])
        side.read_until(lambda: len(side.replies) == 30)

        assert side.messages > 1
        assert {beat["gears"] for beat in side.beats} - {0, 30}


def test_an_agent_notices_a_bus_that_died_without_a_word_and_finds_it_again(
    rabbitmq_url: str, unique_name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with wire_to(f"{rabbitmq_url}?heartbeat=1") as wire, agent_and_side(rabbitmq_url, wire.url, unique_name) as side:
        side.read_until(lambda: bool(side.beats))
        wire.jam()
        side.tell(creation(side.node_id, "g1", "c1"))
        assert until(lambda: "the bus is lost" in caplog.text)
        wire.mend()
        side.read_until(lambda: bool(side.replies))

    assert [reply["ok"] for reply in side.replies] == [True]


def test_a_second_consumer_of_one_node_is_given_nothing_while_the_first_is_there(
    side: BrokerSide, rabbitmq_url: str
) -> None:
    side.read_until(lambda: bool(side.beats))
    taken: list[object] = []
    queue = command_queue(side.node_id)
    with Connection(rabbitmq_url) as connection, connection.Consumer(queue, on_message=taken.append):
        for number in range(20):
            side.tell(creation(side.node_id, f"g{number}", f"c{number}"))
        side.read_until(lambda: len(side.replies) == 20)

    assert taken == []


def test_oo_node_runs_until_it_is_told_to_terminate(rabbitmq_url: str, node_id: str, tmp_path: Path) -> None:
    with oo_node(rabbitmq_url, node_id, tmp_path, stderr=subprocess.PIPE) as running:
        assert running.stderr is not None
        assert "connected to" in running.stderr.readline()
        running.terminate()

        assert running.wait(timeout=DEADLINE_SECONDS) == 0


def test_a_second_oo_node_in_one_data_directory_is_refused_in_one_line(
    rabbitmq_url: str, node_id: str, tmp_path: Path
) -> None:
    with oo_node(rabbitmq_url, node_id, tmp_path, stderr=subprocess.PIPE) as running:
        assert running.stderr is not None
        running.stderr.readline()
        with oo_node(rabbitmq_url, node_id, tmp_path, stderr=subprocess.PIPE) as second:
            _, shown = second.communicate(timeout=DEADLINE_SECONDS)
        running.terminate()

    assert second.returncode == 1
    assert shown == f"oo-node: another oo-node runs in {tmp_path}: end it, or name another directory with --data-dir\n"


def test_oo_node_ends_when_it_is_told_to_although_the_bus_is_away(
    rabbitmq_url: str, node_id: str, tmp_path: Path
) -> None:
    with wire_to(rabbitmq_url) as wire, oo_node(wire.url, node_id, tmp_path, stderr=subprocess.PIPE) as running:
        assert running.stderr is not None
        assert "connected to" in running.stderr.readline()
        wire.cut()
        assert "the bus is lost" in running.stderr.readline()
        running.terminate()

        assert running.wait(timeout=DEADLINE_SECONDS) == 0
