from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from broker.core.errors import SparseMinimumViolated
from broker.core.sparse import (
    MultiplierRule,
    ProxyLimits,
    VictimCandidate,
    choose_victims,
    grow,
    is_proxy_surplus,
    next_gear_carries_proxy,
    wanted_proxies,
)

limits = st.builds(
    ProxyLimits,
    minimum=st.integers(1, 3),
    maximum=st.sampled_from((-1, 1, 3, 8)),
    multiplier=st.integers(-1, 6),
    rule=st.sampled_from(MultiplierRule),
)


@st.composite
def groups(draw, most=14):
    carries = draw(st.lists(st.booleans(), min_size=1, max_size=most))
    return [
        VictimCandidate(
            gear_id=f"g{ordinal}",
            ordinal=ordinal,
            is_head=ordinal == 0,
            carries_proxy=ordinal == 0 or proxy,
            node_id=f"{zone}-{draw(st.integers(1, 3))}",
            zone=zone,
        )
        for ordinal, proxy in enumerate(carries)
        for zone in (draw(st.sampled_from(("a", "b", "c", None))),)
    ]


def unevenness(gears):
    """How unevenly gears lie over zones, then nodes: the sums of the squares of their counts."""
    zones = Counter(gear.zone for gear in gears)
    nodes = Counter((gear.zone, gear.node_id) for gear in gears)
    return sum(count**2 for count in zones.values()), sum(count**2 for count in nodes.values())


def plainly_chosen(gears, limits, minimum_zones):
    """The rule as one would say it, looking at every gear that may go."""
    proxies = [gear for gear in gears if gear.carries_proxy]
    plain = [gear for gear in gears if not gear.carries_proxy]
    pools = (
        [(proxies, proxies), (plain, gears)] if is_proxy_surplus(len(gears), len(proxies), limits) else [(plain, gears)]
    )

    def zones_left(gear):
        return len({other.zone for other in gears if other is not gear} - {None})

    enough = min(minimum_zones, len({gear.zone for gear in gears} - {None}))
    for least in (enough, 0):
        for pool, counted in pools:
            may_go = [gear for gear in pool if not gear.is_head and zones_left(gear) >= least]
            if may_go:
                left = {gear: [other for other in counted if other is not gear] for gear in may_go}
                return min(may_go, key=lambda gear: (unevenness(left[gear]), -gear.ordinal))
    return None


@given(groups(), limits, st.integers(1, 3), st.integers(1, 14))
def test_victims_are_those_that_the_plain_rule_chooses_one_by_one(gears, limits, zones, count):
    expected, left = [], list(gears)
    while len(expected) < count:
        victim = plainly_chosen(left, limits, zones)
        if victim is None:
            break
        expected.append(victim.gear_id)
        left.remove(victim)

    try:
        victims = choose_victims(gears, count, limits, minimum_gears=-100, minimum_zones=zones)
    except SparseMinimumViolated:
        assert len(expected) < count
    else:
        assert list(victims) == expected


@given(groups(), limits, st.randoms(use_true_random=False))
def test_the_order_of_the_gears_does_not_change_who_goes(gears, limits, chance):
    plain = sum(1 for gear in gears if not gear.carries_proxy)
    shuffled = list(gears)
    chance.shuffle(shuffled)

    assert choose_victims(shuffled, plain, limits) == choose_victims(gears, plain, limits)


@given(groups(), limits)
def test_never_fewer_proxies_than_the_minimum_and_the_head_stays(gears, limits):
    plain = sum(1 for gear in gears if not gear.carries_proxy)
    before = sum(1 for gear in gears if gear.carries_proxy)

    gone = set(choose_victims(gears, plain, limits))

    left = [gear for gear in gears if gear.gear_id not in gone]
    assert sum(1 for gear in left if gear.carries_proxy) >= min(before, limits.minimum)
    assert any(gear.is_head for gear in left)


@given(limits, st.integers(0, 60), st.integers(0, 10), st.integers(0, 30), st.integers(0, 30))
def test_growing_at_once_is_growing_one_by_one(limits, gears, proxies, first, second):
    at_once = grow(gears, proxies, first + second, limits)

    earlier = grow(gears, proxies, first, limits)
    later = grow(gears + first, proxies + sum(earlier), second, limits)

    assert at_once == earlier + later


@given(limits, st.integers(0, 300))
def test_a_group_grown_from_nothing_has_the_proxies_that_are_wanted(limits, gears):
    assert sum(grow(0, 0, gears, limits)) == wanted_proxies(gears, limits)


@given(limits, st.integers(1, 300))
def test_one_gear_more_wants_at_most_one_proxy_more(limits, gears):
    assert 0 <= wanted_proxies(gears, limits) - wanted_proxies(gears - 1, limits) <= 1


@given(limits, st.integers(2, 300), st.integers(0, 300))
def test_a_proxy_that_has_just_been_added_is_surplus_only_because_of_its_gear(limits, gears, proxies):
    if next_gear_carries_proxy(gears, proxies, limits):
        assert not is_proxy_surplus(gears + 1, proxies + 1, limits)
