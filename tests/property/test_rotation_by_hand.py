"""Rotation by hand beside the gear ratio, and the deletion of single gears, beside what counting gear by gear says."""

from collections import Counter

from hypothesis import assume, given
from hypothesis import strategies as st

from broker.core.errors import BelowMinimum
from broker.core.gear_removal import GearRefused, Removal, RemovalFacts, plan_removal
from broker.core.high_availability import PromotionCandidate
from broker.core.rotation import (
    Rotation,
    RotationFacts,
    kept_for_traffic,
    may_leave,
    others_serve,
    rotation_of,
    shown_rotation,
)
from broker.core.sparse import (
    MultiplierRule,
    VictimCandidate,
    choose_victims,
    proxy_limits,
    wanted_proxies,
)

ZONE_OF = {"n1": "a", "n2": "a", "n3": "b", "n4": "b", "n5": "c", "n6": None}


def facts_of(rows):
    return [
        RotationFacts(gear_id=f"g{number}", ordinal=number, is_head=number == 1, held_out=held, can_serve=can)
        for number, (held, can) in enumerate(rows, 1)
    ]


rotations = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=8).map(facts_of)


def serve(gears):
    return [gear.gear_id for gear in gears if gear.can_serve and not gear.held_out]


@given(st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_what_is_held_out_is_out_and_what_is_not_follows_the_ratio(held, carries, out, drained):
    rotation = rotation_of(held_out=held, carries_proxy=carries, proxies_out=out)

    assert (rotation is Rotation.OUT) == (held or (carries and out))
    assert (shown_rotation(rotation, held_out=held, drained=drained) is Rotation.DRAINING) == (held and not drained)


@given(rotations, st.data())
def test_a_gear_is_rotated_out_only_while_another_serves(gears, data):
    gear = data.draw(st.sampled_from(gears))

    assert others_serve(gears, gear.gear_id) == bool(set(serve(gears)) - {gear.gear_id})


@given(rotations, st.data())
def test_a_gear_leaves_only_if_that_ends_no_traffic(gears, data):
    gear = data.draw(st.sampled_from(gears))
    rest = [other for other in gears if other is not gear]

    assert may_leave(gears, gear.gear_id) == (bool(serve(rest)) or not serve(gears))


@given(rotations, st.integers(1, 7))
def test_a_group_with_held_out_gears_never_shrinks_to_those_alone(gears, count):
    assume(count < len(gears))
    kept = kept_for_traffic(gears)
    candidates = [
        VictimCandidate(
            gear_id=gear.gear_id,
            ordinal=gear.ordinal,
            is_head=gear.is_head,
            carries_proxy=gear.is_head,
            node_id=f"n{gear.ordinal}",
            must_stay=gear.gear_id == kept,
        )
        for gear in gears
    ]
    try:
        victims = choose_victims(candidates, count, proxy_limits(ha=False, multiplier=0))
    except Exception:  # noqa: BLE001 whatever it is, nothing goes
        assert kept is not None
        assert count == len(gears) - 1
        return

    left = [gear for gear in gears if gear.gear_id not in victims]
    if any(gear.held_out for gear in gears):
        assert bool(serve(left)) == bool(serve(gears))


@given(rotations)
def test_nothing_is_kept_for_traffic_where_nothing_is_held_out(gears):
    assert kept_for_traffic([gear for gear in gears if not gear.held_out]) is None


@st.composite
def groups(draw):
    """A group with a head that carries the proxy, as the rules let it grow and be scaled, with some gears unusable."""
    nodes = draw(st.lists(st.sampled_from(sorted(ZONE_OF)), min_size=1, max_size=12))
    ha = draw(st.booleans())
    limits = proxy_limits(
        ha=ha,
        multiplier=draw(st.integers(-1, 4)),
        rule=draw(st.sampled_from(list(MultiplierRule))),
    )
    carriers, taken = set(), set()
    for number, node in enumerate(nodes, 1):
        if node not in taken and len(carriers) < wanted_proxies(len(nodes), limits):
            carriers.add(number)
            taken.add(node)
    gears = tuple(
        PromotionCandidate(
            gear_id=f"g{number}",
            ordinal=number,
            node_id=node,
            zone=ZONE_OF[node],
            carries_proxy=number in carriers,
            usable=draw(st.booleans()),
        )
        for number, node in enumerate(nodes, 1)
    )
    minimum = max(2 if ha else 1, draw(st.integers(1, 4)))
    return limits, gears, min(minimum, len(gears))


def after(gears, gear_id, removal: Removal):
    """The group once the gear is gone; a new gear is on a node, and in a zone, that nothing else of the group has."""
    left = [gear for gear in gears if gear.gear_id != gear_id]
    carriers = [gear for gear in left if gear.carries_proxy or gear.gear_id == removal.promote]
    new = int(removal.builds)
    return len(left) + new, len(carriers) + (new and removal.carries_proxy), carriers, left


@given(groups(), st.integers(1, 3), st.data())
def test_after_a_deletion_there_are_the_gears_the_zones_and_the_proxies_that_there_must_be(group, minimum_zones, data):
    limits, gears, minimum = group
    gear = data.draw(st.sampled_from(gears))
    facts = RemovalFacts(
        gear_id=gear.gear_id,
        is_head=gear.ordinal == 1,
        is_lost=data.draw(st.booleans()),
        is_web=True,
        gears=gears,
        limits=limits,
        minimum_gears=minimum,
        minimum_zones=minimum_zones,
    )
    proxies = sum(each.carries_proxy for each in gears)
    zones = {each.zone for each in gears} - {None}
    left_zones = {each.zone for each in gears if each is not gear} - {None}
    try:
        removal = plan_removal(facts)
    except GearRefused:
        assert gear.ordinal == 1 or len(left_zones) < min(minimum_zones, len(zones))
        return
    except BelowMinimum:
        assert len(gears) - 1 < minimum
        assert not facts.is_lost
        return

    count, carrying, carriers, left = after(gears, gear.gear_id, removal)
    assert gear.ordinal != 1
    assert count >= minimum
    assert carrying >= min(proxies, wanted_proxies(count, limits))
    assert not (removal.promote and removal.builds)
    if removal.promote:
        (promoted,) = (each for each in left if each.gear_id == removal.promote)
        assert promoted.usable
        assert not promoted.carries_proxy
    assert max(Counter(each.node_id for each in carriers).values(), default=1) == 1
    if not removal.builds:
        assert len(left_zones) >= min(minimum_zones, len(zones))


@given(groups(), st.data())
def test_a_proxy_is_passed_on_only_where_it_is_needed_and_to_a_new_gear_only_where_no_other_can_take_it(group, data):
    limits, gears, minimum = group
    gear = data.draw(st.sampled_from(gears[1:] or gears))
    facts = RemovalFacts(
        gear_id=gear.gear_id,
        is_head=False,
        is_lost=False,
        is_web=True,
        gears=gears,
        limits=limits,
        minimum_gears=minimum,
        minimum_zones=1,
    )
    try:
        removal = plan_removal(facts)
    except BelowMinimum:
        return

    rest = [each for each in gears if each is not gear]
    taken = {each.node_id for each in rest if each.carries_proxy}
    able = [each for each in rest if each.usable and not each.carries_proxy and each.node_id not in taken]
    needed = gear.carries_proxy and len(taken) < wanted_proxies(max(len(rest), minimum), limits)
    assert (removal != Removal()) == needed
    assert removal.builds == (needed and (not able or len(rest) < minimum))
