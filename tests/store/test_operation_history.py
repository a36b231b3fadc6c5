import pytest
from sqlalchemy import insert

from broker.core.ids import ApplicationId, OperationId, UserId
from broker.store.tables import operations, processes

ONE, OTHER = ApplicationId("a" * 24), ApplicationId("b" * 24)
OWNER, STRANGER = UserId("1" * 24), UserId("2" * 24)
LIVING, DEAD = "c" * 24, "d" * 24


def an_id(number):
    return OperationId(f"{number:024x}")


@pytest.fixture
def history(database, reading):
    """Four operations of one application, two of another's; and the process that lives."""
    made = [
        (1, ONE, OWNER, "completed", 0, None, "2026-01-01T00:00:00Z"),
        (2, ONE, OWNER, "running", 0, LIVING, "2026-01-01T01:00:00Z"),
        (3, ONE, OWNER, "queued", 8, DEAD, "2026-01-01T02:00:00Z"),
        (4, ONE, OWNER, "queued", 5, None, "2026-01-01T03:00:00Z"),
        (5, OTHER, STRANGER, "queued", 1, None, "2026-01-01T00:30:00Z"),
        (6, OTHER, STRANGER, "failed", 0, None, "2026-01-01T00:00:00Z"),
    ]
    rows = [
        {
            "operation_id": an_id(number),
            "application_id": application_id,
            "owner_id": owner_id,
            "kind": "scale_up",
            "wish": {"by": number},
            "arguments": {},
            "state": state,
            "turn": turn,
            "driver": driver,
            "created_at": created_at,
            "finished_at": created_at if state in {"completed", "failed"} else None,
        }
        for number, application_id, owner_id, state, turn, driver, created_at in made
    ]
    process = {"process_id": LIVING, "role": "work", "host": "here", "started_at": "2026-01-01T00:00:00Z", "beats": 1}
    with database.writing() as connection:
        connection.execute(insert(operations), rows)
        connection.execute(insert(processes), process)
        connection.commit()
    with reading() as work:
        yield work.operation_history


def numbers(found):
    return [int(each.operation_id, 16) for each in found]


def test_pages_are_newest_first_and_each_owners_own(history):
    assert numbers(history.of_application(ONE, limit=3, after=None)) == [4, 3, 2]
    assert numbers(history.of_application(ONE, limit=3, after=an_id(2))) == [1]
    assert numbers(history.of_owner(STRANGER, limit=9, after=None)) == [6, 5]
    assert numbers(history.of_owner(OWNER, limit=1, after=an_id(4))) == [3]


def test_what_waits_has_a_position_in_its_own_applications_queue(history):
    assert {int(each.operation_id, 16): each.position for each in history.of_owner(OWNER, limit=9, after=None)} == {
        4: 1,
        3: 2,
        2: None,
        1: None,
    }
    assert history.by_id(an_id(5)).position == 1


def test_who_has_it_in_hand_lives_or_not(history):
    lives = {number: history.by_id(an_id(number)).driver_lives for number in (2, 3, 4)}

    assert lives == {2: True, 3: False, 4: False}
    assert history.by_id(an_id(9)) is None


def test_what_is_open_is_found_in_the_order_in_which_it_can_be_carried_out(history):
    assert numbers(history.open()) == [2, 5, 4, 3]
    assert numbers(history.open(application_id=ONE)) == [2, 4, 3]
    assert numbers(history.open(created_before="2026-01-01T01:30:00Z")) == [2, 5]
