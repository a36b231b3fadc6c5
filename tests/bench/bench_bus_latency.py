"""From the commit of a change to a listener on RabbitMQ, idle and with 2,000 events a second flowing.

Three processes: this one commits, a relay numbers and publishes, a listener notes when it was called. The database
is PostgreSQL. The clock starts before the database is told to commit, so the synchronous write is part of the figure.
The baseline of the same run is py-amqp alone: from publishing to the listener's callback.

Usage: PYTHONPATH=.:tests .venv/bin/python tests/bench/bench_bus_latency.py [--check]
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

import amqp
from bus import bare_channel, bench_settings
from conftest import rabbitmq_address
from harness import Goal, figure, finish, percentile, wants_check
from services.relaying import an_event, application, platform, relay_process, write
from sqlalchemy import event

from broker.bootstrap import Built

CHANGES, PAUSE_SECONDS = 500, 0.01
FLOWING_CHANGES, EVENTS_IN_ONE, RATE = 2_000, 10, 2_000
WARM_UP = 50

LISTENER = """
import json, sys, time
from urllib.parse import urlsplit
import amqp
server = urlsplit(sys.argv[1])
left, noted = int(sys.argv[3]), []
def take(message):
    global left
    noted.append((message.body, time.monotonic()))
    left -= 1
host = f"{server.hostname}:{server.port or 5672}"
connection = amqp.Connection(host, userid=server.username, password=server.password)
connection.connect()
channel = connection.channel()
channel.basic_consume(sys.argv[2], callback=take, no_ack=True)
print("up", flush=True)
while left:
    connection.drain_events()
for body, at in noted:
    data = json.loads(body)["data"]
    print(data["application_id"], data["sequence"], at)
"""

Arrivals = dict[tuple[str, int], float]


def main() -> int:
    """Print the figures; with `--check` the exit status is 1 when a goal is missed."""
    check = wants_check(__doc__)
    with bench_settings() as settings:
        exchange = settings["ROUTING_EXCHANGE"]
        bare = bare_latencies(exchange)
        with platform(settings) as built, relay_process(settings):
            idle = idle_latencies(built, exchange)
            flowing = flowing_latencies(built, exchange)
    figure("baseline: py-amqp, publish to callback, median", median(bare) * 1e3, "ms")
    figure("baseline: py-amqp, publish to callback, p99", percentile(bare, 99) * 1e3, "ms")
    figure("with 2,000 events/s, commit to listener, median", median(flowing) * 1e3, "ms")
    goals = [
        Goal(name="idle, commit to listener, median", value=median(idle) * 1e3, bound=5, unit="ms"),
        Goal(name="idle, commit to listener, p99", value=percentile(idle, 99) * 1e3, bound=20, unit="ms"),
        Goal(
            name="with 2,000 events/s, commit to listener, p99",
            value=percentile(flowing, 99) * 1e3,
            bound=100,
            unit="ms",
        ),
    ]
    return finish(goals, check=check)


def idle_latencies(built: Built, exchange: str) -> list[float]:
    """Seconds from the commit of each change to its arrival, one change at a time."""
    with commits(built) as told, arrivals(exchange, CHANGES) as arrived:
        for number in range(1, CHANGES + 1):
            told.clear()
            write(built, [an_event(1, number)])
            arrived.committed[application(1), number] = told[-1]
            time.sleep(PAUSE_SECONDS)
    return arrived.seconds()[WARM_UP:]


def flowing_latencies(built: Built, exchange: str) -> list[float]:
    """The same while a transaction of ten events is committed two hundred times a second."""
    with commits(built) as told, arrivals(exchange, FLOWING_CHANGES * EVENTS_IN_ONE) as arrived:
        began = time.monotonic()
        for number in range(1, FLOWING_CHANGES + 1):
            time.sleep(max(0.0, began + number * EVENTS_IN_ONE / RATE - time.monotonic()))
            told.clear()
            write(built, [an_event(100 + each, number) for each in range(EVENTS_IN_ONE)])
            for each in range(EVENTS_IN_ONE):
                arrived.committed[application(100 + each), number] = told[-1]
        figure("events that flowed", FLOWING_CHANGES * EVENTS_IN_ONE / (time.monotonic() - began), "events/s")
    return arrived.seconds()[WARM_UP * EVENTS_IN_ONE :]


def bare_latencies(exchange: str) -> list[float]:
    """Seconds from publishing with a confirm to the listener's callback, one message at a time."""
    with arrivals(exchange, CHANGES) as arrived, bare_channel() as channel:
        channel.confirm_select()
        for number in range(1, CHANGES + 1):
            body = json.dumps({"data": {"application_id": application(0), "sequence": number}, "padding": "x" * 600})
            arrived.committed[application(0), number] = time.monotonic()
            channel.basic_publish(amqp.Message(body, delivery_mode=2), exchange, "demo.shop.add_alias")
            channel.wait(amqp.spec.Basic.Ack)
            time.sleep(PAUSE_SECONDS)
    return arrived.seconds()[WARM_UP:]


@contextmanager
def commits(built: Built) -> Iterator[list[float]]:
    """When this process told the database to commit."""
    told: list[float] = []

    def note(_connection: object) -> None:
        told.append(time.monotonic())

    event.listen(built.database.engine, "commit", note)
    yield told
    event.remove(built.database.engine, "commit", note)


class Arrived:
    """When each event was committed, and when it came."""

    def __init__(self) -> None:
        self.committed: Arrivals = {}
        self.heard: Arrivals = {}

    def seconds(self) -> list[float]:
        return [self.heard[each] - at for each, at in self.committed.items()]


@contextmanager
def arrivals(queue: str, count: int) -> Iterator[Arrived]:
    """A listener in another process for the length of a block; at its end all that was sent has come."""
    arrived = Arrived()
    command = [sys.executable, "-c", LISTENER, rabbitmq_address(), queue, str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as listener:
        if listener.stdout is None or listener.stdout.readline() != "up\n":
            raise SystemExit("the listener of the benchmark did not start")
        yield arrived
        for line in listener.stdout:
            application_id, sequence, at = line.split()
            arrived.heard[application_id, int(sequence)] = float(at)


if __name__ == "__main__":
    sys.exit(main())
