from hypothesis import given
from hypothesis import strategies as st

from broker.core.limits import (
    ComponentOverride,
    GroupOverride,
    larger,
    reduce_overrides,
    reduce_to,
    smaller,
    target_gears,
)

numbers = st.none() | st.integers(-1, 9)
components = st.builds(
    ComponentOverride,
    path=st.sampled_from("abcdef"),
    min_gears=numbers,
    max_gears=numbers,
    multiplier=numbers,
)
overrides = st.builds(
    GroupOverride,
    components=st.lists(components, max_size=3, unique_by=lambda component: component.path).map(tuple),
    min_gears=numbers,
    max_gears=numbers,
    gear_size=st.sampled_from((None, "small")),
    additional_filesystem_gb=numbers,
    is_implicit=st.booleans(),
)


@given(numbers, numbers, numbers)
def test_merging_limits_does_not_depend_on_order_or_grouping(one, two, three):
    for merge in (lambda a, b: larger(a, b, floor=0), smaller):
        assert merge(one, two) == merge(two, one)
        assert merge(merge(one, two), three) == merge(one, merge(two, three))


@given(st.lists(overrides, max_size=6))
def test_every_component_ends_in_exactly_one_override(given_overrides):
    reduced = reduce_overrides(given_overrides)

    found = [path for override in reduced for path in override.paths]
    assert sorted(found) == sorted({path for override in given_overrides for path in override.paths})


@given(st.lists(overrides, max_size=6))
def test_components_of_one_override_stay_together_and_sorted(given_overrides):
    reduced = reduce_overrides(given_overrides)

    for override in given_overrides:
        assert sum(1 for result in reduced if override.paths & result.paths) <= 1
    for result in reduced:
        assert [component.path for component in result.components] == sorted(result.paths)


@given(st.lists(overrides, max_size=6))
def test_what_is_reduced_cannot_be_reduced_further(given_overrides):
    reduced = reduce_overrides(given_overrides)

    assert reduce_overrides(reduced) == reduced


@given(st.lists(overrides, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_overrides_changes_no_minimum(given_overrides, chance):
    shuffled = list(given_overrides)
    chance.shuffle(shuffled)

    def minimums(some):
        return {result.paths: result.min_gears for result in reduce_overrides(some)}

    assert minimums(shuffled) == minimums(given_overrides)


@given(st.lists(overrides, max_size=3), st.lists(overrides, max_size=5))
def test_targets_keep_their_components_and_number(targets, given_overrides):
    reduced = reduce_to(targets, given_overrides)

    assert [result.paths for result in reduced] == [target.paths for target in targets]


@given(st.integers(0, 50), st.integers(0, 50), st.integers(-1, 50))
def test_the_target_meets_the_minimum_and_where_they_agree_the_maximum(current, minimum, maximum):
    target = target_gears(current, minimum, maximum)

    assert target >= minimum
    assert maximum == -1 or target <= max(minimum, maximum)
    assert target_gears(target, minimum, maximum) == target
