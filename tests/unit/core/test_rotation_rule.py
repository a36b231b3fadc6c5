import pytest
from ha_tables import serving_gears

from broker.core.rotation import gear_ratio, ratio_limit, rotates_out


@pytest.mark.parametrize(
    ("web_gears", "proxy_gears", "ratio"),
    [
        (3, 1, 3),
        (4, 2, 2),
        (5, 2, 3),  # 2.5: halves go up
        (7, 3, 2),  # 2.33
        (8, 3, 3),  # 2.67
        (9, 3, 3),
        (10, 4, 3),  # 2.5 again
        (1000, 2, 500),
        (5, 0, 0),  # no proxy gear, no ratio
    ],
)
def test_the_gear_ratio_rounds_halves_up(web_gears, proxy_gears, ratio):
    assert gear_ratio(web_gears, proxy_gears) == ratio


# Two proxy gears; a row for each limit, then what serves with 2, 3, … 9 web gears.
SERVING = {
    -1: [2, 3, 4, 5, 6, 7, 8, 9],
    0: [2, 1, 2, 3, 4, 5, 6, 7],  # 2 of 2 are proxies: nothing else would serve, so both stay
    1: [2, 1, 2, 3, 4, 5, 6, 7],
    2: [2, 1, 2, 3, 4, 5, 6, 7],
    3: [2, 3, 4, 3, 4, 5, 6, 7],
    4: [2, 3, 4, 5, 6, 5, 6, 7],
    5: [2, 3, 4, 5, 6, 7, 8, 7],
}


@pytest.mark.parametrize("limit", SERVING)
def test_the_gears_that_serve_beside_two_proxy_gears(limit):
    assert [serving_gears(web_gears, 2, limit) for web_gears in range(2, 10)] == SERVING[limit]


def test_a_single_proxy_gear_leaves_with_the_third_gear():
    assert [serving_gears(web_gears, 1, 3) for web_gears in (1, 2, 3, 4)] == [1, 2, 2, 3]


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_proxy_gears_stay_when_nothing_else_would_serve(limit):
    assert not rotates_out(2, 2, limit)


def test_proxy_gears_stay_when_every_other_gear_is_out_of_order():
    assert rotates_out(5, 2, 3)
    assert not rotates_out(5, 2, 3, others_serving=0)


def test_a_negative_limit_means_never():
    assert not rotates_out(1000, 2, -7)


@pytest.mark.parametrize(
    ("own", "limit"),
    [
        (None, 3),
        ("", 3),
        ("4", 4),
        (" 4 ", 4),
        ("+4", 4),
        ("-1", -1),
        ("0", 0),
        ("4.5", 3),  # no integer
        ("many", 3),
        ("--1", 3),
        ("²", 3),  # a digit to Unicode, not to an integer
        ("1_0", 3),
    ],
)
def test_the_applications_own_limit_wins_when_it_is_an_integer(own, limit):
    assert ratio_limit(3, own) == limit


def test_an_absurdly_long_own_limit_is_still_a_large_number():
    assert ratio_limit(3, "9" * 10_000) > 10**17
