"""The order in which a request is looked at: of two things that are wrong the earlier one is said, and only that."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from api.conftest import QUICK_HASH, Client, World, opened_world
from api.credentials import token_client

from broker.api.factory import make_wsgi_app
from broker.usecases.accounts import change_user, create_user

CLOSED = "Closed until noon."


@dataclass
class Asked:
    """A request that could be done, until something of it is made wrong."""

    client: Client
    path: str = "/domain/test/application/web/events"
    query: list[str] = field(default_factory=list)
    event: str = "restart"


def not_utf8(asked: Asked, _world: World) -> None:
    asked.query.append("x=%ff")


def no_truth(asked: Asked, _world: World) -> None:
    asked.query.append("nolinks=perhaps")


def no_version(asked: Asked, _world: World) -> None:
    asked.client.headers["Accept"] = "application/json; version=9.9"


def closed(asked: Asked, world: World) -> None:
    options = replace(world.options, maintenance=CLOSED)
    asked.client.wsgi_app = make_wsgi_app(world.embedded.platform, options)


def nobody(asked: Asked, _world: World) -> None:
    asked.client.headers.pop("Authorization", None)
    asked.client.login = None


def narrow(asked: Asked, world: World) -> None:
    if asked.client.login is not None:
        asked.client.login = None
        asked.client.headers["Authorization"] = token_client(world.demo, scope="userinfo").headers["Authorization"]


def not_there(asked: Asked, _world: World) -> None:
    asked.path = "/domain/test/application/none/events"


def viewer(asked: Asked, _world: World) -> None:
    """Logs in as one who sees the application and may not change it."""
    if asked.client.login is not None:
        asked.client.login = ("viewer", "password")


def bad_event(asked: Asked, _world: World) -> None:
    asked.event = "NO"


# In the order of the contract, each with the status and the text of its refusal.
ORDER = {
    not_utf8: (400, "Only valid UTF-8 encoded inputs are accepted"),
    no_truth: (422, "Invalid value 'perhaps'. Valid options: [true, false]"),
    no_version: (406, "Requested API version 9.9 is not supported."),
    closed: (503, CLOSED),
    nobody: (401, "HTTP Basic: Access denied."),
    narrow: (403, "This action is not allowed with your current authorization."),
    not_there: (404, "Application 'none' not found."),
    bad_event: (422, "Event can only contain lowercase a-z and '-' characters"),
}


@pytest.fixture(scope="module")
def ordered(tmp_path_factory, empty_database) -> Iterator[World]:
    with opened_world(tmp_path_factory.mktemp("order"), empty_database) as world:
        made = world.demo("POST", "/domain/test/applications", "name=web&cartridges[]=php-5.4")
        assert made.status == 201, made.texts
        create_user(world.embedded.platform, "viewer")
        change_user(world.embedded.platform, "viewer", password_hash=QUICK_HASH)
        assert world.demo("POST", "/domain/test/members", "login=viewer&role=view").status == 200
        yield world


def answer(world: World, *wrongs) -> tuple[int, str]:
    """Status and text of what a request is answered in which all of these are wrong, made so from the last on."""
    asked = Asked(replace(world.demo, headers={}))
    for wrong in sorted(wrongs, key=[*ORDER, viewer].index, reverse=True):
        wrong(asked, world)
    response = asked.client.send(
        "POST",
        "?".join([asked.path, *(["&".join(asked.query)] if asked.query else [])]),
        data=f"event={asked.event}",
        content_type="application/x-www-form-urlencoded",
    )
    body = response.get_json(silent=True)
    return response.status_code, response.text.strip() if body is None else body["messages"][0]["text"]


def test_a_request_in_which_nothing_is_wrong_is_done(ordered):
    assert answer(ordered) == (200, "Application web has restarted")


@pytest.mark.parametrize("wrong", ORDER, ids=lambda each: each.__name__)
def test_each_is_said_where_it_is_alone(ordered, wrong):
    status, text = answer(ordered, wrong)

    assert (status, text[: len(ORDER[wrong][1])]) == ORDER[wrong]


@pytest.mark.parametrize(("earlier", "later"), list(itertools.combinations(ORDER, 2)), ids=lambda each: each.__name__)
def test_of_two_the_earlier_one_is_said(ordered, earlier, later):
    status, text = answer(ordered, earlier, later)

    assert (status, text[: len(ORDER[earlier][1])]) == ORDER[earlier]


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_of_all_from_there_on_the_first_one_is_said(ordered, first):
    wrongs = list(ORDER)[first:]

    status, text = answer(ordered, *wrongs)

    assert (status, text[: len(ORDER[wrongs[0]][1])]) == ORDER[wrongs[0]]


def test_one_who_may_not_is_told_so_once_the_event_is_one(ordered):
    refused = "You are not permitted to perform this action (change_state on application)"

    assert answer(ordered, viewer) == (403, refused)
    assert answer(ordered, viewer, not_there)[0] == 404
    assert answer(ordered, viewer, bad_event)[0] == 422


def test_the_entry_is_exempt_from_maintenance_and_from_logins_but_not_from_what_comes_before(ordered):
    options = replace(ordered.options, maintenance=CLOSED)
    client = Client(make_wsgi_app(ordered.embedded.platform, options), None)

    answered = [client("GET", f"/broker/rest/api{query}").status for query in ("", "?x=%ff", "?nolinks=perhaps")]

    assert answered == [200, 400, 422]
