from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from broker.core.high_availability import PromotionCandidate, plan_enable
from broker.core.sparse import proxy_limits, wanted_proxies
from broker.core.verdict import GearFacts, HaFacts, VerdictState, verdict

ZONE_OF = {"n1": "a", "n2": "a", "n3": "b", "n4": "c", "n5": None}

gears = st.lists(
    st.builds(
        lambda node, proxy, usable, serves: GearFacts(
            node_id=node, zone=ZONE_OF[node], carries_proxy=proxy, usable=usable, serves=serves
        ),
        st.sampled_from(sorted(ZONE_OF)),
        st.booleans(),
        st.booleans(),
        st.booleans(),
    ),
    max_size=10,
)


def answers(some):
    return any(g.usable and g.carries_proxy for g in some) and any(g.usable and g.serves for g in some)


def judged(some, **facts):
    return verdict(HaFacts.of_gears(some, **{"asked": True, "dns_registered": True, **facts}))


@given(gears)
def test_the_nodes_that_would_not_be_survived_are_found_by_removing_each(some):
    fatal = {g.node_id for g in some if not answers([other for other in some if other.node_id != g.node_id])}

    found = judged(some)

    assert set(found.fatal_nodes) == fatal
    assert found.survives_any_node == (answers(some) and not fatal)


@given(gears)
def test_the_zones_that_would_not_be_survived_are_found_by_removing_each(some):
    zones = {g.zone for g in some} - {None}
    fatal = {zone for zone in zones if not answers([other for other in some if other.zone != zone])}

    found = judged(some)

    assert set(found.fatal_zones) == fatal
    assert found.survives_any_zone == (answers(some) and not fatal)


@given(gears, st.booleans(), st.booleans(), st.integers(2, 4), st.integers(1, 3))
def test_an_application_is_ha_exactly_when_no_rule_fails(some, asked, dns, wanted, zones):
    found = judged(some, asked=asked, dns_registered=dns, wanted_proxies=wanted, minimum_zones=zones)

    assert (found.state is VerdictState.HA) == (not found.failed_rules)
    assert found.state is not VerdictState.HA or (asked and found.survives_any_node)
    assert found.state is not VerdictState.DEGRADED or (asked and answers(some))


@st.composite
def groups(draw):
    nodes = draw(st.lists(st.sampled_from(sorted(ZONE_OF)), min_size=1, max_size=12))
    return [
        PromotionCandidate(
            gear_id=f"g{ordinal}",
            ordinal=ordinal,
            node_id=node,
            zone=ZONE_OF[node],
            carries_proxy=ordinal == 0 or draw(st.integers(0, 4)) == 0,
            usable=draw(st.integers(0, 4)) > 0,
        )
        for ordinal, node in enumerate(nodes)
    ]


multipliers = st.integers(-1, 5)


@given(groups(), multipliers)
def test_the_plan_comes_to_two_proxy_gears_that_work_on_two_nodes(group, multiplier):
    plan = plan_enable(group, proxy_limits(ha=True, multiplier=multiplier))

    nodes = {g.node_id for g in group if g.usable and (g.carries_proxy or g.gear_id in plan.promote)}
    assert len(nodes) + plan.add_proxy_gears >= 2
    assert plan.add_proxy_gears == 0 or len(nodes) + plan.add_proxy_gears == 2


@given(groups(), multipliers)
def test_a_gear_is_added_only_when_no_gear_qualifies(group, multiplier):
    plan = plan_enable(group, proxy_limits(ha=True, multiplier=multiplier))

    taken = {g.node_id for g in group if g.carries_proxy or g.gear_id in plan.promote}
    free = [g for g in group if g.usable and not g.carries_proxy and g.node_id not in taken]
    assert plan.add_proxy_gears == 0 or not free


@given(groups(), multipliers)
def test_promoted_gears_are_usable_new_to_it_and_alone_on_their_nodes(group, multiplier):
    plan = plan_enable(group, proxy_limits(ha=True, multiplier=multiplier))

    by_id = {g.gear_id: g for g in group}
    promoted = [by_id[gear_id] for gear_id in plan.promote]
    assert all(g.usable and not g.carries_proxy for g in promoted)
    on_node = Counter(g.node_id for g in promoted)
    before = {g.node_id for g in group if g.carries_proxy}
    assert all(count == 1 and node not in before for node, count in on_node.items())


@given(groups(), multipliers, st.booleans())
def test_no_more_proxies_come_to_be_than_are_wanted(group, multiplier, many):
    limits = proxy_limits(ha=True, multiplier=multiplier)
    plan = plan_enable(group, limits, allow_multiple_on_node=many)

    working = [g for g in group if g.usable and g.carries_proxy]
    counted = len(working) if many else len({g.node_id for g in working})
    assert not plan.promote or counted + len(plan.promote) <= max(2, wanted_proxies(len(group), limits))


@given(groups(), multipliers)
def test_every_promotion_goes_to_a_zone_with_the_fewest_proxies_among_those_that_qualify(group, multiplier):
    plan = plan_enable(group, proxy_limits(ha=True, multiplier=multiplier))

    by_id = {g.gear_id: g for g in group}
    zones = Counter(g.zone for g in group if g.usable and g.carries_proxy)
    taken = {g.node_id for g in group if g.carries_proxy}
    for gear_id in plan.promote:
        free = [g for g in group if g.usable and not g.carries_proxy and g.node_id not in taken]
        assert zones[by_id[gear_id].zone] == min(zones[g.zone] for g in free)
        zones[by_id[gear_id].zone] += 1
        taken.add(by_id[gear_id].node_id)
