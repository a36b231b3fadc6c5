"""A platform on disk that commands act on, and the commands themselves."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from broker.bootstrap import load_settings
from broker.core.owner import User
from broker.interfaces import Platform
from broker.simulator.embedded import EmbeddedPlatform, add_nodes, open_embedded, simulated_nodes
from broker.usecases.accounts import change_user, create_user
from broker.usecases.applications import create_application
from broker.usecases.namespaces import create_namespace
from broker.usecases.views import ApplicationView
from broker.usecases.wishes import ApplicationWish, CartridgeWish


@dataclass(frozen=True, kw_only=True)
class World:
    """An embedded platform whose loops do not run, with one owner and one namespace."""

    embedded: EmbeddedPlatform
    directory: Path
    owner: User

    @property
    def platform(self) -> Platform:
        return self.embedded.platform

    def create(self, name: str, *, ha: bool = False, scale: bool = True, namespace: str = "test") -> ApplicationView:
        wish = ApplicationWish(
            name=name, namespace=namespace, cartridges=(CartridgeWish(name="ruby-1.9"),), scale=scale, ha=ha
        )
        return create_application(self.platform, self.owner, wish)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Three zones of two nodes, and the owner `demo` who may use HA and has the namespace `test`."""
    monkeypatch.setenv("GEARBROKER_DATA_DIR", str(tmp_path))
    embedded = open_embedded(load_settings({"GEARBROKER_DATA_DIR": str(tmp_path), "DNS_PORT": "0"}))
    add_nodes(embedded, simulated_nodes("example.com", zones="abc", nodes_per_zone=2))
    create_user(embedded.platform, "demo", "password")
    owner = change_user(embedded.platform, "demo", may_use_ha=True)
    create_namespace(embedded.platform, owner, "test")
    yield World(embedded=embedded, directory=tmp_path, owner=owner)
    embedded.stop()


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Calls the `main` of a tool in this process."""

    def call(main: Callable[[Sequence[str]], int], *argv: str) -> Ended:
        capsys.readouterr()
        try:
            status: object = main(argv)
        except SystemExit as ended:
            status = ended.code or 0
        told = capsys.readouterr()
        assert isinstance(status, int)
        return Ended(status=status, out=told.out, err=told.err)

    return call


@pytest.fixture
def process() -> Run:
    """Runs a tool by its module as a process of its own, as its console script does."""

    def call(module: str, *argv: str, stdin: int | None = subprocess.DEVNULL, **environment: str) -> Ended:
        script = f"import sys; from {module} import main; sys.exit(main())"
        done = subprocess.run(
            [sys.executable, "-c", script, *argv],
            stdin=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, **environment},
        )
        return Ended(status=done.returncode, out=done.stdout, err=done.stderr)

    return call
