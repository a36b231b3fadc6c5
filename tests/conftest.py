"""What every test may use: real servers where they are there, and a loud word where they are not."""

import os
import shutil
import socket
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from bind_server import Bind

MISSING = "service missing: "
UNIQUE_NAME_LENGTH = 12

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# In CI the same examples every time: what turns red there was turned red by a change.
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, print_blob=True)
settings.register_profile("thorough", settings.get_profile("default"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "default"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """A real server that some tests need, and how to get it; `probe` raises `OSError` when it is away."""

    fixture: str
    advice: str
    probe: Callable[[], None]


def rabbitmq_address() -> str:
    return os.environ.get("TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672//")


def stomp_address() -> tuple[str, int]:
    """Where the same RabbitMQ speaks STOMP to old listeners."""
    host, _, port = os.environ.get("TEST_STOMP_ADDRESS", "127.0.0.1:61613").rpartition(":")
    return host, int(port)


def postgresql_address() -> str:
    """The URL of a role that may create databases; each test makes its own database and drops it."""
    return os.environ.get("TEST_POSTGRESQL_URL", "postgresql://postgres@127.0.0.1:5432/postgres")


def probe_rabbitmq() -> None:
    import kombu

    with kombu.Connection(rabbitmq_address(), connect_timeout=3) as connection:
        try:
            connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
        except kombu.exceptions.OperationalError as error:
            raise ConnectionError(str(error)) from error


def probe_stomp() -> None:
    socket.create_connection(stomp_address(), timeout=3).close()


def probe_postgresql() -> None:
    import psycopg

    try:
        psycopg.connect(postgresql_address(), connect_timeout=3).close()
    except psycopg.OperationalError as error:
        raise ConnectionError(str(error)) from error


def probe_dig() -> None:
    if shutil.which("dig") is None:
        raise FileNotFoundError("no command named dig")


def probe_bind() -> None:
    from bind_server import COMMAND

    if shutil.which(COMMAND) is None:
        raise FileNotFoundError("no command named named")


SERVICES = {
    "rabbitmq": Service(
        fixture="rabbitmq_url",
        advice="apt-get install rabbitmq-server; rabbitmq-server -detached (or set TEST_RABBITMQ_URL)",
        probe=probe_rabbitmq,
    ),
    "stomp": Service(
        fixture="stomp",
        advice="rabbitmq-plugins enable rabbitmq_stomp (or set TEST_STOMP_ADDRESS)",
        probe=probe_stomp,
    ),
    "postgresql": Service(
        fixture="postgresql_url",
        advice="apt-get install postgresql, and set TEST_POSTGRESQL_URL to a role that may create databases",
        probe=probe_postgresql,
    ),
    "dig": Service(fixture="dig", advice="apt-get install bind9-dnsutils", probe=probe_dig),
    "bind": Service(fixture="bind", advice="apt-get install bind9 (its own server need not run)", probe=probe_bind),
}


@cache
def what_is_missing(name: str) -> str | None:
    """Why the service cannot be used, in one line; None when it can."""
    service = SERVICES[name]
    try:
        service.probe()
    except OSError as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        return f"{name} ({reason}). To get it: {service.advice}"
    return None


def services_needed(item: pytest.Item) -> list[str]:
    """The services a test names in its marker or by a fixture; a bare marker without a fixture means all."""
    marks = list(item.iter_markers("services"))
    named = {name for mark in marks for name in mark.args}
    named |= {name for name, service in SERVICES.items() if service.fixture in getattr(item, "fixturenames", ())}
    if unknown := named - set(SERVICES):
        raise pytest.UsageError(f"{item.nodeid}: unknown services {sorted(unknown)}; known: {sorted(SERVICES)}")
    return sorted(named or (SERVICES if marks else ()))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if services_needed(item) and item.get_closest_marker("services") is None:
            item.add_marker(pytest.mark.services)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    missing = [text for text in map(what_is_missing, services_needed(item)) if text]
    if not missing:
        return
    if os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(f"{MISSING}{missing[0]}", pytrace=False)
    pytest.skip(f"{MISSING}{missing[0]}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped: dict[str, list[str]] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _, found, text = reason.partition(MISSING)
        if found:
            skipped.setdefault(text, []).append(report.nodeid)
    if not skipped:
        return
    count = sum(map(len, skipped.values()))
    terminalreporter.section(f"{count} TESTS DID NOT RUN: A SERVICE IS MISSING", sep="!", red=True, bold=True)
    for text, tests in sorted(skipped.items()):
        terminalreporter.line(f"{len(tests)} without {text}", red=True)
        for nodeid in sorted(tests):
            terminalreporter.line(f"    {nodeid}")
    terminalreporter.line("REQUIRE_SERVICES=1 turns each of these into a failure.")


@pytest.fixture
def unique_name() -> str:
    """A word no other test uses: for exchanges and queues on a bus that tests share."""
    return f"test-{uuid.uuid4().hex[:UNIQUE_NAME_LENGTH]}"


@pytest.fixture
def rabbitmq_url() -> str:
    """The URL of a running RabbitMQ, shared by all tests."""
    return rabbitmq_address()


@pytest.fixture
def stomp() -> tuple[str, int]:
    """Where the running RabbitMQ speaks STOMP, shared by all tests."""
    return stomp_address()


@pytest.fixture
def postgresql_url() -> Iterator[str]:
    """The URL of an empty PostgreSQL database of this test's own, as SQLAlchemy takes it."""
    import psycopg
    from psycopg import sql
    from sqlalchemy.engine import make_url

    name = f"gearbroker_test_{uuid.uuid4().hex[:UNIQUE_NAME_LENGTH]}"
    with psycopg.connect(postgresql_address(), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url = make_url(postgresql_address()).set(drivername="postgresql+psycopg", database=name)
        yield url.render_as_string(hide_password=False)
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def dig() -> str:
    """The path of `dig`, the resolver's command."""
    path = shutil.which("dig")
    assert path is not None
    return path


@pytest.fixture
def bind() -> "Iterator[Bind]":
    """A DNS server of this test's own that answers and takes updates."""
    from bind_server import Bind

    with TemporaryDirectory() as directory:
        made = Bind(Path(directory))
        made.start()
        yield made
        made.stop()
