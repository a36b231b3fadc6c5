"""What the benchmarks of the bus share: a database and an exchange of their own, bare py-amqp, a relay to be timed."""

import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import amqp
import psycopg
from conftest import postgresql_address, rabbitmq_address
from services.relaying import Ear, an_event, platform, relay_settings, write
from sqlalchemy.engine import make_url

from broker.bootstrap import Built
from broker.usecases.dialects import json_message
from broker.workers.relay import relay

APPLICATIONS = 100
CONFIRMS_AT_ONCE = 100
IN_ONE_TRANSACTION = 5_000
LONG_ENOUGH = 600.0


@contextmanager
def bench_settings() -> Iterator[dict[str, str]]:
    """Settings of a platform on PostgreSQL and RabbitMQ that nobody else uses, with a durable queue that hears all."""
    name = f"bench-{uuid.uuid4().hex[:12]}"
    database = name.replace("-", "_")
    with psycopg.connect(postgresql_address(), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {database}")
        url = make_url(postgresql_address()).set(drivername="postgresql+psycopg", database=database)
        ear = Ear(rabbitmq_address(), name)
        try:
            with tempfile.TemporaryDirectory(prefix="gearbroker-bench-") as directory:
                yield relay_settings(
                    Path(directory),
                    rabbitmq_address(),
                    name,
                    DATABASE_URL=url.render_as_string(hide_password=False),
                    LOG_LEVEL="warning",
                )
        finally:
            ear.delete()
            server.execute(f"DROP DATABASE {database} WITH (FORCE)")


def fill(built: Built, count: int, *, first: int = 1) -> None:
    """Commit so many events of a hundred applications, their sequences going on from `first`."""
    numbers = range(count)
    for start in range(0, count, IN_ONE_TRANSACTION):
        some = numbers[start : start + IN_ONE_TRANSACTION]
        write(built, [an_event(each % APPLICATIONS, first + each // APPLICATIONS) for each in some])


def seconds_to_relay(built: Built, up_to: int) -> float:
    """How long the relay takes from rows without position until the bus has confirmed them."""
    workers = relay(built.platform)
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    (publisher,) = built.platform.publishers
    while True:
        with built.platform.reading() as work:
            if work.log.confirmed(publisher.destination) >= up_to:
                break
        if time.perf_counter() - began > LONG_ENOUGH:
            raise SystemExit("the relay does not get on")
        time.sleep(0.02)
    seconds = time.perf_counter() - began
    for worker in workers:
        worker.stop()
    return seconds


def bodies(built: Built, count: int) -> list[tuple[str, bytes]]:
    """Routing keys and bodies as the relay sends them, made beforehand."""
    with built.platform.reading() as work:
        messages = [json_message(event) for event in work.log.after(0, count)]
    return [(key, body.encode()) for key, body, _ in messages]


@contextmanager
def bare_channel() -> Iterator[amqp.Channel]:
    """A channel of py-amqp, with nothing around it."""
    server = urlsplit(rabbitmq_address())
    host = f"{server.hostname}:{server.port or 5672}"
    with amqp.Connection(host, userid=server.username or "guest", password=server.password or "guest") as connection:
        connection.connect()
        yield connection.channel()


def bare_publish(exchange: str, messages: Iterable[tuple[str, bytes]]) -> float:
    """Seconds that py-amqp takes for persistent messages with confirms in batches of a hundred."""
    messages = list(messages)
    with bare_channel() as channel:
        channel.confirm_select()
        confirmed = 0

        def on_ack(tag: int, multiple: bool) -> None:  # noqa: FBT001 as py-amqp calls it
            nonlocal confirmed
            confirmed = tag if multiple else confirmed + 1

        channel.events["basic_ack"].add(on_ack)
        began = time.perf_counter()
        for number, (key, body) in enumerate(messages, 1):
            channel.basic_publish(amqp.Message(body, delivery_mode=2), exchange, key)
            while number % CONFIRMS_AT_ONCE == 0 and confirmed < number:
                channel.connection.drain_events(timeout=LONG_ENOUGH)
        return time.perf_counter() - began


def bare_consume(queue: str, count: int) -> float:
    """Seconds that py-amqp takes to consume so many messages and acknowledge each."""
    with bare_channel() as channel:
        taken = 0

        def take(message: amqp.Message) -> None:
            nonlocal taken
            taken += 1
            channel.basic_ack(message.delivery_tag)

        channel.basic_qos(0, 1000, False)
        began = time.perf_counter()
        channel.basic_consume(queue, callback=take)
        while taken < count:
            channel.connection.drain_events(timeout=LONG_ENOUGH)
        return time.perf_counter() - began


@contextmanager
def bench_platform() -> Iterator[Built]:
    """A platform for the length of a block."""
    with bench_settings() as settings, platform(settings) as built:
        yield built
