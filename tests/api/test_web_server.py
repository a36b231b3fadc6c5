"""The web server in front of the API: whom it believes, and what a port that is taken is answered with."""

import base64
import http.client
import json
import socket
import threading
import time

import pytest

from broker.core.errors import ConfigurationError
from broker.wsgi import MOST_BYTES, WebServer

FORWARDED = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Host": "public.example.com", "X-Forwarded-Proto": "https"}


def first_link(world):
    """The address of the entry as the web server of this world shows it to a proxy's request."""
    server = WebServer(world.embedded.built)
    server.start()
    try:
        host, port = server.url.removeprefix("http://").split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=20)
        connection.request("GET", "/api", headers={"Host": "inside.example.com", **FORWARDED})
        answer = json.load(connection.getresponse())
        connection.close()
    finally:
        server.stop()
    return answer["data"]["API"]["href"]


def test_forwarded_headers_are_ignored_where_no_proxy_is_trusted(make_world):
    assert first_link(make_world(port=0)) == "http://inside.example.com/broker/rest/api"


def test_links_name_the_address_that_a_trusted_proxy_s_client_used(make_world):
    assert first_link(make_world(port=0, trusted_proxy="127.0.0.1")) == "https://public.example.com/broker/rest/api"


def test_another_than_the_trusted_proxy_is_not_believed(make_world):
    assert first_link(make_world(port=0, trusted_proxy="192.0.2.1")) == "http://inside.example.com/broker/rest/api"


@pytest.fixture
def served(make_world):
    """The address of the web server as the broker runs it, with places for two streams of a login."""
    server = WebServer(make_world(port=0, server_threads=8).embedded.built)
    server.start()
    host, port = server.url.removeprefix("http://").split(":")
    yield host, int(port)
    server.stop()


class Bug:
    """What the web server looks at beside its connections, and which goes wrong once."""

    def __init__(self):
        self.errors = iter([RuntimeError("a bug")])
        self.looked_at = threading.Event()

    def readable(self):
        for error in self.errors:
            raise error
        self.looked_at.set()
        return False

    def writable(self):
        return False


def test_the_web_server_goes_on_after_an_error_of_its_own(make_world, caplog):
    server, bug = WebServer(make_world(port=0).embedded.built), Bug()
    end, other_end = socket.socketpair()
    server._server._map[end.fileno()] = bug
    server.start()
    host, port = server.url.removeprefix("http://").split(":")

    assert bug.looked_at.wait(20)
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    connection.request("GET", "/api")
    status = connection.getresponse().status
    connection.close()
    del server._server._map[end.fileno()]
    server.stop()
    for each in (end, other_end):
        each.close()

    assert (status, "a bug" in caplog.text) == (200, True)


def followed(served):
    """A stream that has begun, and the status it began with."""
    connection = http.client.HTTPConnection(*served, timeout=20)
    credentials = base64.b64encode(b"demo:password").decode()
    connection.request("GET", "/routing/events?follow=true", headers={"Authorization": f"Basic {credentials}"})
    response = connection.getresponse()
    return connection, response, response.status


def test_the_places_of_clients_that_hang_up_are_free_again_before_many_heartbeats_have_passed(served):
    opened = [followed(served) for _ in range(2)]
    full = followed(served)
    for connection, response, _ in (*opened, full):
        response.close()
        connection.close()

    # The deadline is far below three of the heartbeats that are promised, and above one of those that are sent.
    deadline, status = time.monotonic() + 12, 503
    while status == 503 and time.monotonic() < deadline:
        connection, response, status = followed(served)
        response.close()
        connection.close()

    assert ([each[2] for each in opened], full[2], status) == ([200, 200], 503, 200)


def declared(served, length):
    """What a request is answered that says its body is so long, and sends none of it unless it is short."""
    connection = http.client.HTTPConnection(*served, timeout=20)
    connection.putrequest("POST", "/domains")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(length))
    connection.endheaders()
    if length < MOST_BYTES:
        connection.send(b" " * length)
    response = connection.getresponse()
    answer = response.status, response.getheader("Content-Type"), response.read()
    connection.close()
    return answer


def test_a_body_that_is_too_large_is_refused_in_the_envelope_and_a_huge_one_unread_in_plain_text(served):
    large, huge = declared(served, 2 * 1024 * 1024), declared(served, 100 * 1024 * 1024)

    assert (large[0], large[1]) == (413, "application/json; charset=utf-8")
    assert json.loads(large[2])["messages"][0]["text"] == "The body of the request is larger than 1048576 bytes."
    assert (huge[0], huge[1]) == (413, "text/plain; charset=utf-8")


def test_a_port_that_is_taken_is_refused_in_one_sentence(make_world):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(ConfigurationError, match=rf"Port {port} on 127.0.0.1 is already in use"):
            WebServer(make_world(port=port).embedded.built)
