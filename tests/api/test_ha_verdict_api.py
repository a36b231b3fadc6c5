"""Whether an application is HA now, over REST."""

from broker.core.node import Liveness
from broker.usecases.nodes import change_liveness

HA = "/broker/rest/application/testha/ha"


def gears(client):
    return [gear for group in client("GET", "/application/testha/gear_groups").data for gear in group["gears"]]


def scale_to(client, count):
    assert client("POST", "/application/testha/events", f"event=scale-up&to={count}").status == 200


def enable(client):
    assert client("POST", "/application/testha/events", "event=make-ha").status == 200


def test_an_application_that_did_not_ask_for_ha_is_shown_so_in_full(testha):
    application = testha("GET", "/application/testha").data

    answer = testha("GET", HA)

    links = answer.data.pop("links")
    assert sorted(links) == ["GET", "GET_APPLICATION"]
    assert answer.status == 200
    assert answer.body["type"] == "ha"
    assert answer.texts == ["Showing whether application 'testha' with domain 'test' is HA"]
    (node,) = answer.data.pop("fatal_nodes")
    (zone,) = answer.data.pop("fatal_zones")
    assert node.startswith(f"node-{zone}")
    assert answer.data == {
        "application_id": application["id"],
        "state": "not_ha",
        "since": application["creation_time"],
        "asked": False,
        "failed_rules": [
            {
                "code": "asked_for",
                "text": "HA is not enabled",
                "advice": "Enable HA with the event 'enable-ha'.",
            }
        ],
        "survives_any_node": False,
        "survives_any_zone": False,
        "proxies": 1,
        "wanted_proxies": 1,
        "serving_gears": 1,
        "held_out": [],
    }


def test_an_application_that_is_ha_breaks_no_rule_and_survives_any_node_and_zone(testha):
    enable(testha)

    data = testha("GET", HA).data

    assert (data["state"], data["asked"], data["failed_rules"]) == ("ha", True, [])
    assert (data["survives_any_node"], data["survives_any_zone"]) == (True, True)
    assert (data["fatal_nodes"], data["fatal_zones"]) == ([], [])
    assert (data["proxies"], data["wanted_proxies"], data["serving_gears"]) == (2, 2, 2)


def test_the_application_links_to_its_verdict(testha):
    assert testha("GET", "/application/testha").data["links"]["GET_HA"]["href"].endswith("/ha")


def test_a_lost_node_degrades_the_verdict_and_the_advice_says_what_helps(world, testha):
    enable(testha)
    clock = testha("GET", HA).data["since"]
    with world.embedded.platform.reading() as work:
        lost = work.gears.by_ids([gears(testha)[1]["id"]])[0].node_id

    change_liveness(world.embedded.platform, [lost], Liveness.UNRESPONSIVE)

    data = testha("GET", HA).data
    assert data["state"] == "degraded"
    assert data["since"] >= clock
    assert [rule["code"] for rule in data["failed_rules"]] == ["enough_proxies", "any_node_may_be_lost"]
    assert data["failed_rules"][0] == {
        "code": "enough_proxies",
        "text": "1 of 2 proxy gears can serve",
        "advice": "Scale up, or wait until the nodes that are not heard of come back.",
    }
    assert len(data["fatal_nodes"]) == 1


def test_since_is_when_the_verdict_became_what_it_is(world, testha):
    platform = world.embedded.platform
    before = testha("GET", HA).data["since"]
    world_clock = platform.clock.now()

    enable(testha)
    scale_to(testha, 3)

    data = testha("GET", HA).data
    assert data["state"] == "ha"
    assert data["since"] >= before
    assert platform.clock.now() >= world_clock


def test_a_stopped_application_is_advised_to_be_started(testha):
    enable(testha)
    testha("POST", "/application/testha/events", "event=stop")

    data = testha("GET", HA).data

    assert data["state"] == "not_ha"
    assert (data["fatal_nodes"], data["fatal_zones"]) == ([], [])
    assert {rule["advice"] for rule in data["failed_rules"]} == {"Start the application."}


def test_gears_that_are_rotated_out_do_not_count_as_serving(testha):
    enable(testha)
    second = gears(testha)[1]["id"]
    assert testha("POST", f"/application/testha/gear/{second}/events", "event=rotate-out&timeout=60").status == 200

    data = testha("GET", HA).data

    assert (data["state"], data["serving_gears"], data["proxies"]) == ("degraded", 1, 2)
    assert [(held["id"], held["rotation"]) for held in data["held_out"]] == [(second, "draining")]
    assert [rule["code"] for rule in data["failed_rules"]] == ["any_node_may_be_lost"]
    assert data["failed_rules"][0]["advice"].startswith("Rotate a gear in, or: ")


def test_an_application_of_somebody_else_is_unknown(world, testha):
    answer = world.other("GET", HA)

    assert (answer.status, answer.first["exit_code"]) == (404, 101)
