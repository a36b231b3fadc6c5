"""Looks a database over: whether it can be used, and what waits in it.

Only a commit shows that a change can be kept, so one row is changed, the counter `doctor` that nothing else reads.
"""

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Engine, NullPool, create_engine, func, select, text
from sqlalchemy.engine import make_url

from broker.store.engine import Database, sqlite_file
from broker.store.migrate import current_revision, expected_revision, known_revisions
from broker.store.tables import commands, counters, routing_events
from broker.store.upsert import upsert

CONNECT_SECONDS = 2
PROBE = "doctor"

_OWED = (
    select(commands.c.node_id, func.count())
    .where(commands.c.state == "pending", ~commands.c.awaited)
    .group_by(commands.c.node_id)
    .order_by(commands.c.node_id)
)
_UNNUMBERED = select(func.count()).select_from(routing_events).where(routing_events.c.position.is_(None))


@dataclass(frozen=True, kw_only=True, slots=True)
class DatabaseReport:
    """What was seen; `error` says why nothing was. `found` is the revision of the schema, None for an empty database.

    `ahead_seconds` is how much its clock is before this machine's. `writes` is why it cannot be written, if so.
    `free_bytes` is the room in the file system of SQLite's file; what PostgreSQL has cannot be seen from outside.
    """

    server: str = ""
    found: str | None = None
    wanted: str = ""
    is_newer: bool = False
    ahead_seconds: float = 0.0
    writes: str | None = None
    free_bytes: int | None = None
    error: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Backlog:
    """Events without a position, and how many commands each node is owed."""

    unnumbered: int
    owed: Mapping[str, int]


def examine(url: str) -> DatabaseReport:
    """Connect, read, and commit one row; in a few seconds at most, and no database is made."""
    file = sqlite_file(url)
    if file is not None and not file.exists():
        return DatabaseReport(error=f"there is no file {file}")
    engine = _engine(url)
    try:
        report = _examined(engine)
    except Exception as error:  # noqa: BLE001 each driver has errors of its own, and all of them are the answer
        report = DatabaseReport(error=_first_line(error))
    finally:
        engine.dispose()
    return report if file is None else replace(report, free_bytes=shutil.disk_usage(file.parent).free)


def backlog(database: Database) -> Backlog:
    """What waits in a database at the schema of this code, from small indexes."""
    with database.reading() as connection:
        owed = {node_id: count for node_id, count in connection.execute(_OWED)}  # noqa: C416 rows are no pairs to mypy
        return Backlog(unnumbered=connection.execute(_UNNUMBERED).scalar_one(), owed=owed)


def _engine(url: str) -> Engine:
    is_sqlite = make_url(url).get_backend_name() == "sqlite"
    waits = {"timeout": CONNECT_SECONDS} if is_sqlite else {"connect_timeout": CONNECT_SECONDS}
    return create_engine(url, poolclass=NullPool, connect_args=waits)


def _examined(engine: Engine) -> DatabaseReport:
    is_sqlite = engine.dialect.name == "sqlite"
    found, wanted = current_revision(Database(engine=engine)), expected_revision()
    with engine.connect() as connection:
        version = connection.scalar(text("SELECT sqlite_version()" if is_sqlite else "SHOW server_version"))
        ahead = 0.0 if is_sqlite else _ahead(connection)
        connection.rollback()
        return DatabaseReport(
            server=f"{'SQLite' if is_sqlite else 'PostgreSQL'} {version}",
            found=found,
            wanted=wanted,
            is_newer=found is not None and found not in known_revisions(),
            ahead_seconds=ahead,
            writes=_writing_fails(connection) if found == wanted else None,
        )


def _ahead(connection: Connection) -> float:
    before = time.time()
    there = float(connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())")) or 0)
    return there - (before + time.time()) / 2


def _writing_fails(connection: Connection) -> str | None:
    write = upsert(connection.dialect.name, counters).values(name=PROBE, value=1)
    write = write.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + 1})
    try:
        written = connection.scalar(write.returning(counters.c.value))
        connection.commit()
        read = connection.scalar(select(counters.c.value).where(counters.c.name == PROBE))
    except Exception as error:  # noqa: BLE001 as above
        return _first_line(error)
    finally:
        connection.rollback()
    return None if read is not None and read >= written else "what was written cannot be read back"


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", error)).strip().partition("\n")[0]
