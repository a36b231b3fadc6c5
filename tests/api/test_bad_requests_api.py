import json
import logging
from dataclasses import replace

import pytest

from broker.api.factory import ApiOptions, make_wsgi_app

APPLICATIONS = "/broker/rest/domain/test/applications"
NOT_UTF8 = "Only valid UTF-8 encoded inputs are accepted"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


def post(client, data, kind=JSON, path=APPLICATIONS):
    response = client.send("POST", path, data=data, content_type=kind)
    return response.status_code, json.loads(response.data)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"name=\xff", FORM),
        (b"name=%ff", FORM),
        (b"%fe=1", FORM),
        (b'{"name": "\xff"}', JSON),
        (b'{"name": "\\ud800"}', JSON),  # half a character
        (b'{"\\udfff": 1}', JSON),
    ],
)
def test_what_is_not_utf8_is_refused(demo, data, kind):
    status, body = post(demo, data, kind)

    assert (status, body["status"]) == (400, "bad_request")
    assert [(each["text"], each["exit_code"]) for each in body["messages"]] == [(NOT_UTF8, None)]


@pytest.mark.parametrize("path", ["/domain/\xff", "/\xff", "/broker/rest/user/\xc3"])
def test_a_path_that_is_not_utf8_is_refused(demo, path):
    # As WSGI has it: the bytes of the path as characters of Latin-1.
    response = demo.send("GET", "/", environ_overrides={"PATH_INFO": path})

    assert (response.status_code, json.loads(response.data)["messages"][0]["text"]) == (400, NOT_UTF8)


def test_a_query_that_is_not_utf8_is_refused(demo):
    refused = demo("GET", "/domain/test?x=%ff")

    assert (refused.status, refused.texts) == (400, [NOT_UTF8])


@pytest.mark.parametrize("path", ["/domain/a\0b", "/application/a\0b", "/\0"])
def test_a_path_with_a_null_character_is_refused(demo, path):
    response = demo.send("GET", "/", environ_overrides={"PATH_INFO": path})

    assert response.status_code == 400


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"[]",
        b'"text"',
        b"5",
        b'{"name": NaN}',
        b'{"by": ' + b"9" * 5000 + b"}",  # more digits than Python converts
        b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}",
        b"[" * 100_000,
    ],
)
def test_json_that_is_broken_deep_or_no_object_is_refused(demo, data):
    status, body = post(demo, data)

    assert status == 400
    assert body["messages"][0]["severity"] == "error"


def test_a_form_that_is_nested_deep_is_refused(demo):
    status, _ = post(demo, "a" + "[b]" * 100 + "=1", FORM)

    assert status == 400


def test_a_form_with_thousands_of_parameters_is_refused(demo):
    status, _ = post(demo, "&".join(f"a{number}=1" for number in range(2000)), FORM)

    assert status == 400


def test_a_name_that_is_used_both_as_value_and_as_list_is_refused(demo):
    status, _ = post(demo, "cartridges=php-5.4&cartridges[]=php-5.4", FORM)

    assert status == 400


def test_a_huge_body_is_refused_with_the_limit(make_world):
    world = make_world(options=ApiOptions(max_request_bytes=1000))

    status, body = post(world.demo, json.dumps({"name": "a" * 1000}))

    assert (status, body["status"]) == (413, "request_entity_too_large")
    assert body["messages"][0]["text"] == "The body of the request is larger than 1000 bytes."


def test_a_body_in_another_format_is_refused(demo):
    status, body = post(demo, "<name>web</name>", "text/xml")

    assert status == 415
    assert "text/xml" in body["messages"][0]["text"]


def test_a_get_with_a_form_body_is_tolerated(demo):
    response = demo.send("GET", "/domains", data="broker_auth_key=k&broker_auth_iv=i", content_type=FORM)

    assert response.status_code == 200


def test_what_the_path_names_wins_over_the_body(demo):
    status, body = post(demo, json.dumps({"name": "web", "cartridges": ["php-5.4"], "domain_id": "other"}))

    assert (status, body["data"]["domain_id"]) == (201, "test")


def test_an_unknown_path_is_answered_in_the_envelope(world):
    refused = world.nobody("GET", "/broker/rest/nothing/<script>")

    assert (refused.status, refused.body["status"], refused.body["data"]) == (404, "not_found", None)
    assert "<" not in refused.texts[0]


def test_a_method_that_a_resource_has_not_names_those_it_has(world):
    refused = world.demo("DELETE", "/broker/rest/operations")

    assert (refused.status, refused.body["status"]) == (405, "method_not_allowed")
    assert refused.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("host", ["a b", "<script>", "a/b", ""])
def test_a_host_that_is_none_never_breaks_the_answer(world, host):
    response = world.wsgi_app.test_client().get("/api", headers={"Host": host})

    assert response.status_code in {200, 400}
    assert b"<script>" not in response.data


def test_an_unexpected_fault_tells_the_client_a_reference_and_the_log_the_rest(world, caplog):
    def broken():
        raise ZeroDivisionError("the password is s3cret")

    app = make_wsgi_app(replace(world.embedded.platform, reading=broken), ApiOptions())

    response = app.test_client().get("/user", auth=("demo", "password"))

    body = json.loads(response.data)
    reference = response.headers["X-Request-Id"]
    assert response.status_code == 500
    assert body["messages"][0]["text"] == (
        f"Unable to complete the requested operation due to: an internal error.\nReference ID: {reference}"
    )
    assert "s3cret" not in response.text
    (record,) = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert (record.reference, record.exc_info[0]) == (reference, ZeroDivisionError)
