"""A database that is full, away, busy or of another version: one clear refusal, nothing changed, and then it works."""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from threading import Thread
from types import SimpleNamespace

import psycopg
import pytest
from conftest import postgresql_address
from sqlalchemy import event, text
from store.rows import a_namespace
from store.waiting import wait_for_locks

from broker.core.errors import StorageFull, StorageUnavailable
from broker.core.owner import User
from broker.interfaces import Collided
from broker.process.signal import LocalSignal
from broker.store.engine import open_database
from broker.store.faults import IN_DOUBT, NO_CONNECTION, OTHER_SCHEMA
from broker.store.fleet_cache import FleetCache
from broker.store.migrate import downgrade, migrate
from broker.store.unit_of_work import SqlUnitOfWork
from broker.usecases.accounts import change_user
from broker.usecases.again import ATTEMPTS, again

MANY = 2_000

sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
postgresql = pytest.mark.parametrize(
    "database", [pytest.param("postgresql", marks=pytest.mark.services("postgresql"))], indirect=True
)


@contextmanager
def pragma(database, statement: str) -> Iterator[None]:
    """Every connection to an SQLite database is told this when it is taken from the pool."""

    def tell(connection, _entry, _proxy) -> None:
        connection.execute(f"PRAGMA {statement}").close()

    event.listen(database.engine, "checkout", tell)
    yield
    event.remove(database.engine, "checkout", tell)


def _many(writing, user: User) -> None:
    with writing() as work:
        for number in range(1, MANY):
            work.namespaces.add(a_namespace(user, f"ns{number}", number))
        work.commit()


def _names(reading, user: User) -> list[str]:
    with reading() as work:
        return [each.name for each in work.namespaces.of_owner(user.user_id)]


def _one(writing, user: User, name: str = "shop") -> None:
    with writing() as work:
        work.namespaces.add(a_namespace(user, name))
        work.commit()


@sqlite
def test_a_full_disk_refuses_keeps_nothing_and_works_once_there_is_room(database, writing, reading, user):
    with pragma(database, "max_page_count = 1"):  # SQLite takes the number of pages that there are
        with pytest.raises(StorageFull, match=r"storage is full\. Nothing was changed"):
            _many(writing, user)
        during = _names(reading, user)

    with pragma(database, "max_page_count = 4294967294"):
        _one(writing, user)

    assert (during, _names(reading, user)) == ([], ["shop"])


@postgresql
def test_what_postgresql_says_of_a_full_disk_is_told_as_such(database, writing, reading, user):
    """The server says it by this code, whatever has become full; a trigger of ours makes it say so."""
    with database.engine.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION be_full() RETURNS trigger AS $$ BEGIN"
                " RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$ LANGUAGE plpgsql"
            )
        )
        connection.execute(text("CREATE TRIGGER full_disk BEFORE INSERT ON namespaces EXECUTE FUNCTION be_full()"))
    with pytest.raises(StorageFull):
        _one(writing, user)
    with database.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER full_disk ON namespaces"))

    _one(writing, user)

    assert _names(reading, user) == ["shop"]


@sqlite
def test_a_database_that_another_program_holds_asks_to_be_tried_again(database, writing, reading, user):
    with pragma(database, "busy_timeout = 1"), closing(sqlite3.connect(database.engine.url.database)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Collided, match="please try again"):
            again(partial(_one, writing, user))
        other.rollback()

        _one(writing, user)

    assert _names(reading, user) == ["shop"]


def test_what_collides_is_done_again_and_not_for_ever():
    attempts = []

    def act() -> None:
        attempts.append(1)
        raise Collided

    with pytest.raises(Collided):
        again(act)

    assert len(attempts) == ATTEMPTS


@pytest.fixture
def cut(database):
    """Ends every connection to the database but its own, as a server does that is restarted."""

    def cut() -> None:
        with psycopg.connect(postgresql_address(), autocommit=True) as server:
            server.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
                (database.engine.url.database,),
            )

    return cut


@postgresql
def test_connections_that_were_cut_while_idle_are_nobodys_trouble(writing, reading, user, cut):
    cut()
    _one(writing, user)
    cut()

    assert _names(reading, user) == ["shop"]


@postgresql
def test_a_unit_of_work_that_is_cut_off_refuses_keeps_nothing_and_the_next_one_works(writing, reading, user, cut):
    def cut_off() -> None:
        with writing() as work:
            work.namespaces.add(a_namespace(user, "lost"))
            cut()
            work.namespaces.add(a_namespace(user, "more", 2))

    with pytest.raises(StorageUnavailable, match=r"does not answer\. Nothing was changed"):
        cut_off()

    _one(writing, user)
    assert _names(reading, user) == ["shop"]


@postgresql
def test_a_commit_that_is_cut_off_says_that_nobody_knows(writing, user, cut):
    def cut_off() -> None:
        with writing() as work:
            work.namespaces.add(a_namespace(user, "lost"))
            cut()
            work.commit()

    with pytest.raises(StorageUnavailable) as told:
        cut_off()

    assert told.value.text == IN_DOUBT


@pytest.mark.services("postgresql")
def test_a_server_that_is_not_there_refuses():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        unused_port = unused.getsockname()[1]
    away = open_database(f"postgresql+psycopg://nobody:secret@127.0.0.1:{unused_port}/nothing")

    with pytest.raises(StorageUnavailable) as told, SqlUnitOfWork(away, FleetCache(), LocalSignal()):
        pytest.fail("it began")

    assert "secret" not in told.value.text


def test_a_pool_that_is_used_up_refuses(database, writing, user):
    database.engine.pool._timeout = 0.01
    with pytest.raises(StorageUnavailable, match=NO_CONNECTION), _all_connections(database):
        _one(writing, user)

    _one(writing, user)


@contextmanager
def _all_connections(database) -> Iterator[None]:
    pool = database.engine.pool
    taken = [database.engine.connect() for _ in range(pool.size() + pool._max_overflow)]
    yield
    for each in taken:
        each.close()


def test_a_database_of_another_version_says_what_to_do_and_works_again_once_it_fits(database, writing, reading, user):
    downgrade(database, "base")
    with pytest.raises(StorageUnavailable) as told:
        _one(writing, user)
    migrate(database)

    with writing() as work:
        work.users.add(user)
        work.commit()
    _one(writing, user)

    assert told.value.text == OTHER_SCHEMA
    assert _names(reading, user) == ["shop"]


@postgresql
def test_two_administrators_at_once_lose_neither_s_change(writing, reading, user):
    platform = SimpleNamespace(unit_of_work=writing)
    changes = ({"max_gears": 7}, {"may_use_ha": False})
    threads = [Thread(target=change_user, args=(platform, user.login), kwargs=each) for each in changes]
    with writing() as work:
        work.users.locked(user.login)
        for thread in threads:
            thread.start()
        wait_for_locks(work, 2)
    for thread in threads:
        thread.join()

    with reading() as work:
        found = work.users.by_login(user.login)
    assert (found.max_gears, found.may_use_ha) == (7, False)
