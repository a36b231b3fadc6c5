"""Opens the database the right way for its kind, and keeps SQLite's one writer at a time in order."""

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import ConnectionPoolEntry

SQLITE_BUSY_MILLISECONDS = 10_000
LOCK_MILLISECONDS = 10_000
# So that nobody waits for a server that is gone without having said so; what the URL says goes before.
POSTGRESQL_PATIENCE: Mapping[str, int | str] = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds; all others are seconds
    # The database sees a deadlock among its own locks, and not one that a lock of a process is part of.
    "options": f"-c lock_timeout={LOCK_MILLISECONDS}",
}


@dataclass(frozen=True, kw_only=True)
class Database:
    """An engine, and for SQLite the lock that lets one writer of this process in at a time: it would make them spin.

    PostgreSQL lets writers in side by side; what they change in memory has a lock of its own, in the fleet's cache.
    """

    engine: Engine
    writer: threading.RLock = field(default_factory=threading.RLock)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection in a transaction that may write; the caller commits."""
        turn: AbstractContextManager[object] = self.writer if self.is_sqlite else nullcontext()
        with turn, self.engine.connect() as connection:
            if self.is_sqlite:
                # A deferred transaction that reads and then writes fails at once when another wrote in between.
                _begin(connection, "BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection in a transaction that sees one state of the database and changes nothing."""
        with self.engine.connect() as connection:
            if self.is_sqlite:
                _begin(connection, "BEGIN")
            else:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection


def _begin(connection: Connection, statement: str) -> None:
    """Past SQLAlchemy, whose preparations cost more than the statement; its own bookkeeping needs none of it."""
    cursor = connection.connection.cursor()
    cursor.execute(statement)
    cursor.close()


def open_database(url: str) -> Database:
    """Open `url` (SQLAlchemy's form). Nothing is created but, for SQLite, the file."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        _keep_private(sqlite_file(url))
        engine = create_engine(parsed, pool_size=16, max_overflow=48)
        event.listen(engine, "connect", _prepare_sqlite)
    else:
        patience = _patience(parsed)
        engine = create_engine(parsed, pool_size=16, max_overflow=48, pool_pre_ping=True, connect_args=patience)
    return Database(engine=engine)


def _patience(url: URL) -> dict[str, int | str]:
    return {name: value for name, value in POSTGRESQL_PATIENCE.items() if name not in url.query}


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite database; None for one in memory and for any other kind."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in {None, "", ":memory:"}:
        return None
    return Path(str(parsed.database))


def _keep_private(file: Path | None) -> None:
    """A database that is made now is its owner's only: it holds hashes of passwords and the variables of users."""
    if file is not None and not file.exists() and file.parent.is_dir():
        file.touch(mode=0o600)


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions begin where this module says, not where the driver guesses
    for pragma in (
        "journal_mode = WAL",
        # A routing event must not be unlearnt by a power cut after a listener has seen it.
        "synchronous = FULL",
        "foreign_keys = ON",
        f"busy_timeout = {SQLITE_BUSY_MILLISECONDS}",
    ):
        connection.execute(f"PRAGMA {pragma}").close()
