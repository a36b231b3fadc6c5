"""What is old enough goes, and nothing that somebody still has to be told."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy import func, insert, select
from store.log_rows import an_event, an_id

from broker.store import tables

OLD, CUT, NEW = "2026-01-01T00:00:00Z", "2026-01-05T00:00:00Z", "2026-01-09T00:00:00Z"
BUS = "bus/json"


@pytest.fixture
def log(writing):
    """Five old events of two applications and one new, all with their positions."""
    events = [an_event(1, 1), an_event(2, 1), an_event(1, 2), an_event(2, 2), an_event(1, 3)]
    with writing() as work:
        work.log.add([*events, replace(an_event(2, 3), occurred_at=NEW)])
        work.log.number(10)
        work.commit()


def forget(writing, confirmed, destinations=(BUS,), limit=100):
    with writing() as work:
        removed = work.retention.forget_events(CUT, confirmed, destinations, limit)
        work.commit()
    return removed


def positions(reading):
    with reading() as work:
        return [event.position for event in work.log.after(0, 100)]


def extent(reading):
    with reading() as work:
        return work.log.extent()


def test_old_events_go_and_the_floor_says_how_far(log, writing, reading):
    assert extent(reading) == (0, 6)

    removed = forget(writing, confirmed=6)

    assert (removed, positions(reading), extent(reading)) == (5, [6], (5, 6))
    assert forget(writing, confirmed=6) == 0


def test_what_a_destination_has_not_confirmed_stays_however_old_it_is(log, writing, reading):
    forget(writing, confirmed=2)

    assert (positions(reading), extent(reading)) == ([3, 4, 5, 6], (2, 6))


def test_a_batch_takes_no_more_than_its_limit_and_the_next_goes_on(log, writing, reading):
    removed = [forget(writing, confirmed=6, limit=2) for _ in range(4)]

    assert removed == [2, 2, 1, 0]
    assert extent(reading) == (5, 6)


def test_an_old_event_behind_a_younger_one_waits_for_it(writing, reading):
    with writing() as work:
        work.log.add([replace(an_event(1, 1), occurred_at=NEW), an_event(1, 2)])
        work.log.number(10)
        work.commit()

    assert forget(writing, confirmed=2) == 0
    assert positions(reading) == [1, 2]


def test_events_without_a_position_are_never_removed(database, writing, reading):
    with database.engine.begin() as connection:
        row = {
            "application_id": an_id(1), "owner_id": "1" * 24, "sequence": 1, "action": "add_alias",
            "app_name": "app1", "namespace": "demo", "occurred_at": OLD, "data": "{}",
        }  # fmt: skip
        connection.execute(insert(tables.routing_events), row)

    assert forget(writing, confirmed=0) == 0
    with database.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(tables.routing_events)).scalar() == 1


def test_what_was_put_aside_goes_with_its_events(log, database, writing):
    parked = [
        {"destination": BUS, "position": position, "application_id": an_id(1), "sequence": position,
         "action": "add_alias", "reason": "too large", "parked_at": OLD}
        for position in (3, 6)
    ]  # fmt: skip
    with database.engine.begin() as connection:
        connection.execute(insert(tables.parked_events), parked)

    forget(writing, confirmed=6)

    with database.engine.connect() as connection:
        assert connection.execute(select(tables.parked_events.c.position)).scalars().all() == [6]


def test_two_workers_at_once_remove_each_event_once(log, writing, reading):
    removed: list[int] = []
    threads = [threading.Thread(target=lambda: removed.append(forget(writing, confirmed=6))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    forget(writing, confirmed=6)
    assert sum(removed) <= 5
    assert extent(reading) == (5, 6)


# --- operations and answers ---------------------------------------------------------------------------------


def an_operation(number, finished_at):
    return {
        "operation_id": f"{number:024x}", "application_id": an_id(number), "kind": "scale", "arguments": {},
        "wish": {}, "state": "completed" if finished_at else "running", "created_at": OLD, "finished_at": finished_at,
    }  # fmt: skip


def a_command(number, operation, state):
    return {
        "command_id": f"{number:024x}", "operation_id": f"{operation:024x}", "application_id": an_id(operation),
        "node_id": "node", "gear_id": "f" * 24, "kind": "create", "body": {}, "state": state,
    }  # fmt: skip


@pytest.fixture
def history(database):
    """Old and settled, old and still owed to a node, new, and one that never ended."""
    with database.engine.begin() as connection:
        connection.execute(
            insert(tables.operations),
            [an_operation(1, OLD), an_operation(2, OLD), an_operation(3, NEW), an_operation(4, None)],
        )
        states = [(1, "done"), (1, "failed"), (2, "done"), (2, "pending"), (3, "done"), (4, "pending")]
        connection.execute(
            insert(tables.commands), [a_command(n, operation, state) for n, (operation, state) in enumerate(states)]
        )


def left(database):
    with database.engine.connect() as connection:
        kept = connection.execute(select(tables.operations.c.operation_id)).scalars()
        owned = connection.execute(select(tables.commands.c.operation_id)).scalars()
        return sorted(int(each, 16) for each in kept), sorted(int(each, 16) for each in owned)


def test_old_operations_go_with_their_commands_unless_a_node_is_owed_one(history, database, writing):
    with writing() as work:
        removed = work.retention.forget_operations(CUT, 100)
        work.commit()

    assert removed == 3
    assert left(database) == ([2, 3, 4], [2, 2, 3, 4])


def test_an_operation_of_many_commands_goes_a_batch_at_a_time_and_itself_with_the_last(database, writing):
    with database.engine.begin() as connection:
        connection.execute(insert(tables.operations), [an_operation(1, OLD)])
        connection.execute(insert(tables.commands), [a_command(number, 1, "done") for number in range(5)])

    steps = []
    for _ in range(4):
        with writing() as work:
            removed = work.retention.forget_operations(CUT, 2)
            work.commit()
        steps.append((removed, *map(len, left(database))))

    assert steps == [(2, 1, 3), (2, 1, 1), (2, 0, 0), (0, 0, 0)]


def test_old_answers_go(database, writing):
    rows = [{"owner_id": "1" * 24, "key": f"key-{at}", "fingerprint": "x", "created_at": at} for at in (OLD, CUT, NEW)]
    with database.engine.begin() as connection:
        connection.execute(insert(tables.answers), rows)

    with writing() as work:
        removed = work.retention.forget_answers(CUT, 100)
        work.commit()

    assert removed == 1
    with database.engine.connect() as connection:
        assert set(connection.execute(select(tables.answers.c.created_at)).scalars()) == {CUT, NEW}


def test_retention_walks_an_index_and_never_scans(history, log, database, writing):
    """What it asks is answered from indexes, on SQLite as its planner says it."""
    if not database.is_sqlite:
        pytest.skip("PostgreSQL scans tables as small as a test's")
    seen: list[str] = []

    with writing() as work:
        connection = work._connection.connection
        connection.set_trace_callback(seen.append)
        work.retention.forget_events(CUT, 6, [BUS], 100)
        work.retention.forget_operations(CUT, 100)
        work.retention.forget_answers(CUT, 100)
        connection.set_trace_callback(None)
        plans = [
            row[3]
            for statement in seen
            if not statement.startswith("--")
            for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
        ]

    assert plans
    assert [plan for plan in plans if plan.startswith("SCAN") and "INDEX" not in plan] == []
