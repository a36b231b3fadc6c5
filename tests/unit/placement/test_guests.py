"""What a gear group remembers of its nodes: overtaken by whatever happened to them since."""

import pytest

from broker.core.placement import Draw, Fleet, GroupSpread, Node, Request, Requirement, Rules, explain

DRAW = Draw.for_application("5f0000000000000000000001")


def a_fleet(**gears: int) -> Fleet:
    return Fleet(
        Node(node_id=name, profile="small", zone="a", capacity=10, gears=count) for name, count in gears.items()
    )


def a_spread(**gears: int) -> GroupSpread:
    spread = GroupSpread()
    for name, count in gears.items():
        for _ in range(count):
            spread.add(name, region=None, zone="a")
    return spread


def next_gear(fleet: Fleet, spread: GroupSpread, *excluded: str):
    request = Request(profile="small", excluded=frozenset(excluded))
    return explain(fleet, spread, request, rules=Rules(), draw=DRAW).placement


@pytest.mark.parametrize("hosted", [{"n1": 1, "n2": 1, "n3": 1}, {"n3": 1}])
def test_a_node_whose_load_fell_since_is_picked(hosted):
    fleet, spread = a_fleet(n1=6, n2=3, n3=9), a_spread(**hosted)
    before = next_gear(fleet, spread).node_id

    fleet.release("n1", 5)

    assert (before, next_gear(fleet, spread).node_id) == ("n2", "n1")


@pytest.mark.parametrize("hosted", [{"n1": 1, "n2": 1, "n3": 1}, {"n3": 1}])
def test_a_node_whose_load_rose_since_is_not_picked(hosted):
    fleet, spread = a_fleet(n1=4, n2=3, n3=9), a_spread(**hosted)
    before = next_gear(fleet, spread).node_id

    fleet.reserve("n2", 5)

    assert (before, next_gear(fleet, spread).node_id) == ("n2", "n1")


def test_a_node_that_others_filled_is_refused_until_they_leave_it():
    fleet, spread = a_fleet(n1=4, n2=9), a_spread(n1=2, n2=1)
    before = next_gear(fleet, spread)

    fleet.reserve("n2")
    full = next_gear(fleet, spread)
    fleet.release("n2")

    assert (before.node_id, full.node_id) == ("n2", "n1")
    assert full.refused == {Requirement.FULL: 1}
    assert next_gear(fleet, spread) == before


@pytest.mark.parametrize("hosted", [{"n1": 1, "n2": 1, "n3": 2}, {"n3": 1}])
def test_a_node_that_a_gear_of_the_group_left_joins_the_candidates(hosted):
    fleet, spread = a_fleet(n1=4, n2=3, n3=2), a_spread(**hosted)
    before = next_gear(fleet, spread).node_id

    spread.remove("n3", region=None, zone="a")

    assert (before, next_gear(fleet, spread).node_id) == ("n2", "n3")


def test_a_node_excluded_by_one_request_is_a_candidate_of_the_next():
    fleet, spread = a_fleet(n1=4, n2=3), a_spread(n1=1, n2=1)

    assert [next_gear(fleet, spread, *excluded).node_id for excluded in ((), ("n2",), ())] == ["n2", "n1", "n2"]


def test_a_node_that_is_lost_and_comes_back_is_where_it_was():
    fleet, spread = a_fleet(n1=4, n2=3), a_spread(n1=1, n2=1)
    before = next_gear(fleet, spread)
    node = fleet.node("n2")

    fleet.update(Node(node_id="n2", profile="small", zone="a", capacity=10, gears=3, responsive=False))
    lost = next_gear(fleet, spread)
    fleet.update(node)

    assert (lost.node_id, lost.refused) == ("n1", {Requirement.UNRESPONSIVE: 1})
    assert next_gear(fleet, spread) == before
