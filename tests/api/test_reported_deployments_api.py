"""What gears report of their deployments: a record, bounded, that changes nothing of what they are to run."""

import re
from dataclasses import replace

import pytest
from api.deployed import (
    APPLICATION,
    BOTH,
    DEPLOYMENTS,
    NEITHER,
    NO_BINARY,
    REPORTED,
    TIME,
    URL,
    error,
    gears,
    info,
)
from sqlalchemy import update

from broker.store.tables import answers
from broker.usecases.gear_credentials import issue_gear_credentials


def shown_report(data):
    """The reported one as it is shown: no time is later than when it was reported."""
    (at,) = data["activations"]
    assert re.fullmatch(TIME, at)
    assert at == data["created_at"] < "2099"
    return {
        "id": "feed0001",
        "created_at": at,
        "ref": "pushed",
        "sha1": "0123456789abcdef0123456789abcdef01234567",
        "hot_deploy": True,
        "force_clean_build": False,
        "activations": [at],
    }


def test_gears_report_what_they_have_and_that_is_a_record(testha):
    (first,) = testha("GET", DEPLOYMENTS).data

    done = testha("POST", DEPLOYMENTS, json_body={"deployments": [REPORTED]})

    assert (done.status, done.body["type"]) == (200, "deployments")
    assert done.data == [first, shown_report(done.data[1])]
    assert done.body["messages"] == info("Updated deployments for application testha under domain test")
    assert testha("GET", DEPLOYMENTS).data == done.data
    assert {(gear["deployment_id"], gear["deployment_pending"]) for gear in gears(testha)} == {(first["id"], False)}


def test_of_a_deployment_of_the_platform_a_report_gives_the_commit_and_times_only(testha):
    (first,) = testha("GET", DEPLOYMENTS).data
    said = {**REPORTED, "id": first["id"], "artifact_url": URL, "activations": ["2014-01-01T00:00:00Z"]}

    done = testha("POST", DEPLOYMENTS, json_body={"deployments": [said]})

    times = ["2014-01-01T00:00:00Z", *first["activations"]]
    assert done.data == [{**first, "sha1": REPORTED["sha1"], "activations": times}]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"ref": None, "artifact_url": "http://example.com/app.tgz"}, NO_BINARY),
        ({"artifact_url": "http://example.com/app.tgz"}, BOTH),
        ({"ref": ""}, NEITHER),
    ],
)
def test_a_report_adds_no_deployment_that_could_not_be_made(testha, given, text):
    before = testha("GET", DEPLOYMENTS).data

    refused = testha("POST", DEPLOYMENTS, json_body={"deployments": [{**REPORTED, **given}]})

    assert (refused.status, refused.body["messages"]) == (422, error(text, -1))
    assert testha("GET", DEPLOYMENTS).data == before


def test_the_operation_of_a_report_shows_how_many_and_which(testha):
    testha("PUT", APPLICATION, "keep_deployments=30")
    reported = [{**REPORTED, "id": f"feed{number:04}"} for number in range(40)]

    done = testha("POST", DEPLOYMENTS, json_body={"deployments": reported})

    operation = testha("GET", f"{APPLICATION}/operations").data[0]
    assert (done.status, operation["kind"]) == (200, "update_deployments")
    assert operation["wish"] == {"count": 40, "ids": [each["id"] for each in reported[:20]]}
    assert len(done.data) == 31


def test_of_the_activations_of_a_reported_deployment_the_newest_twenty_are_taken(testha):
    times = [f"2014-01-01T00:00:{second:02}Z" for second in range(21)]

    done = testha("POST", DEPLOYMENTS, json_body={"deployments": [{**REPORTED, "activations": times}]})

    assert done.data[1]["activations"] == times[1:]


def test_a_report_whose_answer_was_lost_is_answered_as_it_was(world, testha):
    keyed = replace(testha, headers={"Idempotency-Key": "a-key"})
    first = keyed("POST", DEPLOYMENTS, json_body={"deployments": [REPORTED]})
    with world.embedded.built.database.writing() as connection:
        connection.execute(update(answers).values(status=None, body=None, headers=None))
        connection.commit()
    lost = keyed("POST", DEPLOYMENTS, json_body={"deployments": [REPORTED]})

    assert (first.status, lost.status, lost.body["status"]) == (200, 200, "ok")
    assert (lost.body["type"], lost.data) == ("deployments", first.data)
    assert lost.headers["Idempotency-Replayed"] == "true"


def test_a_report_may_come_as_a_form(testha):
    named = "deployments[][id]=feed0001&deployments[][ref]=master"
    form = f"{named}&deployments[][created_at]=1400000000.5&deployments[][activations][]=1400000001"

    done = testha("POST", DEPLOYMENTS, form)

    assert (done.status, done.body["type"]) == (200, "deployments")


def test_a_gear_reports_with_the_credentials_of_its_application(world, testha):
    application_id = testha("GET", APPLICATION).data["id"]
    given = issue_gear_credentials(world.embedded.platform, application_id)
    credentials = {"broker_auth_key": given.key, "broker_auth_iv": given.iv}
    gear = replace(world.nobody, headers={"User-Agent": "OpenShift", "Accept": "application/json;version=1.6"})

    done = gear("POST", DEPLOYMENTS, json_body={**credentials, "deployments": [REPORTED]})
    refused = gear("POST", DEPLOYMENTS, json_body={**credentials, "ref": "v2"})

    assert (done.status, done.data[1]) == (200, shown_report(done.data[1]))
    assert refused.status == 403
    assert refused.texts[0].endswith("(create_deployment on application)")


@pytest.mark.parametrize(
    ("reported", "text"),
    [
        ("x", "Invalid deployments: expected array of hashes"),
        (["x"], "Invalid deployments: expected array of hashes"),
        ([{**REPORTED, "id": None}], "Invalid deployments: each has its id"),
        ([{**REPORTED, "id": "XYZ"}], "Invalid deployments: 'XYZ' is no id"),
        ([{**REPORTED, "id": "f" * 17}], f"Invalid deployments: '{'f' * 17}' is no id"),
        ([REPORTED, REPORTED], "Invalid deployments: an id is there more than once."),
        ([{**REPORTED, "ref": "a..b"}], "Invalid deployments: 'a..b' is no ref"),
        ([{**REPORTED, "sha1": 7}], "Invalid deployments: '7' is no sha1"),
        ([{**REPORTED, "created_at": None}], "Invalid deployments: '' is no time"),
        (
            [{**REPORTED, "created_at": "2014-13-09T00:00:00Z"}],
            "Invalid deployments: '2014-13-09T00:00:00Z' is no time",
        ),
        ([{**REPORTED, "created_at": 1e300}], "Invalid deployments: '1e+300' is no time"),
        ([{**REPORTED, "activations": "now"}], "Invalid deployments: activations are an array of times"),
        ([{**REPORTED, "hot_deploy": "maybe"}], "Invalid deployments: 'maybe' is not true or false"),
        ([REPORTED] * 12, "Invalid deployments: at most 11 can be reported."),
    ],
)
def test_a_report_that_cannot_be_is_refused(testha, reported, text):
    refused = testha("POST", DEPLOYMENTS, json_body={"deployments": reported})

    assert (refused.status, refused.body["messages"]) == (422, error(text, -1, "deployments"))
