"""The checker of histories: what one thing could have done is explained, and what it could not have done is found."""

from dataclasses import replace
from math import inf
from random import Random

import pytest
from histories.application import ALIAS_TAKEN, BUSY, LIMIT, NAME_TAKEN, NOT_FOUND, App, Call, steps_of
from histories.checker import Step, explain


def _write(value: int, called: float, returned: float, **given: object) -> Step[int]:
    return Step(name=f"write {value}", called=called, returned=returned, act=lambda _: value, **given)


def _read(value: int, called: float, returned: float) -> Step[int]:
    return Step(
        name=f"read {value}", called=called, returned=returned, act=lambda state: state if state == value else None
    )


def test_nothing_is_explained_by_nothing():
    assert explain([], 0).explains


def test_steps_one_after_the_other_have_their_own_order():
    history = [_write(1, 0, 1), _read(1, 2, 3), _write(2, 4, 5), _read(2, 6, 7)]

    assert explain(history, 0).order == (0, 1, 2, 3)


def test_an_old_value_read_after_a_write_has_returned_is_found():
    verdict = explain([_write(1, 0, 1), _read(0, 2, 3)], 0)

    assert (verdict.explains, verdict.order) == (False, (0,))


def test_a_value_that_goes_back_is_found_while_its_write_is_under_way():
    history = [_write(1, 0, 10), _read(1, 1, 2), _read(0, 3, 4)]

    assert not explain(history, 0).explains


def test_either_value_may_be_read_while_a_write_is_under_way():
    assert explain([_write(1, 0, 10), _read(0, 1, 2), _read(1, 3, 4)], 0).explains


def test_two_that_read_each_other_s_order_differently_are_found():
    """A classic: each of two readers sees the two writes in another order."""
    writes = [_write(1, 0, 20), _write(2, 0, 20)]
    one = [_read(1, 1, 2), _read(2, 3, 4)]
    other = [_read(2, 5, 6), _read(1, 7, 8)]

    assert explain([*writes, *one], 0).explains
    assert not explain([*writes, *one, *other], 0).explains


@pytest.mark.parametrize(("value", "explained"), [(0, True), (1, True), (2, False)])
def test_what_nobody_was_answered_may_have_been_done_at_any_later_time_or_never(value, explained):
    history = [_write(1, 0, inf, optional=True), _read(0, 5, 6), _read(value, 7, 8)]

    assert explain(history, 0).explains is explained


def test_the_steps_of_one_call_come_in_their_order():
    history = [_write(1, 0, 10), _write(2, 0, 10, after=0), _read(1, 11, 12)]

    assert not explain(history, 0).explains


def test_what_a_register_did_under_random_overlap_is_always_explained_and_a_wrong_read_never():
    draw = Random(1)  # noqa: S311 a seeded load
    for _ in range(50):
        history, value = [], 0
        for instant in range(40):
            early, late = instant - 4 * draw.random(), instant + 4 * draw.random()
            if draw.random() < 0.5:
                value = draw.randrange(3)
                history.append(_write(value, early, late))
            else:
                history.append(_read(value, early, late))

        assert explain(history, 0).explains
        assert not explain([*history, _read(7, 50, 51)], 0).explains


def _call(what: str, called: float, returned: float, gears: int = 0, *, status: int = 200, **given) -> Call:
    shown = {"gear_count": gears, "ha": given.pop("shows_ha", False), "aliases": given.pop("shows", ())}
    return Call(
        what=what, called=called, returned=returned, status=status, shown=shown if status < 300 else {}, **given
    )


CREATED = _call("create", 0, 1, 1, status=201)


def _is_explained(*calls: Call) -> bool:
    return explain(steps_of(calls), App()).explains


def test_a_whole_life_is_explained():
    assert _is_explained(
        CREATED,
        _call("scale-up", 2, 3, 3, by=2),
        _call("enable-ha", 4, 5, 3),
        _call("add-alias", 6, 7, alias="www"),
        _call("read", 8, 9, 3, shows_ha=True, shows=("www",)),
        _call("scale-down", 10, 11, status=422, exit_code=LIMIT, by=2),
        _call("disable-ha", 12, 13, 3),
        _call("remove-alias", 14, 15, alias="www"),
        _call("delete", 16, 17),
        _call("read", 18, 19, status=404, exit_code=NOT_FOUND),
    )


def test_a_scale_up_that_counts_another_twice_is_found():
    ups = [_call("scale-up", 2, 5, 2, by=1), _call("scale-up", 2, 5, 3, by=1)]

    assert _is_explained(CREATED, *ups)
    assert not _is_explained(CREATED, *[replace(up, shown={**up.shown, "gear_count": 2}) for up in ups])


def test_a_lost_alias_is_found():
    added = _call("add-alias", 2, 3, alias="www")

    assert not _is_explained(CREATED, added, _call("read", 4, 5, 1))


@pytest.mark.parametrize(
    "call",
    [
        _call("create", 2, 3, 1, status=201),
        _call("read", 2, 3, status=404, exit_code=NOT_FOUND),
        _call("scale-down", 2, 3, status=422, exit_code=LIMIT, by=0),
        _call("add-alias", 2, 3, status=422, exit_code=ALIAS_TAKEN, alias="www"),
        _call("enable-ha", 2, 3, status=422, text="Application is already HA"),
    ],
    ids=str,
)
def test_an_answer_for_which_there_was_no_reason_is_found(call):
    assert not _is_explained(CREATED, call)


def test_a_name_is_taken_until_its_application_has_gone_and_nobody_finds_that_meanwhile():
    assert _is_explained(
        CREATED,
        _call("delete", 2, 9),
        _call("read", 3, 4, status=404, exit_code=NOT_FOUND),
        _call("create", 5, 6, status=422, exit_code=NAME_TAKEN),
    )


def test_what_was_told_to_be_busy_says_nothing():
    assert _is_explained(CREATED, _call("scale-up", 2, 3, status=500, exit_code=BUSY), _call("read", 4, 5, 1))
