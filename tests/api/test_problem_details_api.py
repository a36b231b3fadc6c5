import uuid
from dataclasses import replace

import pytest

from broker.api.factory import ApiOptions, make_wsgi_app

PROBLEM = "application/problem+json"
TYPE = "/broker/rest/openapi.json#/components/x-problems/"


def asked(client, method, path, accept=PROBLEM, **request):
    client.headers = {"Accept": accept}
    return client.send(method, f"/broker/rest{path}", **request)


def test_a_refusal_as_problem_details_whole(world):
    refused = asked(world.demo, "GET", "/domain/missing")

    assert (refused.status_code, refused.headers["Content-Type"]) == (404, PROBLEM)
    assert refused.json == {
        "type": f"{TYPE}namespace_not_found",
        "title": "Namespace not found",
        "status": 404,
        "detail": "Domain 'missing' not found.",
        "instance": f"urn:uuid:{refused.headers['X-Request-Id']}",
        "messages": [
            {
                "severity": "error",
                "text": "Domain 'missing' not found.",
                "exit_code": 127,
                "field": None,
                "index": None,
            }
        ],
    }
    assert uuid.UUID(refused.json["instance"])


def test_several_things_that_are_wrong_are_one_problem_with_a_message_each(world):
    refused = asked(world.demo, "POST", "/domains", data="name=")

    assert (refused.status_code, refused.json["type"]) == (422, f"{TYPE}many_refusals")
    assert [(each["field"], each["exit_code"]) for each in refused.json["messages"]] == [("name", 106), ("name", 106)]
    assert refused.json["detail"] == " ".join(each["text"] for each in refused.json["messages"])


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "nothing_here"),
        ("DELETE", "/api", 405, "method_not_allowed"),
        ("GET", "/api.yml", 406, "not_acceptable"),
        ("GET", "/domains?owner=x", 400, "unreadable"),
        ("GET", "/domains?owner=%ff", 400, "not_utf8"),
    ],
)
def test_whatever_is_refused_is_a_problem(world, method, path, status, code):
    refused = asked(world.demo, method, path)

    assert (refused.status_code, refused.json["status"], refused.mimetype) == (status, status, PROBLEM)
    assert refused.json["type"] == f"{TYPE}{code}"


def test_headers_of_a_refusal_stay(world):
    assert asked(world.demo, "DELETE", "/api").headers["Allow"] == "GET, HEAD, OPTIONS"


def test_a_fault_of_the_brokers_is_a_problem_too(world):
    def broken():
        raise ZeroDivisionError

    wsgi_app = make_wsgi_app(replace(world.embedded.platform, reading=broken), ApiOptions())

    failed = asked(replace(world.demo, wsgi_app=wsgi_app), "GET", "/user")

    assert (failed.status_code, failed.json["type"]) == (500, f"{TYPE}internal_error")
    assert "ZeroDivision" not in failed.text


def test_who_is_not_logged_in_is_challenged_and_told_so_as_a_problem(world):
    refused = asked(world.nobody, "GET", "/user")

    assert (refused.status_code, refused.mimetype) == (401, PROBLEM)
    assert refused.headers["WWW-Authenticate"] == 'Basic realm="gearbroker"'
    assert (refused.json["type"], refused.json["detail"]) == (f"{TYPE}unauthorized", "HTTP Basic: Access denied.")


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, application/problem+json;q=0.5"])
def test_who_does_not_ask_for_it_or_likes_the_envelope_more_gets_none(world, accept):
    assert asked(world.nobody, "GET", "/user", accept).mimetype == "text/plain"
    assert asked(world.demo, "GET", "/domain/missing", accept).json["messages"][0]["exit_code"] == 127


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (PROBLEM, "application/json"),
        (f"application/json, {PROBLEM}", "application/json"),
        (f"application/xml, {PROBLEM}", "application/xml"),
    ],
)
def test_what_succeeds_comes_in_the_envelope_and_what_does_not_as_a_problem(world, accept, media):
    assert asked(world.demo, "GET", "/user", accept).mimetype == media
    assert asked(world.demo, "GET", "/domain/missing", accept).mimetype == PROBLEM


def test_every_type_of_problem_is_where_it_says_it_is(world):
    listed = world.nobody.send("GET", "/broker/rest/openapi.json").json["components"]["x-problems"]

    for code in ("namespace_not_found", "nothing_here", "unauthorized", "no_node_available", "internal_error"):
        assert listed[code] == {"title": code.replace("_", " ").capitalize()}


def test_messages_have_the_form_of_the_version(world):
    refused = asked(world.demo, "POST", "/domains", f"{PROBLEM};version=1.5", data="name=a-b")

    assert refused.json["messages"][0]["field"] == "id"
