"""A broker that is closed: what it says, to whom, and in which order it looks at a request."""

import json
import sqlite3
from dataclasses import replace

import pytest

from broker.api.factory import make_wsgi_app
from broker.config import Settings, maintenance_text
from broker.core.errors import ConfigurationError

TEXT = "We are back at 14:00 UTC."
CLOSED = {"severity": "info", "text": TEXT, "exit_code": None, "field": None, "index": None}


@pytest.fixture
def closed(world):
    """A client of a broker that is closed."""
    return replace(
        world.demo, wsgi_app=make_wsgi_app(world.embedded.platform, replace(world.options, maintenance=TEXT))
    )


@pytest.mark.parametrize("path", ["/broker/rest/domains", "/broker/rest/user", "/cartridges", "/routing/events"])
def test_a_closed_broker_says_why_in_one_message(closed, path):
    answered = closed("GET", path)

    assert (answered.status, answered.body["status"], answered.body["type"]) == (503, "service_unavailable", None)
    assert (answered.data, answered.body["messages"]) == (None, [CLOSED])


def test_the_entry_is_shown_all_the_same(closed):
    assert (closed("GET", "/broker/rest/api").status, closed("GET", "/broker/rest/api").body["type"]) == (200, "links")


def test_a_closed_broker_changes_nothing_and_asks_nobody_who_they_are(closed, world):
    refused = replace(closed, login=("demo", "wrong"))("POST", "/broker/rest/domains", "name=test")

    assert (refused.status, refused.texts) == (503, [TEXT])
    assert world.demo("GET", "/broker/rest/domains").data == []


def test_what_cannot_be_read_is_refused_as_that_before(closed):
    not_utf8 = closed("GET", "/broker/rest/domains?x=%ff")
    no_boolean = closed("GET", "/broker/rest/domains?nolinks=perhaps")
    no_version = replace(closed, headers={"Accept": "application/json; version=2.0"})("GET", "/broker/rest/domains")

    assert [each.status for each in (not_utf8, no_boolean, no_version)] == [400, 422, 406]


def test_a_closed_broker_says_so_as_problem_details_too(closed):
    asking = replace(closed, headers={"Accept": "application/problem+json"})

    answered = json.loads(asking.send("GET", "/broker/rest/domains").data)

    assert (answered["status"], answered["detail"]) == (503, TEXT)
    assert answered["type"] == "/broker/rest/openapi.json#/components/x-problems/under_maintenance"


def test_a_closed_broker_shows_people_a_page(closed):
    page = replace(closed, headers={"Accept": "text/html"}).send("GET", "/broker/rest/console")

    assert (page.status_code, TEXT in page.text) == (503, True)


def test_a_repeat_after_maintenance_is_not_answered_with_it(closed, world):
    keyed = {"Idempotency-Key": "one"}
    during = replace(closed, headers=keyed)("POST", "/broker/rest/domains", "name=test")
    after = replace(world.demo, headers=keyed)("POST", "/broker/rest/domains", "name=test")

    assert (during.status, after.status) == (503, 201)


def test_a_closed_broker_does_not_need_its_database(closed, world):
    with sqlite3.connect(world.embedded.built.database.engine.url.database) as database:
        database.execute("DROP TABLE users")

    assert closed("GET", "/broker/rest/user").texts == [TEXT]


def test_the_text_is_the_operator_s_if_there_is_one(tmp_path):
    note = tmp_path / "note"
    note.write_text(f"{TEXT}\n", encoding="utf-8")

    def told(**more):
        return maintenance_text(Settings(data_dir=tmp_path, **more))

    assert told(maintenance_file=str(note)) == ""
    assert told(maintenance_mode=True) == "The broker is closed for maintenance. Please try again later."
    assert told(maintenance_mode=True, maintenance_file=str(note)) == TEXT


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff", b"a" * 4001])
def test_a_text_that_cannot_be_shown_is_refused_at_the_start(tmp_path, content):
    note = tmp_path / "note"
    if content is not None:
        note.write_bytes(content)

    with pytest.raises(ConfigurationError, match="MAINTENANCE_NOTIFICATION_FILE") as refused:
        maintenance_text(Settings(data_dir=tmp_path, maintenance_mode=True, maintenance_file=str(note)))

    assert refused.value.field == "MAINTENANCE_NOTIFICATION_FILE"
