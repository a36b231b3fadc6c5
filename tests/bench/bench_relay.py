"""The relay from rows in PostgreSQL to RabbitMQ's confirms, and a listener from the queue to its own state.

The baselines of the same run are py-amqp alone, with the same bodies: publishing with confirms in batches of a
hundred, and consuming with an acknowledgement a message. Each is measured in turn, and the medians are compared.

Usage: PYTHONPATH=.:tests .venv/bin/python tests/bench/bench_relay.py [--check]
"""

import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

import kombu
from bus import bare_consume, bare_publish, bench_platform, bodies, fill, seconds_to_relay
from conftest import rabbitmq_address
from harness import Goal, figure, finish, wants_check
from kombu.entity import Exchange, Queue

from routing_spi.codec import encode_json
from routing_spi.conformance_story import Story
from routing_spi.consumer import BusConsumer
from routing_spi.events import RoutingEvent
from routing_spi.follower import Follower
from routing_spi.snapshot import Snapshot
from routing_spi.state import StateDirectory
from routing_spi.table import RoutingTable

EVENTS, ROUNDS = 20_000, 3
LISTENER_APPLICATIONS = 50


class CountingListener:
    """Does nothing but count, so that the way to it is what is measured."""

    def __init__(self) -> None:
        self.applied = 0

    def apply(self, _event: RoutingEvent) -> None:
        self.applied += 1

    def resync(self, _snapshot: Snapshot) -> None:
        """A snapshot is no event."""


class EmptyBroker:
    """A broker that has nothing to tell before the first event."""

    def snapshot(self) -> Snapshot:
        return Snapshot(position=0, tables={})

    def table(self, _application_id: str) -> RoutingTable | None:
        return None


def main() -> int:
    """Print the figures; with `--check` the exit status is 1 when a goal is missed."""
    check = wants_check(__doc__)
    relayed, bare = relay_rates()
    figure("baseline: py-amqp, confirms in batches of 100", median(bare), "events/s")
    figure("relay, from row to confirmed", median(relayed), "events/s")
    applied, consumed = listener_rates()
    figure("baseline: py-amqp, consuming with acknowledgements", median(consumed), "events/s")
    figure("listener, from the queue to its state on disk", median(applied), "events/s")
    goals = [
        Goal(
            name="relay to py-amqp",
            value=median(relayed) / median(bare),
            bound=0.5,
            unit="times",
            at_least=True,
        ),
        Goal(
            name="listener to py-amqp",
            value=median(applied) / median(consumed),
            bound=0.5,
            unit="times",
            at_least=True,
        ),
    ]
    return finish(goals, check=check)


def relay_rates() -> tuple[list[float], list[float]]:
    """Events a second of the relay and of py-amqp, in turn."""
    relayed, bare = [], []
    with bench_platform() as built:
        exchange = built.settings.routing_exchange
        for number in range(ROUNDS):
            fill(built, EVENTS, first=1 + number * EVENTS)
            relayed.append(EVENTS / seconds_to_relay(built, (number + 1) * EVENTS))
            bare.append(EVENTS / bare_publish(exchange, bodies(built, EVENTS)))
            with kombu.Connection(rabbitmq_address()) as connection:
                connection.default_channel.queue_purge(exchange)
    return relayed, bare


def listener_rates() -> tuple[list[float], list[float]]:
    """Events a second of a listener and of py-amqp, in turn, from queues that are full beforehand."""
    applied, consumed = [], []
    for number in range(ROUNDS):
        name = f"bench-listener-{time.monotonic_ns()}-{number}"
        queue = Queue(
            name,
            Exchange(name, type="topic", durable=True),
            routing_key="#",
            durable=True,
            queue_arguments={"x-single-active-consumer": True},
        )
        messages = [(event.routing_key, encode_json(event).encode()) for event in events()]
        with kombu.Connection(rabbitmq_address()) as connection:
            queue(connection.default_channel).declare()
            try:
                bare_publish(name, messages)
                consumed.append(EVENTS / bare_consume(name, EVENTS))
                bare_publish(name, messages)
                applied.append(EVENTS / seconds_to_apply(name))
            finally:
                connection.default_channel.queue_delete(name)
                connection.default_channel.exchange_delete(name)
    return applied, consumed


def events() -> list[RoutingEvent]:
    """The lives of fifty applications side by side: endpoints come and go."""
    stories = [Story(f"app{number}") for number in range(LISTENER_APPLICATIONS)]
    told = [story.create() for story in stories]
    turn = 0
    while len(told) < EVENTS:
        turn += 1
        gear, port = f"{turn // 2:024x}", 40_000 + turn // 2
        told += [(story.remove if turn % 2 else story.add)(gear, "203.0.113.17", port) for story in stories]
    return told[:EVENTS]


def seconds_to_apply(queue: str) -> float:
    """How long a listener takes for what waits in its queue, with its state kept on disk."""
    listener, stop = CountingListener(), threading.Event()
    with tempfile.TemporaryDirectory(prefix="gearbroker-bench-") as directory, StateDirectory(Path(directory)) as state:
        follower = Follower(listener=listener, source=EmptyBroker(), state=state, report=lambda _: None)
        consumer = BusConsumer(
            rabbitmq_address(), follower=follower, queue=queue, exchange=queue, report=lambda _: None
        )
        thread = threading.Thread(target=consumer.run, args=(stop,))
        began = time.perf_counter()
        thread.start()
        while listener.applied < EVENTS:
            time.sleep(0.01)
        seconds = time.perf_counter() - began
        stop.set()
        thread.join()
    return seconds


if __name__ == "__main__":
    sys.exit(main())
