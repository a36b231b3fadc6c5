"""Sixteen clients change a few applications through two brokers at once, on PostgreSQL and RabbitMQ.

Nothing is overcommitted, lost or counted twice, routers end in the broker's tables, and every answer fits in one
order of the requests of its application. `CONCURRENCY_REQUESTS` makes it longer, `CONCURRENCY_SEED` repeats one.
"""

import os
import random
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit

import pytest
from histories.application import App, Call, steps_of
from histories.checker import explain
from histories.clients import Client
from histories.cluster import PASSWORD, ROUTER, Cluster, cluster
from scenarios.invariants import violations
from sqlalchemy import select

from broker.store import tables
from broker.usecases import accounts, routing
from routing_spi.credentials import Credentials
from routing_spi.follower import Follower
from routing_spi.http_source import HttpBroker
from routing_spi.listeners.recording import RecordingListener
from routing_spi.state import MemoryState
from routing_spi.stream import follow_stream

pytestmark = [pytest.mark.services("postgresql", "rabbitmq"), pytest.mark.timeout(1800)]

CLIENTS = 16
REQUESTS = int(os.environ.get("CONCURRENCY_REQUESTS", "8"))
SEED = int(os.environ.get("CONCURRENCY_SEED") or random.randrange(10**6))  # noqa: S311 a seeded load
NAMES = ("one", "two", "three")
AGENTS, CAPACITY, MAX_GEARS = 3, 8, 18
DEADLINE_SECONDS = 60.0


@contextmanager
def _router(url: str, directory: Path) -> Iterator[Follower]:
    """A recording listener that follows a broker over HTTP."""
    source = HttpBroker(url, credentials=Credentials.basic(ROUTER, PASSWORD))
    listener = RecordingListener({"file": str(directory / f"told-{urlsplit(url).port}")})
    follower = Follower(
        listener=listener, source=source, state=MemoryState(), report=lambda _: None, every_position=True
    )
    stop = threading.Event()
    options = {"stop": stop, "report": lambda _: None}
    thread = threading.Thread(target=follow_stream, args=(follower, source), kwargs=options, daemon=True)
    thread.start()
    yield follower
    stop.set()
    listener.close()


def _agrees(cluster: Cluster, router: Follower) -> bool:
    """Whether a router has the broker's tables."""
    platform = cluster.built.platform
    snapshot = routing.take_snapshot(platform, accounts.find_user(platform, ROUTER))
    digests = {table.application_id: table.digest for table in snapshot.tables}
    return {each.application_id: each.digest for each in router.known.tables.values()} == digests


def _until(true, what: str) -> None:
    deadline = monotonic() + DEADLINE_SECONDS
    while not true():
        assert monotonic() < deadline, f"{what} (seed {SEED})"
        sleep(0.05)


def _is_settled(cluster: Cluster) -> bool:
    """No operation is open, no command is owed, every event has its position."""
    with cluster.built.database.reading() as connection:
        open_operation = select(tables.operations.c.operation_id).where(tables.operations.c.finished_at.is_(None))
        owed = select(tables.commands.c.command_id).where(tables.commands.c.state == "pending")
        unnumbered = select(tables.routing_events.c.event_id).where(tables.routing_events.c.position.is_(None))
        return all(connection.execute(query.limit(1)).first() is None for query in (open_operation, owed, unnumbered))


def _twice(cluster: Cluster) -> list[tuple[str, object]]:
    """What a node has given to two gears."""
    with cluster.built.platform.reading() as work:
        node_of = {gear.gear_id: gear.node_id for gear in work.gears.all()}
        given = [("gear", gear.gear_id) for gear in work.gears.all()]
        given += [("uid", (gear.node_id, gear.uid)) for gear in work.gears.all()]
        given += [("port", (node_of[each.gear_id], each.public_port)) for each in work.gears.all_endpoints()]
    return [thing for thing, count in Counter(given).items() if count > 1]


def _watch_limits(cluster: Cluster, over: threading.Event, found: list[str]) -> None:
    """Look all the time whether anything is ever beyond its limit."""
    while not over.wait(0.02):
        with cluster.built.platform.reading() as work:
            gears = work.gears.all()
            crowded = [node for node, count in Counter(gear.node_id for gear in gears).items() if count > CAPACITY]
            consumed = accounts.find_user(cluster.built.platform, "demo").consumed_gears
            counted = {node.node_id: node.gears for node in work.nodes.all()}
        if crowded or len(gears) > MAX_GEARS or consumed > MAX_GEARS or max(counted.values()) > CAPACITY:
            found.append(f"{crowded} {len(gears)} {consumed} {counted}")


def _last_reads(cluster: Cluster) -> list[tuple[str, Call]]:
    """What each application is like at the end, as another client is told."""
    with closing(Client(cluster.urls, NAMES, seed=0, requests=0)) as reader:
        return [(name, reader.ask(name, "read", {})) for name in NAMES]


def test_sixteen_clients_at_two_brokers_leave_one_order_of_everything(
    tmp_path, postgresql_url, rabbitmq_url, unique_name
):
    sys.stdout.write(f"seed {SEED}\n")
    environment = {
        "DATABASE_URL": postgresql_url,
        "BUS_URL": rabbitmq_url,
        "ROUTING_EXCHANGE": unique_name,
        "APPLICATION_WAIT_SECONDS": "60",
        "DRAIN_SECONDS": "0",
        "SERVER_THREADS": "24",
    }
    size = {"agents": AGENTS, "capacity": CAPACITY, "max_gears": MAX_GEARS}
    with (
        cluster(tmp_path, unique_name, environment, **size) as running,
        _router(running.urls[0], tmp_path) as first,
        _router(running.urls[1], tmp_path) as second,
    ):
        beyond, over = [], threading.Event()
        watch = threading.Thread(target=_watch_limits, args=(running, over, beyond))
        clients = [Client(running.urls, NAMES, SEED + number, REQUESTS) for number in range(CLIENTS)]
        for thread in (watch, *clients):
            thread.start()
        for client in clients:
            client.join()
        over.set()
        watch.join()
        _until(lambda: _is_settled(running), "something is under way still")
        _until(lambda: _agrees(running, first) and _agrees(running, second), "the routers' tables differ")
        reads = _last_reads(running)
        broken = violations(running.built)
        twice = _twice(running)

    histories: dict[str, list[Call]] = defaultdict(list)
    for name, call in [each for client in clients for each in client.history] + reads:
        histories[name].append(call)
    assert [client.fault for client in clients if client.fault] == []
    assert (beyond, broken, twice) == ([], [], [])
    assert _unexplained(histories) == []


def _unexplained(histories: dict[str, list[Call]]) -> list[str]:
    found = []
    for name, calls in histories.items():
        steps = steps_of(calls)
        verdict = explain(steps, App())
        if not verdict.explains:
            rest = [step.name for place, step in enumerate(steps) if place not in verdict.order]
            begun = [steps[place].name for place in verdict.order]
            found.append("\n".join([f"seed {SEED}: {name} cannot be explained", *begun, "then none of", *rest[:20]]))
    return found
