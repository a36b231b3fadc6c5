"""Who loses their role while they wait does nothing more, and is told nothing more under an old key."""

from dataclasses import replace

import pytest
from api.credentials import token_client
from api.sharing import account
from api.test_idempotency_api import REPLAYED, change_row, keyed

from broker.api.factory import make_wsgi_app
from broker.usecases.open_operations import resume_operations

APPLICATION = "/broker/rest/domain/test/application/testha"
MEMBERS = "/broker/rest/domain/test/members"
MEMBER = "/broker/rest/domain/test/member/other"
ASYNC = {"Prefer": "respond-async"}
NO_DOMAIN = "Domain 'test' not found."


def share(owner, role):
    given = owner("PATCH", MEMBERS, f"login=other&role={role}")
    assert given.status == 200, given.texts


def remove(owner):
    assert owner("DELETE", MEMBER).status == 200


def refusal(what):
    return f"You are not permitted to perform this action ({what})"


def later(client):
    """The client as one who does not wait."""
    return replace(client, headers={**client.headers, **ASYNC})


class Between:
    """The way to write to the database; what is armed happens before it is opened next."""

    def __init__(self, opening):
        self._opening = opening
        self.armed = None

    def __call__(self):
        act, self.armed = self.armed, None
        if act is not None:
            act()
        return self._opening()


@pytest.fixture
def between(world):
    """What happens between a request's first look and its change, and `other` as who sends such requests."""
    platform = world.embedded.platform
    opening = Between(platform.unit_of_work)
    other = replace(world.other, wsgi_app=make_wsgi_app(replace(platform, unit_of_work=opening), world.options))
    return opening, other


@pytest.mark.parametrize(
    ("method", "below", "form", "needs"),
    [
        ("POST", "/events", "event=scale-up", "scale_cartridge"),
        ("POST", "/events", "event=restart", "change_state"),
        ("POST", "/events", "event=make-ha", "make_ha"),
        ("POST", "/cartridges", "name=cron-1.4", "create_cartridge"),
        ("PUT", "/cartridge/ruby-1.9", "scales_to=4", "scale_cartridge"),
        ("POST", "/aliases", "id=www.example.org", "create_alias"),
        ("PATCH", "/environment-variables", "name=A&value=b", "change_environment_variables"),
        ("PUT", "", "auto_deploy=false", "update_application"),
        ("DELETE", "", None, "destroy"),
    ],
)
def test_a_role_that_is_lost_before_the_row_is_held_is_no_role(world, testha, between, method, below, form, needs):
    share(testha, "edit")
    opening, other = between
    before = testha("GET", f"{APPLICATION}/operations").data

    opening.armed = lambda: share(testha, "view")
    demoted = other(method, f"{APPLICATION}{below}", form)
    share(testha, "edit")
    opening.armed = lambda: remove(testha)
    removed = other(method, f"{APPLICATION}{below}", form)

    assert (demoted.status, demoted.texts) == (403, [refusal(f"{needs} on application")])
    assert (removed.status, removed.first["exit_code"]) == (404, 101)
    assert testha("GET", f"{APPLICATION}/operations").data == before


@pytest.mark.parametrize("lose", [remove, lambda owner: share(owner, "view")], ids=["removed", "demoted"])
def test_what_a_member_has_queued_is_not_done_once_they_may_do_it_no_more(world, testha, lose):
    share(testha, "edit")
    platform = world.embedded.platform
    first = later(testha)("POST", f"{APPLICATION}/events", "event=scale-up").data["id"]
    queued = later(world.other)("POST", f"{APPLICATION}/events", "event=stop")
    assert (queued.status, queued.data["state"]) == (202, "queued")

    lose(testha)
    resume_operations(platform)

    ended = testha("GET", f"/operation/{queued.data['id']}").data
    assert testha("GET", f"/operation/{first}").data["state"] == "completed"
    failed = ("failed", "forbidden", refusal("change_state on application"))
    assert (ended["state"], ended["reason_code"], ended["reason"]) == failed
    assert {each["state"] for each in testha("GET", f"{APPLICATION}/gear_groups").data[0]["gears"]} == {"started"}


def test_what_a_member_has_queued_is_done_while_they_may_do_it(world, testha):
    share(testha, "edit")
    later(testha)("POST", f"{APPLICATION}/events", "event=scale-up")
    queued = later(world.other)("POST", f"{APPLICATION}/events", "event=stop").data["id"]

    share(testha, "admin")
    resume_operations(world.embedded.platform)

    assert testha("GET", f"/operation/{queued}").data["state"] == "completed"


def test_a_token_that_only_sees_an_application_cancels_nothing_of_it_while_it_is_deleted(testha):
    application_id = testha("GET", APPLICATION).data["id"]
    token = token_client(testha, scope=f"application/{application_id}/view")
    deletion = later(testha)("DELETE", APPLICATION).data["id"]

    by_token = token("POST", f"/operation/{deletion}/events", "event=cancel")
    by_owner = testha("POST", f"/operation/{deletion}/events", "event=cancel")

    scopes = f"application/{application_id}/view"
    text = f"You are not permitted to perform this action with the scopes {scopes} (change_state on application)"
    assert (by_token.status, by_token.texts) == (403, [text])
    assert by_owner.status == 409


def test_a_member_who_only_sees_an_application_cancels_nothing_of_it_while_it_is_deleted(world, testha):
    share(testha, "edit")
    deletion = later(world.other)("DELETE", APPLICATION).data["id"]

    share(testha, "view")
    refused = world.other("POST", f"/operation/{deletion}/events", "event=cancel")

    assert (refused.status, refused.texts) == (403, [refusal("change_state on application")])


def test_another_credential_is_given_no_answer_of_this_one(world, testha):
    application_id = testha("GET", APPLICATION).data["id"]
    token = token_client(testha, scope=f"application/{application_id}/edit")
    first = keyed(testha)("POST", f"{APPLICATION}/events", "event=restart")

    refused = keyed(token)("POST", f"{APPLICATION}/events", "event=restart")
    again = keyed(token_client(testha, scope="session"))("POST", f"{APPLICATION}/events", "event=restart")

    assert (refused.status, refused.headers.get(REPLAYED)) == (422, None)
    assert refused.texts == ["This Idempotency-Key was given with another request. Give every new request a new key."]
    assert (again.body, again.headers[REPLAYED]) == (first.body, "true")


@pytest.mark.parametrize(
    ("method", "path", "form", "role", "needs"),
    [
        ("POST", f"{APPLICATION}/events", "event=restart", "edit", "change_state on application"),
        ("POST", f"{APPLICATION}/aliases", "id=www.example.org", "edit", "create_alias on application"),
        ("PATCH", f"{APPLICATION}/environment-variables", "name=A&value=b", "edit", None),
        ("POST", "/domain/test/applications", "name=web&cartridge=php-5.4", "edit", "create_application on domain"),
        ("PATCH", MEMBERS, "login=third&role=view", "admin", "change_members on domain"),
        ("PUT", "/domain/test/member/fourth", "role=edit", "admin", "change_members on domain"),
        ("DELETE", "/domain/test/member/fourth", None, "admin", "change_members on domain"),
    ],
)
@pytest.mark.parametrize("lost", [False, True], ids=["kept", "lost"])
def test_an_old_answer_is_for_who_may_still_do_what_was_asked(world, testha, lost, method, path, form, role, needs):
    account(world, "third")
    account(world, "fourth")
    testha("PATCH", MEMBERS, "login=fourth&role=view")
    share(testha, role)
    first = keyed(world.other)(method, path, form)
    assert first.status < 300, first.texts
    if lost:
        change_row(world, status=None, headers=None, body=None, driver=None)

    remove(testha)
    removed = keyed(world.other)(method, path, form)
    share(testha, "view")
    demoted = keyed(world.other)(method, path, form)
    share(testha, role)
    again = keyed(world.other)(method, path, form)

    assert (removed.status, removed.texts) == (404, [NO_DOMAIN])
    assert (demoted.status, demoted.texts) == (403, [refusal(needs or "change_environment_variables on application")])
    assert (again.status, again.headers[REPLAYED]) == (first.status, "true")


def test_by_its_id_an_old_answer_is_not_found_by_who_lost_sight_of_the_application(world, testha):
    path = f"/broker/rest/application/{testha('GET', APPLICATION).data['id']}"
    share(testha, "edit")
    done, refused = "event=restart", "event=activate"
    keyed(world.other, "done")("POST", f"{path}/events", done)
    assert keyed(world.other, "refused")("POST", f"{path}/events", refused).status == 422

    remove(testha)
    again = [keyed(world.other, "done")("POST", f"{path}/events", done)]
    again.append(keyed(world.other, "refused")("POST", f"{path}/events", refused))

    text = f"Application '{path.rpartition('/')[2]}' not found."
    assert [(each.status, each.texts) for each in again] == [(404, [text])] * 2


def test_of_what_is_gone_an_old_answer_is_given_again(world, testha):
    share(testha, "edit")
    application_id = testha("GET", APPLICATION).data["id"]
    token = token_client(testha, scope=f"application/{application_id}/admin")
    requests = [
        (keyed(world.other, "a"), "POST", f"{APPLICATION}/events", "event=restart"),
        (keyed(token, "b"), "DELETE", APPLICATION, None),
        (keyed(testha, "c"), "DELETE", MEMBER, None),
        (keyed(testha, "d"), "DELETE", "/domain/test", None),
    ]
    first = [client(method, path, form) for client, method, path, form in requests]

    again = [client(method, path, form) for client, method, path, form in requests]

    assert [each.status for each in first] == [200] * 4
    assert [(each.body, each.headers[REPLAYED]) for each in again] == [(each.body, "true") for each in first]


def test_who_has_left_is_told_so_again(world, testha):
    share(testha, "view")
    first = keyed(world.other)("DELETE", f"{MEMBERS}/self")

    again = keyed(world.other)("DELETE", f"{MEMBERS}/self")

    assert (first.status, again.body, again.headers[REPLAYED]) == (200, first.body, "true")
