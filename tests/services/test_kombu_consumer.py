"""The consumer on a real RabbitMQ: durable queue, acknowledgement after apply, poison, cuts."""

import threading
import time
from contextlib import ExitStack, contextmanager

import kombu
import pytest
from kombu.entity import Exchange, Queue
from routing_fakes import TableListener, ToldBroker

from routing_spi.backoff import Backoff
from routing_spi.codec import encode_json
from routing_spi.conformance_story import FIRST_GEAR, Story, a_life, tables_after
from routing_spi.consumer import BusConsumer, watch_bus
from routing_spi.follower import Follower
from routing_spi.state import MemoryState, StateDirectory
from routing_spi.state_files import read_state

pytestmark = pytest.mark.services("rabbitmq")

DEADLINE_SECONDS = 30.0


class Bus:
    """One exchange and queue of this test's own on the shared server."""

    def __init__(self, url, name):
        self.url, self.name = url, name
        self.exchange = Exchange(name, type="topic", durable=True)
        self.queue = Queue(name, no_declare=True)

    def publish(self, *events):
        self.publish_raw(*((event.routing_key, encode_json(event)) for event in events))

    def publish_raw(self, *messages):
        with kombu.Connection(self.url, transport_options={"confirm_publish": True}) as connection:
            producer = connection.Producer(exchange=self.exchange)
            for key, body in messages:
                producer.publish(body, routing_key=key, content_type="application/json", delivery_mode=2)

    def waiting(self):
        with kombu.Connection(self.url) as connection:
            return connection.default_channel.queue_declare(self.name, passive=True).message_count

    def delete(self):
        with kombu.Connection(self.url) as connection:
            connection.default_channel.queue_delete(self.name)
            connection.default_channel.exchange_delete(self.name)


class Consuming:
    def __init__(self, bus, events=(), *, state=None, binding_key="#", exchange=None):
        self.listener, self.reports, self.source = TableListener(), [], ToldBroker(events)
        self.state = state or MemoryState()
        self.follower = Follower(
            listener=self.listener, source=self.source, state=self.state, report=self.reports.append
        )
        self.consumer = BusConsumer(
            bus.url,
            follower=self.follower,
            queue=bus.name,
            report=self.reports.append,
            exchange=exchange or bus.name,
            binding_key=binding_key,
            backoff=Backoff(first_seconds=0.05, most_seconds=0.2),
        )

    @contextmanager
    def running(self):
        stop = threading.Event()
        thread = threading.Thread(target=self.consumer.run, args=(stop,))
        thread.start()
        try:
            self.until(lambda: self.source.asked)  # the queue is bound before the first snapshot is taken
            yield self
        finally:
            stop.set()
            thread.join()

    def until(self, claim):
        end = time.monotonic() + DEADLINE_SECONDS
        while not claim():
            assert time.monotonic() < end, self.reports
            time.sleep(0.01)


@pytest.fixture
def bus(rabbitmq_url, unique_name):
    bus = Bus(rabbitmq_url, unique_name)
    yield bus
    bus.delete()


def test_events_on_the_bus_reach_the_listener_in_order_and_are_acknowledged(bus):
    events = a_life(position=0)

    with Consuming(bus).running() as consuming:
        bus.publish(*events)
        consuming.until(lambda: consuming.listener.tables == tables_after(events))
        consuming.until(lambda: bus.waiting() == 0)

    assert consuming.listener.told == ["snapshot", *(event.event_id for event in events)]


def test_events_that_came_while_nobody_listened_are_in_the_queue(bus):
    events = a_life(position=0)
    with Consuming(bus).running() as first:
        bus.publish(*events[:3])
        first.until(lambda: len(first.listener.told) == 4)

    bus.publish(*events[3:])

    assert bus.waiting() == len(events) - 3
    with Consuming(bus, events[:3]).running() as second:
        second.until(lambda: second.listener.tables == tables_after(events))


def test_repeats_and_disorder_on_the_bus_end_in_the_broker_s_tables(bus):
    events = a_life(position=0)

    with Consuming(bus).running() as consuming:
        consuming.source.told = list(events)
        bus.publish(events[3], events[0], events[3], *reversed(events))
        consuming.until(lambda: consuming.follower.position == len(events))

    assert consuming.listener.tables == tables_after(events)


def test_a_poison_message_is_put_aside_and_others_flow(bus):
    events = a_life(position=0)

    with Consuming(bus).running() as consuming:
        bus.publish(events[0])
        bus.publish_raw(("test.testha.poison", "{not json"), ("test.testha.poison", ":action: :create_application\n"))
        bus.publish(*events[1:])
        consuming.until(lambda: consuming.listener.tables == tables_after(events))

        consuming.until(lambda: bus.waiting() == 0)

    assert consuming.consumer.parked == 2
    assert consuming.state.parked[0][0] == "{not json"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "7",
        '{"specversion": "1.0"}',
        '"text"',
        "\x00\xff",
        "[" * 10_000,
        '{"type": 1}',
        "x" * 1_000_000,
    ],
)
def test_a_message_that_is_no_event_is_put_aside_whatever_it_is(bus, body):
    event = Story("testha", position=0).create()

    with Consuming(bus).running() as consuming:
        bus.publish_raw(("anything", body))
        bus.publish(event)
        consuming.until(lambda: consuming.listener.tables == tables_after([event]))
        consuming.until(lambda: bus.waiting() == 0)

    assert consuming.consumer.parked == 1


def test_an_application_that_the_listener_refuses_is_put_aside_and_the_others_flow(bus):
    good, bad = a_life("good", position=0), a_life("bad", position=100)
    consuming = Consuming(bus)
    apply, resync = consuming.listener.apply, consuming.listener.resync

    def refusing_event(event):
        if event.app_name == "bad":
            raise ValueError("cannot be routed")
        apply(event)

    def refusing_table(snapshot):
        if any(table.app_name == "bad" for table in snapshot.tables.values()):
            raise ValueError("cannot be routed")
        resync(snapshot)

    consuming.listener.apply, consuming.listener.resync = refusing_event, refusing_table
    with consuming.running():
        consuming.until(lambda: consuming.listener.told)
        consuming.source.told = [*good, *bad]
        bus.publish(bad[0], *good, *bad[1:])
        consuming.until(lambda: consuming.listener.tables == tables_after(good))
        consuming.until(lambda: consuming.follower.known.tables == tables_after([*good, *bad]))
        consuming.until(lambda: bus.waiting() == 0)

    assert list(consuming.follower.refused.values()) == ["ValueError('cannot be routed')"]
    assert "cannot be routed" in consuming.state.parked[0][1]


def test_two_listeners_with_queues_of_their_own_do_not_disturb_one_another(bus, rabbitmq_url, tmp_path):
    """One is killed and comes back to what it had; the other goes on meanwhile."""
    events = a_life(position=0)
    other = Bus(rabbitmq_url, bus.name)
    other.name = f"{bus.name}-other"
    try:
        with StateDirectory(tmp_path / "one") as first_state, StateDirectory(tmp_path / "two") as second_state:
            second = Consuming(other, state=second_state, exchange=bus.name)
            with second.running():
                with Consuming(bus, state=first_state).running() as first:
                    bus.publish(*events[:5])
                    first.until(lambda: first.follower.position == 5)
                    second.until(lambda: second.follower.position == 5)
                bus.publish(*events[5:])
                second.until(lambda: second.listener.tables == tables_after(events))
            again = Consuming(bus, events[:5], state=first_state)
            with again.running():
                again.until(lambda: again.listener.tables == tables_after(events))
    finally:
        with kombu.Connection(rabbitmq_url) as connection:
            connection.default_channel.queue_delete(other.name)

    assert again.listener.told[:2] == ["snapshot", "snapshot"]
    assert [told for told in again.listener.told if told != "snapshot"] == [event.event_id for event in events[5:]]


def test_what_is_acknowledged_is_on_disk(bus, tmp_path):
    events = a_life(position=0)
    with StateDirectory(tmp_path) as state:
        with Consuming(bus, state=state).running() as consuming:
            bus.publish(*events)
            consuming.until(lambda: consuming.follower.position == len(events))
            consuming.until(lambda: bus.waiting() == 0)

        assert read_state(tmp_path)[1].tables == tables_after(events)


def test_an_event_the_listener_could_not_take_in_comes_again(bus):
    events = a_life(position=0)

    with Consuming(bus).running() as consuming:
        consuming.until(lambda: consuming.listener.told)
        consuming.listener.failures.append(OSError("router is restarting"))
        consuming.source.told = list(events)
        bus.publish(*events)
        consuming.until(lambda: consuming.listener.tables == tables_after(events))

        consuming.until(lambda: bus.waiting() == 0)

    assert any("router is restarting" in report for report in consuming.reports)


def test_a_gap_that_cannot_be_filled_now_is_filled_later_and_nothing_is_lost(bus):
    events = a_life(position=0)

    with Consuming(bus).running() as consuming:
        consuming.until(lambda: consuming.listener.told)
        consuming.source.reachable = False
        bus.publish(events[0], events[4])
        consuming.until(lambda: any("cannot be reached" in report for report in consuming.reports))
        consuming.source.told = list(events[:5])
        consuming.source.reachable = True
        consuming.until(lambda: consuming.listener.tables == tables_after(events[:5]))


def test_a_listener_may_bind_to_one_application(bus):
    ours, others = Story("ours"), Story("others")
    created = [others.create(), ours.create(), others.add(FIRST_GEAR, "203.0.113.17", 1)]
    last = ours.add(FIRST_GEAR, "203.0.113.17", 2)

    with Consuming(bus, binding_key="test.ours.*").running() as consuming:
        bus.publish(*created, last)
        consuming.until(lambda: last.event_id in consuming.listener.told)

    assert [table.app_name for table in consuming.listener.kept] == ["ours"]


def test_a_second_consumer_waits_and_takes_over(bus):
    events = a_life(position=0)
    second = Consuming(bus)

    with ExitStack() as waiting, ExitStack() as taken_over:
        first = taken_over.enter_context(Consuming(bus).running())
        bus.publish(events[0])
        first.until(lambda: events[0].event_id in first.listener.told)
        second.source.told = [events[0]]
        waiting.enter_context(second.running())
        bus.publish(*events[1:4])
        first.until(lambda: events[3].event_id in first.listener.told)
        second.until(lambda: second.listener.told)
        assert second.listener.told == ["snapshot"]
        second.source.told = list(events)
        taken_over.close()
        bus.publish(*events[4:])
        second.until(lambda: second.listener.tables == tables_after(events))


def test_a_queue_deleted_under_the_consumer_is_set_up_again(bus):
    events = a_life(position=0)
    consuming = Consuming(bus)

    with consuming.running():
        bus.publish(*events[:3])
        consuming.until(lambda: events[2].event_id in consuming.listener.told)
        consuming.source.told = list(events)
        with kombu.Connection(bus.url) as connection:
            connection.default_channel.queue_delete(bus.name)
        consuming.until(lambda: consuming.source.asked.count("snapshot") > 1)

        assert consuming.listener.tables == tables_after(events)


def test_a_bus_that_is_not_there_is_reported_without_its_password(unique_name):
    bus = Bus("amqp://guest:very-secret@127.0.0.1:1//", unique_name)
    consuming = Consuming(bus)
    stop = threading.Event()
    thread = threading.Thread(target=consuming.consumer.run, args=(stop,))

    thread.start()

    consuming.until(lambda: consuming.reports)
    stop.set()
    thread.join()
    assert "very-secret" not in consuming.reports[0]
    assert "127.0.0.1:1" in consuming.reports[0]


def test_watching_the_bus_shows_events_and_what_cannot_be_read(bus):
    event = Story("testha").create()
    with kombu.Connection(bus.url) as connection:
        bus.exchange(connection.default_channel).declare()
    watching = watch_bus(bus.url, exchange=bus.name)
    seen = []
    thread = threading.Thread(target=lambda: seen.extend(next(watching) for _ in range(2)))
    thread.start()
    end = time.monotonic() + DEADLINE_SECONDS

    while thread.is_alive() and time.monotonic() < end:  # until the watcher has bound its queue, nothing is kept
        bus.publish_raw(("a.b.c", "{"), (event.routing_key, encode_json(event)))
        thread.join(0.1)

    watching.close()
    assert event in seen
    assert any(isinstance(one, str) for one in seen)
