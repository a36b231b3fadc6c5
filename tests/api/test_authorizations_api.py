"""Authorizations: tokens, what they are good for, how long, and that they are kept nowhere."""

import re
from dataclasses import replace

import pytest
from api.credentials import AUTHORIZATIONS, NOON, at_noon, token_client, with_token

from broker.core.access import DESCRIPTIONS

ONE = "/broker/rest/user/authorization"
DAY = 86_400
NO_SCOPE = (
    "One or more of the scopes you provided are not allowed. Valid scopes are session, read, userinfo, domain/:id/view,"
    " domain/:id/edit, domain/:id/admin, application/:id/view, application/:id/edit, application/:id/admin."
)


def refusal(answer):
    return answer.status, answer.first["exit_code"], answer.first["field"], answer.texts


def link(method, href, rel, required=()):
    return {"rel": rel, "method": method, "href": href, "required_params": list(required), "optional_params": []}


def test_a_token_is_made_shown_changed_and_revoked(world):
    demo, clock = at_noon(world)
    made = demo("POST", AUTHORIZATIONS, json_body={"scope": "session", "note": "RHC/1.38 (from here)", "reuse": True})
    user_id = demo("GET", "/user").data["id"]
    identity, token = made.data["id"], made.data["token"]
    clock.at += 100
    shown = demo("GET", f"{ONE}/{identity}")
    by_token = demo("GET", f"{ONE}/{token}")
    listed = demo("GET", AUTHORIZATIONS)
    changed = demo("PUT", f"{ONE}/{identity}", json_body={"note": "for the laptop"})
    gone = demo("DELETE", f"{ONE}/{identity}", json_body={})
    again = demo("DELETE", f"{ONE}/{identity}", json_body={})
    everything = demo("DELETE", AUTHORIZATIONS, json_body={})

    href = f"http://localhost/broker/rest/user/authorization/{identity}"
    note = {
        "name": "note",
        "type": "string",
        "description": "What it is for",
        "valid_options": [],
        "invalid_options": [],
    }
    expected = {
        "id": identity,
        "token": token,
        "identity": "demo",
        "note": "RHC/1.38 (from here)",
        "scopes": "session",
        "created_at": "2027-01-15T08:00:00Z",
        "expires_in": DAY,
        "expires_in_seconds": DAY,
        "links": {
            "GET": link("GET", href, "Show the authorization"),
            "UPDATE": link("PUT", href, "Change its note", [note]),
            "DELETE": link("DELETE", href, "Revoke the authorization"),
        },
    }
    later = {**expected, "expires_in_seconds": DAY - 100}
    assert re.fullmatch(r"[0-9a-f]{64}", token)
    assert (made.status, made.body["type"], made.texts, made.data) == (
        201,
        "authorization",
        ["Create authorization"],
        expected,
    )
    assert (shown.status, shown.texts, shown.data) == (200, ["Display authorization"], later)
    assert by_token.body == shown.body
    assert (listed.body["type"], listed.texts, listed.data) == ("authorizations", ["List authorizations"], [later])
    assert (changed.texts, changed.data) == (["Change authorization"], {**later, "note": "for the laptop"})
    for answer in (gone, again):
        assert (answer.status, answer.data, answer.texts) == (200, None, [f"Authorization {identity} is revoked."])
    assert (everything.status, everything.texts) == (200, [f"All authorizations for {user_id} are revoked."])
    assert demo("GET", AUTHORIZATIONS).data == []


def test_a_token_stands_for_its_account(world):
    client = token_client(world.demo, scope="session")

    response = client.send("GET", "/broker/rest/user")

    assert (response.status_code, response.get_json()["data"]["login"]) == (200, "demo")
    assert response.headers["X-OpenShift-Identity"] == "demo"
    assert response.headers["X-OpenShift-Identity-Id"] == response.get_json()["data"]["id"]
    assert response.headers["X-OAuth-Scopes"] == "session"
    assert client("POST", "/broker/rest/domains", json_body={"id": "mine"}).status == 201


def test_the_usual_scope_shows_the_account_only(world):
    made = world.demo("POST", AUTHORIZATIONS, json_body={"note": "", "scope": ""})

    assert (made.status, made.data["scopes"], made.data["note"]) == (201, "userinfo", None)


def test_authorizations_are_listed_newest_first_and_while_they_are_good(world):
    demo, clock = at_noon(world)
    for note, seconds in (("one", 100), ("two", 1000), ("three", 500)):
        demo("POST", AUTHORIZATIONS, json_body={"note": note, "expires_in": seconds})
        clock.at += 1

    def notes():
        return [each["note"] for each in demo("GET", AUTHORIZATIONS).data]

    assert notes() == ["three", "two", "one"]
    clock.at = NOON + 100
    assert notes() == ["three", "two"]
    clock.at = NOON + 1001
    assert notes() == []


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [
        ({"scope": "session"}, DAY),
        ({"scope": "read"}, 30 * DAY),
        ({"scope": "session", "expires_in": 7 * DAY}, 7 * DAY),
        ({"scope": "session", "expires_in": 7 * DAY + 1}, DAY),
        ({"scope": "read", "expires_in": 180 * DAY}, 180 * DAY),
        ({"scope": "read", "expires_in": 180 * DAY + 1}, 30 * DAY),
        ({"scope": "read,session"}, DAY),
        ({"scope": "read session", "expires_in": 8 * DAY}, DAY),
        ({"scope": "read", "expires_in": "60"}, 60),
        *(({"scope": "read", "expires_in": wrong}, 30 * DAY) for wrong in (-1, 0, "soon", "", None, [], 10**30)),
    ],
)
def test_how_long_a_token_is_good(world, wish, seconds):
    made = world.demo("POST", AUTHORIZATIONS, json_body=wish)

    assert (made.data["expires_in"], made.data["expires_in_seconds"] in {seconds, seconds - 1}) == (seconds, True)


def test_the_operator_says_how_long_tokens_are_good(make_world):
    world = make_world(auth_scope_timeouts="domain/:id/view=2.minutes:1.hours,*=1.hours:2.hours")
    domain = world.demo("POST", "/broker/rest/domains", "name=test").data["id"]

    narrow = world.demo("POST", AUTHORIZATIONS, json_body={"scope": f"domain/{domain}/view"})
    whole = world.demo("POST", AUTHORIZATIONS, json_body={"scope": "session"})

    assert (narrow.data["expires_in"], whole.data["expires_in"]) == (120, 3600)


@pytest.mark.parametrize(
    "given",
    [
        {"scope": "read,userinfo"},
        {"scopes": "read userinfo"},
        {"scope": ["read", "userinfo"]},
        {"scope": "read", "scopes": "userinfo"},
        {"scope": "read, read userinfo"},
    ],
)
def test_several_scopes_can_be_asked_for(world, given):
    assert world.demo("POST", AUTHORIZATIONS, json_body=given).data["scopes"] == "read userinfo"


@pytest.mark.parametrize(
    "scope",
    [
        "everything",
        "session,everything",
        "Session",
        "domain/test/view",
        f"domain/{'0' * 24}/view",
        f"application/{'0' * 24}/edit",
        f"application/{'0' * 24}/scale",
        "sso",
        " ".join(f"domain/{number:024x}/view" for number in range(60)),
    ],
)
def test_a_scope_that_there_is_not_is_refused(world, scope):
    answer = world.demo("POST", AUTHORIZATIONS, json_body={"scope": scope})

    assert refusal(answer) == (422, 1, "scopes", [NO_SCOPE])
    assert world.demo("GET", AUTHORIZATIONS).data == []


@pytest.mark.parametrize("level", ["scale", "report_deployments"])
def test_what_only_gears_are_given_cannot_be_asked_for(testha, level):
    application = testha("GET", "/application/testha").data["id"]

    answer = testha("POST", AUTHORIZATIONS, json_body={"scope": f"application/{application}/{level}"})

    assert refusal(answer) == (422, 1, "scopes", [NO_SCOPE])


def test_a_scope_is_about_what_the_caller_can_see(world, testha):
    domain, application = testha("GET", "/domain/test").data["id"], testha("GET", "/application/testha").data["id"]

    for scope in (f"domain/{domain}/view", f"application/{application}/edit"):
        assert testha("POST", AUTHORIZATIONS, json_body={"scope": scope}).data["scopes"] == scope
        assert refusal(world.other("POST", AUTHORIZATIONS, json_body={"scope": scope}))[:3] == (422, 1, "scopes")


def test_what_is_wrong_with_the_rest_is_said(world):
    long = world.demo("POST", AUTHORIZATIONS, json_body={"note": "n" * 4097})
    flag = world.demo("POST", AUTHORIZATIONS, json_body={"reuse": "perhaps"})
    kept = world.demo("POST", AUTHORIZATIONS, json_body={"note": "n" * 4096})
    changed = world.demo("PUT", f"{ONE}/{kept.data['id']}", json_body={"note": "n" * 4097})

    for answer in (long, changed):
        assert refusal(answer) == (422, 1, "note", ["Note must be 4096 characters or less."])
    assert refusal(flag) == (422, 167, None, ["Invalid value 'perhaps'. Valid options: [true, false]"])


@pytest.mark.parametrize(
    ("wish", "passed", "is_reused"),
    [
        ({}, 0, True),
        ({}, DAY - 601, True),
        ({}, DAY - 600, False),
        ({"note": "another"}, 0, False),
        ({"scope": "read"}, 0, False),
        ({"reuse": False}, 0, False),
        # A quarter of 400 seconds is less than ten minutes.
        ({"expires_in": 400}, DAY - 101, True),
        ({"expires_in": 400}, DAY - 100, False),
    ],
)
def test_an_authorization_is_given_out_again_where_enough_of_it_is_left(world, wish, passed, is_reused):
    demo, clock = at_noon(world)
    asked = {"scope": "session", "note": "RHC", "reuse": True}
    first = demo("POST", AUTHORIZATIONS, json_body=asked)
    clock.at += passed

    second = demo("POST", AUTHORIZATIONS, json_body={**asked, **wish})

    assert (second.data["id"] == first.data["id"]) is is_reused
    assert (second.status, second.texts) == (
        (200, ["Reused existing"]) if is_reused else (201, ["Create authorization"])
    )
    if is_reused:
        assert second.data["token"] == first.data["token"]


def test_the_order_of_scopes_does_not_matter_for_reuse(world):
    first = world.demo("POST", AUTHORIZATIONS, json_body={"scope": "read userinfo", "reuse": True})

    second = world.demo("POST", AUTHORIZATIONS, json_body={"scope": "userinfo read", "reuse": True})

    assert (second.status, second.data["id"]) == (200, first.data["id"])


def test_an_authorization_is_its_owners_only(world):
    made = world.demo("POST", AUTHORIZATIONS, json_body={"scope": "session"}).data

    for reference in (made["id"], made["token"]):
        assert refusal(world.other("GET", f"{ONE}/{reference}")) == (
            404,
            129,
            None,
            ["The requested authorization was not found."],
        )
        assert world.other("PUT", f"{ONE}/{reference}", json_body={"note": "mine"}).status == 404
        assert world.other("DELETE", f"{ONE}/{reference}").status == 200
    world.other("DELETE", AUTHORIZATIONS)

    assert [each["note"] for each in world.demo("GET", AUTHORIZATIONS).data] == [None]


def test_one_that_is_revoked_opens_nothing(world):
    client = token_client(world.demo, scope="session")
    token = client.headers["Authorization"].removeprefix("Bearer ")

    gone = client("DELETE", f"{ONE}/{token}", json_body={})
    after = client.send("GET", "/user")

    assert (gone.status, gone.texts) == (200, [f"Authorization {token} is revoked."])
    assert (after.status_code, after.text) == (401, "HTTP Bearer: Access denied.\n")


def test_only_those_of_some_scopes_can_be_revoked(world):
    for scope in ("session", "read", "read userinfo"):
        world.demo("POST", AUTHORIZATIONS, json_body={"scope": scope})

    refused = world.demo("DELETE", f"{AUTHORIZATIONS}?scope=everything")
    world.demo("DELETE", AUTHORIZATIONS, json_body={"scope": "read"})

    assert refusal(refused) == (422, 1, "scopes", [NO_SCOPE])
    assert sorted(each["scopes"] for each in world.demo("GET", AUTHORIZATIONS).data) == ["read userinfo", "session"]


def test_a_note_is_changed_only_while_it_is_what_the_client_has_seen(world):
    made = world.demo("POST", AUTHORIZATIONS, json_body={"note": "one"})
    careful = replace(world.demo, headers={"If-Match": made.headers["ETag"]})
    path = f"{ONE}/{made.data['id']}"

    first = careful("PUT", path, json_body={"note": "two"})
    late = careful("PUT", path, json_body={"note": "three"})

    assert (first.status, late.status, careful("DELETE", path).status) == (200, 412, 412)
    assert world.demo("PUT", path, json_body={"note": ""}).data["note"] is None


def test_a_note_is_taken_away_by_a_blank_one_and_not_by_saying_nothing(world):
    made = world.demo("POST", AUTHORIZATIONS, json_body={"note": "one"})
    path = f"{ONE}/{made.data['id']}"

    for body in (None, {}, {"scope": "session"}):
        assert refusal(world.demo("PUT", path, json_body=body)) == (422, 1, "note", ["Note is required"])
    assert world.demo("GET", path).data["note"] == "one"
    assert world.demo("PUT", f"{ONE}/none", json_body={}).status == 404
    assert world.demo("PUT", path, json_body={"note": 7}).data["note"] == "7"
    for blank in ("", "  ", None):
        world.demo("PUT", path, json_body={"note": "again"})
        assert world.demo("PUT", path, json_body={"note": blank}).data["note"] is None


def test_an_expired_token_is_told_from_an_unknown_one(world):
    demo, clock = at_noon(world)
    client = token_client(demo, scope="session", expires_in=60)
    clock.at += 59
    assert client("GET", "/user").status == 200
    clock.at += 1

    expired, unknown = client.send("GET", "/user"), with_token(demo, "f" * 64).send("GET", "/user")

    for response, text in ((expired, "The access token expired"), (unknown, "The access token is not recognized")):
        assert (response.status_code, response.text) == (401, "HTTP Bearer: Access denied.\n")
        assert response.headers["WWW-Authenticate"] == f'Bearer error="invalid_token" "{text}"'
        assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert demo("GET", f"{ONE}/{client.headers['Authorization'][7:]}").status == 404


def test_long_expired_tokens_are_forgotten(world):
    demo, clock = at_noon(world)
    client = token_client(demo, expires_in=60)
    clock.at += 31 * DAY

    demo("POST", AUTHORIZATIONS, json_body={})

    assert "not recognized" in client.send("GET", "/user").headers["WWW-Authenticate"]


def test_the_entry_describes_scopes_in_the_form_that_rhc_reads(world):
    links = world.nobody("GET", "/broker/rest/api").data
    (scope, note, expires, reuse) = links["ADD_AUTHORIZATION"]["optional_params"]
    lines = scope["description"].split("\n")

    assert lines[1::2] == [f"*  {name}" for name in DESCRIPTIONS]
    assert lines[2::2] == [f"   {meaning}" for meaning in DESCRIPTIONS.values()]
    assert (scope["name"], scope["valid_options"], scope["default_value"]) == ("scope", list(DESCRIPTIONS), "userinfo")
    assert (note["name"], note["default_value"]) == ("note", None)
    assert (expires["name"], expires["default_value"]) == ("expires_in", -1)
    assert (reuse["name"], reuse["valid_options"], reuse["default_value"]) == ("reuse", [True, False], False)
    assert links["LIST_AUTHORIZATIONS"]["href"] == "http://localhost/broker/rest/user/authorizations"
    assert links["SHOW_AUTHORIZATION"]["href"] == "http://localhost/broker/rest/user/authorization/:id"
