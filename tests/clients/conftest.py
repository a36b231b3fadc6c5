"""A broker served over HTTP with simulated nodes, and the field's client in front of it."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import pytest
from api.conftest import World, opened_world
from clients.rhc import Rhc

from broker.bootstrap import build
from broker.config import Settings
from broker.usecases.accounts import change_user
from broker.wsgi import WebServer


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """A database with the schema and nothing in it."""
    place = tmp_path_factory.mktemp("empty")
    build(Settings(data_dir=place), create=True).close()
    return place / "gearbroker.db"


@pytest.fixture
def world(tmp_path, empty_database) -> Iterator[World]:
    with opened_world(tmp_path, empty_database, port=0, download_from=(ip_network("127.0.0.0/8"),)) as opened:
        change_user(opened.embedded.platform, "demo", max_teams=5, may_use_private_ssl=True)
        yield opened


@pytest.fixture
def new_rhc(world) -> Iterator[Callable[..., Rhc]]:
    """Make a run of the client; each begins without anything that another has learnt."""
    server = WebServer(world.embedded.built)
    server.start()
    host, port = server.url.removeprefix("http://").split(":")

    def make(**given: object) -> Rhc:
        return Rhc(host, int(port), **{"login": ("demo", "password"), **given})

    yield make
    server.stop()


@pytest.fixture
def rhc(new_rhc) -> Rhc:
    return new_rhc()


@pytest.fixture
def testha(new_rhc) -> Rhc:
    """A run of the client where `rhc create-app testha php-5.4 -s -n test` has been run before."""
    before = new_rhc()
    entry = before.api()
    before.follow(entry, "ADD_DOMAIN", {"id": "test"})
    domain = before.follow(entry, "SHOW_DOMAIN", name="test").data
    created = before.follow(domain, "ADD_APPLICATION", {"name": "testha", "scale": True, "cartridges": ["php-5.4"]})
    assert created.status == 201, created.error
    return new_rhc()


MANIFEST = b"""
Name: searcher
Cartridge-Vendor: someone
Cartridge-Short-Name: SEARCH
Version: '1.0'
Categories: [service]
"""


class _Shelf(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(MANIFEST)

    def log_message(self, *given: object) -> None:
        del given


@pytest.fixture
def manifest_url() -> Iterator[str]:
    """Where the manifest of a cartridge can be read."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Shelf) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/metadata/manifest.yml"
        server.shutdown()
        thread.join()
