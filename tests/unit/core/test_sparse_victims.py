import pytest

from broker.core.errors import BelowMinimum, SparseMinimumViolated
from broker.core.sparse import MultiplierRule, ProxyLimits, VictimCandidate, choose_victims, proxy_limits

EVERY = MultiplierRule.EVERY_MTH
CEIL = MultiplierRule.CEIL


def group(text):
    """`1*a 2b`: gear 1 carries the proxy and is in zone a, gear 2 in zone b; each on a node of its own.

    `/n` behind the zone names the node. The first gear is the head gear.
    """
    gears = []
    for place, word in enumerate(text.split()):
        name, _, node = word.partition("/")
        number = int("".join(c for c in name if c.isdigit()))
        zone = "".join(c for c in name if c.isalpha()) or None
        gears.append(
            VictimCandidate(
                gear_id=str(number),
                ordinal=number,
                is_head=place == 0,
                carries_proxy="*" in name,
                node_id=node or f"node-{number}",
                zone=zone,
            )
        )
    return gears


def twelve(proxies):
    return group(" ".join(f"{number}{'*' if number in proxies else ''}" for number in range(1, 13)))


def ha(multiplier, rule=EVERY):
    return ProxyLimits(minimum=2, multiplier=multiplier, rule=rule)


@pytest.mark.parametrize(
    ("limits", "proxies", "order"),
    [
        (ha(0), {1, 2}, "12 11 10 9 8 7 6 5 4 3"),
        (ha(3, CEIL), {1, 2, 7, 10}, "12 11 10 9 8 7 6 5 4 3"),  # 10 and 7 go as they came
        (ha(3), {1, 2, 9, 12}, "12 11 10 9 8 7 6 5 4 3"),  # 12 and 9 go as they came
        (ha(10), {1, 2}, "12 11 10 9 8 7 6 5 4 3"),
        (ha(10, CEIL), {1, 2, 7, 10}, "10 7 12 11 9 8 6 5 4 3"),  # the multiplier was 3 until now
        (ha(10), {1, 2, 9, 12}, "12 9 11 10 8 7 6 5 4 3"),
    ],
)
def test_the_order_in_which_gears_go(limits, proxies, order):
    victims = choose_victims(twelve(proxies), 10, limits, minimum_gears=2)

    assert " ".join(victims) == order


@pytest.mark.parametrize(
    ("gears", "limits", "victim"),
    [
        ("1* 2* 3 4 5 6 7*", ha(3, CEIL), "7"),  # six gears want two proxies
        ("1* 2* 3 4 5 6 7* 8", ha(3, CEIL), "8"),  # seven still want three
        ("1* 2* 3 4 5 6 7 8 9*", ha(3), "9"),  # eight gears want two
        ("1* 2* 3 4 5 6 7 8 9* 10", ha(3), "10"),  # nine still want three
    ],
)
def test_a_surplus_proxy_gear_goes_first(gears, limits, victim):
    assert choose_victims(group(gears), 1, limits) == (victim,)


def test_the_proxy_gear_that_ha_needs_stays_even_as_the_newest():
    assert choose_victims(group("1* 2 3 4 5*"), 3, ha(0), minimum_gears=2) == ("4", "3", "2")


def test_after_ha_has_ended_the_second_proxy_gear_goes_first():
    limits = proxy_limits(ha=False, multiplier=0)

    assert choose_victims(group("1* 2* 3 4 5"), 4, limits) == ("2", "5", "4", "3")


def test_a_gear_of_the_fullest_zone_goes_before_a_newer_one():
    assert choose_victims(group("1*a 2*b 3a 4a 5b"), 1, ha(0)) == ("4",)


def test_the_proxy_gears_count_for_how_full_a_zone_is():
    assert choose_victims(group("1*a 2*a 3a 4b 5b"), 1, ha(0)) == ("3",)


def test_among_zones_equally_full_a_gear_of_the_fullest_node_goes():
    assert choose_victims(group("1*a/m 2*b/n 3a/m 4b/o"), 1, ha(0)) == ("3",)


def test_a_node_that_has_lost_a_gear_is_compared_by_what_is_left_on_it():
    gears = group("1*a/m 2*a/n 3a/o 4a/o 5a/o 6a/p 7a/p")

    # o has three and loses two before it is as empty as p was; p then has the newest of two
    assert choose_victims(gears, 3, ha(0)) == ("5", "7", "4")


def test_a_node_that_has_lost_its_proxy_gear_counts_as_emptier():
    limits = proxy_limits(ha=False, multiplier=0)

    assert choose_victims(group("1*a/m 2*a/n 3a/n 4a/o"), 2, limits) == ("2", "4")


def test_the_newest_breaks_ties():
    assert choose_victims(group("1*a 2*b 3a 4b"), 2, ha(0), minimum_gears=2) == ("4", "3")


def test_a_surplus_proxy_gear_is_chosen_by_the_spread_of_proxy_gears():
    # zone a has three proxy gears, zone b one; b is the fuller zone
    gears = group("1*a 2*a 3*a 4*b 5b 6b 7b 8b")

    assert choose_victims(gears, 1, ha(0)) == ("3",)


def test_the_head_gear_never_goes():
    with pytest.raises(SparseMinimumViolated, match="scale down by 2 as it violates"):
        choose_victims(group("1 2"), 2, ProxyLimits(minimum=0), minimum_gears=0)


def test_proxy_gears_below_the_minimum_are_never_taken():
    with pytest.raises(SparseMinimumViolated):
        choose_victims(group("1* 2*"), 1, ha(0))


def test_no_gear_goes_below_the_minimum_of_gears():
    with pytest.raises(BelowMinimum, match="below gear limit of 2"):
        choose_victims(group("1* 2* 3"), 2, ha(0), minimum_gears=2)


def test_the_last_gear_of_a_zone_stays_while_another_can_go():
    gears = group("1*a 2 3b")

    assert choose_victims(gears, 1, ha(0), minimum_zones=1) == ("3",)
    assert choose_victims(gears, 1, ha(0), minimum_zones=2) == ("2",)


def test_the_last_gear_of_a_zone_goes_when_no_other_can():
    assert choose_victims(group("1*a 2*c 3b"), 1, ha(0), minimum_zones=3) == ("3",)


def test_a_surplus_proxy_gear_that_holds_a_zone_lets_another_gear_go_first():
    limits = proxy_limits(ha=False, multiplier=0)
    gears = group("1*a 2*b 3a 4a")

    assert choose_victims(gears, 1, limits, minimum_zones=2) == ("4",)
    assert choose_victims(gears, 1, limits, minimum_zones=1) == ("2",)


def test_a_gear_without_a_zone_stands_for_no_zone():
    limits = proxy_limits(ha=False, multiplier=0)

    assert choose_victims(group("1*a 2b 3 4"), 3, limits, minimum_zones=2) == ("4", "3", "2")


def test_nothing_goes_when_nothing_is_asked():
    assert choose_victims(group("1* 2*"), 0, ha(0), minimum_gears=5) == ()
