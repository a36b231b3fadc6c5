"""Relays share the lanes of a destination: nothing twice at a time, nothing left out, an application in order."""

import pytest
from sqlalchemy import func, insert, select
from store.log_rows import an_event, an_id

from broker.interfaces import ParkedEvent
from broker.store import tables
from broker.store.lanes import LANES, lane_of
from broker.store.relay_lanes import RelayLanes

MANY = 1000
APPLICATIONS = 40


@pytest.fixture
def lanes(database) -> RelayLanes:
    return RelayLanes(database)


@pytest.fixture
def log(writing):
    """Forty applications with three events each, one after the other."""
    with writing() as work:
        work.log.add([an_event(number, sequence) for sequence in (1, 2, 3) for number in range(APPLICATIONS)])
        work.log.number(MANY)
        work.commit()


def parked_event(position: int = 7) -> ParkedEvent:
    return ParkedEvent(
        destination="bus/json",
        position=position,
        application_id=an_id(1),
        sequence=3,
        action="add_alias",
        reason="too large",
        parked_at="2026-01-01T00:00:00Z",
    )


def workers(database, *names: str) -> None:
    with database.writing() as connection:
        for name in names:
            row = {"process_id": name, "role": "work", "host": "h", "started_at": "2026-01-01T00:00:00Z", "beats": 1}
            connection.execute(insert(tables.processes).values(row))
        connection.commit()


def test_applications_are_in_all_lanes(log, database):
    with database.reading() as connection:
        rows = connection.execute(select(tables.routing_events.c.application_id, tables.routing_events.c.lane)).all()

    assert {lane for _, lane in rows} == set(range(LANES))
    assert all(lane == lane_of(application_id) for application_id, lane in rows)


def test_a_relay_that_is_alone_takes_everything_in_order(log, lanes):
    with lanes.take("bus/json", MANY) as taken:
        positions = [event.position for event in taken.events]

    assert positions == list(range(1, 3 * APPLICATIONS + 1))
    assert taken.end == 3 * APPLICATIONS


def test_what_was_published_is_not_taken_again(log, lanes, reading):
    with lanes.take("bus/json", 50) as taken:
        taken.published(())
    with reading() as work:
        confirmed = work.log.confirmed("bus/json")

    with lanes.take("bus/json", MANY) as rest:
        rest.published(())
    with lanes.take("bus/json", MANY) as nothing:
        pass

    assert (confirmed, rest.events[0].position, len(rest.events)) == (50, 51, 70)
    assert (nothing.count, nothing.events) == (0, ())


def test_what_was_not_published_is_taken_again(log, lanes):
    with lanes.take("bus/json", 50) as taken:
        first = taken.events

    with lanes.take("bus/json", 50) as taken:
        assert taken.events == first


def test_a_destination_of_its_own_is_sent_the_log_from_the_beginning(log, lanes, reading):
    with lanes.take("bus/json", MANY) as taken:
        taken.published(())

    with lanes.take("bus/ose2-yaml", MANY) as taken:
        assert len(taken.events) == 3 * APPLICATIONS
    with reading() as work:
        assert [work.log.confirmed(f"bus/{name}") for name in ("json", "ose2-yaml", "no")] == [120, 0, 0]


def test_a_lane_without_events_never_falls_behind(log, lanes, database, writing):
    with lanes.take("bus/json", MANY) as taken:
        taken.published(())
    with writing() as work:
        work.log.add([an_event(1, sequence) for sequence in range(4, 10)])
        work.log.number(MANY)
        work.commit()
    with lanes.take("bus/json", MANY) as taken:
        taken.published(())

    with database.reading() as connection:
        query = select(tables.counters.c.value).where(tables.counters.c.name.like("bus/json#%"))
        assert list(connection.execute(query).scalars()) == [126] * LANES


def test_a_lane_that_is_behind_is_not_told_what_the_others_have_had(log, lanes, database):
    workers(database, "a", "b", "c")
    with lanes.take("bus/json", 20) as taken:
        first = list(taken.events)
        taken.published(())

    rest = []
    while True:
        with lanes.take("bus/json", 20) as taken:
            if not taken.count:
                break
            rest += taken.events
            taken.published(())

    assert len(first + rest) == len({event.position for event in first + rest}) == 3 * APPLICATIONS
    for number in range(APPLICATIONS):
        of_one = [event.sequence for event in first + rest if event.application_id == an_id(number)]
        assert of_one == [1, 2, 3]


def test_with_two_workers_a_relay_leaves_half_of_the_lanes_to_the_other(log, lanes, database):
    workers(database, "a", "b")

    with lanes.take("bus/json", MANY) as taken:
        assert taken.count == LANES / 2
        assert len({lane_of(event.application_id) for event in taken.events}) == LANES / 2


@pytest.mark.services("postgresql")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_relays_hold_different_lanes_and_a_dead_one_s_are_free(log, lanes, database):
    workers(database, "a", "b")
    other = RelayLanes(database)

    with lanes.take("bus/json", MANY) as one, other.take("bus/json", MANY) as two:
        mine = {lane_of(event.application_id) for event in one.events}
        theirs = {lane_of(event.application_id) for event in two.events}
        with RelayLanes(database).take("bus/json", MANY) as third:
            assert third.count == 0
        two.published(())
    with other.take("bus/json", MANY) as left:
        inherited = {lane_of(event.application_id) for event in left.events}

    assert mine | theirs == set(range(LANES))
    assert not mine & theirs
    assert inherited == mine


@pytest.mark.services("postgresql")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_batch_that_is_being_published_holds_no_writer_up(log, lanes, writing):
    with lanes.take("bus/json", MANY) as taken:
        with writing() as work:
            work.log.add([an_event(1, 4)])
            work.log.number(MANY)
            work.commit()
        taken.published(())

    assert taken.end == 3 * APPLICATIONS


def test_an_event_that_was_put_aside_is_shown_once(log, lanes, reading):
    for _ in range(2):
        with lanes.take("bus/json", 10) as taken:
            taken.published([parked_event()])

    with reading() as work:
        assert work.log.parked(10) == (parked_event(),)
        assert work.log.count_parked() == 1


def test_the_events_put_aside_last_are_shown_first(writing):
    with writing() as work:
        work.log.park([parked_event(position) for position in (3, 9, 5)])

        assert [each.position for each in work.log.parked(2)] == [9, 5]
        assert work.log.count_parked() == 3


def test_a_batch_that_is_given_up_puts_nothing_aside(log, lanes, database):
    with lanes.take("bus/json", 10):
        pass

    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(tables.parked_events)).scalar_one() == 0
