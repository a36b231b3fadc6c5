"""Changes of names are noted in the transaction that makes them, and cleared only as what they were."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from sqlalchemy import event

from broker.core.ids import ApplicationId, OperationId
from broker.process.signal import LocalSignal
from broker.store.unit_of_work import SqlUnitOfWork

SHOP = ApplicationId("a" * 24)
CREATION = OperationId("b" * 24)
DELETION = OperationId("c" * 24)


@pytest.fixture
def names_changed():
    return threading.Event()


@pytest.fixture
def noting(database, cache, names_changed) -> Callable[[], SqlUnitOfWork]:
    """Opens units of work of a broker that publishes names."""
    return partial(SqlUnitOfWork, database, cache, LocalSignal(), names_changed=names_changed)


def a_name(number: int) -> str:
    return f"app{number:05}-test.example.com"


def put(work, *numbers: int, target: str = "node-a1.example.com", operation_id: OperationId | None = None) -> None:
    records = [(a_name(number), "CNAME", target) for number in numbers]
    work.names.put(records, SHOP, operation_id=operation_id)


def told(changes) -> dict[str, tuple[str, str] | None]:
    return {change.name: change.record for change in changes}


@contextmanager
def counted(database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_):
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine, "before_cursor_execute", note)


def test_what_is_put_and_removed_is_noted_as_it_is_now(noting, reading, names_changed):
    with noting() as work:
        put(work, 1, 2, 3)
        work.commit()
    with noting() as work:
        put(work, 2, target="node-b1.example.com")
        work.names.remove([a_name(3), "never.example.com"])
        work.commit()

    with reading() as work:
        found = work.name_changes.waiting(10, tried=False)
    assert told(found) == {
        a_name(1): ("CNAME", "node-a1.example.com"),
        a_name(2): ("CNAME", "node-b1.example.com"),
        a_name(3): None,
    }
    assert names_changed.is_set()


def test_a_change_that_is_rolled_back_is_not_noted(noting, reading, names_changed):
    with noting() as work:
        put(work, 1)

    with reading() as work:
        assert work.name_changes.count() == (0, None)
    assert not names_changed.is_set()


def test_without_a_server_to_tell_nothing_is_noted(writing, reading):
    with writing() as work:
        put(work, 1)
        work.names.remove_of(SHOP)
        work.commit()

    with reading() as work:
        assert work.name_changes.count() == (0, None)


def test_an_operation_has_its_names_until_they_are_told_or_another_changes_them(noting):
    with noting() as work:
        put(work, 1, 2, operation_id=CREATION)
        created = work.name_changes.waiting_of(CREATION)
        work.commit()
    with noting() as work:
        work.name_changes.clear({created[0].name: created[0].mark})
        left = work.name_changes.waiting_of(CREATION)
        work.names.remove_of(SHOP, operation_id=DELETION)

        assert list(told(created)) == [a_name(1), a_name(2)]
        assert list(told(left)) == [a_name(2)]
        assert work.name_changes.waiting_of(CREATION) == ()
        assert told(work.name_changes.waiting_of(DELETION)) == {a_name(1): None, a_name(2): None}


def test_what_has_changed_since_is_not_cleared_and_not_blamed(noting):
    with noting() as work:
        put(work, 1, 2, 3)
        seen = work.name_changes.waiting(10, tried=False)
        work.commit()
    with noting() as work:
        put(work, 1, 2, target="node-b1.example.com")
        work.commit()
    with noting() as work:
        work.name_changes.clear({seen[0].name: seen[0].mark})
        work.name_changes.note([(change, "refused") for change in seen[1:]])

        assert list(told(work.name_changes.waiting(10, tried=False))) == [a_name(1), a_name(2)]
        assert [
            (change.name, change.attempts, change.error) for change in work.name_changes.waiting(9, tried=True)
        ] == [(a_name(3), 1, "refused")]


def test_those_in_vain_come_page_by_page_and_the_worst_is_told(noting):
    with noting() as work:
        put(work, *range(5))
        changes = work.name_changes.waiting(10, tried=False)
        work.name_changes.note([(change, "refused") for change in changes])
        work.name_changes.note([(changes[3], "refused again")])

        first = work.name_changes.waiting(2, tried=True)
        then = work.name_changes.waiting(2, tried=True, after=first[-1].name)

        assert [change.name for change in (*first, *then)] == [a_name(number) for number in range(4)]
        assert work.name_changes.count() == (5, "refused again")


def test_every_name_can_be_noted_at_once(noting, writing):
    with writing() as work:
        put(work, *range(3))
        work.commit()
    with noting() as work:
        put(work, 2, 7, target="node-b1.example.com")
        work.name_changes.mark_all()

        assert list(told(work.name_changes.waiting(10, tried=False))) == [a_name(number) for number in (0, 1, 2, 7)]


@pytest.mark.parametrize("count", [1, 5000])
def test_names_are_noted_in_two_statements_however_many(noting, database, count):
    names = [a_name(number) for number in range(count)]
    with counted(database) as seen, noting() as work:
        before = len(seen)
        put(work, *range(count))
        assert len(seen) - before == 2
        work.names.remove(names)
        assert len(seen) - before == 4
        put(work, *range(count))
        work.names.remove_of(SHOP)
        assert len(seen) - before == 8
        work.commit()


@pytest.mark.services("postgresql")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_who_clears_does_not_wait_for_who_changes(noting):
    """Otherwise the two could wait for each other."""
    with noting() as work:
        put(work, 1, 2)
        seen = work.name_changes.waiting(10, tried=False)
        work.commit()
    with noting() as changing, noting() as clearing:
        put(changing, 1, target="node-b1.example.com")
        clearing.name_changes.clear({change.name: change.mark for change in seen})
        clearing.name_changes.note([(change, "refused") for change in seen])
        clearing.commit()
        changing.commit()

    with noting() as work:
        left = work.name_changes.waiting(10, tried=False)
    assert told(left) == {a_name(1): ("CNAME", "node-b1.example.com")}
