"""Relays in processes of their own on PostgreSQL and RabbitMQ: no application out of order, none forgotten."""

import contextlib
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from services.relaying import (
    AT,
    Ear,
    an_event,
    confirmed,
    platform,
    relay_process,
    relay_settings,
    until,
    write,
)
from services.wire import Wire
from sqlalchemy import insert

from broker.bootstrap import Built
from broker.store import tables
from broker.workers.relay import relay

pytestmark = pytest.mark.services("rabbitmq", "postgresql")

APPLICATIONS = 30
ROUNDS, EACH = 40, 5
ALL = list(range(1, ROUNDS * EACH + 1))


@pytest.fixture
def settings(tmp_path, rabbitmq_url, postgresql_url, unique_name) -> dict[str, str]:
    return relay_settings(tmp_path, rabbitmq_url, unique_name, DATABASE_URL=postgresql_url)


@pytest.fixture
def built(settings) -> Iterator[Built]:
    """The process that writes events, of a platform with two workers."""
    with platform(settings) as made:
        with made.database.writing() as connection:
            rows = [
                {"process_id": name, "role": "work", "host": "h", "started_at": AT, "beats": 1} for name in ("a", "b")
            ]
            connection.execute(insert(tables.processes), rows)
            connection.commit()
        yield made


@pytest.fixture
def ear(rabbitmq_url, unique_name) -> Iterator[Ear]:
    made = Ear(rabbitmq_url, unique_name)
    yield made
    made.delete()


def write_rounds(built: Built) -> None:
    """Five events of each application forty times, in transactions of ten applications."""
    for first in range(1, ROUNDS * EACH, EACH):
        for some in range(0, APPLICATIONS, 10):
            numbers = range(some, some + 10)
            write(built, [an_event(number, first + each) for each in range(EACH) for number in numbers])


@contextlib.contextmanager
def writing_meanwhile(built: Built) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=write_rounds, args=(built,))
    thread.start()
    yield thread
    thread.join()


def heard_enough(ear: Ear, count: int) -> bool:
    return sum(map(len, ear.heard.values())) >= count


def all_heard(ear: Ear) -> bool:
    return heard_enough(ear, APPLICATIONS * len(ALL)) and all(
        ear.first_heard(number)[-1:] == ALL[-1:] for number in range(APPLICATIONS)
    )


def test_two_relays_share_the_work_and_each_application_arrives_in_order_and_once(settings, built, ear):
    with relay_process(settings), relay_process(settings), writing_meanwhile(built):
        ear.listen(lambda: all_heard(ear))
        until(lambda: confirmed(built, APPLICATIONS * len(ALL)), "the confirmation of everything")

    assert [ear.heard[each] for each in sorted(ear.heard)] == [ALL] * APPLICATIONS


def test_a_relay_that_is_killed_leaves_its_lanes_to_the_other_and_no_application_is_out_of_order(settings, built, ear):
    with relay_process(settings) as one, relay_process(settings), writing_meanwhile(built):
        ear.listen(lambda: heard_enough(ear, APPLICATIONS * len(ALL) // 3))
        one.kill()
        ear.listen(lambda: all_heard(ear))

    assert [ear.first_heard(number) for number in range(APPLICATIONS)] == [ALL] * APPLICATIONS


def test_relays_that_are_killed_one_after_the_other_lose_nothing(settings, built, ear):
    with writing_meanwhile(built):
        for share in range(1, 6):
            with relay_process(settings):
                ear.listen(lambda share=share: heard_enough(ear, APPLICATIONS * len(ALL) * share // 8))
        with relay_process(settings):
            ear.listen(lambda: all_heard(ear))

    assert [ear.first_heard(number) for number in range(APPLICATIONS)] == [ALL] * APPLICATIONS


@pytest.fixture
def wire(rabbitmq_url) -> Iterator[Wire]:
    server = urlsplit(rabbitmq_url)
    made = Wire(server.hostname or "127.0.0.1", server.port or 5672)
    yield made
    made.close()


def test_a_bus_that_is_away_for_a_time_only_delays(settings, rabbitmq_url, wire, built, ear):
    server = urlsplit(rabbitmq_url)
    wired = server._replace(netloc=f"{server.username}:{server.password}@127.0.0.1:{wire.port}").geturl()
    with relay_process({**settings, "BUS_URL": wired}):
        write(built, [an_event(number, 1) for number in range(APPLICATIONS)])
        ear.listen(lambda: heard_enough(ear, APPLICATIONS))
        wire.cut()
        for sequence in range(2, 102):
            write(built, [an_event(number, sequence) for number in range(APPLICATIONS)])
        unconfirmed = not confirmed(built, APPLICATIONS * 101)
        wire.mend()
        ear.listen(lambda: heard_enough(ear, APPLICATIONS * 101))

    assert unconfirmed
    assert [ear.first_heard(number) for number in range(APPLICATIONS)] == [list(range(1, 102))] * APPLICATIONS


def test_an_event_that_cannot_be_sent_is_put_aside_and_its_application_goes_on(settings, built, ear, caplog):
    write(built, [an_event(1, 1), an_event(1, 2, "add_alias", alias=7), an_event(2, 1), an_event(1, 3)])

    workers = relay(built.platform)
    for worker in workers:
        worker.start()
    until(lambda: confirmed(built, 4), "the confirmation of everything that can be sent")
    built.signal.close()
    for worker in workers:
        worker.stop()

    ear.listen(lambda: heard_enough(ear, 3))
    assert (ear.first_heard(1), ear.first_heard(2)) == ([1, 3], [1])
    with built.platform.reading() as work:
        (parked,) = work.log.parked(10)
    assert (parked.sequence, parked.action, parked.destination) == (2, "add_alias", "bus/json")
    assert "alias" in parked.reason
    assert [record.message for record in caplog.records].count("routing event parked") == 1
