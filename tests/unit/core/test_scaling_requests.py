import pytest

from broker.core.errors import AboveMaximum, BelowMinimum, ScalingRefused
from broker.core.scaling import (
    LARGEST_NUMBER,
    ScaleChange,
    ScaleDirection,
    check_change,
    check_scalable,
    parse_number,
    plan_scale,
    requested_change,
)

UP = ScaleDirection.UP
DOWN = ScaleDirection.DOWN


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (None, None),
        (3, 3),
        ("3", 3),
        (" -2 ", -2),
        ("+2", 2),
        ("007", 7),
        ("", None),
        ("-", None),
        ("2.5", None),
        ("two", None),
        ("1_000", None),
        ("٣", None),  # a digit elsewhere
        (True, None),  # no number to whoever sent it
        (10**30, LARGEST_NUMBER),
        ("9" * 5000, LARGEST_NUMBER),
        ("-" + "9" * 5000, -LARGEST_NUMBER),
    ],
)
def test_a_number_is_read_or_counts_as_not_given(value, number):
    assert parse_number(value) == number


@pytest.mark.parametrize(
    ("direction", "given", "target"),
    [
        (UP, {}, 6),
        (DOWN, {}, 4),
        (UP, {"by": "2"}, 7),
        (DOWN, {"by": 2}, 3),
        (DOWN, {"by": "-2"}, 7),  # turned round
        (UP, {"by": "0"}, 5),
        (UP, {"to": "9"}, 9),
        (DOWN, {"to": "9"}, 9),  # the target says it all
        (UP, {"to": 3, "by": 4}, 3),  # `to` wins
        (UP, {"to": "x", "by": "2"}, 7),  # what is no number is not given
        (UP, {"to": "x", "by": "y"}, 6),
    ],
)
def test_what_the_event_asks_for(direction, given, target):
    assert requested_change(direction, 5, **given) == ScaleChange(current=5, target=target)


def test_the_change_is_the_target_less_what_is_there():
    assert ScaleChange(current=5, target=3).delta == -2


def test_below_the_minimum_is_refused_with_the_minimum():
    with pytest.raises(BelowMinimum, match="Cannot scale down below gear limit of 2") as refused:
        plan_scale(DOWN, 2, minimum=2, maximum=-1)

    assert refused.value.exit_code == 168


def test_above_the_maximum_is_refused_with_the_maximum():
    with pytest.raises(AboveMaximum, match="Cannot scale up above maximum gear limit of 4") as refused:
        plan_scale(UP, 4, minimum=2, maximum=4)

    assert refused.value.exit_code == 168


def test_a_target_below_zero_is_below_the_minimum():
    with pytest.raises(BelowMinimum):
        plan_scale(DOWN, 4, minimum=1, maximum=-1, by="9" * 50)


def test_without_a_maximum_any_number_of_gears_is_allowed():
    assert plan_scale(UP, 4, minimum=1, maximum=-1, to=LARGEST_NUMBER).target == LARGEST_NUMBER


def test_a_group_above_its_maximum_may_shrink_step_by_step():
    check_change(ScaleChange(current=9, target=8), 1, 5)


def test_a_group_below_its_minimum_may_grow_step_by_step():
    check_change(ScaleChange(current=1, target=2), 3, -1)


def test_where_minimum_and_maximum_contradict_the_minimum_can_be_reached():
    check_change(ScaleChange(current=1, target=2), 2, 1)

    with pytest.raises(AboveMaximum):
        check_change(ScaleChange(current=2, target=3), 2, 1)


@pytest.mark.parametrize(
    ("web", "scalable", "text"),
    [
        (False, False, "Application testha does not have a web cartridge to scale."),  # asked first
        (True, False, "Application testha is not scalable"),
    ],
)
def test_an_application_that_does_not_scale_is_refused(web, scalable, text):
    with pytest.raises(ScalingRefused) as refused:
        check_scalable("testha", has_web_cartridge=web, scalable=scalable)

    assert refused.value.text == text
    assert refused.value.exit_code is None
