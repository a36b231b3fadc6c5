import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Self

import pytest
from cut_wire import wire_to
from kombu import Connection, Exchange, Queue
from node_world import DEADLINE_SECONDS, creation, until

from broker.bus.channel import BusChannel
from node_agent.addresses import NodeLayout
from node_agent.agent import Agent
from node_agent.bus import AgentOnBus, command_queue
from node_agent.gear_book import GearBook
from node_agent.heartbeat import Heart
from node_agent.journal import MemoryJournal
from node_agent.runtime.faults import Faults
from node_agent.runtime.simulated import SimulatedRuntime

pytestmark = pytest.mark.services("rabbitmq")

LONG = 60.0


class Puppet:
    """A node that answers each batch with whatever messages the test says."""

    def __init__(self, url: str, node_id: str, answer: Callable[[list[dict[str, object]]], Sequence[str]]) -> None:
        self.batches: list[list[dict[str, object]]] = []
        self._url, self._node_id, self._answer = url, node_id, answer
        self._stop = False
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop = True
        self._thread.join(DEADLINE_SECONDS)

    def _run(self) -> None:
        with Connection(self._url) as connection:

            def on_message(message: object) -> None:
                commands = json.loads(message.body)["commands"]
                self.batches.append(commands)
                for body in self._answer(commands):
                    connection.Producer().publish(body, routing_key=message.properties["reply_to"])
                message.ack()

            with connection.Consumer(command_queue(self._node_id), on_message=on_message):
                while not self._stop:
                    try:
                        connection.drain_events(timeout=0.1)
                    except TimeoutError:
                        continue


def done(command: dict[str, object], **changed: object) -> dict[str, object]:
    reply = {"command_id": command["command_id"], "node_id": command["node_id"], "ok": True, "endpoints": []}
    return reply | changed


def replies(*each: object) -> str:
    return json.dumps({"replies": each})


def orders(node_id: str, count: int, prefix: str = "c") -> list[dict[str, object]]:
    return [creation(node_id, f"g-{prefix}{number}", f"{prefix}{number}") for number in range(count)]


@pytest.fixture
def node_id(rabbitmq_url: str, unique_name: str) -> Iterator[str]:
    """A node whose queue and exchange are gone after the test."""
    yield f"{unique_name}.example.com"
    with Connection(rabbitmq_url) as connection:
        command_queue(f"{unique_name}.example.com")(connection.default_channel).delete()
        Exchange(unique_name)(connection.default_channel).delete()


def opened(url: str, name: str, **options: object) -> BusChannel:
    channel = BusChannel(url, exchange=name, **options)
    channel.start()
    return channel


@pytest.fixture
def channel(rabbitmq_url: str, unique_name: str) -> Iterator[BusChannel]:
    channel = opened(rabbitmq_url, unique_name)
    yield channel
    channel.close()


@pytest.fixture
def agent(rabbitmq_url: str, node_id: str, unique_name: str) -> Iterator[Agent]:
    """A real agent on the bus."""
    agent = Agent(node_id, SimulatedRuntime(Faults()), MemoryJournal(), GearBook(NodeLayout()))
    with Connection(rabbitmq_url) as connection:
        heart = Heart(node_id, "boot-1")
        on_bus = AgentOnBus(connection, agent, heart, exchange=unique_name, heartbeat_seconds=0.1)
        thread = threading.Thread(target=on_bus.run, daemon=True)
        thread.start()
        yield agent
        on_bus.should_stop = True
        thread.join(DEADLINE_SECONDS)


def test_every_command_is_answered_however_many_there_are(channel: BusChannel, agent: Agent) -> None:
    answers = channel.call(orders(agent.node_id, 450), LONG)

    assert len(answers) == len(agent.book) == 450
    assert all(answer["ok"] for answer in answers.values())


def test_commands_travel_at_most_two_hundred_in_a_message_and_in_their_order(
    channel: BusChannel, rabbitmq_url: str, node_id: str
) -> None:
    with Puppet(rabbitmq_url, node_id, lambda commands: [replies(*map(done, commands))]) as node:
        channel.call(orders(node_id, 450), LONG)

    assert [len(batch) for batch in node.batches] == [200, 200, 50]
    assert [each["command_id"] for batch in node.batches for each in batch] == [f"c{n}" for n in range(450)]


def test_many_threads_call_at_once_and_each_gets_its_own_replies(channel: BusChannel, agent: Agent) -> None:
    def call(thread: int) -> set[str]:
        return {key for turn in range(5) for key in channel.call(orders(agent.node_id, 3, f"t{thread}-{turn}-"), LONG)}

    with ThreadPoolExecutor(16) as pool:
        seen = list(pool.map(call, range(16)))

    assert seen == [{f"t{thread}-{turn}-{n}" for turn in range(5) for n in range(3)} for thread in range(16)]


def test_a_node_that_does_not_answer_holds_up_nobody_else(channel: BusChannel, agent: Agent, unique_name: str) -> None:
    silent = f"{unique_name}-silent.example.com"
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(channel.call, [*orders(silent, 1, "s"), *orders(agent.node_id, 1, "a")], 3.0)
        assert len(channel.call(orders(agent.node_id, 5), LONG)) == 5
        assert set(waiting.result()) == {"a0"}
    with Connection(channel._url) as connection:
        command_queue(silent)(connection.default_channel).delete()


def test_a_node_whose_queue_the_bus_refuses_is_silent_and_all_others_are_told(
    channel: BusChannel, agent: Agent, unique_name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="broker.bus")
    refused = f"{unique_name}-refused.example.com"
    with Connection(channel._url) as connection:
        queue = command_queue(refused)(connection.default_channel)
        Queue(queue.name, durable=True)(connection.default_channel).declare()  # as before there was one consumer
        first = channel.call([*orders(refused, 450, "r"), *orders(agent.node_id, 2, "a")], 3.0)
        second = channel.call([*orders(refused, 1, "s"), *orders(agent.node_id, 2, "b")], 1.0)
        queue.delete()
        third = channel.call(orders(refused, 1, "t"), 0.2)
        held = queue.queue_declare(passive=True).message_count
        queue.delete()

    assert (set(first), set(second), third) == ({"a0", "a1"}, {"b0", "b1"}, {})
    assert held == 1
    assert [record.message for record in caplog.records] == ["the queue of a node cannot be used"]


def wrong_node(commands: list[dict[str, object]]) -> list[str]:
    return [replies(done(commands[0], node_id="other")), replies(done(commands[0], uid=7))]


def twice(commands: list[dict[str, object]]) -> list[str]:
    return [replies(done(commands[0], uid=7)), replies(done(commands[0], uid=8)), replies(done(commands[1]))]


def unknown(commands: list[dict[str, object]]) -> list[str]:
    return [replies({"command_id": "nobody's", "node_id": "n"}, done(commands[0], uid=7))]


def nonsense(commands: list[dict[str, object]]) -> list[str]:
    garbage = ["no JSON", "[" * 100_000, "[]", "7", '{"replies": 7}', '{"replies": [7, {}, {"command_id": 5}]}']
    return [*garbage, replies(done(commands[0], uid=7))]


@pytest.mark.parametrize(
    ("answer", "warnings"),
    [
        (wrong_node, ["dropped: a reply from another node than was told"]),
        (twice, ["dropped: a second reply to one command"]),
        (unknown, ["dropped: a reply that nobody waits for"]),
        (
            nonsense,
            [
                "dropped: a message that holds no replies",
                "dropped: a reply that is no object",
                "dropped: a reply to no command",
            ],
        ),
    ],
)
def test_what_is_no_reply_to_what_was_asked_is_dropped_with_one_warning(
    channel: BusChannel,
    rabbitmq_url: str,
    node_id: str,
    caplog: pytest.LogCaptureFixture,
    answer: Callable[[list[dict[str, object]]], list[str]],
    warnings: list[str],
) -> None:
    caplog.set_level(logging.WARNING, logger="broker.bus")
    with Puppet(rabbitmq_url, node_id, answer):
        first = channel.call(orders(node_id, 2 if answer is twice else 1), LONG)
        channel.call(orders(node_id, 2 if answer is twice else 1), LONG)

    assert first["c0"]["uid"] == 7
    assert [record.message for record in caplog.records] == warnings


def test_a_call_made_before_the_bus_is_reached_is_sent_when_it_is(rabbitmq_url: str, agent: Agent) -> None:
    with wire_to(rabbitmq_url) as wire:
        wire.cut()
        channel = opened(wire.url, "unused", watches=False)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(channel.call, orders(agent.node_id, 3), LONG)
            wire.mend()
            assert len(waiting.result()) == 3
        channel.close()


def test_a_call_ends_at_its_deadline_while_the_bus_is_away(rabbitmq_url: str, node_id: str) -> None:
    with wire_to(rabbitmq_url) as wire:
        wire.cut()
        channel = opened(wire.url, "unused", watches=False)

        assert channel.call(orders(node_id, 3), 0.3) == {}
        channel.close()


def test_a_call_that_lives_through_an_outage_is_answered_and_done_once(
    rabbitmq_url: str, unique_name: str, node_id: str
) -> None:
    agent = Agent(node_id, SimulatedRuntime(Faults()), MemoryJournal(), GearBook(NodeLayout()))
    with wire_to(rabbitmq_url) as wire:
        channel = opened(wire.url, unique_name)
        assert until(lambda: channel._sender._reply_to is not None)
        with ThreadPoolExecutor(1) as pool, Connection(rabbitmq_url) as connection:
            waiting = pool.submit(channel.call, orders(node_id, 3), LONG)
            queue = command_queue(node_id)(connection.default_channel)
            queue.declare()
            assert until(lambda: queue.queue_declare(passive=True).message_count == 1)
            wire.cut()  # the commands are in the queue, and the queue of the replies is gone
            on_bus = AgentOnBus(connection.clone(), agent, Heart(node_id, "b"), exchange=unique_name)
            thread = threading.Thread(target=on_bus.run, daemon=True)
            thread.start()
            assert until(lambda: len(agent.book) == 3)
            wire.mend()
            answers = waiting.result()
            on_bus.should_stop = True
            thread.join(DEADLINE_SECONDS)
        channel.close()

    assert sorted(answer["uid"] for answer in answers.values()) == [1000, 1001, 1002]


def test_calls_end_at_their_deadlines_when_the_bus_takes_nothing_and_says_nothing(
    rabbitmq_url: str, agent: Agent
) -> None:
    with wire_to(rabbitmq_url) as wire:
        channel = opened(wire.url, "unused", watches=False)
        channel.call(orders(agent.node_id, 1), LONG)
        wire.jam()
        before = time.monotonic()
        large = [each | {"arguments": {"ballast": "x" * 50_000}} for each in orders(agent.node_id, 400, "l")]
        with ThreadPoolExecutor(4) as pool:
            waiting = [pool.submit(channel.call, large, 1.0) for _ in range(4)]

            assert [dict(each.result(timeout=40)) for each in waiting] == [{}] * 4
        assert time.monotonic() - before < DEADLINE_SECONDS
        wire.mend()
        channel.close()


def test_who_waits_is_let_go_when_the_channel_closes(channel: BusChannel, node_id: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(channel.call, orders(node_id, 1), LONG)
        assert until(lambda: bool(channel._calls.open()))
        channel.close()

        assert waiting.result(timeout=DEADLINE_SECONDS) == {}


def test_heartbeats_are_heard_by_those_who_watch_only(rabbitmq_url: str, unique_name: str, agent: Agent) -> None:
    watching, other = opened(rabbitmq_url, unique_name), opened(rabbitmq_url, unique_name, watches=False)
    other.call(orders(agent.node_id, 1), LONG)

    assert until(lambda: watching.heard() == [agent.node_id])
    assert until(lambda: watching.heard() == [agent.node_id])
    assert other.heard() == []
    watching.close()
    other.close()


def test_a_message_that_is_no_heartbeat_is_dropped_with_one_warning(
    channel: BusChannel, rabbitmq_url: str, unique_name: str, agent: Agent, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="broker.bus")
    assert until(lambda: channel.heard() == [agent.node_id])
    with Connection(rabbitmq_url) as connection:
        for body in ("no JSON", "[" * 100_000, "7", "{}", '{"node_id": 7}'):
            connection.Producer().publish(body, exchange=unique_name, routing_key="heartbeat.x")

    assert until(lambda: bool(caplog.records))
    channel.heard()
    assert until(lambda: channel.heard() == [agent.node_id])
    assert [record.message for record in caplog.records] == ["dropped: a message that is no heartbeat"]


def test_a_message_that_cannot_be_unpacked_is_dropped(
    channel: BusChannel, rabbitmq_url: str, unique_name: str, agent: Agent, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="broker.bus")
    assert until(lambda: channel.heard() == [agent.node_id])
    with Connection(rabbitmq_url) as connection:
        packed = {"compression": "application/x-gzip"}
        connection.Producer().publish("x", exchange=unique_name, routing_key="heartbeat.x", headers=packed)

    assert until(lambda: bool(caplog.records))
    channel.heard()
    assert until(lambda: channel.heard() == [agent.node_id])
    assert [record.message for record in caplog.records] == ["dropped: a message that cannot be unpacked"]


def test_commands_that_cannot_be_written_are_not_answered_and_the_next_are(channel: BusChannel, agent: Agent) -> None:
    nonsense = orders(agent.node_id, 1, "x")[0] | {"arguments": {1, 2}}

    assert channel.call([nonsense], 0.3) == {}
    assert len(channel.call(orders(agent.node_id, 2), LONG)) == 2


def test_a_channel_listens_again_after_an_error_of_its_own(
    rabbitmq_url: str, unique_name: str, agent: Agent, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    channel = BusChannel(rabbitmq_url, exchange=unique_name)
    begin, errors = channel._hearing.begin, iter([RuntimeError("a bug")])

    def begin_the_second_time() -> None:
        for error in errors:
            raise error
        begin()

    monkeypatch.setattr(channel._hearing, "begin", begin_the_second_time)
    channel.start()

    assert until(lambda: channel.heard() == [agent.node_id])
    assert "a bug" in caplog.text
    channel.close()


def test_an_idle_channel_stays_connected(
    rabbitmq_url: str, unique_name: str, agent: Agent, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="broker.bus")
    channel = opened(f"{rabbitmq_url}?heartbeat=1", unique_name)
    channel.call(orders(agent.node_id, 1), LONG)
    # The bus drops a connection that is silent for two of its heartbeats.
    assert not until(lambda: bool(caplog.records), 5)

    assert len(channel.call(orders(agent.node_id, 2), LONG)) == 2
    assert caplog.records == []
    channel.close()


def test_a_channel_notices_a_bus_that_died_without_a_word_and_finds_it_again(
    rabbitmq_url: str, unique_name: str, agent: Agent, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="broker.bus")
    with wire_to(f"{rabbitmq_url}?heartbeat=1") as wire:
        channel = opened(wire.url, unique_name)
        channel.call(orders(agent.node_id, 1), LONG)
        wire.jam()
        said = ("nodes cannot be heard", "the bus does not take commands")
        assert until(lambda: all(text in caplog.text for text in said))
        wire.mend()

        assert len(channel.call(orders(agent.node_id, 2), LONG)) == 2
        assert until(lambda: channel.heard() == [agent.node_id])
        channel.close()


def test_what_is_sent_after_a_call_has_ended_comes_after_it_or_without_it(
    channel: BusChannel, rabbitmq_url: str, node_id: str
) -> None:
    with Puppet(rabbitmq_url, node_id, lambda commands: [replies(*map(done, commands))]) as node:
        for number in range(200):
            channel.call(orders(node_id, 1, f"{number:03}-"), 0.0005 * (number % 4))
        channel.call(orders(node_id, 1, "last-"), LONG)

    arrived = [command["command_id"] for batch in node.batches for command in batch]
    assert arrived == sorted(set(arrived))
