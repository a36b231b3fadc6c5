import pytest

from broker.core.ids import NodeId
from broker.core.node import Liveness
from broker.usecases.accounts import find_user
from broker.usecases.groups import list_groups
from broker.usecases.nodes import change_liveness

GROUPS = "/broker/rest/application/testha/gear_groups"


def test_gear_groups_show_their_gears_and_the_state_of_each_as_a_result(testha):
    testha("POST", "/application/testha/events", "event=scale-up")

    shown = testha("GET", GROUPS)

    assert (shown.status, shown.body["type"]) == (200, "gear_groups")
    assert shown.texts == [
        "Showing gear groups for application 'testha' with domain 'test'",
        "started\nstarted\n",
    ]
    assert shown.body["messages"][1]["severity"] == "result"
    (group,) = shown.data
    assert (group["id"], group["scales_from"], group["scales_to"]) == (group["name"], 1, -1)
    assert [each["name"] for each in group["cartridges"]] == ["ruby-1.9", "haproxy-1.4"]
    assert len(group["gears"]) == 2


def test_a_gear_shows_where_it_is_and_no_endpoints_unless_asked(testha):
    gear = testha("GET", GROUPS).data[0]["gears"][0]
    application_id = testha("GET", "/application/testha").data["id"]

    assert sorted(gear) == ["deployment_id", "deployment_pending", "id", "region", "ssh_url", "state", "zone"]
    assert (gear["id"], gear["region"]) == (application_id, "r1")
    assert gear["zone"] in {"a", "b", "c"}
    assert gear["ssh_url"] == f"ssh://{application_id}@testha-test.example.com"


def test_a_gear_that_is_not_the_head_has_a_name_of_its_own(testha):
    testha("POST", "/application/testha/events", "event=scale-up")

    gear = testha("GET", GROUPS).data[0]["gears"][1]

    assert gear["ssh_url"] == f"ssh://{gear['id']}@{gear['id']}-test.example.com"


def test_a_database_has_a_group_of_its_own_in_a_scalable_application(demo):
    demo("POST", "/domain/test/applications", "name=testha&cartridges[]=php-5.4&cartridges[]=mysql-5.5&scale=true")

    groups = demo("GET", f"{GROUPS}?include=endpoints").data

    assert [[each["name"] for each in group["cartridges"]] for group in groups] == [
        ["php-5.4", "haproxy-1.4"],
        ["mysql-5.5"],
    ]
    assert [each["types"] for each in groups[1]["gears"][0]["endpoints"]] == [["database"]]


def test_one_gear_group_is_shown_by_its_id_in_both_spellings(testha):
    (group,) = testha("GET", GROUPS).data

    for path in (f"{GROUPS}/{group['id']}", f"/application/testha/gear-group/{group['id']}"):
        shown = testha("GET", path)
        assert (shown.body["type"], shown.data) == ("gear_group", group), path


def test_a_gear_group_that_is_not_there_is_not_found(testha):
    refused = testha("GET", "/application/testha/gear_group/nothing")

    assert (refused.status, refused.first["exit_code"]) == (404, 101)
    assert refused.texts == ["Gear group 'nothing' not found."]


@pytest.mark.parametrize("below", ["gears", "gear/0123456789abcdef01234567", "gears/0123456789abcdef01234567"])
def test_gears_are_to_be_asked_for_in_their_groups(testha, below):
    application_id = testha("GET", "/application/testha").data["id"]

    moved = testha("GET", f"/domain/test/application/testha/{below}")

    place = f"http://localhost/broker/rest/application/{application_id}/gear_groups"
    assert (moved.status, moved.first["exit_code"]) == (301, 112)
    assert moved.texts == [f"Please use this URL instead {place}"]
    assert moved.headers["Location"] == place


def test_gears_of_a_node_that_is_not_heard_of_are_unresponsive(world, testha):
    platform = world.embedded.platform
    _, (group,) = list_groups(platform, find_user(platform, "demo"), "testha")
    world.embedded.fleet.kill(group.gears[0].gear.node_id)
    change_liveness(platform, [NodeId(group.gears[0].gear.node_id)], Liveness.UNRESPONSIVE)

    shown = testha("GET", GROUPS)

    assert [gear["state"] for gear in shown.data[0]["gears"]] == ["unresponsive"]
