"""The web server in front of the API: whom it believes, and what a port that is taken is answered with."""

import http.client
import json
import socket

import pytest

from broker.core.errors import ConfigurationError
from broker.wsgi import WebServer

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


def test_a_port_that_is_taken_is_refused_in_one_sentence(make_world):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(ConfigurationError, match=rf"Port {port} on 127.0.0.1 is already in use"):
            WebServer(make_world(port=port).embedded.built)
