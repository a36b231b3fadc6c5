"""The picks: the original's weighted draw, and functions of one's own."""

from collections import Counter

import pytest

from broker.core.errors import NoNodeAvailable
from broker.core.placement import Candidate, Draw, Fleet, GroupSpread, Node, Request, Rules, place
from broker.core.placement.policies import weights_of, without_fullest

DRAW = Draw.for_application("5f0000000000000000000001")
SMALL = Request(profile="small")


def fleet_loaded(*loads: int) -> Fleet:
    return Fleet([Node(node_id=f"n{load}", profile="small", zone="a", capacity=100, gears=load) for load in loads])


def candidates_loaded(*percents: int) -> list[Candidate]:
    return [Candidate(percent * 10_000, 0, f"n{percent}", None, "a") for percent in percents]


@pytest.mark.parametrize(
    ("count", "weights"),
    [
        (1, [1]),  # half of one is rounded up
        (2, [1, 2]),
        (3, [2, 3, 4]),
        (4, [2, 3, 4, 5]),
        (5, [3, 4, 5, 6, 7]),  # where rounding to even would give 2
        (9, [5, 6, 7, 8, 9, 10, 11, 12, 13]),
    ],
)
def test_the_original_weighs_from_the_fullest_to_the_emptiest(count, weights):
    assert list(weights_of(count)) == weights


def test_the_original_leaves_out_nodes_beyond_the_mean():
    fullest_first = candidates_loaded(90, 80, 10, 10, 10, 10)

    kept = without_fullest(fullest_first)

    assert [candidate.load for candidate in kept] == [100_000] * 4


def test_the_original_spares_four_nodes_whatever_their_load():
    fullest_first = candidates_loaded(95, 90, 85, 1)

    assert without_fullest(fullest_first) == fullest_first


def test_the_original_draws_the_emptiest_of_three_twice_as_often_as_the_fullest():
    def drawn(start):
        fleet, draw = fleet_loaded(10, 20, 30), Draw(start)
        return place(fleet, GroupSpread(), [SMALL], rules=Rules(), draw=draw, policy="original")[0].node_id

    picked = Counter(map(drawn, range(4_500)))

    # weights 4, 3 and 2 of 9
    assert picked["n10"] == pytest.approx(2_000, abs=150)
    assert picked["n20"] == pytest.approx(1_500, abs=150)
    assert picked["n30"] == pytest.approx(1_000, abs=150)


def test_a_policy_of_ones_own_is_a_function():
    def fullest(candidates, draw, index):
        return max(candidates).node_id

    (placement,) = place(fleet_loaded(10, 70, 30), GroupSpread(), [SMALL], rules=Rules(), draw=DRAW, policy=fullest)

    assert placement.node_id == "n70"
    assert placement.policy == "fullest"


@pytest.mark.parametrize("picked", ["n100", "n-elsewhere"])
def test_a_policy_that_picks_what_was_not_offered_is_refused(picked):
    with pytest.raises(NoNodeAvailable, match="Invalid node selected"):
        place(
            fleet_loaded(10, 100),
            GroupSpread(),
            [SMALL],
            rules=Rules(),
            draw=DRAW,
            policy=lambda *_: picked,
        )


def test_an_unknown_policy_is_no_policy():
    with pytest.raises(KeyError, match="heaviest"):
        place(fleet_loaded(10), GroupSpread(), [SMALL], rules=Rules(), draw=DRAW, policy="heaviest")
