"""Which gears carry the proxy as an application grows and shrinks, and where they are: B1, B3, B4, B10."""

import pytest
from scenarios.world import World

from broker.core.errors import BelowMinimum, HighAvailabilityNeedsTwoGears, NoNodeAvailable
from broker.simulator.embedded import add_nodes, simulated_nodes
from broker.usecases.availability import set_multiplier
from broker.usecases.scaling import set_limits
from broker.usecases.state import StateEvent, change_state


def _multiply(world: World, multiplier: int) -> None:
    set_multiplier(world.platform, world.parts().application.application_id, "haproxy-1.4", multiplier)


@pytest.mark.parametrize(
    ("rule", "proxies"),
    [
        ("every-mth", [1, 2, 9, 12, 15]),  # at least two, then every third
        ("ceil", [1, 2, 7, 10, 13]),  # a third of the gears, rounded up
    ],
)
def test_growing_one_by_one_by_a_multiplier_of_three_puts_the_proxy_on_these_gears(found, rule, proxies):
    world = found(HA_MULTIPLIER_RULE=rule, nodes_per_zone=3)
    world.create(ha=True)
    _multiply(world, 3)

    for gears in range(3, 16):
        world.scale(gears)

    assert world.proxies() == proxies
    world.check()


def test_growing_at_once_puts_the_proxy_on_the_same_gears(found):
    world = found(nodes_per_zone=3)
    world.create(ha=True)
    _multiply(world, 3)

    world.scale(15)

    assert world.proxies() == [1, 2, 9, 12, 15]
    world.check()


def test_the_default_multiplier_is_that_of_the_day_an_application_was_created(found):
    world = found()
    world.create(ha=True)

    world.reopen(DEFAULT_HA_MULTIPLIER="1")
    world.create("young", ha=True)
    world.scale(3)
    world.scale(3, "young")

    assert (len(world.proxies()), len(world.proxies("young"))) == (2, 3)


def test_a_changed_multiplier_acts_on_the_next_changes_and_is_caught_up(world):
    world.create(ha=True)
    _multiply(world, 1)
    counts = []

    for multiplier, gears in ((1, 3), (2, 5), (2, 6), (2, 5), (2, 4)):
        _multiply(world, multiplier)
        world.scale(gears)
        counts.append((gears, len(world.proxies())))

    assert counts == [(3, 3), (5, 3), (6, 3), (5, 2), (4, 2)]
    world.check()


def test_an_application_with_two_gears_and_one_proxy_has_two_proxies_once_it_is_made_ha(world):
    world.create(gears=2)

    world.enable()
    after_enabling = world.proxies()
    world.scale(3)
    world.scale(2)

    assert (after_enabling, world.proxies()) == ([1, 2], [1, 2])
    world.check()


def test_an_ha_application_of_two_gears_is_not_scaled_down(world):
    world.create(ha=True)

    with pytest.raises(BelowMinimum, match=r"Cannot scale down below gear limit of 2\."):
        world.scale(1)

    world.check()


def test_an_ha_application_is_not_limited_to_one_gear(world):
    world.create(ha=True)

    with pytest.raises(HighAvailabilityNeedsTwoGears):
        set_limits(world.platform, world.demo, "shop", "php-5.4", scales_from=1, scales_to=1)

    world.check()


def test_making_ha_leaves_the_owners_limits_as_they_were(world):
    world.create()

    world.enable()

    group = world.parts().groups[0]
    assert (group.explicit_minimum, group.explicit_maximum) == (None, None)


def test_ending_ha_leaves_the_owners_limits_as_they_were(world):
    world.create()
    set_limits(world.platform, world.demo, "shop", "php-5.4", scales_from=1, scales_to=5)
    world.enable()

    world.disable()

    group = world.parts().groups[0]
    assert (group.explicit_minimum, group.explicit_maximum) == (1, 5)
    assert world.scale(1) == 1


def test_ending_ha_keeps_gears_proxies_and_the_multiplier(world):
    world.create(ha=True)
    _multiply(world, 2)
    world.scale(6)

    world.disable()

    assert (len(world.gears()), world.proxies()) == (6, [1, 2, 6])
    assert world.parts().application.multiplier == 2
    world.check()


def test_the_multiplier_applies_again_when_ha_is_enabled_again(world):
    world.create(ha=True)
    _multiply(world, 2)
    world.disable(scale_down=True)

    world.enable()
    world.scale(6)

    assert world.proxies()[-1] == 6
    world.check()


def test_ending_ha_with_scale_down_takes_the_surplus_proxies(world):
    world.create(gears=5, ha=True)

    world.disable(scale_down=True)

    assert (len(world.gears()), world.proxies()) == (4, [1])
    world.check()


def test_lowering_the_maximum_takes_gears_away(world):
    world.create(gears=5)

    set_limits(world.platform, world.demo, "shop", "php-5.4", scales_from=None, scales_to=3)

    assert len(world.gears()) == 3
    world.check()


def test_raising_the_minimum_that_fails_leaves_the_limits_and_the_quota_as_they_were(found):
    world = found(capacity=1)
    world.create(gears=3)
    for node_id in world.node_ids:
        world.fleet.node(node_id).faults.fail_every = 1

    with pytest.raises(Exception, match="on purpose"):
        set_limits(world.platform, world.demo, "shop", "php-5.4", scales_from=5, scales_to=None)
    world.heal()

    assert world.parts().groups[0].explicit_minimum is None
    assert world.demo.consumed_gears == 3
    world.check()


def test_scaling_down_takes_a_surplus_proxy_first(world):
    world.create(ha=True)
    _multiply(world, 3)
    world.scale(9)

    world.scale(8)

    assert world.proxies() == [1, 2]
    world.check()


def test_scaling_down_leaves_the_zones_even_and_the_head_in_place(world):
    head = world.create(gears=9).application.head_gear_id

    world.scale(3)

    assert sorted(gear.zone for gear in world.gears()) == ["a", "b", "c"]
    assert [gear.gear_id for gear in world.gears() if gear.is_head] == [head]
    world.check()


def test_scaling_down_takes_the_newest_of_equals(found):
    world = found(zones="a", nodes_per_zone=1)
    before = world.create(gears=4) and world.gears()

    world.scale(2)

    assert [gear.gear_id for gear in world.gears()] == [gear.gear_id for gear in before[:2]]


def test_enabling_promotes_a_gear_on_another_node_in_another_zone(world):
    world.create(gears=6)
    head = world.gears()[0]

    world.enable()

    promoted = next(gear for gear in world.gears() if gear.carries_proxy and not gear.is_head)
    assert len(world.gears()) == 6
    assert (promoted.node_id != head.node_id, promoted.zone != head.zone) == (True, True)
    world.check()


def test_enabling_adds_a_gear_where_none_is_on_another_node(found):
    world = found(zones="a", nodes_per_zone=1)
    world.create(gears=3)
    add_nodes(world.embedded, simulated_nodes("example.com", zones="b", nodes_per_zone=1))

    world.enable()

    assert world.proxies() == [1, 4]
    world.check()


def test_enabling_where_no_gear_qualifies_and_no_more_are_allowed_is_refused(found):
    world = found(zones="a", nodes_per_zone=1)
    world.create(gears=2)
    set_limits(world.platform, world.demo, "shop", "php-5.4", scales_from=None, scales_to=2)
    add_nodes(world.embedded, simulated_nodes("example.com", zones="b", nodes_per_zone=1))

    with pytest.raises(Exception, match="Cannot scale up above maximum gear limit of 2"):
        world.enable()

    world.check()


def test_enabling_a_stopped_application_promotes_and_adds_nothing(world):
    world.create(gears=2)
    change_state(world.platform, world.demo, "shop", StateEvent.STOP)

    world.enable()

    assert (len(world.gears()), world.proxies()) == (2, [1, 2])
    world.check()


def test_two_proxies_never_share_the_only_node(found):
    world = found(zones="a", nodes_per_zone=1)
    world.create()

    with pytest.raises(NoNodeAvailable):
        world.enable()

    assert not world.parts().application.ha
    world.check()


def test_two_proxies_share_the_only_node_where_that_is_allowed(found):
    world = found(zones="a", nodes_per_zone=1, ALLOW_MULTIPLE_HAPROXY_ON_NODE="true")
    world.create(gears=2)

    world.enable()

    assert world.proxies() == [1, 2]


def test_gears_are_spread_over_the_zones(world):
    world.create(gears=6)

    zones = [gear.zone for gear in world.gears()]

    assert sorted(zones) == ["a", "a", "b", "b", "c", "c"]
    assert len({gear.node_id for gear in world.gears()}) == 6


def test_a_minimum_of_zones_that_cannot_be_had_is_a_refusal_and_leaves_nothing(found):
    world = found(zones="a", ZONES_MIN_PER_GEAR_GROUP="2")
    world.create()  # what zones there are is enough
    small = found(zones="ab", capacity=1, nodes_per_zone=1, ZONES_MIN_PER_GEAR_GROUP="2")
    small.create("first")

    with pytest.raises(NoNodeAvailable):
        small.create("second", ha=True)

    assert not small.exists("second")
    small.check()
