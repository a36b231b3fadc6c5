"""Pages of a long list of applications: the last one costs what the first one does.

The baseline of the same run: a REST request that reads one application.

Usage: PYTHONPATH=.:tests .venv/bin/python tests/bench/bench_list_pages.py [--check]
"""

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from harness import NAMESPACE, Broker, Client, Goal, broker_process, figure, finish, percentile, seconds_of, wants_check

from broker.api.paging import cursor_of
from broker.core.ids import ApplicationId

APPLICATIONS = 10_000
LIMIT = 50
ROUNDS = 60
# How many of the first application there are to be more of: the number of each is part of its ids and its name.
NUMBERS = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)"
COPIED = {
    "applications": {"application_id": "printf('%024x', n)", "name": "printf('app%05d', n)"},
    "gear_groups": {"group_id": "printf('%024x', n + 1000000)", "application_id": "printf('%024x', n)"},
    "application_cartridges": {
        "group_id": "printf('%024x', n + 1000000)",
        "application_id": "printf('%024x', n)",
    },
}


def main() -> int:
    """Print the figures; with `--check` the exit status is 1 when a goal is missed."""
    check = wants_check(__doc__)
    with broker_process(nodes=6) as broker:
        client = Client(broker.url)
        create = {"name": "app00000", "cartridge": "php-5.4"}
        client.ask("POST", f"/domain/{NAMESPACE}/applications", **create)
        multiply(broker.data_dir)
        goals = pages(broker, client)
    return finish(goals, check=check)


def multiply(data_dir: Path) -> None:
    """Make many applications of the one that is there, without gears of their own."""
    with closing(sqlite3.connect(data_dir / "gearbroker.db", timeout=60)) as database:
        for table, changed in COPIED.items():
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            values = [changed.get(column, column) for column in columns]
            copies = f"SELECT {', '.join(values)} FROM {table}, numbers"  # noqa: S608 the tables above
            database.execute(f"{NUMBERS} INSERT INTO {table} ({', '.join(columns)}) {copies}", (APPLICATIONS - 1,))
        database.execute("ANALYZE")
        database.commit()


def pages(broker: Broker, client: Client) -> list[Goal]:
    """The same page size at the beginning, in the middle and at the end, in turn, so that all are disturbed alike."""
    places = {
        "first": None,
        "middle": place_before(broker, APPLICATIONS // 2),
        "last": place_before(broker, APPLICATIONS - LIMIT),
    }
    paths = {name: f"/applications?{urlencode(query(place))}" for name, place in places.items()}
    for name, path in paths.items():
        found = json.loads(client.ask("GET", path))["data"]
        if len(found) != LIMIT:
            raise SystemExit(f"the {name} page has {len(found)} applications")
    seen: dict[str, list[float]] = {name: [] for name in paths}
    one: list[float] = []
    for _ in range(ROUNDS):
        for name, path in paths.items():
            seen[name].append(seconds_of(lambda path=path: client.ask("GET", path)))
        one.append(seconds_of(lambda: client.ask("GET", f"/domain/{NAMESPACE}/application/app00000")))
    figure("baseline: GET of one application", median(one) * 1e3, "ms")
    for name, values in seen.items():
        figure(f"{name} page of {LIMIT} of {APPLICATIONS:,} applications, median", median(values) * 1e3, "ms")
        figure(f"{name} page of {LIMIT} of {APPLICATIONS:,} applications, p95", percentile(values, 95) * 1e3, "ms")
    first = median(seen["first"])
    return [
        Goal(name=f"cost of the {name} page over the first", value=median(seen[name]) / first, bound=1.5, unit="x")
        for name in ("middle", "last")
    ]


def place_before(broker: Broker, number: int) -> str:
    """Where a page begins that so many applications come before."""
    with closing(sqlite3.connect(broker.data_dir / "gearbroker.db")) as database:
        ordered = "SELECT name, application_id FROM applications ORDER BY name, application_id LIMIT 1 OFFSET ?"
        name, application_id = database.execute(ordered, (number - 1,)).fetchone()
    return cursor_of((name, ApplicationId(application_id)))


def query(place: str | None) -> dict[str, object]:
    """The parameters of a page."""
    return {"limit": LIMIT} if place is None else {"limit": LIMIT, "after": place}


if __name__ == "__main__":
    sys.exit(main())
