"""Whom a proxy in front may speak for: itself only, by the connection and not by what headers say."""

import http.client
import json

import pytest
from flask import Response, request
from hypothesis import given
from hypothesis import strategies as st

from broker.api.fronting import PEER_KEY, Fronting, client_of, peer_of
from broker.wsgi import WebServer

PROXY, STRANGER = "127.0.0.2", "127.0.0.1"
TRUSTING = Fronting(proxy=PROXY, user_header="X-Remote-User")


def environ(peer, user=None, **more):
    given = {} if user is None else {"HTTP_X_REMOTE_USER": user.encode().decode("latin-1")}
    return {PEER_KEY: peer, "REMOTE_ADDR": peer, **given, **more}


def test_the_proxy_says_who_has_logged_in():
    assert TRUSTING.login_of(environ(PROXY, "alice@example.com")) == "alice@example.com"


def test_nobody_else_may_say_it():
    assert TRUSTING.login_of(environ(STRANGER, "alice")) is None
    assert TRUSTING.login_of(environ("", "alice")) is None


def test_an_address_that_a_header_gives_makes_nobody_the_proxy():
    assert TRUSTING.login_of(environ(STRANGER, "alice", REMOTE_ADDR=PROXY)) is None


@pytest.mark.parametrize("fronting", [Fronting(), Fronting(proxy=PROXY), Fronting(user_header="X-Remote-User")])
def test_without_both_settings_the_header_says_nothing(fronting):
    for peer in (PROXY, STRANGER, ""):
        assert fronting.login_of(environ(peer, "alice")) is None


@pytest.mark.parametrize("user", ["", " ", "(null)", "a:b", "alice, bob", "alice,bob", "a\tb", "x" * 256, "\u200b"])
def test_a_name_that_no_account_can_have_is_nobody_s(user):
    assert TRUSTING.login_of(environ(PROXY, user)) is None


def test_bytes_that_are_no_text_are_nobody_s():
    assert TRUSTING.login_of(environ(PROXY, HTTP_X_REMOTE_USER="\xff")) is None
    assert TRUSTING.login_of(environ(PROXY, HTTP_X_REMOTE_USER="\u0142")) is None


@pytest.mark.parametrize("user", ["alice", "Jörg", "uid=1 x", "x" * 255, "O'Hara"])
def test_any_other_name_is_taken_as_it_is(user):
    assert TRUSTING.login_of(environ(PROXY, user)) == user


@given(st.text(), st.text(), st.text())
def test_whatever_a_stranger_sends_it_is_nobody(peer, user, address):
    given = {PEER_KEY: peer, "REMOTE_ADDR": address, "HTTP_X_REMOTE_USER": user}

    if peer != PROXY:
        assert TRUSTING.login_of(given) is None


def test_under_another_web_server_the_connection_is_what_that_one_says():
    assert TRUSTING.login_of({"REMOTE_ADDR": PROXY, "HTTP_X_REMOTE_USER": "alice"}) == "alice"
    assert TRUSTING.login_of({"REMOTE_ADDR": STRANGER, "HTTP_X_REMOTE_USER": "alice"}) is None


def seen(server):
    """What a resource behind the real web server would see of each request."""

    def look():
        login = TRUSTING.login_of(request.environ)
        told = {"peer": peer_of(request.environ), "client": client_of(request.environ), "login": login}
        return Response(json.dumps(told), content_type="application/json")

    server.wsgi_app.before_request(look)
    server.start()
    host, port = server.url.removeprefix("http://").split(":")

    def ask(source, *headers):
        connection = http.client.HTTPConnection(host, int(port), timeout=20, source_address=(source, 0))
        connection.putrequest("GET", "/api")
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        answer = json.load(connection.getresponse())
        connection.close()
        return answer

    return ask


@pytest.fixture
def ask(make_world):
    server = WebServer(make_world(port=0, trusted_proxy=PROXY, remote_user_header="X-Remote-User").embedded.built)
    yield seen(server)
    server.stop()


ALICE = ("X-Remote-User", "alice")


def test_over_the_wire_the_proxy_is_known_by_its_connection_and_the_client_by_what_it_says(ask):
    told = {"peer": PROXY, "client": "192.0.2.7", "login": "alice"}

    assert ask(PROXY, ALICE, ("X-Forwarded-For", "192.0.2.7")) == told
    assert ask(PROXY, ALICE, ("X-Forwarded-For", "10.0.0.1, 192.0.2.7")) == told


def test_over_the_wire_the_proxy_need_not_say_who_its_client_is(ask):
    assert ask(PROXY, ALICE) == {"peer": PROXY, "client": PROXY, "login": "alice"}
    assert ask(PROXY, ("X-Forwarded-For", "192.0.2.7")) == {"peer": PROXY, "client": "192.0.2.7", "login": None}


@pytest.mark.parametrize(
    "header",
    [
        ("X-Forwarded-For", PROXY),
        ("Forwarded", f"for={PROXY}"),
        ("X-Real-Ip", PROXY),
        ("Gearbroker.Peer", PROXY),
        ("Gearbroker-Peer", PROXY),
        ("Remote-Addr", PROXY),
    ],
    ids=lambda header: header[0],
)
def test_over_the_wire_a_stranger_is_one_whatever_it_sends(ask, header):
    assert ask(STRANGER, ALICE, header) == {"peer": STRANGER, "client": STRANGER, "login": None}


def test_over_the_wire_a_name_that_is_sent_twice_is_nobody_s(ask):
    assert ask(PROXY, ("X-Remote-User", "mallory"), ALICE)["login"] is None


def test_over_the_wire_the_header_with_underscores_is_another_one(ask):
    assert ask(PROXY, ("X_Remote_User", "mallory"))["login"] is None
    assert ask(PROXY, ("X_Remote_User", "mallory"), ALICE)["login"] == "alice"


def test_over_the_wire_the_proxy_s_own_client_cannot_be_taken_for_the_proxy_by_its_address(ask):
    assert ask(STRANGER, ALICE, ("X-Forwarded-For", f"{PROXY}, {PROXY}"))["login"] is None


def test_where_no_proxy_is_believed_the_wire_is_all_that_counts(make_world):
    server = WebServer(make_world(port=0).embedded.built)
    ask = seen(server)
    try:
        told = ask(PROXY, ALICE, ("X-Forwarded-For", "192.0.2.7"))
    finally:
        server.stop()

    assert (told["peer"], told["client"]) == (PROXY, PROXY)
