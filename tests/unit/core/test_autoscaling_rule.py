from dataclasses import replace

import pytest

from broker.core.autoscaling import (
    ScaleDecision,
    ScalerMemory,
    ScalerSettings,
    after_failure,
    decide,
    down_percent,
    observe,
)

SETTINGS = ScalerSettings()
LONG_AGO = ScalerMemory(last_up_at=-1000.0)


def ask(memory, sessions, gears, *, minimum=1, maximum=-1, now=0.0):
    return decide(memory, sessions=sessions, gears=gears, minimum=minimum, maximum=maximum, now=now, settings=SETTINGS)


def passes(memory, sessions, gears, count, **limits):
    decisions = []
    for _ in range(count):
        decision, memory = ask(memory, sessions, gears, **limits)
        decisions.append(decision)
    return decisions, memory


@pytest.mark.parametrize(
    ("gears", "percent"),
    [
        (1, 1.0),
        (2, 31.5),
        (3, 46.5),
        (4, 54.0),
        (5, 58.5),
        (6, 61.5),
        (7, 64.29),
        (8, 67.5),
        (9, 70.0),
        (10, 72.0),
        (20, 81.0),
        (50, 86.4),
    ],
)
def test_the_threshold_below_which_a_gear_can_go(gears, percent):
    assert down_percent(gears, SETTINGS) == pytest.approx(percent, abs=0.005)


@pytest.mark.parametrize(
    ("gears", "sessions", "decision"),
    [
        (3, 43, ScaleDecision.NONE),  # 43.2 is the line
        (3, 44, ScaleDecision.UP),
        (1, 14, ScaleDecision.NONE),  # 14.4
        (1, 15, ScaleDecision.UP),
        (10, 144, ScaleDecision.UP),  # on the line
    ],
)
def test_growing_needs_one_pass_above_the_line(gears, sessions, decision):
    assert ask(LONG_AGO, sessions, gears)[0] is decision


def test_no_gear_is_added_at_the_maximum():
    assert ask(LONG_AGO, 100, 3, maximum=3)[0] is ScaleDecision.NONE
    assert ask(LONG_AGO, 100, 3, maximum=4)[0] is ScaleDecision.UP


def test_shrinking_needs_twenty_low_passes_and_then_begins_again():
    decisions, memory = passes(LONG_AGO, 22, 3, 40)

    assert [place for place, decision in enumerate(decisions, start=1) if decision is ScaleDecision.DOWN] == [
        20,
        40,
    ]
    assert memory.low_passes == 0


def test_one_pass_that_is_not_low_starts_the_count_again():
    _, memory = passes(LONG_AGO, 22, 3, 19)

    _, memory = ask(memory, 23, 3)  # 22.32 is the line

    assert memory.low_passes == 0


def test_nothing_goes_within_ten_minutes_of_growing_and_something_as_soon_as_they_have_passed():
    _, memory = ask(LONG_AGO, 44, 3, now=0.0)

    early, memory = passes(memory, 10, 3, 30, now=600.0)
    late, _ = ask(memory, 10, 3, now=600.1)

    assert set(early) == {ScaleDecision.NONE}
    assert late is ScaleDecision.DOWN


def test_a_scaler_that_has_just_begun_removes_nothing():
    decisions, _ = passes(ScalerMemory(last_up_at=0.0), 0, 5, 100, now=599.0)

    assert set(decisions) == {ScaleDecision.NONE}


def test_at_the_minimum_the_count_begins_again_without_a_removal():
    decisions, memory = passes(LONG_AGO, 0, 2, 20, minimum=2)

    assert set(decisions) == {ScaleDecision.NONE}
    assert memory.low_passes == 0


def test_a_single_gear_never_goes():
    decisions, memory = passes(LONG_AGO, 0, 1, 50, minimum=0)

    assert set(decisions) == {ScaleDecision.NONE}
    assert memory.low_passes == 0


@pytest.mark.parametrize(
    ("now", "decision"), [(1.0, ScaleDecision.NONE), (600.0, ScaleDecision.NONE), (600.1, ScaleDecision.UP)]
)
def test_after_a_failed_call_nothing_happens_for_ten_minutes_not_even_growing(now, decision):
    memory = after_failure(LONG_AGO, 0.0)

    assert ask(memory, 100, 3, now=now)[0] is decision


def test_the_count_of_low_passes_stands_still_during_the_hold_off():
    memory = after_failure(replace(LONG_AGO, low_passes=7), 0.0)

    assert ask(memory, 0, 3, now=1.0)[1].low_passes == 7


def test_own_sessions_are_averaged_over_eleven_samples():
    memory = replace(LONG_AGO, local=(10,) * 11)

    memory, total = observe(memory, 120, {})

    assert total == 20  # (10 * 10 + 120) / 11
    assert len(memory.local) == 11


def test_the_sessions_of_another_proxy_gear_are_averaged_over_ten_samples():
    memory = replace(LONG_AGO, remote={"g2": (10,) * 10})

    _, total = observe(memory, 0, {"g2": 120})

    assert total == 21  # (9 * 10 + 120) / 10


def test_averages_are_cut_not_rounded():
    memory = replace(LONG_AGO, local=(1,))

    assert observe(memory, 2, {})[1] == 1


def test_the_first_pass_has_an_average_already():
    assert observe(LONG_AGO, 44, {"g2": 6})[1] == 50


def test_a_proxy_gear_that_does_not_answer_adds_nothing_and_keeps_its_samples():
    memory = replace(LONG_AGO, remote={"g2": (10, 20)})

    memory, total = observe(memory, 4, {"g2": None})

    assert total == 4
    assert memory.remote == {"g2": (10, 20)}


def test_a_proxy_gear_that_is_gone_is_forgotten():
    memory = replace(LONG_AGO, remote={"g2": (10, 20)})

    assert observe(memory, 4, {})[0].remote == {}
