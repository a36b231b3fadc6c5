import pytest

from broker.core.errors import IncompatibleGearSizes
from broker.core.limits import (
    ComponentOverride,
    GroupOverride,
    LimitDefaults,
    larger,
    reduce_overrides,
    reduce_to,
    smaller,
    target_gears,
)


def over(paths, minimum=None, maximum=None, *, size=None, storage=None, implicit=False):
    return GroupOverride(
        components=tuple(ComponentOverride(path=path) for path in paths),
        min_gears=minimum,
        max_gears=maximum,
        gear_size=size,
        additional_filesystem_gb=storage,
        is_implicit=implicit,
    )


@pytest.mark.parametrize(
    ("one", "other", "floor", "result"),
    [
        (2, 3, 0, 3),
        (-1, 3, 0, -1),  # -1 is infinity, for a minimum too
        (3, -1, 0, -1),
        (None, 3, 0, 3),
        (None, None, 0, None),
        (None, -5, 0, 0),  # the floor
        (0, None, 1, 1),
    ],
)
def test_the_larger_of_two_limits(one, other, floor, result):
    assert larger(one, other, floor=floor) == result


@pytest.mark.parametrize(
    ("one", "other", "result"),
    [
        (-1, 5, 5),
        (-1, -1, -1),
        (3, 5, 3),
        (None, 5, 5),
        (None, -1, -1),
        (None, None, None),
    ],
)
def test_the_smaller_of_two_limits(one, other, result):
    assert smaller(one, other) == result


@pytest.mark.parametrize(
    ("one", "other", "merged"),
    [
        ((1, -1, 0), (2, 10, 1), (2, 10, 1)),
        ((2, -1, 0), (2, -1, 3), (2, -1, 3)),
        ((2, -1, 2), (2, -1, -1), (2, -1, -1)),  # an explicit -1 beats any multiplier
        ((2, -1, 3), (2, -1, -1), (2, -1, -1)),
        ((1, 5, 3), (None, None, None), (1, 5, 3)),  # a plain reference adds nothing
        ((None, None, None), (0, 5, -7), (0, 5, -7)),  # nor is one corrected by it
    ],
)
def test_components_merge_field_by_field(one, other, merged):
    def component(numbers):
        minimum, maximum, multiplier = numbers
        return ComponentOverride(path="a", min_gears=minimum, max_gears=maximum, multiplier=multiplier)

    assert component(one).merge(component(other)) == component(merged)


@pytest.mark.parametrize(
    ("given", "reduced"),
    [
        ([over("a", 2), over("ab", 1)], [over("ab", 2)]),
        ([over("b", 3), over("a", 2), over("ab", 1)], [over("ab", 3)]),  # the third bridges the two
        ([over("a", 2), over("ab", 1), over("c", 1), over("bc")], [over("abc", 2)]),
        ([over("a", 2), over("b", 1)], [over("a", 2), over("b", 1)]),  # nothing shared
        ([over("", 7), over("a", 2)], [over("a", 2)]),  # a blank one says nothing
        ([over("ba", 1)], [over("ab", 1)]),  # sorted by path
    ],
)
def test_overrides_that_share_a_component_become_one(given, reduced):
    assert list(reduce_overrides(given)) == reduced


def test_the_merge_goes_to_the_place_of_the_earlier_override():
    given = [over("a", 1), over("x", 1), over("b", 2), over("ab")]

    assert [override.paths for override in reduce_overrides(given)] == [{"a", "b"}, {"x"}]


@pytest.mark.parametrize("turned", [False, True])
def test_every_field_merges_by_its_own_rule_in_either_order(turned):
    given = [over("a", 2, -1, size="small", storage=0), over("a", 1, 10, storage=1)]

    (merged,) = reduce_overrides(reversed(given) if turned else given)

    assert merged == over("a", 2, 10, size="small", storage=1)


@pytest.mark.parametrize(
    ("last", "implicit"),
    [
        (over("ab", 1), True),  # changes nothing
        (over("ab", 3), False),
        (over("abc", 1), False),  # brings a component
        (over("ab", 3, implicit=True), True),
    ],
)
def test_an_implicit_override_becomes_explicit_when_an_explicit_one_changes_it(last, implicit):
    given = [over("a", 2, implicit=True), over("ab", 1, implicit=True), last]

    (merged,) = reduce_overrides(given)

    assert merged.is_implicit is implicit


def test_an_explicit_override_stays_explicit():
    (merged,) = reduce_overrides([over("a", 2), over("ab", 3, implicit=True)])

    assert not merged.is_implicit


def test_components_outside_the_limiting_list_are_dropped_after_the_merge():
    given = [over("ab", 2), over("bc", 3), over("x", 1)]

    assert list(reduce_overrides(given, limit_to={"a", "c"})) == [over("ac", 3)]


def test_defaults_fill_what_nobody_asked_for_and_only_that():
    defaults = LimitDefaults(gear_size="medium")

    assert list(reduce_overrides([over("a", 0), over("b", 2, 4)], defaults=defaults)) == [
        over("a", 0, -1, size="medium", storage=0),
        over("b", 2, 4, size="medium", storage=0),
    ]


def test_sizes_that_differ_are_refused_with_both_and_the_cartridges():
    given = [over(["php-5.4/php"], size="small"), over(["php-5.4/php"], size="large")]

    with pytest.raises(IncompatibleGearSizes) as refused:
        reduce_overrides(given)

    assert refused.value.text == (
        "Incompatible gear sizes: small and large for cartridges php-5.4 that will reside on the same gear."
    )


def test_targets_take_what_touches_them_and_gain_no_component():
    targets = [over("ab"), over("c")]

    reduced = reduce_to(targets, [over("bx", 3), over("c", None, 1), over("y", 9)])

    assert list(reduced) == [over("ab", 3), over("c", None, 1)]


def test_targets_get_the_defaults_last():
    (reduced,) = reduce_to([over("a")], [over("a", None, 4)], defaults=LimitDefaults(gear_size="small"))

    assert reduced == over("a", 1, 4, size="small", storage=0)


@pytest.mark.parametrize(
    ("current", "minimum", "maximum", "target"),
    [
        (1, 2, 1, 2),  # the minimum wins
        (5, 1, 3, 3),  # a lower maximum takes gears away
        (2, 4, -1, 4),  # a higher minimum adds some
        (5, 1, -1, 5),  # a lower minimum does nothing
    ],
)
def test_the_gears_that_new_limits_lead_to(current, minimum, maximum, target):
    assert target_gears(current, minimum, maximum) == target
