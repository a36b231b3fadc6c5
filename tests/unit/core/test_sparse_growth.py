import pytest

from broker.core.sparse import (
    MultiplierRule,
    ProxyLimits,
    grow,
    is_proxy_surplus,
    next_gear_carries_proxy,
    proxy_limits,
    wanted_proxies,
)

EVERY = MultiplierRule.EVERY_MTH
CEIL = MultiplierRule.CEIL


def ha(multiplier, rule=EVERY, maximum=-1):
    return ProxyLimits(minimum=2, maximum=maximum, multiplier=multiplier, rule=rule)


def proxy_numbers(gears, limits):
    return [number for number, proxy in enumerate(grow(0, 0, gears, limits), start=1) if proxy]


@pytest.mark.parametrize(
    ("limits", "gears", "proxies"),
    [
        (ha(0), 12, [1, 2]),  # no share: the two of HA
        (ha(0, CEIL), 12, [1, 2]),
        (ha(-1), 12, [1, 2]),  # as 0
        (ha(3), 16, [1, 2, 9, 12, 15]),  # every third gear, once the share passes two
        (ha(3, CEIL), 13, [1, 2, 7, 10, 13]),
        (ha(10), 50, [1, 2, 30, 40, 50]),
        (ha(10, CEIL), 50, [1, 2, 21, 31, 41]),
        (ha(1), 5, [1, 2, 3, 4, 5]),  # all of them
        (ha(1, CEIL), 5, [1, 2, 3, 4, 5]),
        (ha(3, maximum=3), 16, [1, 2, 9]),  # the share stops at the maximum
        (ha(3, maximum=1), 16, [1, 2]),  # and the minimum wins over it
        (proxy_limits(ha=False, multiplier=3), 9, [1]),  # without HA only the head gear
    ],
)
def test_which_gears_of_a_growing_group_carry_the_proxy(limits, gears, proxies):
    assert proxy_numbers(gears, limits) == proxies


@pytest.mark.parametrize("multiplier", [1, 2, 3, 4, 5, 7, 10])
def test_the_closed_form_of_every_mth(multiplier):
    for gears in range(200):
        assert wanted_proxies(gears, ha(multiplier)) == min(gears, max(2, gears // multiplier))


@pytest.mark.parametrize("multiplier", [1, 2, 3, 4, 5, 7, 10])
def test_the_closed_form_of_ceil(multiplier):
    for gears in range(200):
        share = (gears + multiplier - 1) // multiplier
        assert wanted_proxies(gears, ha(multiplier, CEIL)) == min(gears, max(2, share))


def test_every_mth_is_the_rule_unless_another_is_named():
    assert proxy_limits(ha=True, multiplier=3) == ha(3, EVERY)


def test_a_group_that_is_behind_catches_up_by_one_proxy_with_every_gear():
    # twelve gears and two proxies, and the multiplier has just become 3
    assert grow(12, 2, 7, ha(3, CEIL)) == (True, True, True, True, False, False, True)
    assert grow(12, 2, 6, ha(3)) == (True, True, True, False, False, True)


def test_a_gear_is_a_proxy_gear_while_the_minimum_is_not_reached():
    # four gears with one proxy are made HA: the fifth carries the second
    assert next_gear_carries_proxy(5, 1, ha(0))


@pytest.mark.parametrize(
    ("rule", "gears", "proxies", "surplus"),
    [
        (CEIL, 7, 3, True),  # six gears want two
        (CEIL, 8, 3, False),  # seven gears want three
        (EVERY, 9, 3, True),  # eight gears want two
        (EVERY, 10, 3, False),  # nine gears want three
        (EVERY, 3, 2, False),  # two is the minimum
        (EVERY, 2, 2, False),  # even where one gear would be left
        (EVERY, 20, 12, True),  # the multiplier was smaller once
    ],
)
def test_a_proxy_is_surplus_when_the_gears_that_stay_want_fewer(rule, gears, proxies, surplus):
    assert is_proxy_surplus(gears, proxies, ha(3, rule)) is surplus


def test_after_ha_has_ended_all_but_one_proxy_are_surplus():
    assert is_proxy_surplus(5, 2, proxy_limits(ha=False, multiplier=3))
    assert not is_proxy_surplus(5, 1, proxy_limits(ha=False, multiplier=3))


@pytest.mark.parametrize("rule", MultiplierRule)
def test_removing_one_gear_undoes_adding_one(rule):
    for multiplier in (1, 2, 3, 4, 5, 7, 10):
        limits = ha(multiplier, rule)
        for gears in range(3, 200):
            proxies = wanted_proxies(gears, limits)
            assert proxies - is_proxy_surplus(gears, proxies, limits) == wanted_proxies(gears - 1, limits)
