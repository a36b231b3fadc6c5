"""A real platform on SQLite with simulated nodes, and clients that talk to its API."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask

from broker.api.factory import ApiOptions, make_wsgi_app
from broker.bootstrap import build
from broker.config import Settings
from broker.simulator.embedded import EmbeddedPlatform, add_nodes, open_embedded, simulated_nodes
from broker.usecases.accounts import change_user, create_user
from broker.workers.loop import Worker
from broker.workers.relay import relay

# What makes a good hash slow is kept for the tests of hashing; a hash says itself how it is verified.
QUICK_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("password")
OPTIONS = ApiOptions(version="1.2.3", heartbeat_seconds=0.05, max_streams=2)


@dataclass
class Answered:
    """A JSON answer, taken apart."""

    status: int
    body: dict[str, Any]
    headers: Any

    @property
    def data(self) -> Any:
        return self.body["data"]

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.body["messages"]]

    @property
    def first(self) -> dict[str, Any]:
        return self.body["messages"][0]


@dataclass
class Client:
    """Sends requests as one user; `form` as curl does, `json` as rhc does."""

    wsgi_app: Flask
    login: tuple[str, str] | None = ("demo", "password")
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, **request: Any) -> Any:
        return self.wsgi_app.test_client().open(
            path, method=method, auth=request.pop("auth", self.login), headers=self.headers, **request
        )

    def __call__(self, method: str, path: str, form: str | None = None, json_body: Any = None) -> Answered:
        request: dict[str, Any] = {}
        if form is not None:
            request = {"data": form, "content_type": "application/x-www-form-urlencoded"}
        elif json_body is not None:
            request = {"data": json.dumps(json_body), "content_type": "application/json"}
        response = self.send(method, path, **request)
        return Answered(response.status_code, json.loads(response.data), response.headers)


@dataclass
class World:
    """The platform with its API; the users `demo` (may use HA) and `other`."""

    embedded: EmbeddedPlatform
    options: ApiOptions
    wsgi_app: Flask
    demo: Client
    other: Client
    nobody: Client
    workers: list[Worker]

    def close(self) -> None:
        self.embedded.fleet.close()
        self.embedded.built.signal.close()
        for worker in self.workers:
            worker.stop()
        self.embedded.built.close()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory) -> Path:
    """A database with the schema and nothing in it, to be copied: making one takes longer than most tests."""
    place = tmp_path_factory.mktemp("empty")
    build(Settings(data_dir=place), create=True).close()
    return place / "gearbroker.db"


@contextmanager
def opened_world(
    place: Path,
    empty_database: Path,
    *,
    nodes_per_zone: int = 2,
    capacity: int = 100,
    options: ApiOptions = OPTIONS,
    **settings: Any,
) -> Iterator[World]:
    """A platform in a directory, with so many nodes a zone in three zones, and any settings and options."""
    shutil.copy(empty_database, place)
    embedded = open_embedded(Settings(data_dir=place, dns_port=0, **settings))
    zones = ("a", "b", "c") if nodes_per_zone else ()
    add_nodes(embedded, simulated_nodes("example.com", zones=zones, nodes_per_zone=nodes_per_zone, capacity=capacity))
    for login in ("demo", "other"):
        create_user(embedded.platform, login)
        change_user(embedded.platform, login, may_use_ha=login == "demo", password_hash=QUICK_HASH)
    wsgi_app = make_wsgi_app(embedded.platform, options)
    workers = relay(embedded.platform)
    for worker in workers:
        worker.start()
    world = World(
        embedded=embedded,
        options=options,
        wsgi_app=wsgi_app,
        demo=Client(wsgi_app),
        other=Client(wsgi_app, ("other", "password")),
        nobody=Client(wsgi_app, None),
        workers=workers,
    )
    try:
        yield world
    finally:
        world.close()


@pytest.fixture
def make_world(tmp_path, empty_database) -> Iterator[Callable[..., World]]:
    """Make platforms, each in a directory of its own: see `opened_world`."""
    with ExitStack() as opened:

        def make(**given: Any) -> World:
            place = Path(tempfile.mkdtemp(prefix="data", dir=tmp_path))
            return opened.enter_context(opened_world(place, empty_database, **given))

        yield make


@pytest.fixture
def world(make_world) -> World:
    return make_world()


@pytest.fixture
def demo(world) -> Client:
    """The client of the user `demo`, who owns the domain `test`."""
    made = world.demo("POST", "/broker/rest/domains", "name=test")
    assert made.status == 201
    return world.demo


@pytest.fixture
def testha(demo) -> Client:
    """The same, with the scalable application `testha` in it."""
    form = "name=testha&cartridges[]=ruby-1.9&scale=true"
    made = demo("POST", "/broker/rest/domains/test/applications", form)
    assert made.status == 201, made.texts
    return demo
