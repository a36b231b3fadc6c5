"""How gears spread: over zones first, then over nodes, then by load, and what is told of it."""

from collections import Counter

import pytest

from broker.core.errors import NoNodeAvailable
from broker.core.placement import (
    Draw,
    Fleet,
    GroupSpread,
    Node,
    Outcome,
    Preference,
    Request,
    Requirement,
    Rules,
    explain,
    place,
    release,
)

DRAW = Draw.for_application("5f0000000000000000000001")
SMALL = Request(profile="small")
PROXY = Request(profile="small", carries_proxy=True)


def node(name: str, zone: str | None = "a", gears: int = 0, capacity: int = 10) -> Node:
    return Node(node_id=name, profile="small", region="r1", zone=zone, gears=gears, capacity=capacity)


def a_fleet(zones: str = "abc", each: int = 4) -> Fleet:
    return Fleet([node(f"{zone}{number}", zone) for zone in zones for number in range(each)])


def test_two_proxy_gears_go_to_two_zones_though_one_is_loaded():
    fleet = Fleet([node("a1", "a"), node("a2", "a"), node("b1", "b", gears=9)])

    placements = place(fleet, GroupSpread(), [PROXY, PROXY], rules=Rules(), draw=DRAW)

    assert {placement.zone for placement in placements} == {"a", "b"}


def test_proxy_gears_spread_over_zones_even_where_other_gears_of_the_group_are():
    fleet = a_fleet("ab")
    spread = GroupSpread()
    spread.add("a0", region="r1", zone="a", carries_proxy=True)
    for _ in range(5):
        spread.add("b0", region="r1", zone="b")

    (placement,) = place(fleet, spread, [PROXY], rules=Rules(), draw=DRAW)

    assert placement.zone == "b"


def test_zones_differ_by_at_most_one_gear_while_all_have_room():
    placements = place(a_fleet("abc"), GroupSpread(), [SMALL] * 31, rules=Rules(), draw=DRAW)

    by_zone = Counter(placement.zone for placement in placements)
    assert sorted(by_zone.values()) == [10, 10, 11]


def test_a_zone_fills_every_node_once_before_any_twice():
    placements = place(a_fleet("a", each=5), GroupSpread(), [SMALL] * 7, rules=Rules(), draw=DRAW)

    assert len({placement.node_id for placement in placements[:5]}) == 5
    assert len({placement.node_id for placement in placements[5:]}) == 2


def test_a_node_without_zone_is_the_last_resort():
    fleet = Fleet([node("lost", zone=None), node("a1", "a", gears=9)])

    placements = place(fleet, GroupSpread(), [SMALL, SMALL], rules=Rules(), draw=DRAW)

    assert [placement.node_id for placement in placements] == ["a1", "lost"]


def test_among_equals_the_least_loaded_node_is_picked():
    fleet = Fleet([node("half", gears=5), node("third", gears=33, capacity=100), node("most", gears=9)])

    (placement,) = place(fleet, GroupSpread(), [SMALL], rules=Rules(), draw=DRAW)

    assert placement.node_id == "third"


def test_among_nodes_of_one_load_the_zone_with_the_lowest_load_wins():
    fleet = Fleet([node("a1", "a"), node("a2", "a", gears=9), node("b1", "b"), node("b2", "b", gears=8)])

    picked = {
        explain(fleet, GroupSpread(), SMALL, rules=Rules(), draw=Draw(start)).placement.node_id for start in range(50)
    }

    assert picked == {"b1"}


def test_no_node_is_the_first_choice_of_every_application():
    fleet = a_fleet("abc", each=10)

    first = Counter(
        explain(
            fleet, GroupSpread(), SMALL, rules=Rules(), draw=Draw.for_application(f"{number:024x}")
        ).placement.node_id
        for number in range(600)
    )

    assert len(first) >= 25
    assert max(first.values()) < 150


def test_an_application_repeats_its_own_choice():
    again = [place(a_fleet(), GroupSpread(), [SMALL] * 5, rules=Rules(), draw=DRAW) for _ in range(2)]

    assert again[0] == again[1]


def test_a_placement_tells_its_reasons_in_counts_and_in_words():
    fleet = Fleet([node("a1"), node("a2", gears=10), node("b1", "b", gears=2), node("b2", "b", gears=1)])
    spread = GroupSpread()
    spread.add("a1", region="r1", zone="a")

    (placement,) = place(fleet, spread, [SMALL], rules=Rules(), draw=DRAW)

    assert placement.as_record() == {
        "node": "b2",
        "region": "r1",
        "zone": "b",
        "policy": "least_loaded",
        "decided_by": "least_loaded",
        "refused": {"full": 1},
        "candidates": 3,
        "left": {"zone_known": 3, "zone_fewest_gears": 2, "node_fewest_gears": 2},
    }
    assert placement.sentences == (
        "1 node refused: it has no room for another gear",
        "2 of 3 kept: zones with the fewest gears of the gear group",
        "b2 picked from 2 nodes by the policy least_loaded",
    )


@pytest.mark.parametrize(
    ("nodes", "decided_by"),
    [
        # nobody to compare with
        ([node("a1")], "only_candidate"),
        # the other zone has a gear already
        ([node("a1"), node("b1", "b")], "zone_fewest_gears"),
        # two as good for the group: the policy's turn
        ([node("b1", "b"), node("b2", "b")], "least_loaded"),
    ],
)
def test_a_placement_says_what_decided_it(nodes, decided_by):
    spread = GroupSpread()
    spread.add("a1", region="r1", zone="a")

    (placement,) = place(Fleet(nodes), spread, [SMALL], rules=Rules(), draw=DRAW)

    assert placement.decided_by == decided_by


def test_a_batch_that_does_not_fit_leaves_everything_as_it_was():
    fleet, spread = a_fleet("a", each=3), GroupSpread()
    before = fleet.layout()

    with pytest.raises(NoNodeAvailable) as refusal:
        place(fleet, spread, [PROXY] * 4, rules=Rules(), draw=DRAW)

    assert refusal.value.reasons == {Requirement.PROXY_ON_NODE: 3}
    assert fleet.layout() == before
    assert spread == GroupSpread()


def test_a_batch_over_two_regions_that_fails_late_leaves_everything_as_it_was():
    fleet = Fleet([Node(node_id="n1", profile="small", capacity=2, region="r1", zone="a")])
    spread, before = GroupSpread(), fleet.layout()

    with pytest.raises(NoNodeAvailable):
        place(fleet, spread, [SMALL] * 3, rules=Rules(), draw=DRAW)

    assert fleet.layout() == before
    assert spread == GroupSpread()


def test_a_released_gear_of_a_node_that_left_the_fleet_is_only_counted_out():
    fleet, spread = a_fleet("a", each=1), GroupSpread()
    placements = place(fleet, spread, [SMALL], rules=Rules(), draw=DRAW)
    fleet.remove("a0")

    release(fleet, spread, placements)

    assert spread == GroupSpread()


def test_an_explanation_gives_every_node_its_verdict():
    fleet = Fleet([node("a1"), node("b1", "b"), node("b2", "b", gears=1), node("b3", "b", gears=10)])
    spread = GroupSpread()
    spread.add("a1", region="r1", zone="a")

    explanation = explain(fleet, spread, SMALL, rules=Rules(), draw=DRAW)

    assert {name: (each.outcome, each.rule) for name, each in explanation.verdicts.items()} == {
        "a1": (Outcome.OUTDONE, Preference.ZONE_FEWEST_GEARS),
        "b1": (Outcome.CHOSEN, None),
        "b2": (Outcome.NOT_DRAWN, None),
        "b3": (Outcome.REFUSED, Requirement.FULL),
    }
