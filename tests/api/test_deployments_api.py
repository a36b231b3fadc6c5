"""Deployments over REST, with the texts, codes and fields that the field's clients know."""

import re
from dataclasses import replace

import pytest
from api.credentials import token_client
from api.deployed import (
    APPLICATION,
    BINARY,
    BOTH,
    DEPLOYMENTS,
    NEITHER,
    NO_BINARY,
    REF,
    REPORTED,
    TIME,
    URL,
    error,
    gears,
    info,
)
from sqlalchemy import update

from broker.store.tables import answers
from broker.usecases.nodes import tell_all_missed


def test_a_new_application_lists_one_deployment(testha):
    listed = testha("GET", f"{DEPLOYMENTS}?force_refresh=true")

    (first,) = listed.data
    assert (listed.status, listed.body["type"], listed.body["status"]) == (200, "deployments", "ok")
    assert listed.body["messages"] == info("Listing deployments for application testha under domain test")
    assert re.fullmatch("[0-9a-f]{8}", first["id"])
    assert first == {
        "id": first["id"],
        "created_at": first["created_at"],
        "ref": "master",
        "sha1": None,
        "hot_deploy": False,
        "force_clean_build": False,
        "activations": [first["created_at"]],
    }
    assert re.fullmatch(TIME, first["created_at"])


def test_code_is_deployed_and_every_gear_runs_it(testha):
    testha("POST", f"{APPLICATION}/events", "event=scale-up&to=20")

    made = testha("POST", DEPLOYMENTS, json_body={"ref": "v2", "hot_deploy": True, "force_clean_build": "true"})

    data = made.data
    assert (made.status, made.body["type"], made.body["status"]) == (201, "deployment", "created")
    assert made.body["messages"] == info(f"Added {data['id']} to application testha")
    assert re.fullmatch("[0-9a-f]{8}", data["id"])
    (at,) = data["activations"]
    assert re.fullmatch(TIME, at)
    assert data == {
        "id": data["id"],
        "created_at": data["created_at"],
        "ref": "v2",
        "sha1": None,
        "hot_deploy": True,
        "force_clean_build": True,
        "activations": [at],
    }
    shown = {(gear["deployment_id"], gear["deployment_pending"]) for gear in gears(testha)}
    assert shown == {(data["id"], False)}


@pytest.mark.parametrize("path", ["deployment", "deployments"])
def test_one_deployment_is_shown(testha, path):
    (first,) = testha("GET", DEPLOYMENTS).data

    shown = testha("GET", f"{APPLICATION}/{path}/{first['id']}")

    text = f"Showing deployment {first['id']} for application testha under domain test"
    assert (shown.status, shown.body["type"], shown.data) == (200, "deployment", first)
    assert shown.body["messages"] == info(text)


def test_a_deployment_that_is_not_there_is_not_found(testha):
    shown = testha("GET", f"{APPLICATION}/deployment/00000000")
    activated = testha("POST", f"{APPLICATION}/events", "event=activate&deployment_id=00000000")

    assert shown.status == activated.status == 404
    assert shown.body["messages"] == error("The requested deployment was not found.", 1)
    assert activated.body["messages"] == error("The requested deployment was not found.", 1)
    assert (shown.body["type"], shown.data) == (None, None)


def test_an_earlier_deployment_is_activated_again(testha):
    testha("PUT", APPLICATION, "keep_deployments=2")
    (first,) = testha("GET", DEPLOYMENTS).data
    testha("POST", DEPLOYMENTS, "ref=v2")

    done = testha("POST", f"{APPLICATION}/events", json_body={"event": "activate", "deployment_id": first["id"]})

    text = f"Deployment ID {first['id']} on application testha has been activated"
    assert (done.status, done.body["type"], done.data["name"]) == (200, "application", "testha")
    assert done.body["messages"] == info(text)
    assert [len(each["activations"]) for each in testha("GET", DEPLOYMENTS).data] == [2, 1]
    assert [each["deployment_id"] for each in gears(testha)] == [first["id"]]


def test_activate_needs_an_id(testha):
    refused = testha("POST", f"{APPLICATION}/events", "event=activate")

    assert refused.status == 422
    assert refused.body["messages"] == error("Deployment ID must be provided for activate.", 126, "deployment_id")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"ref": "a..b"}, error(REF, -1, "ref")),
        ({"ref": "v" * 257}, error(REF, -1, "ref")),
        ({"artifact_url": "no url"}, error("Invalid Binary Artifact URL(no url)", -1, "artifact_url")),
        (
            {"artifact_url": "http://example.com/app.zip"},
            error("Invalid Binary Artifact URL(http://example.com/app.zip)", -1, "artifact_url"),
        ),
        (
            {"artifact_url": "file:///app.tgz"},
            error("Invalid Binary Artifact URL(file:///app.tgz)", -1, "artifact_url"),
        ),
        ({"ref": "master", "artifact_url": URL}, error(BOTH, -1)),
        ({}, error(NEITHER, -1)),
        ({"ref": " ", "artifact_url": ""}, error(NEITHER, -1)),
        ({"artifact_url": URL}, error(NO_BINARY, -1)),
        ({"ref": "v1", "hot_deploy": "maybe"}, error("Invalid value 'maybe'. Valid options: [true, false]", 167)),
    ],
)
def test_what_cannot_be_deployed_is_refused(testha, given, expected):
    refused = testha("POST", DEPLOYMENTS, json_body=given)

    assert (refused.status, refused.body["messages"]) == (422, expected)
    assert len(testha("GET", DEPLOYMENTS).data) == 1


def test_an_application_of_artifacts_takes_an_artifact_and_no_ref(testha):
    testha("PUT", APPLICATION, json_body=BINARY)

    made = testha("POST", DEPLOYMENTS, json_body={"artifact_url": "https://example.com/a/app.tar.gz"})
    refused = testha("POST", DEPLOYMENTS, "ref=master")

    assert (made.status, made.data["ref"], "artifact_url" in made.data) == (201, None, False)
    text = "The git ref provided is not compatible with the app deployment type, 'binary'."
    assert (refused.status, refused.body["messages"]) == (422, error(text, -1))


def test_a_gear_whose_node_is_away_is_pending_until_it_has_answered(world, testha):
    testha("POST", f"{APPLICATION}/events", "event=scale-up&to=3")
    (first,) = testha("GET", DEPLOYMENTS).data
    away = world.embedded.fleet
    node = next(each.node_id for each in _stored_gears(world) if each.gear_id == gears(testha)[1]["id"])
    world.embedded.fleet.kill(node)

    made = testha("POST", DEPLOYMENTS, "ref=v2")
    pending = [(gear["deployment_id"], gear["deployment_pending"]) for gear in gears(testha)]
    away.revive(node)
    _catch_up(world)

    new = made.data["id"]
    assert made.status == 201
    assert pending == [(new, False), (first["id"], True), (new, False)]
    assert [gear["deployment_pending"] for gear in gears(testha)] == [False] * 3


def test_where_a_node_refuses_the_deployment_stays_and_is_not_active(world, testha):
    testha("POST", f"{APPLICATION}/events", "event=scale-up&to=3")
    (first,) = testha("GET", DEPLOYMENTS).data
    node = next(each.node_id for each in _stored_gears(world) if each.gear_id == gears(testha)[1]["id"])
    world.embedded.fleet.node(node).faults.fail_every = 1

    refused = testha("POST", DEPLOYMENTS, "ref=v2")
    world.embedded.fleet.revive(node)
    _catch_up(world)

    assert (refused.status, refused.first["exit_code"]) == (500, 143)
    reason = f"Unable to complete the requested operation due to: Node {node}:"
    assert refused.texts[0].startswith(reason)
    assert [len(each["activations"]) for each in testha("GET", DEPLOYMENTS).data] == [1, 0]
    assert {(gear["deployment_id"], gear["deployment_pending"]) for gear in gears(testha)} == {(first["id"], False)}
    last = testha("GET", f"{APPLICATION}/operations").data[0]
    assert (last["kind"], last["state"], last["wish"]["ref"]) == ("deploy", "failed", "v2")


def test_who_does_not_see_the_application_does_not_see_its_deployments(world, testha):
    for method, path in (("GET", DEPLOYMENTS), ("POST", DEPLOYMENTS), ("GET", f"{APPLICATION}/deployment/0")):
        refused = world.other(method, path)
        assert (refused.status, refused.first["exit_code"]) == (404, 127)


def test_a_token_that_may_only_look_deploys_nothing(testha):
    application_id = testha("GET", APPLICATION).data["id"]
    looking = token_client(testha, scope=f"application/{application_id}/view")
    (first,) = looking("GET", DEPLOYMENTS).data

    refused = [
        looking("POST", DEPLOYMENTS, "ref=v2"),
        looking("POST", DEPLOYMENTS, json_body={"deployments": [REPORTED]}),
        looking("POST", f"{APPLICATION}/events", f"event=activate&deployment_id={first['id']}"),
        looking("PUT", APPLICATION, "keep_deployments=2"),
    ]

    assert [(answer.status, answer.texts[0].rpartition(" (")[2]) for answer in refused] == [
        (403, "create_deployment on application)"),
        (403, "update_deployments on application)"),
        (403, "create_deployment on application)"),
        (403, "update_application on application)"),
    ]
    assert testha("GET", DEPLOYMENTS).data == [first]


def test_a_deployment_is_made_once_under_its_key(world, testha):
    keyed = replace(testha, headers={"Idempotency-Key": "a-key"})
    first = keyed("POST", DEPLOYMENTS, "ref=v2")
    again = keyed("POST", DEPLOYMENTS, "ref=v2")
    with world.embedded.built.database.writing() as connection:
        connection.execute(update(answers).values(status=None, body=None, headers=None))
        connection.commit()
    lost = keyed("POST", DEPLOYMENTS, "ref=v2")

    assert again.data == lost.data == first.data
    assert lost.status == 201


def test_a_deployment_goes_on_without_its_caller(testha):
    away = replace(testha, headers={"Prefer": "respond-async"})

    accepted = away("POST", DEPLOYMENTS, "ref=v2")

    assert (accepted.status, accepted.data["kind"]) == (202, "deploy")
    assert accepted.data["wish"]["ref"] == "v2"


def test_a_deployment_is_made_only_if_nothing_has_changed(testha):
    seen = testha("GET", DEPLOYMENTS).headers["ETag"]
    testha("POST", f"{APPLICATION}/events", "event=restart")

    refused = replace(testha, headers={"If-Match": seen})("POST", DEPLOYMENTS, "ref=v2")

    assert refused.status == 412
    assert len(testha("GET", DEPLOYMENTS).data) == 1


def test_the_links_lead_to_deployments(testha):
    links = testha("GET", APPLICATION).data["links"]

    base = links["GET"]["href"]
    assert {name: (links[name]["method"], links[name]["href"].removeprefix(base)) for name in LINKS} == LINKS
    assert [each["name"] for each in links["DEPLOY"]["optional_params"]] == [
        "ref",
        "artifact_url",
        "hot_deploy",
        "force_clean_build",
    ]
    assert links["DEPLOY"]["optional_params"][0]["default_value"] == "master"
    assert [each["name"] for each in links["ACTIVATE"]["required_params"]] == ["event", "deployment_id"]
    assert links["ACTIVATE"]["required_params"][0]["valid_options"] == ["activate"]
    assert [each["name"] for each in links["UPDATE_DEPLOYMENTS"]["required_params"]] == ["deployments"]
    assert links["UPDATE"]["optional_params"][1]["valid_options"] == ["git", "binary"]
    assert [each["name"] for each in links["UPDATE"]["optional_params"]] == [
        "auto_deploy",
        "deployment_type",
        "deployment_branch",
        "keep_deployments",
    ]


LINKS = {
    "GET_DESCRIPTOR": ("GET", "/descriptor"),
    "DNS_RESOLVABLE": ("GET", "/dns_resolvable"),
    "DEPLOY": ("POST", "/deployments"),
    "UPDATE_DEPLOYMENTS": ("POST", "/deployments"),
    "ACTIVATE": ("POST", "/events"),
    "LIST_DEPLOYMENTS": ("GET", "/deployments"),
    "UPDATE": ("PUT", ""),
}


def _stored_gears(world):
    with world.embedded.platform.reading() as work:
        return work.gears.all()


def _catch_up(world):
    tell_all_missed(world.embedded.platform)
