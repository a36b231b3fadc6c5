"""Which nodes are refused, under which name, and what is said when all are."""

import pytest

from broker.core.errors import MinimumZonesUnreachable, NoNodeAvailable
from broker.core.placement import Draw, Fleet, GroupSpread, Node, Request, Requirement, Rules, place

DRAW = Draw.for_application("5f0000000000000000000001")
SMALL = Request(profile="small")


def node(name: str, **fields) -> Node:
    return Node(**({"node_id": name, "profile": "small", "capacity": 10} | fields))


def spread_on(*nodes: Node, carries_proxy: bool = False) -> GroupSpread:
    spread = GroupSpread()
    for each in nodes:
        spread.add(each.node_id, region=each.region, zone=each.zone, carries_proxy=carries_proxy)
    return spread


@pytest.mark.parametrize(
    ("fields", "request_", "rules", "requirement"),
    [
        # a node of another size
        ({"profile": "large"}, SMALL, Rules(), Requirement.OTHER_PROFILE),
        # a node outside the region asked for
        ({"region": "r2"}, Request(profile="small", region="r1"), Rules(), Requirement.OTHER_REGION),
        # a node whose region is unknown is not in the region asked for either
        ({"region": None}, Request(profile="small", region="r1"), Rules(), Requirement.OTHER_REGION),
        # an administrator took the node out
        ({"active": False}, SMALL, Rules(), Requirement.INACTIVE),
        # the node missed its heartbeats
        ({"responsive": False}, SMALL, Rules(), Requirement.UNRESPONSIVE),
        # every place is taken
        ({"gears": 10}, SMALL, Rules(), Requirement.FULL),
        # a node that never had a place
        ({"capacity": 0}, SMALL, Rules(), Requirement.FULL),
        # zones are required, and this node has none
        ({"zone": None}, SMALL, Rules(zones_required=True), Requirement.NO_ZONE),
        # the node the gear is to leave
        ({}, Request(profile="small", excluded=frozenset({"n1"})), Rules(), Requirement.EXCLUDED),
    ],
)
def test_a_node_is_refused_by_the_rule_it_breaks(fields, request_, rules, requirement):
    fleet = Fleet([node("n1", **fields)])

    with pytest.raises(NoNodeAvailable) as refusal:
        place(fleet, GroupSpread(), [request_], rules=rules, draw=DRAW)

    assert refusal.value.reasons == {requirement: 1}


def test_a_node_that_breaks_several_rules_is_counted_once_under_the_first():
    fleet = Fleet([node("n1", profile="large", active=False, gears=10), node("n2")])

    (placement,) = place(fleet, GroupSpread(), [SMALL], rules=Rules(), draw=DRAW)

    assert placement.refused == {Requirement.OTHER_PROFILE: 1}


def test_profiles_are_not_asked_about_where_the_platform_has_none():
    fleet = Fleet([node("n1", profile="large")])

    (placement,) = place(fleet, GroupSpread(), [SMALL], rules=Rules(profile_enabled=False), draw=DRAW)

    assert placement.node_id == "n1"


def test_a_second_proxy_gear_never_joins_the_first_on_its_node():
    first = node("n1")

    with pytest.raises(NoNodeAvailable) as refusal:
        place(
            Fleet([first]),
            spread_on(first, carries_proxy=True),
            [Request(profile="small", carries_proxy=True)],
            rules=Rules(),
            draw=DRAW,
        )

    assert refusal.value.text == "No nodes available"
    assert refusal.value.reasons == {Requirement.PROXY_ON_NODE: 1}


def test_proxy_gears_share_a_node_where_that_is_allowed():
    first = node("n1")

    (placement,) = place(
        Fleet([first]),
        spread_on(first, carries_proxy=True),
        [Request(profile="small", carries_proxy=True)],
        rules=Rules(allow_multiple_proxies_on_node=True),
        draw=DRAW,
    )

    assert placement.node_id == "n1"


def test_a_gear_without_proxy_may_join_a_proxy_gear():
    first = node("n1")

    (placement,) = place(Fleet([first]), spread_on(first, carries_proxy=True), [SMALL], rules=Rules(), draw=DRAW)

    assert placement.node_id == "n1"


def test_further_gears_follow_the_region_of_the_first_whatever_they_ask_for():
    fleet = Fleet([node("n1", region="r1", gears=9), node("n2", region="r2")])
    spread = spread_on(node("n1", region="r1"))

    (placement,) = place(fleet, spread, [Request(profile="small", region="r2")], rules=Rules(), draw=DRAW)

    assert placement.node_id == "n1"


def test_the_gears_of_one_batch_stay_in_one_region():
    fleet = Fleet([node(f"n{number}", region=f"r{number % 3}", zone=f"z{number}") for number in range(9)])

    placements = place(fleet, GroupSpread(), [SMALL] * 9, rules=Rules(), draw=DRAW)

    assert len({placement.region for placement in placements}) == 1


def test_another_gear_group_follows_the_home_region_of_the_application():
    fleet = Fleet([node("n1", region="r1", gears=9), node("n2", region="r2")])

    (placement,) = place(fleet, GroupSpread(home_region="r1"), [SMALL], rules=Rules(), draw=DRAW)

    assert placement.region == "r1"


def test_a_group_that_cannot_come_to_its_minimum_of_zones_is_refused_before_its_first_gear():
    fleet = Fleet([node("n1", zone="a"), node("n2", zone="b", gears=10)])

    with pytest.raises(MinimumZonesUnreachable) as refusal:
        place(fleet, GroupSpread(), [SMALL], rules=Rules(minimum_zones=2), draw=DRAW)

    assert refusal.value.exit_code == 1
    assert refusal.value.text == (
        "Unable to find minimum zones required for application gear group. Available zones:1, Needed min zones:2"
    )
    assert refusal.value.reasons == {Requirement.TOO_FEW_ZONES: 1, Requirement.FULL: 1}


def test_no_more_zones_are_demanded_than_there_are():
    fleet = Fleet([node("n1", zone="a"), node("n2", zone="b")])

    placements = place(fleet, GroupSpread(), [SMALL] * 2, rules=Rules(minimum_zones=3), draw=DRAW)

    assert {placement.zone for placement in placements} == {"a", "b"}


def test_zones_the_group_is_in_count_even_when_they_are_full():
    taken = node("n1", zone="a", gears=10)
    fleet = Fleet([taken, node("n2", zone="b")])

    (placement,) = place(fleet, spread_on(taken), [SMALL], rules=Rules(minimum_zones=2), draw=DRAW)

    assert placement.zone == "b"


@pytest.mark.parametrize(
    ("region", "rules", "text"),
    [
        (None, Rules(), "No nodes available for the specified gear size"),
        ("r1", Rules(), "No nodes available for the specified gear size/region combination"),
        (None, Rules(zones_required=True), "No nodes available for the specified gear size/zone combination"),
        (
            "r1",
            Rules(zones_required=True),
            "No nodes available for the specified gear size/region/zone combination",
        ),
        # sizes mean nothing on this platform
        (None, Rules(profile_enabled=False), "No nodes available"),
    ],
)
def test_the_text_of_a_refusal_names_what_was_asked_for(region, rules, text):
    fleet = Fleet([node("n1", profile="large", active=False)])

    with pytest.raises(NoNodeAvailable) as refusal:
        place(fleet, GroupSpread(), [Request(profile="small", region=region)], rules=rules, draw=DRAW)

    assert refusal.value.text == text
    assert refusal.value.exit_code == 140


def test_a_refusal_advises_what_came_nearest_to_helping():
    fleet = Fleet([node("n1", gears=10), node("n2", profile="large"), node("n3", profile="large")])

    with pytest.raises(NoNodeAvailable) as refusal:
        place(fleet, GroupSpread(), [SMALL], rules=Rules(), draw=DRAW)

    assert refusal.value.advice == ("Add nodes or capacity (1 refused); or add nodes of the gear profile (2 refused).")


def test_an_empty_fleet_advises_to_add_nodes():
    with pytest.raises(NoNodeAvailable) as refusal:
        place(Fleet(), GroupSpread(), [SMALL], rules=Rules(), draw=DRAW)

    assert refusal.value.advice == "There is no node at all: add nodes."
