"""How long a broker takes to serve after a crash, with a long log and many operations that were left open.

The baseline of the same run is the same broker with an empty database. With PostgreSQL and RabbitMQ here, a broker
that only serves is measured too.

Usage: PYTHONPATH=.:tests .venv/bin/python tests/bench/bench_start_after_crash.py [--check]
"""

import sqlite3
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
from harness import Goal, figure, finish, wants_check

from broker.bootstrap import built, load_settings
from tools.production.children import Child, stop_together
from tools.production.servers import ServerMissing
from tools.production.shape import production

EVENTS, OPERATIONS = 1_000_000, 10_000
SERIES = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
TIME = "2026-01-01T00:00:00Z"
LOG = """
INSERT INTO routing_events (event_id, position, lane, application_id, owner_id, sequence, action, app_name, namespace,
                            occurred_at, data)
SELECT i, i, i % 8, 'a' || (i % 1000), 'u', i / 1000 + 1, 'gear_state_changed', 'shop', 'test', '{time}', '{{}}' FROM n
"""
POSITION = """
UPDATE counters SET value = (SELECT max(position) FROM routing_events) WHERE name = 'routing_position'
"""
OPEN = """
INSERT INTO operations (operation_id, application_id, kind, ending, arguments, state, driver, created_at, started_at)
SELECT 'o' || i, 'x' || i, 'scale-up', 'grown', '{{}}', 'running', 'crashed', '{time}', '{time}' FROM n
"""
STEPS = """
INSERT INTO commands (command_id, operation_id, awaited, application_id, node_id, gear_id, kind, body, state)
SELECT 'c' || i, 'o' || i, {true}, 'x' || i, 'node-a1.example.com', 'g' || i, 'create_gear', '{{}}', 'pending' FROM n
"""


def main() -> int:
    """Print the figures; with `--check` the exit status is 1 when a goal is missed."""
    check = wants_check(__doc__)
    figure("events in the log", EVENTS, "")
    figure("open operations", OPERATIONS, "")
    with tempfile.TemporaryDirectory(prefix="gearbroker-bench-") as name:
        directory = Path(name)
        _make_sqlite(directory / "empty")
        empty = Child("empty", _serve(), {"GEARBROKER_DATA_DIR": str(directory / "empty")}, directory)
        figure("baseline: until it serves with an empty SQLite", _seconds_until_served(empty), "s")
        _fill_sqlite(directory / "full")
        full = Child("full", _serve(), {"GEARBROKER_DATA_DIR": str(directory / "full")}, directory)
        goals = [Goal(name="until it serves, SQLite", value=_seconds_until_served(full), bound=5, unit="s")]
        try:
            with _filled_postgresql(directory) as broker:
                value = _seconds_until_served(broker)
                goals.append(Goal(name="until it serves, PostgreSQL", value=value, bound=5, unit="s"))
        except ServerMissing as missing:
            print(missing)
    return finish(goals, check=check)


def _serve() -> list[str]:
    return ["gearbroker", "serve", "--port", "0", "--dns-port", "0"]


def _seconds_until_served(broker: Child) -> float:
    """From the process's beginning to the answer to its first request."""
    began = time.perf_counter()
    broker.begin()
    url = broker.wait_for(r"serves at (http://[^/]+)/")[1]
    with urllib.request.urlopen(f"{url}/broker/rest/api", timeout=60) as answer:
        answer.read()
    taken = time.perf_counter() - began
    stop_together([broker])
    return taken


def _statements(*, true: str) -> list[str]:
    rows = [(LOG, EVENTS), (OPEN, OPERATIONS), (STEPS, OPERATIONS)]
    return [SERIES.format(count=count) + text.format(time=TIME, true=true) for text, count in rows] + [POSITION]


def _make_sqlite(directory: Path) -> None:
    with built(load_settings({"GEARBROKER_DATA_DIR": str(directory)}), create=True):
        pass


def _fill_sqlite(directory: Path) -> None:
    _make_sqlite(directory)
    with closing(sqlite3.connect(directory / "gearbroker.db")) as connection:
        for statement in _statements(true="1"):
            connection.execute(_in_their_place(statement))
        connection.commit()


def _in_their_place(statement: str) -> str:
    """SQLite wants the common table behind INSERT INTO."""
    head, _, rest = statement.partition("\nINSERT")
    insert, _, select = f"INSERT{rest}".partition("\nSELECT")
    return f"{insert}\n{head}\nSELECT{select}" if rest else statement


@contextmanager
def _filled_postgresql(directory: Path) -> Iterator[Child]:
    with production(directory) as shape:
        shape.populate()
        with psycopg.connect(shape.environment["DATABASE_URL"], autocommit=True) as connection:
            for statement in _statements(true="true"):
                connection.execute(_in_their_place(statement))
        yield shape.child("serving", *_serve())


if __name__ == "__main__":
    sys.exit(main())
