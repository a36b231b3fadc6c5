from dataclasses import replace

import pytest

from broker.core.dns_names import app_dns_name, gear_dns_name, ha_dns_name
from broker.core.errors import HighAvailabilityRefused
from broker.core.high_availability import (
    DisableHaFacts,
    EnablePlan,
    MakeHaFacts,
    PromotionCandidate,
    check_disable_ha,
    check_make_ha,
    plan_enable,
)
from broker.core.sparse import proxy_limits

FINE = MakeHaFacts(
    allowed_on_platform=True,
    allowed_to_owner=True,
    owner_login="demo",
    scalable=True,
    ha=False,
    has_web_proxy=True,
    max_gears=-1,
)

HOPELESS = MakeHaFacts(
    allowed_on_platform=False,
    allowed_to_owner=False,
    owner_login="demo",
    scalable=False,
    ha=True,
    has_web_proxy=False,
    max_gears=1,
)

# In the order in which they are asked: what puts each right, and the text until then.
REASONS = [
    (
        {"allowed_on_platform": True},
        "This feature ('High Availability') is currently disabled. Enable it in OpenShift's config options.",
    ),
    (
        {"allowed_to_owner": True},
        "'High Availability' is not an allowed feature for the account ('demo')",
    ),
    ({"scalable": True}, "Only scalable applications can be made 'HA'"),
    ({"ha": False}, "Application is already HA"),
    ({"has_web_proxy": True}, "Cannot make the application HA because there is no web cartridge."),
    ({"max_gears": 2}, "Cannot make the application HA because the web cartridge's max gear limit is '1'"),
]


@pytest.mark.parametrize("place", range(len(REASONS)))
def test_the_first_reason_against_ha_is_given(place):
    facts = HOPELESS
    for cure, _ in REASONS[:place]:
        facts = replace(facts, **cure)

    with pytest.raises(HighAvailabilityRefused) as refused:
        check_make_ha(facts)

    assert refused.value.text == REASONS[place][1]
    assert refused.value.exit_code is None


@pytest.mark.parametrize("max_gears", [-1, 2, 5])
def test_an_application_that_meets_every_condition_may_be_made_ha(max_gears):
    check_make_ha(replace(FINE, max_gears=max_gears))


@pytest.mark.parametrize(
    ("ha", "scalable", "proxy", "text"),
    [
        (False, False, False, "HA is not active for this application."),
        (True, False, False, "HA operations are allowed only on scalable applications"),
        (True, True, False, "Cannot disable HA because there is no web cartridge."),
    ],
)
def test_the_first_reason_against_ending_ha_is_given(ha, scalable, proxy, text):
    with pytest.raises(HighAvailabilityRefused) as refused:
        check_disable_ha(DisableHaFacts(ha=ha, scalable=scalable, has_web_proxy=proxy))

    assert refused.value.text == text


def test_ha_can_be_ended_where_it_is():
    check_disable_ha(DisableHaFacts(ha=True, scalable=True, has_web_proxy=True))


def group(text, *, unusable=()):
    """`1*a/m 2b/n`: gear 1 carries the proxy, in zone a on node m; gear 2 in zone b on node n."""
    gears = []
    for word in text.split():
        name, _, node = word.partition("/")
        number = "".join(c for c in name if c.isdigit())
        gears.append(
            PromotionCandidate(
                gear_id=number,
                ordinal=int(number),
                node_id=node or f"node-{number}",
                zone="".join(c for c in name if c.isalpha()) or None,
                carries_proxy="*" in name,
                usable=int(number) not in unusable,
            )
        )
    return gears


def plan(*promote, add=0):
    return EnablePlan(promote=tuple(promote), add_proxy_gears=add)


HA = proxy_limits(ha=True, multiplier=0)


@pytest.mark.parametrize(
    ("gears", "expected"),
    [
        ("1*a", plan(add=1)),  # one gear: the second proxy comes with a new one
        ("1* 2", plan("2")),  # two gears: HA when the call returns, without a third
        ("1*a 2a 3b", plan("3")),  # another zone
        ("1*a/m 2a/m 3a/n", plan("3")),  # another node, where there is one zone
        ("1*/m 2/m 3/m", plan(add=1)),  # no other node
        ("1*a 2b 3c", plan("2")),  # the oldest of those equally good
        ("1*a 2*b 3b", plan()),  # enough already
        ("1*a/m 2*a/m 3b/n", plan("3")),  # two on one node count once
    ],
)
def test_which_gear_is_given_the_second_proxy(gears, expected):
    assert plan_enable(group(gears), HA) == expected


def test_the_order_in_which_gears_are_told_does_not_matter():
    gears = group("1*a 2a 3b 4c")

    assert plan_enable(reversed(gears), HA) == plan_enable(gears, HA)


def test_a_gear_that_is_out_of_order_is_not_given_the_proxy():
    assert plan_enable(group("1*a 2b 3b", unusable=[2]), HA) == plan("3")


def test_a_proxy_gear_that_is_out_of_order_does_not_count():
    assert plan_enable(group("1*a 2*b 3c", unusable=[2]), HA) == plan("3")


def test_the_node_of_a_proxy_gear_that_is_out_of_order_gets_no_second_one():
    assert plan_enable(group("1*a/m 2*b/n 3b/n", unusable=[2]), HA) == plan(add=1)


def test_an_application_without_any_proxy_that_works_comes_to_two():
    assert plan_enable(group("1*a/m 2b/n", unusable=[1]), HA) == plan("2", add=1)


def test_the_multipliers_share_is_promoted_too_spread_over_zones():
    limits = proxy_limits(ha=True, multiplier=2)

    found = plan_enable(group("1*a 2a 3a 4b 5b 6b 7c 8c"), limits)

    assert found == plan("4", "7", "2")  # four of eight; a, b, c, and the oldest in turn


def test_a_share_that_does_not_fit_adds_no_gear_beyond_the_two_of_ha():
    limits = proxy_limits(ha=True, multiplier=1)

    assert plan_enable(group("1*/m 2/n 3/n 4/n"), limits) == plan("2")


def test_where_it_is_allowed_one_node_carries_several_proxies():
    found = plan_enable(group("1*/m 2/m 3/m"), HA, allow_multiple_on_node=True)

    assert found == plan("2")


def test_where_it_is_allowed_other_nodes_still_come_first():
    limits = proxy_limits(ha=True, multiplier=1)

    found = plan_enable(group("1*/m 2/m 3/n 4/n"), limits, allow_multiple_on_node=True)

    assert found == plan("3", "2", "4")


def test_the_ha_name_has_prefix_and_suffix_around_the_applications():
    assert ha_dns_name("ha-", "testha", "test", "", "example.com") == "ha-testha-test.example.com"
    assert ha_dns_name("x-", "TestHa", "Test", "-y", "example.com") == "x-testha-test-y.example.com"


def test_the_names_of_an_application_and_of_a_gear():
    assert app_dns_name("TestHa", "Test", "example.com") == "testha-test.example.com"
    assert gear_dns_name("53c6c74f", "test", "example.com") == "53c6c74f-test.example.com"
