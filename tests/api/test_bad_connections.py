"""Requests that no library would send, over a real connection to the web server; it stays usable, and small."""

import base64
import gzip
import json
import re
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import psutil
import pytest
from api.conftest import opened_world

from broker.api.openapi import Description
from broker.api.options import ApiOptions
from broker.api.streams import SERVER_SENT
from broker.api.urls import urls
from broker.core.ids import ApplicationId
from broker.usecases.gear_credentials import issue_gear_credentials
from broker.wsgi import WebServer

PATIENCE = 20.0
LOGIN = b"Authorization: Basic " + base64.b64encode(b"demo:password") + b"\r\n"
JSON, FORM = b"application/json", b"application/x-www-form-urlencoded"
MEGABYTE = 1024 * 1024
# Beside what a request of the allowed size needs, and what Python keeps of it for the next one.
MOST_GROWTH = 96 * MEGABYTE
ROUTES = {f"{url.method} {url.paths.current[0]}": url for url in Description(urls(), ApiOptions()).urls}


@dataclass
class Reply:
    """What came back on a connection until it was closed."""

    received: bytes

    @property
    def statuses(self) -> list[int]:
        return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", self.received)]

    @property
    def body(self) -> bytes:
        return self.received.rpartition(b"\r\n\r\n")[2]

    @property
    def text(self) -> str:
        """Of the first message."""
        return json.loads(self.body)["messages"][0]["text"]


@dataclass
class Place:
    """Where the web server is."""

    host: str
    port: int

    @contextmanager
    def connected(self) -> Iterator[socket.socket]:
        with closing(socket.create_connection((self.host, self.port), timeout=PATIENCE)) as connection:
            yield connection

    def send(self, *pieces: bytes) -> Reply:
        """Everything that is answered to these bytes; the server may close before it has them all."""
        with self.connected() as connection:
            try:
                for piece in pieces:
                    connection.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                pass  # what it has said before is still to be read
            return Reply(received(connection))

    def is_usable(self) -> bool:
        return self.send(request("GET", "/api")).statuses == [200]


def received(connection: socket.socket) -> bytes:
    whole = b""
    try:
        while piece := connection.recv(65536):
            whole += piece
    except ConnectionResetError:
        pass
    return whole


def request(method, path, body=b"", *, kind=JSON, length=None, more=b"", version=b"1.1") -> bytes:
    size = len(body) if length is None else length
    lines = [
        f"{method} {path} HTTP/".encode() + version,
        b"Host: localhost\r\nConnection: close\r\n" + LOGIN + more + b"Content-Type: " + kind,
        *([b"Content-Length: %d" % size] if size >= 0 else []),
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


@pytest.fixture(scope="module")
def place(tmp_path_factory, empty_database) -> Iterator[Place]:
    with opened_world(tmp_path_factory.mktemp("connections"), empty_database, port=0, server_threads=4) as world:
        server = WebServer(world.embedded.built)
        server.start()
        host, port = server.url.removeprefix("http://").split(":")
        yield Place(host, int(port))
        server.stop()


def test_the_headers_of_a_gear_are_read_though_they_have_underscores(make_world):
    world = make_world(port=0)
    made = world.demo("POST", "/domain/test/applications", "name=web&cartridges[]=php-5.4")
    given = issue_gear_credentials(world.embedded.platform, ApplicationId(made.data["id"]))
    server = WebServer(world.embedded.built)
    server.start()
    host, port = server.url.removeprefix("http://").split(":")
    head = f"GET /application/{made.data['id']} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"

    both = f"broker_auth_key: {given.key}\r\nBroker_Auth_IV: {given.iv}\r\n"
    known = Place(host, int(port)).send(f"{head}{both}\r\n".encode())
    unknown = Place(host, int(port)).send(f"{head}X_Impersonate_User: other\r\n\r\n".encode())
    server.stop()

    assert (known.statuses, unknown.statuses) == ([200], [401])
    assert b"x-oauth-scopes: application/" in known.received.lower()


NOT_UTF8 = "Only valid UTF-8 encoded inputs are accepted"
NO_NAME = "Invalid namespace. Namespace must only contain alphanumeric characters."


@pytest.mark.parametrize(
    ("sent", "status", "text"),
    [
        (request("POST", "/domains", b'{"name": "x!'), 400, "The body is not valid JSON: Unterminated string"),
        (request("POST", "/domains", b'{"name":"x!"}', length=5), 400, "The body is not valid JSON: Unterminated"),
        (request("POST", "/domains", b'\xef\xbb\xbf{"name":"x!"}'), 400, "The body is not valid JSON: Unexpected"),
        (request("POST", "/domains", '{"name":"x!"}'.encode("utf-16")), 400, NOT_UTF8),
        (request("POST", "/domains", b'{"a":' * 50_000 + b"1" + b"}" * 50_000), 400, "The JSON body is nested deeper"),
        (request("POST", "/domains", b"name=x!&nam", kind=FORM), 422, NO_NAME),
        (request("POST", "/domains", b"a=1&" * 1001, kind=FORM), 400, "There are more than 1000 parameters."),
        (request("POST", "/domains", b'{"name":"y","name":"x!"}'), 422, NO_NAME),  # the last one counts
        (request("POST", "/domains", b"name=x!", kind=b";;;"), 422, NO_NAME),
        (request("POST", "/domains", b"name=x!", kind=b"multipart/form-data; boundary=b"), 415, "The body must be"),
        (
            request("POST", "/domains", gzip.compress(b'{"name":"x!"}'), more=b"Content-Encoding: gzip\r\n"),
            415,
            "The body must be sent as it is, without Content-Encoding, and not as 'gzip'.",
        ),
        (
            request("POST", "/domains", chunked(b'{"name":"x!"}'), length=-1, more=b"Transfer-Encoding: chunked\r\n"),
            422,
            NO_NAME,
        ),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_refused_in_the_envelope(place, sent, status, text):
    reply = place.send(sent)

    assert (reply.statuses[0], reply.text[: len(text)]) == (status, text)


BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "ha">%s]><a>&z;</a>' % b"".join(
    b'<!ENTITY %c "%s">' % (each, b"&%c;" % (each - 1) * 20) for each in b"bcdefghijklmnopqrstuvwxyz"
)


@pytest.mark.parametrize("kind", [b"application/xml", b"text/xml", b"application/soap+xml"])
def test_xml_is_not_even_looked_at(place, kind):
    reply = place.send(request("POST", "/domains", BOMB, kind=kind))

    assert (reply.statuses, kind.decode() in reply.text) == ([415], True)


@pytest.mark.parametrize(
    "sent",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",  # TLS
        b"get /api HTTP/1.1\r\n\r\n",
        b"GET /api now HTTP/1.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"GET http://[/api HTTP/1.1\r\n\r\n",
        b"GET /api HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /api HTTP/1.1\r\nContent-Length : 5\r\n\r\nhello",
        request("POST", "/domains", b"{}", length=-1, more=b"Content-Length: -5\r\n"),
        request("POST", "/domains", b"{}", length=-1, more=b"Content-Length: two\r\n"),
        request("POST", "/domains", b"{}", length=-1, more=b"Content-Length: 2\r\nContent-Length: 3\r\n"),
        request("POST", "/domains", b"{}", length=-1, more=b"Content-Length: " + b"9" * 5000 + b"\r\n"),
        request("POST", "/domains", b"zz\r\n{}\r\n0\r\n\r\n", length=-1, more=b"Transfer-Encoding: chunked\r\n"),
    ],
)
def test_what_is_no_http_is_refused_in_plain_text(place, sent):
    reply = place.send(sent)

    assert (reply.statuses, b"text/plain" in reply.received) == ([400], True)
    assert place.is_usable()


def test_a_transfer_encoding_that_is_not_known_is_refused(place):
    sent = request("POST", "/domains", b"{}", length=-1, more=b"Transfer-Encoding: gzip, chunked\r\n")

    assert place.send(sent).statuses == [501]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /api HTTP/1.0\r\n\r\n", 200),
        (b"GET http://localhost/api HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200),
        (b"OPTIONS * HTTP/1.1\r\nConnection: close\r\n\r\n", 404),
        (b"CONNECT a:1 HTTP/1.1\r\nConnection: close\r\n\r\n", 404),
        (b"TRACE /domains HTTP/1.1\r\nConnection: close\r\n\r\n", 405),
        (b"BREW /api HTTP/1.1\r\nConnection: close\r\n\r\n", 405),
        (b"GET /a\0b HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
        (b"GET /%zz HTTP/1.1\r\nConnection: close\r\n\r\n", 404),
    ],
)
def test_an_unusual_request_line_is_answered_in_the_envelope(place, sent, status):
    reply = place.send(sent)

    assert (reply.statuses, "messages" in json.loads(reply.body)) == ([status], True)


def test_the_links_of_a_request_for_another_host_s_address_are_those_of_its_host_header(place):
    reply = place.send(b"GET http://evil.example/api HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")

    assert json.loads(reply.body)["data"]["API"]["href"] == "http://localhost/broker/rest/api"


def test_requests_that_come_all_at_once_are_answered_in_their_order(place):
    first = b"GET /api HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3

    assert place.send(first, request("GET", "/nothing")).statuses == [200, 200, 200, 404]


def test_a_flood_of_headers_is_cut_off(place):
    few = place.send(request("GET", "/api", more=b"".join(b"X-%d: b\r\n" % each for each in range(5000))))
    endless = place.send(b"GET /api HTTP/1.1\r\n", *[b"X-A: " + b"b" * 65536 + b"\r\n"] * 100)
    long_path = place.send(b"GET /" + b"a" * 300_000 + b" HTTP/1.1\r\n\r\n")

    assert [few.statuses, endless.statuses, long_path.statuses] == [[200], [431], [431]]
    assert place.is_usable()


def test_a_hundred_megabytes_are_refused_and_not_kept_in_memory(place):
    process, piece = psutil.Process(), b" " * MEGABYTE
    place.send(request("POST", "/domains", b" " * (MEGABYTE - 1)))
    before = process.memory_info().rss

    told = place.send(request("POST", "/domains", length=100 * MEGABYTE), *[piece] * 100)
    untold = place.send(
        request("POST", "/domains", length=-1, more=b"Transfer-Encoding: chunked\r\n"),
        *[b"%x\r\n%s\r\n" % (len(piece), piece)] * 100,
    )
    allowed_by_the_server = [place.send(request("POST", "/domains", piece * 15)).statuses for _ in range(4)]

    assert (told.statuses[:1], untold.statuses[:1], allowed_by_the_server) == ([413], [413], [[413]] * 4)
    assert process.memory_info().rss - before < MOST_GROWTH
    assert place.is_usable()


def test_many_slow_uploads_and_bodies_that_never_end_hold_nobody_else_up(place):
    connections = [socket.create_connection((place.host, place.port), timeout=PATIENCE) for _ in range(40)]
    for number, connection in enumerate(connections):
        connection.sendall(request("POST", "/domains", b'{"name":', length=500) if number % 2 else b"GET /api HT")

    usable = [place.is_usable() for _ in range(5)]
    half = connections[0]
    half.sendall(b"TP/1.0\r\n\r\n")
    late = Reply(received(half)).statuses
    for connection in connections:
        connection.close()

    assert (usable, late) == ([True] * 5, [200])


FILLED = "x"


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_every_route_has_the_methods_that_it_says_it_has(place, route):
    url = ROUTES[route]
    path = "/".join(FILLED if part.startswith("<") else part for part in url.paths.current[0].split("/"))

    options = place.send(request("OPTIONS", path))
    head = place.send(request("HEAD", path))
    brewed = place.send(request("BREW", path))

    (allowed,) = [
        line.partition(b": ")[2].decode().split(", ")
        for line in options.received.split(b"\r\n")
        if line.startswith(b"Allow: ")
    ]
    assert (options.statuses, options.body, url.method in allowed) == ([200], b"", True)
    assert (brewed.statuses, sorted(allowed)) == (
        [405],
        sorted(brewed.text.rpartition(": ")[2].rstrip(".").split(", ")),
    )
    if "HEAD" not in allowed:
        assert (head.statuses, head.body) == ([405], b"")
    elif SERVER_SENT not in url.media:
        assert (head.statuses, head.body) == (place.send(request("GET", path)).statuses, b"")
