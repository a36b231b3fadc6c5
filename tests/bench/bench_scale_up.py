"""Scaling up through the REST API: by a thousand gears in one request, and by one gear a request.

The baselines of the same run: a REST request that changes nothing, and a synchronous write to the same disk.

Usage: PYTHONPATH=.:tests .venv/bin/python tests/bench/bench_scale_up.py [--check]
"""

import os
import sqlite3
import sys
import tempfile
from contextlib import closing
from statistics import median

from harness import Broker, Client, Goal, broker_process, figure, finish, percentile, seconds_of, wants_check

NODES, GEARS = 10_000, 100_000
BATCH = 1_000
ROUNDS = 7
GEARS_BEFORE = 10
ONES = 200


def main() -> int:
    """Print the figures; with `--check` the exit status is 1 when a goal is missed."""
    check = wants_check(__doc__)
    with broker_process(nodes=NODES) as large, broker_process(nodes=6) as small:
        goals = [by_thousand(large), *by_one(small, large)]
    return finish(goals, check=check)


def by_thousand(large: Broker) -> Goal:
    """Gears a second of one request that adds a thousand, with its events and commands in the database."""
    client = Client(large.url)
    seen = []
    for number in range(ROUNDS):
        client.create(f"many{number}")
        before = rows_of(large)
        seen.append(seconds_of(lambda name=f"many{number}": client.scale_up(name, BATCH)))
        added = [after - earlier for earlier, after in zip(before, rows_of(large), strict=True)]
        if min(added) < BATCH:
            raise SystemExit(f"gears, commands and events added: {added}")
    figure(f"scale up by {BATCH:,} on {NODES:,} nodes, median of {ROUNDS}", BATCH / median(seen), "gears/s")
    name = f"scale up by {BATCH:,} on {NODES:,} nodes, best of {ROUNDS}"
    return Goal(name=name, value=BATCH / min(seen), bound=2_000, unit="gears/s", at_least=True)


def rows_of(broker: Broker) -> list[int]:
    """Gears that are started, commands that are done, and numbered routing events."""
    with closing(sqlite3.connect(broker.data_dir / "gearbroker.db")) as database:
        return [
            database.execute(f"SELECT count(*) FROM {rows}").fetchone()[0]  # noqa: S608 the three of this line
            for rows in (
                "gears WHERE lifecycle = 'started'",
                "commands WHERE state = 'done'",
                "routing_events WHERE position IS NOT NULL",
            )
        ]


def by_one(small: Broker, large: Broker) -> list[Goal]:
    """Requests that add one gear, on a small platform and on a large one in turn, so that both are disturbed alike."""
    clients = {"6 nodes": Client(small.url), f"{NODES:,} nodes": Client(large.url)}
    load(clients[f"{NODES:,} nodes"], GEARS - rows_of(large)[0])
    for client in clients.values():
        client.create("one")
        client.scale_up("one", GEARS_BEFORE - 2)
    seen: dict[str, list[float]] = {name: [] for name in clients}
    idle: list[float] = []
    for _ in range(ONES):
        for name, client in clients.items():
            seen[name].append(seconds_of(lambda client=client: client.scale_up("one", 1)))
        idle.append(seconds_of(lambda: clients["6 nodes"].ask("GET", "/api")))
    figure("baseline: GET /api", median(idle) * 1e3, "ms")
    figure("baseline: a synchronous write of 8 KiB", median(synchronous_writes()) * 1e3, "ms")
    for name, values in seen.items():
        figure(f"scale up by one, {name}, median", median(values) * 1e3, "ms")
        figure(f"scale up by one, {name}, p95", percentile(values, 95) * 1e3, "ms")
    few, many = (median(values) for values in seen.values())
    growth = f"cost of one at {NODES:,} nodes with {GEARS:,} gears over 6 nodes with {GEARS_BEFORE}"
    return [
        Goal(name="scale up by one, one client, 6 nodes", value=1 / few, bound=100, unit="a second", at_least=True),
        Goal(name=growth, value=many / few, bound=1.3, unit="x"),
    ]


def load(client: Client, gears: int) -> None:
    """That many gears, a thousand in each application."""
    for number in range(-(-gears // BATCH)):
        client.create(f"load{number}")
        client.scale_up(f"load{number}", BATCH - 2)


def synchronous_writes() -> list[float]:
    with tempfile.NamedTemporaryFile() as file:
        return [
            seconds_of(lambda: (os.write(file.fileno(), bytes(8192)), os.fdatasync(file.fileno()))) for _ in range(50)
        ]


if __name__ == "__main__":
    sys.exit(main())
