"""Streams of routing events tell what their callers may see now, and end once they would not be let in any more."""

import json
from dataclasses import replace

import pytest
from api.credentials import AUTHORIZATIONS, at_noon, token_client
from api.test_statement_counts_api import counted

from broker.api.factory import make_wsgi_app
from broker.api.fronting import Fronting
from broker.api.renewal import Watched
from broker.api.throttle import PAIR
from broker.core.errors import NotFound, StorageUnavailable
from broker.usecases.accounts import change_user, find_user, set_password

FOLLOW = "/broker/rest/routing/events?follow=true"
# A stream that goes on sends this many heartbeats in a second and a half.
MANY = 30


def opened(client):
    """A stream, once it has told everything that is in the log."""
    response = client.send("GET", FOLLOW, buffered=False)
    assert response.status_code == 200
    pieces = iter(response.response)
    next(pieces)
    while next(pieces).strip():
        pass
    return response, pieces


def ends(pieces):
    """Whether it ends within a few heartbeats, having told nothing."""
    told = [piece for piece, _ in zip(pieces, range(MANY), strict=False)]
    assert not any(piece.strip() for piece in told), told
    return len(told) < MANY


def goes_on(pieces):
    return [next(pieces) for _ in range(3)] == [b"\n"] * 3


@pytest.fixture
def routed(world, testha):
    """The world with an application in the log, and `demo` as its owner."""
    world.embedded.platform.signal.wait_numbered(2, 20)
    return world


def test_a_revoked_token_ends_its_stream(routed):
    client = token_client(routed.demo, scope="session")
    response, pieces = opened(client)
    assert goes_on(pieces)

    routed.demo("DELETE", AUTHORIZATIONS)

    assert ends(pieces)
    response.close()


def test_an_expired_token_ends_its_stream(routed):
    demo, clock = at_noon(routed)
    response, pieces = opened(token_client(demo, scope="session", expires_in=60))
    assert goes_on(pieces)

    clock.at += 61

    assert ends(pieces)
    response.close()


def test_a_changed_password_ends_the_streams_that_were_opened_with_the_old_one(routed):
    by_password, pieces = opened(routed.demo)
    by_token, others = opened(token_client(routed.demo, scope="session"))

    set_password(routed.embedded.platform, "demo", "another")

    assert ends(pieces)
    assert ends(others)
    for response in (by_password, by_token):
        response.close()


def test_a_deleted_account_ends_its_streams_and_is_not_made_again(routed):
    change_user(routed.embedded.platform, "demo", may_have_subaccounts=True)
    child = replace(routed.demo, headers={"X-Impersonate-User": "child"})
    assert child("GET", "/broker/rest/user").status == 200
    response, pieces = opened(child)
    assert goes_on(pieces)

    assert child("DELETE", "/broker/rest/user").status == 200

    assert ends(pieces)
    with pytest.raises(NotFound):
        find_user(routed.embedded.platform, "child")
    response.close()


def test_an_account_that_the_proxy_named_and_that_is_deleted_ends_its_streams(routed):
    client, _ = at_noon(routed, fronting=Fronting(proxy="127.0.0.1", user_header="X-Remote-User"))
    response, pieces = opened(replace(client, login=None, headers={"X-Remote-User": "newcomer"}))
    assert goes_on(pieces)

    with routed.embedded.platform.unit_of_work() as work:
        work.users.delete(find_user(routed.embedded.platform, "newcomer").user_id)
        work.commit()

    assert ends(pieces)
    with pytest.raises(NotFound):
        find_user(routed.embedded.platform, "newcomer")
    response.close()


def test_one_who_may_not_act_as_a_sub_account_any_more_follows_it_no_more(routed):
    change_user(routed.embedded.platform, "demo", may_have_subaccounts=True)
    response, pieces = opened(replace(routed.demo, headers={"X-Impersonate-User": "child"}))

    change_user(routed.embedded.platform, "demo", may_have_subaccounts=False)

    assert ends(pieces)
    response.close()


def test_a_router_that_may_not_follow_all_any_more_hears_of_its_own_only(routed):
    platform = routed.embedded.platform
    change_user(platform, "other", may_follow_all_routing=True)
    response, pieces = opened(routed.other)
    routed.demo("POST", "/application/testha/events", "event=add-alias&alias=www.foo.com")
    heard = json.loads(next(piece for piece in pieces if piece.strip()))

    change_user(platform, "other", may_follow_all_routing=False)
    assert goes_on(pieces)
    routed.demo("POST", "/application/testha/events", "event=add-alias&alias=www.bar.com")

    assert heard["data"]["alias"] == "www.foo.com"
    assert not any(next(pieces).strip() for _ in range(5))
    response.close()


def test_looking_again_takes_two_statements_for_a_token_and_counts_as_no_wrong_login(routed):
    response, pieces = opened(token_client(routed.demo, scope="session"))
    next(pieces)
    with counted(routed) as seen:
        next(pieces)
    selects = [each for each in seen if each.lstrip().upper().startswith("SELECT")]
    assert len([each for each in selects if "FROM users" in each or "FROM authorizations" in each]) == 2
    response.close()

    streams = [opened(routed.demo) for _ in range(2)]
    set_password(routed.embedded.platform, "demo", "another")
    for response, pieces in streams:
        assert ends(pieces)
        response.close()
    wrong = [routed.demo.send("GET", "/broker/rest/user").status_code for _ in range(PAIR.free)]
    assert wrong == [401] * PAIR.free


class Unreachable:
    """A platform's storage that can be taken away, and only for reading what a caller or a stream needs."""

    def __init__(self, platform):
        self._reading = platform.reading
        self.is_away = False

    def __call__(self):
        if self.is_away:
            raise StorageUnavailable("The database does not answer.")
        return self._reading()


def test_a_database_that_does_not_answer_keeps_streams_open(routed):
    reading = Unreachable(routed.embedded.platform)
    platform = replace(routed.embedded.platform, reading=reading)
    client = replace(routed.demo, wsgi_app=make_wsgi_app(platform, routed.options))
    response, pieces = opened(client)

    reading.is_away = True
    assert goes_on(pieces)
    routed.demo("POST", "/application/testha/events", "event=add-alias&alias=www.foo.com")
    assert goes_on(pieces)
    reading.is_away = False

    told = next(piece for piece in pieces if piece.strip())
    assert json.loads(told)["data"]["alias"] == "www.foo.com"
    response.close()


def test_who_is_gone_is_not_looked_for_again(world):
    user = find_user(world.embedded.platform, "demo")
    now, looks = [0.0], []

    def renew():
        looks.append(now[0])
        return None if len(looks) > 1 else user

    watched = Watched(user, renew, 10, lambda: now[0])
    seen = []
    for now[0] in (5.0, 10.0, 15.0, 20.0, 30.0):
        seen.append(watched())

    assert seen == [user, user, user, None, None]
    assert looks == [10.0, 20.0]
