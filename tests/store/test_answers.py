import pytest

from broker.core.errors import RequestTakenOver
from broker.core.ids import OperationId

KEY = "a key"
FIRST, SECOND = "a" * 24, "b" * 24
NOW = "2026-01-01T00:00:00Z"
OPERATION = OperationId("1" * 24)


@pytest.fixture
def begun(writing, user):
    """A request that the first process has begun."""
    with writing() as work:
        assert work.answers.begin(user.user_id, KEY, fingerprint="f", driver=FIRST, at=NOW)
        work.commit()


def found(reading, user):
    with reading() as work:
        return work.answers.find(user.user_id, KEY)


def test_a_key_is_begun_once(writing, reading, user, begun):
    with writing() as work:
        assert not work.answers.begin(user.user_id, KEY, fingerprint="other", driver=SECOND, at=NOW)
        work.commit()

    kept = found(reading, user)
    assert (kept.fingerprint, kept.driver, kept.driver_lives, kept.status) == ("f", FIRST, False, None)


def test_of_two_who_take_a_request_over_one_does(writing, reading, user, begun):
    with writing() as work:
        assert work.answers.take(user.user_id, KEY, driver=SECOND, after=FIRST)
        assert not work.answers.take(user.user_id, KEY, driver="c" * 24, after=FIRST)
        work.commit()

    assert found(reading, user).driver == SECOND


def test_a_request_becomes_one_operation_and_who_comes_late_is_refused(writing, reading, user, begun):
    with writing() as work:
        work.answers.became(user.user_id, KEY, OPERATION)
        work.commit()

    with writing() as work, pytest.raises(RequestTakenOver):
        work.answers.became(user.user_id, KEY, OperationId("2" * 24))

    assert found(reading, user).became == OPERATION


def test_only_who_works_on_a_request_keeps_its_answer_and_only_once(writing, reading, user, begun):
    with writing() as work:
        work.answers.settle(user.user_id, KEY, SECOND, status=200, headers={}, body="late")
        work.answers.settle(user.user_id, KEY, FIRST, status=201, headers={"Location": "there"}, body="{}")
        work.answers.settle(user.user_id, KEY, FIRST, status=200, headers={}, body="again")
        assert not work.answers.take(user.user_id, KEY, driver=SECOND, after=None)
        work.commit()

    kept = found(reading, user)
    assert (kept.status, kept.headers, kept.body, kept.driver) == (201, {"Location": "there"}, "{}", None)


def test_what_became_nothing_is_forgotten_and_what_became_an_operation_waits_for_it(writing, reading, user, begun):
    with writing() as work:
        work.answers.forget(user.user_id, KEY, SECOND)
        work.commit()
    assert found(reading, user) is not None

    with writing() as work:
        work.answers.became(user.user_id, KEY, OPERATION)
        work.answers.forget(user.user_id, KEY, FIRST)
        work.commit()
    kept = found(reading, user)
    assert (kept.became, kept.driver) == (OPERATION, None)

    with writing() as work:
        assert work.answers.begin(user.user_id, "another", fingerprint="f", driver=FIRST, at=NOW)
        work.answers.forget(user.user_id, "another", FIRST)
        assert work.answers.find(user.user_id, "another") is None
        work.commit()
