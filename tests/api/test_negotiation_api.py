import base64
import json
import logging

import pytest

from broker.usecases.accounts import create_user, set_password

DENIED = b"HTTP Basic: Access denied.\n"


def test_without_a_version_the_newest_is_answered_and_all_are_listed_as_numbers(world):
    entry = world.nobody("GET", "/broker/rest/api")

    assert (entry.body["api_version"], entry.body["version"]) == (1.7, "1.7")
    assert entry.body["supported_api_versions"] == [1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7]


@pytest.mark.parametrize(
    ("headers", "version"),
    [
        ({"Accept": "application/json;version=1.5"}, 1.5),
        ({"Accept": "application/json; version = 1.6"}, 1.6),
        ({"Content-Type": "application/json;version=1.4"}, 1.4),
        # The first of both headers wins.
        ({"Accept": "application/json;version=1.2", "Content-Type": "application/json;version=1.4"}, 1.2),
        # The field's command line client says no version in its first request.
        ({"User-Agent": "rhc/1.35.1 (ruby 1.9.3) (API [1.1, 1.7])"}, 1.3),
        ({"User-Agent": "rhc/1.35.1", "Accept": "application/json;version=1.7"}, 1.7),
    ],
)
def test_the_version_that_is_asked_for_is_named_in_the_answer(world, headers, version):
    world.nobody.headers = headers

    entry = world.nobody("GET", "/broker/rest/api")

    assert (entry.status, entry.body["api_version"], entry.body["version"]) == (200, version, str(version))


def test_a_version_that_does_not_exist_is_not_acceptable(world):
    world.nobody.headers = {"Accept": "application/json;version=2.0"}

    refused = world.nobody("GET", "/broker/rest/api")

    assert (refused.status, refused.body["status"], refused.body["api_version"]) == (406, "not_acceptable", 1.7)
    assert refused.texts == [
        "Requested API version 2.0 is not supported. Supported versions are 1.0,1.1,1.2,1.3,1.4,1.5,1.6,1.7"
    ]
    assert refused.first["exit_code"] is None


@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/*", "text/html, */*;q=0.1", ""])
def test_whoever_takes_json_is_answered(world, accept):
    world.nobody.headers = {"Accept": accept}

    assert world.nobody("GET", "/api").status == 200


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "application/xhtml+xml"])
def test_whoever_takes_neither_json_nor_xml_is_told_what_there_is(world, accept):
    world.nobody.headers = {"Accept": accept}

    refused = world.nobody("GET", "/api")

    assert refused.status == 406
    assert refused.texts[0].endswith("Offered: application/json, application/xml.")


def test_a_suffix_of_another_format_is_not_acceptable(world):
    refused = world.nobody("GET", "/broker/rest/api.yml")

    assert (refused.status, refused.texts) == (
        406,
        ["The format 'yml' is not offered. Leave the suffix out, or use .json or .xml."],
    )


def test_without_a_login_the_client_is_challenged_in_plain_text(world):
    response = world.nobody.send("GET", "/broker/rest/user")

    assert (response.status_code, response.data, response.mimetype) == (401, DENIED, "text/plain")
    assert response.headers["WWW-Authenticate"] == 'Basic realm="gearbroker"'


@pytest.mark.parametrize(
    "login", [("demo", "wrong"), ("nobody", "password"), ("", ""), ("demo", ""), ("de\nmo", "password")]
)
def test_a_wrong_login_is_challenged_the_same_way(world, login):
    response = world.nobody.send("GET", "/user", auth=login)

    assert (response.status_code, response.data) == (401, DENIED)
    assert response.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic " + base64.b64encode(b"demo").decode(), "Magic x"])
def test_credentials_that_cannot_be_read_are_challenged_too(world, header):
    response = world.wsgi_app.test_client().get("/user", headers={"Authorization": header})

    assert (response.status_code, response.data) == (401, DENIED)


def test_an_unknown_token_is_told_so(world):
    response = world.wsgi_app.test_client().get("/user", headers={"Authorization": "Bearer 0123456789abcdef"})

    assert (response.status_code, response.data) == (401, b"HTTP Bearer: Access denied.\n")
    assert response.headers["WWW-Authenticate"].startswith('Bearer error="invalid_token"')


def test_a_request_without_a_login_changes_nothing(world):
    response = world.nobody.send("POST", "/domains", data="name=test")

    assert response.status_code == 401
    assert world.demo("GET", "/domains").data == []


def test_a_changed_password_holds_at_once(world):
    assert world.demo("GET", "/user").status == 200

    set_password(world.embedded.platform, "demo", "new")

    assert world.demo.send("GET", "/user").status_code == 401
    assert world.demo.send("GET", "/user", auth=("demo", "new")).status_code == 200


def test_an_answer_says_whom_it_is_for_in_ascii(world):
    create_user(world.embedded.platform, "zoë", "password")

    headers = world.nobody.send("GET", "/user", auth=("zoë", "password")).headers

    assert headers["X-OpenShift-Identity"] == "zo%C3%AB"
    assert len(headers["X-OpenShift-Identity-Id"]) == 24
    assert headers["X-OAuth-Scopes"] == "session"


def test_each_request_is_logged_once_without_its_secrets(world, caplog):
    caplog.set_level(logging.INFO, logger="broker.api.factory")

    world.demo.send("GET", "/broker/rest/user.json?token=s3cret")

    (record,) = [each for each in caplog.records if each.name == "broker.api.factory"]
    assert (record.method, record.path, record.status, record.login) == (
        "GET",
        "/broker/rest/user.json",
        200,
        "demo",
    )
    assert record.seconds >= 0
    assert "s3cret" not in json.dumps(vars(record), default=str)
    assert "password" not in json.dumps(vars(record), default=str)
