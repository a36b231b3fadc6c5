"""Processes on one PostgreSQL wake each other, and find out by themselves where the database was away."""

import itertools
import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import text, update
from store.log_rows import an_event

from broker.process.signal import LocalSignal
from broker.store.engine import open_database
from broker.store.fleet_cache import FleetCache
from broker.store.migrate import migrate
from broker.store.notifications import SharedSignal
from broker.store.tables import counters
from broker.store.unit_of_work import SqlUnitOfWork

pytestmark = pytest.mark.services("postgresql")

LONG = 30.0


@pytest.fixture
def database(postgresql_url):
    opened = open_database(postgresql_url)
    migrate(opened)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def signals(database) -> Iterator[tuple[SharedSignal, SharedSignal]]:
    """Those of two processes, both listening."""
    made = [SharedSignal(LocalSignal(), database.engine) for _ in range(2)]
    for each in made:
        each.wait_committed(LONG)  # its thread wakes it once it listens
    yield made[0], made[1]
    for each in made:
        each.close()


def _in_a_thread(call) -> tuple[threading.Thread, list[object]]:
    answers: list[object] = []
    thread = threading.Thread(target=lambda: answers.append(call()))
    thread.start()
    return thread, answers


def _until(condition) -> None:
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def _listening(database) -> list[int]:
    with database.engine.connect() as connection:
        query = text(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'gearbroker-signal'"
            " AND datname = current_database()"
        )
        return list(connection.execute(query).scalars())


def test_a_commit_of_one_process_wakes_the_relay_of_another(signals):
    here, there = signals
    thread, _ = _in_a_thread(partial(there.wait_committed, LONG))

    here.committed()
    thread.join(LONG / 2)

    assert not thread.is_alive()


def test_a_unit_of_work_wakes_them_once_it_is_committed(signals, database):
    here, there = signals
    thread, _ = _in_a_thread(partial(there.wait_committed, LONG))

    with SqlUnitOfWork(database, FleetCache(), here) as work:
        work.log.add([an_event(1, 1)])
        work.commit()
    thread.join(LONG / 2)

    assert not thread.is_alive()


def test_events_that_were_numbered_elsewhere_wake_followers_here(signals):
    here, there = signals
    thread, answers = _in_a_thread(partial(there.wait_numbered, 41, LONG))

    here.numbered(42)
    thread.join()

    assert answers == [True]
    assert not there.wait_numbered(42, 0)


def test_many_positions_said_at_once_end_in_the_last(signals):
    here, there = signals

    for position in range(1, 501):
        here.numbered(position)

    assert there.wait_numbered(499, LONG)


def test_what_nobody_said_is_found_by_looking(signals, database):
    _, there = signals
    with database.writing() as connection:
        connection.execute(update(counters).where(counters.c.name == "routing_position").values(value=7))
        connection.commit()

    assert there.wait_numbered(6, LONG)


def test_a_connection_that_is_cut_is_made_anew_and_hears_again(signals, database):
    here, there = signals
    cut = _listening(database)
    with database.engine.connect() as connection:
        for pid in cut:
            connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    _until(lambda: len(set(_listening(database)) - set(cut)) == len(cut))

    said = itertools.count(1)  # what is said before it listens again is not heard

    _until(lambda: here.numbered(next(said)) or there.wait_numbered(0, 0.05))


def test_a_process_that_ends_has_said_what_it_had_to_say(signals, database):
    _, there = signals
    short = SharedSignal(LocalSignal(), database.engine)

    short.numbered(42)
    short.close()

    assert there.wait_numbered(41, LONG)


def test_everybody_wakes_at_the_end_and_the_connection_is_given_back(database):
    signal = SharedSignal(LocalSignal(), database.engine)
    signal.wait_committed(LONG)
    thread, answers = _in_a_thread(partial(signal.wait_numbered, 0, LONG))

    signal.close()
    thread.join()

    assert answers == [False]
    _until(lambda: not _listening(database))


def test_a_database_that_is_away_delays_nobody(postgresql_url):
    host_that_refuses = postgresql_url.replace("127.0.0.1:5432", "127.0.0.1:1")
    signal = SharedSignal(LocalSignal(), open_database(host_that_refuses).engine)

    signal.committed()
    signal.wait_committed(LONG)
    signal.numbered(3)

    assert signal.wait_numbered(2, LONG)
    signal.close()
