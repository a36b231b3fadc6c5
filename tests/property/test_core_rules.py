from ha_tables import serving_gears
from hypothesis import given
from hypothesis import strategies as st

from broker.core.autoscaling import (
    LOCAL_WINDOW,
    REMOTE_WINDOW,
    ScaleDecision,
    ScalerMemory,
    ScalerSettings,
    decide,
    observe,
)
from broker.core.rotation import gear_ratio, ratio_limit, rotates_out
from broker.core.scaling import LARGEST_NUMBER, ScaleDirection, parse_number, requested_change

SETTINGS = ScalerSettings()


@given(st.integers(1, 10_000), st.integers(1, 1000))
def test_the_ratio_is_within_one_half_of_the_quotient(web_gears, proxy_gears):
    ratio = gear_ratio(web_gears, proxy_gears)

    assert 2 * web_gears - proxy_gears < 2 * ratio * proxy_gears <= 2 * web_gears + proxy_gears


@given(st.integers(1, 500), st.data(), st.integers(-2, 10))
def test_something_always_serves(web_gears, data, limit):
    proxy_gears = data.draw(st.integers(0, web_gears))

    assert serving_gears(web_gears, proxy_gears, limit) > 0


@given(st.integers(1, 100), st.integers(1, 100), st.integers(0, 10))
def test_a_higher_limit_never_takes_more_out(web_gears, proxy_gears, limit):
    assert rotates_out(web_gears, proxy_gears, limit) or not rotates_out(web_gears, proxy_gears, limit + 1)


@given(st.integers(-10, 10), st.text(max_size=30))
def test_any_text_is_a_limit_or_ignored(node_wide, own):
    assert isinstance(ratio_limit(node_wide, own), int)


@given(st.integers(-100, 100))
def test_an_own_limit_that_is_an_integer_wins(own):
    assert ratio_limit(3, str(own)) == own


@given(st.text(max_size=30) | st.integers() | st.none())
def test_any_parameter_is_a_number_within_bounds_or_not_given(value):
    number = parse_number(value)

    assert number is None or abs(number) <= LARGEST_NUMBER


@given(st.integers(0, 1000), st.integers(-1000, 1000))
def test_scaling_down_by_so_many_is_scaling_up_by_as_many_less(current, by):
    down = requested_change(ScaleDirection.DOWN, current, by=by)

    assert down == requested_change(ScaleDirection.UP, current, by=-by)


memories = st.builds(
    ScalerMemory,
    last_up_at=st.floats(-2000, 0),
    failed_at=st.none() | st.floats(-2000, 0),
    low_passes=st.integers(0, 20),
)


@given(memories, st.integers(0, 400), st.integers(1, 20), st.integers(1, 5), st.sampled_from((-1, 5, 20)))
def test_a_decision_stays_within_the_limits_and_moves_by_its_rules(memory, sessions, gears, minimum, maximum):
    decision, after = decide(
        memory, sessions=sessions, gears=gears, minimum=minimum, maximum=maximum, now=0.0, settings=SETTINGS
    )

    assert decision is not ScaleDecision.UP or maximum == -1 or gears < maximum
    assert decision is not ScaleDecision.DOWN or (gears > minimum and memory.low_passes >= 19)
    assert 0 <= after.low_passes <= SETTINGS.low_passes_needed
    assert (after.last_up_at == 0.0) or decision is not ScaleDecision.UP


@given(memories, st.integers(0, 400), st.integers(1, 20), st.integers(1, 100))
def test_more_sessions_never_turn_growing_into_something_else(memory, sessions, gears, more):
    def decision(count):
        return decide(memory, sessions=count, gears=gears, minimum=1, maximum=-1, now=0.0, settings=SETTINGS)[0]

    assert decision(sessions) is not ScaleDecision.UP or decision(sessions + more) is ScaleDecision.UP


@given(st.lists(st.tuples(st.integers(0, 99), st.none() | st.integers(0, 99)), min_size=1, max_size=40))
def test_windows_never_outgrow_their_sizes_and_averages_lie_between_the_samples(samples):
    memory = ScalerMemory(last_up_at=0.0)

    for own, other in samples:
        memory, total = observe(memory, own, {"g2": other})
        shown = memory.remote["g2"] if other is not None else (0,)
        assert min(memory.local) + min(shown) - 1 < total <= max(memory.local) + max(shown)
        assert len(memory.local) <= LOCAL_WINDOW
        assert len(memory.remote["g2"]) <= REMOTE_WINDOW
