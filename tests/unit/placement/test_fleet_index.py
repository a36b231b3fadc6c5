"""The index of the fleet, the spread of a group and the draw: what they keep and what they turn down."""

import pytest

from broker.core.placement import Draw, Fleet, GroupSpread, Node


def node(name: str, **fields) -> Node:
    return Node(**({"node_id": name, "profile": "small", "capacity": 10} | fields))


def test_a_node_comes_back_as_it_was_given():
    given = node("n1", region="r1", zone="a", gears=3, active=False)

    assert Fleet([given]).node("n1") == given


def test_an_updated_node_replaces_what_was_known():
    fleet = Fleet([node("n1")])

    fleet.update(node("n1", zone="b", gears=4))

    assert list(fleet) == [node("n1", zone="b", gears=4)]


def test_a_removed_node_leaves_nothing_behind():
    fleet = Fleet([node("n1")])

    fleet.remove("n1")

    assert len(fleet) == 0
    assert fleet.layout() == {}


def test_a_node_is_not_taken_in_twice():
    with pytest.raises(ValueError, match="n1 is in the fleet already"):
        Fleet([node("n1"), node("n1")])


def test_more_gears_than_there_is_room_for_are_not_reserved():
    fleet = Fleet([node("n1", gears=9)])

    with pytest.raises(ValueError, match="no room for 2 more"):
        fleet.reserve("n1", 2)

    assert fleet.node("n1").gears == 9


def test_more_gears_than_there_are_cannot_be_released():
    with pytest.raises(ValueError, match="has 1 gears, not 2"):
        Fleet([node("n1", gears=1)]).release("n1", 2)


def test_a_full_node_with_a_gear_released_is_open_again():
    fleet = Fleet([node("n1", gears=10)])

    fleet.release("n1")

    assert fleet.layout() == Fleet([node("n1", gears=9)]).layout()


def test_a_node_that_holds_more_than_its_capacity_is_full():
    fleet = Fleet([node("n1", gears=12)])

    (home,) = fleet.classes()
    assert (len(home), home.open) == (1, 0)


def test_a_fleet_tells_each_node_that_changed_since_once():
    fleet = Fleet([node("n1"), node("n2"), node("n3", gears=5)])
    before = fleet.changes

    fleet.update(node("n1", active=False))
    fleet.release("n3")
    fleet.release("n3")

    assert sorted(fleet.changed_since(before)) == ["n1", "n3"]


def test_a_fleet_tells_of_a_node_that_became_full_and_not_of_one_that_only_took_a_gear():
    fleet = Fleet([node("n1", gears=8)])
    before = fleet.changes

    fleet.reserve("n1")
    after_one = list(fleet.changed_since(before))
    fleet.reserve("n1")

    assert (after_one, list(fleet.changed_since(before))) == ([], ["n1"])


def test_a_spread_forgets_a_gear_that_left():
    spread = GroupSpread()
    spread.add("n1", region="r1", zone="a", carries_proxy=True)

    spread.remove("n1", region="r1", zone="a", carries_proxy=True)

    assert spread == GroupSpread()


@pytest.mark.parametrize(
    ("node_id", "zone", "carries_proxy"),
    [
        ("n2", "a", False),  # no gear on that node
        ("n1", "b", False),  # nor in that zone
        ("n1", "a", True),  # a gear, but none with a proxy
    ],
)
def test_a_spread_refuses_to_forget_what_it_never_counted(node_id, zone, carries_proxy):
    spread = GroupSpread()
    spread.add("n1", region="r1", zone="a")

    with pytest.raises(ValueError, match="no such gear"):
        spread.remove(node_id, region="r1", zone=zone, carries_proxy=carries_proxy)

    assert spread.total == 1


def test_the_draw_gives_the_published_numbers_of_splitmix64():
    # the first outputs of the reference implementation for the state 1234567
    assert [Draw(1234567).number(index) for index in range(3)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


def test_a_draw_below_a_bound_stays_below_it_and_reaches_everything():
    assert {Draw(7).below(index, 5) for index in range(200)} == {0, 1, 2, 3, 4}
