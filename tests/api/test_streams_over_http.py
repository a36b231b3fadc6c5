"""Streams through the real web server: what the client sees, and that one who has gone is noticed."""

import base64
import json
import socket
import threading
import time

import pytest
from waitress import create_server

from broker.api.factory import make_wsgi_app

DEADLINE_SECONDS = 20
FOLLOW = "/broker/rest/routing/events?follow=true"
CREDENTIALS = base64.b64encode(b"demo:password").decode()


@pytest.fixture
def address(world):
    """Where the API is served, by a server that ends as the broker's own does: streams first, then the socket."""
    stopping = threading.Event()
    wsgi_app = make_wsgi_app(world.embedded.platform, world.options, stopping=stopping.is_set)
    server = create_server(wsgi_app, host="127.0.0.1", port=0, threads=6)

    def run():
        while not stopping.is_set():
            server.asyncore.loop(timeout=0.05, map=server._map, count=1)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield ("127.0.0.1", server.effective_port)
    stopping.set()
    thread.join(DEADLINE_SECONDS)
    server.task_dispatcher.shutdown(cancel_pending=True, timeout=DEADLINE_SECONDS)
    server.asyncore.close_all(map=server._map)  # the server and whatever clients have left open


def connect(address):
    client = socket.create_connection(address, timeout=DEADLINE_SECONDS)
    client.sendall(f"GET {FOLLOW} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {CREDENTIALS}\r\n\r\n".encode())
    return client


def read_until(client, wanted):
    seen = b""
    while wanted not in seen:
        piece = client.recv(65536)
        assert piece, seen
        seen += piece
    return seen


def test_headers_and_a_first_piece_come_before_anything_happens(address):
    with connect(address) as client:
        seen = read_until(client, b"\r\n\r\n1\r\n\n\r\n")

    assert seen.startswith(b"HTTP/1.1 200 OK")
    assert b"Transfer-Encoding: chunked" in seen


def test_an_event_arrives_while_the_stream_is_open(address, demo):
    with connect(address) as client:
        read_until(client, b"\r\n\r\n")
        demo("POST", "/domain/test/applications", "name=web&cartridge=php-5.4")
        seen = read_until(client, b"create_application")

    line = next(line for line in seen.split(b"\r\n") if b"create_application" in line)
    assert json.loads(line.splitlines()[0])["data"]["app_name"] == "web"


def test_the_place_of_a_client_that_went_away_is_free_again(world, address):
    for _ in range(world.options.max_streams):
        with connect(address) as client:
            read_until(client, b"\r\n\r\n")

    deadline = time.monotonic() + DEADLINE_SECONDS
    status = b""
    while b" 200 " not in status and time.monotonic() < deadline:
        with connect(address) as client:
            status = client.recv(65536).partition(b"\r\n")[0]

    assert b" 200 " in status
