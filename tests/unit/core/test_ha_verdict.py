import pytest

from broker.core.verdict import GearFacts, HaFacts, VerdictState, verdict


def facts(text, *, asked=True, dns=True, wanted=2, zones=1):
    """`*a/m a/n !b/o`: a proxy gear in zone a on node m, a web gear on n, one out of order in zone b on o."""
    gears = []
    for word in text.split():
        name, _, node = word.partition("/")
        zone = "".join(c for c in name if c.isalpha()) or None
        gears.append(GearFacts(node_id=node, zone=zone, carries_proxy="*" in name, usable="!" not in name))
    return HaFacts.of_gears(gears, asked=asked, dns_registered=dns, wanted_proxies=wanted, minimum_zones=zones)


def test_two_proxy_gears_on_two_nodes_with_the_name_are_ha():
    found = verdict(facts("*a/m *a/n"))

    assert found.state is VerdictState.HA
    assert found.failed_rules == ()
    assert found.survives_any_node


@pytest.mark.parametrize(
    ("given", "reasons"),
    [
        (facts("*/m !*/n /o"), ("1 of 2 proxy gears can serve", "the loss of node m would not be survived")),
        (facts("*/m */m /n"), ("the loss of node m would not be survived",)),  # both proxies on one node
        (facts("*/m */n", dns=False), ("the HA DNS name is not registered",)),
        (facts("*/m */n /o", wanted=3), ("2 of 3 proxy gears can serve",)),
        (
            facts("*a/m *a/n", zones=2),
            (
                "the loss of zone a would not be survived",
                "gears can serve in 1 of at least 2 zones",
            ),
        ),
    ],
)
def test_an_application_that_answers_but_breaks_a_rule_is_degraded_and_says_which(given, reasons):
    found = verdict(given)

    assert found.state is VerdictState.DEGRADED
    assert found.failed_rules == reasons


@pytest.mark.parametrize(
    ("given", "reasons"),
    [
        (facts("*/m */n", asked=False), ("HA is not enabled",)),
        (facts("!*/m !*/n /o"), ("0 of 2 proxy gears can serve",)),
        (facts(""), ("no gear can serve requests", "0 of 2 proxy gears can serve")),
    ],
)
def test_an_application_that_did_not_ask_or_does_not_answer_is_not_ha(given, reasons):
    found = verdict(given)

    assert found.state is VerdictState.NOT_HA
    assert found.failed_rules == reasons


def test_the_zone_that_would_not_be_survived_is_named_though_no_rule_asks_for_it():
    found = verdict(facts("*a/m *a/n b/o"))

    assert found.state is VerdictState.HA
    assert found.fatal_zones == ("a",)
    assert not found.survives_any_zone


def test_proxy_gears_in_two_zones_survive_the_loss_of_either():
    assert verdict(facts("*a/m *b/n", zones=2)).survives_any_zone


def test_gears_whose_zone_is_unknown_are_in_no_zone_that_could_be_lost():
    found = verdict(facts("*/m */n"))

    assert found.fatal_zones == ()
    assert found.survives_any_zone


def test_an_application_that_does_not_answer_survives_nothing():
    assert not verdict(facts("")).survives_any_node


def test_a_gear_that_serves_no_requests_does_not_keep_the_application_up():
    database = GearFacts(node_id="o", zone=None, carries_proxy=True, usable=True, serves=False)
    web = GearFacts(node_id="m", zone=None, carries_proxy=True, usable=True)

    found = verdict(HaFacts.of_gears([database, web], asked=True, dns_registered=True))

    assert found.fatal_nodes == ("m",)
