"""Many applications at once over one hot application, and a thousand gears at once on agents of their own.

On PostgreSQL and RabbitMQ, with two brokers, a worker and six node agents in processes of their own. The baseline of
the same run is a GET that changes nothing, asked for by as many clients.

Usage: PYTHONPATH=.:tests .venv/bin/python tests/bench/bench_concurrency.py [--check]
"""

import os
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from statistics import median
from time import perf_counter

import psutil
import psycopg
from conftest import postgresql_address, rabbitmq_address
from harness import Client, Goal, figure, finish, seconds_of, wants_check
from histories.cluster import Cluster, cluster
from psycopg import sql
from sqlalchemy.engine import make_url

AGENTS, CAPACITY = 6, 5_000
APPLICATIONS = 16
SECONDS = 8.0
BATCH, ROUNDS = 1_000, 5


def main() -> int:
    """Print the figures; with `--check` the exit status is 1 when a goal is missed."""
    check = wants_check(__doc__)
    with running() as platform:
        goals = [*side_by_side(platform), by_thousand(platform)]
    return finish(goals, check=check)


@contextmanager
def running() -> Iterator[Cluster]:
    """A cluster on a database of its own."""
    name = f"gearbroker_bench_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgresql_address(), autocommit=True) as server, tempfile.TemporaryDirectory() as directory:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url = make_url(postgresql_address()).set(drivername="postgresql+psycopg", database=name)
        environment = {
            "DATABASE_URL": url.render_as_string(hide_password=False),
            "BUS_URL": rabbitmq_address(),
            "ROUTING_EXCHANGE": name,
            "DRAIN_SECONDS": "0",
            "SERVER_THREADS": "24",
        }
        size = {"agents": AGENTS, "capacity": CAPACITY, "max_gears": -1}
        try:
            with cluster(Path(directory), name.replace("_", "-"), environment, **size) as platform:
                yield platform
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def side_by_side(platform: Cluster) -> list[Goal]:
    """Scale-ups and -downs by one of one application by one client, and of sixteen by as many."""
    names = [f"app{number}" for number in range(APPLICATIONS)]
    clients = [Client(platform.urls[number % len(platform.urls)]) for number in range(APPLICATIONS)]
    for client, name in zip(clients, names, strict=True):
        client.create(name)
    seen = [rate([lambda client=client: client.ask("GET", "/api") for client in clients])]
    figure(f"baseline: GET /api, {APPLICATIONS} clients", seen[0][0], "a second")
    one, alone = rate([changes(clients[0], names[0])])
    figure("one hot application", one, "changes/s")
    figure("  processors busy meanwhile", alone, "")
    many, busy = rate([changes(client, name) for client, name in zip(clients, names, strict=True)])
    figure(f"{APPLICATIONS} applications at once", many, "changes/s")
    figure(f"  processors busy meanwhile, of {os.cpu_count()}", busy, "")
    figure("  processor time a change, all processes together", busy / many * 1e3, "ms")
    text = f"{APPLICATIONS} applications at once over one hot application"
    return [Goal(name=text, value=many / one, bound=4.0, unit="x", at_least=True)]


def changes(client: Client, name: str) -> Callable[[], object]:
    """One gear more, then one less, in turn."""
    events = cycle(("scale-up", "scale-down"))
    return lambda: client.ask("POST", f"/domain/test/application/{name}/events", event=next(events), by=1)


def rate(calls: Sequence[Callable[[], object]]) -> tuple[float, float]:
    """How often a second these calls are made, each again and again by a thread of its own; and processors busy."""
    counts = [0] * len(calls)
    end = perf_counter() + SECONDS

    def run(place: int) -> None:
        while perf_counter() < end:
            calls[place]()
            counts[place] += 1

    psutil.cpu_percent()
    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    began = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (perf_counter() - began), psutil.cpu_percent() / 100 * (os.cpu_count() or 1)


def by_thousand(platform: Cluster) -> Goal:
    """Gears a second of one request that adds a thousand on six agents."""
    client = Client(platform.urls[0])
    seen = []
    for number in range(ROUNDS):
        client.create(f"many{number}")
        seen.append(seconds_of(lambda name=f"many{number}": client.scale_up(name, BATCH)))
    name = f"scale up by {BATCH:,} on {AGENTS} agents of their own"
    figure(f"{name}, median of {ROUNDS}", BATCH / median(seen), "gears/s")
    return Goal(name=f"{name}, best of {ROUNDS}", value=BATCH / min(seen), bound=500, unit="gears/s", at_least=True)


if __name__ == "__main__":
    sys.exit(main())
