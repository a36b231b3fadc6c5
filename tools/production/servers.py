"""A database and names on the bus of one's own, made for the occasion and removed after it."""
# mypy: allow-untyped-calls
# kombu annotates few of its functions.

import contextlib
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import psycopg
from kombu.connection import Connection
from kombu.exceptions import OperationalError
from psycopg import sql
from psycopg.conninfo import make_conninfo

CONNECT_SECONDS = 3
OURS = "postgresql://postgres@127.0.0.1:5432/postgres"
OF_THE_USER = "postgresql:///postgres"
BUS = "amqp://guest:guest@127.0.0.1:5672//"


class ServerMissing(Exception):
    """A server that the production shape needs is not there; the text says what to set."""


def bus_url() -> str:
    """The URL of a bus that answers: DEMO_BUS_URL, TEST_RABBITMQ_URL, or that of a fresh RabbitMQ here."""
    url = os.environ.get("DEMO_BUS_URL") or os.environ.get("TEST_RABBITMQ_URL") or BUS
    with Connection(url, connect_timeout=CONNECT_SECONDS) as connection:
        try:
            connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
        except (OperationalError, OSError) as error:
            raise ServerMissing(
                f"RabbitMQ cannot be reached at {connection.as_uri()}: {error}.\n"
                "Start one (apt-get install rabbitmq-server; rabbitmq-server -detached),"
                " or set DEMO_BUS_URL=amqp://user:password@host:5672//."
            ) from error
    return url


@contextmanager
def own_database(name: str) -> Iterator[str]:
    """The URL of a new, empty database; it goes with the block, whoever is still connected to it."""
    with _administrator(name) as admin:
        with psycopg.connect(admin, autocommit=True) as server:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield _url_of(admin, name)
        finally:
            with psycopg.connect(admin, autocommit=True) as server:
                server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def _administrator(role: str) -> Iterator[str]:
    """The URL of a role that may create databases: what is set, else what works; root has one made for the time."""
    wanted = os.environ.get("DEMO_DATABASE_URL") or os.environ.get("TEST_POSTGRESQL_URL")
    reasons = []
    for url in [wanted] if wanted else [OURS, OF_THE_USER]:
        try:
            psycopg.connect(url, connect_timeout=CONNECT_SECONDS).close()
        except psycopg.OperationalError as error:
            reasons.append(" ".join(str(error).split()))
        else:
            yield url
            return
    if wanted or os.geteuid() != 0 or shutil.which("runuser") is None:
        raise ServerMissing(_advice(reasons[0]))
    password = secrets.token_hex(16)
    _as_postgres(f"CREATE ROLE {role} LOGIN CREATEDB PASSWORD '{password}'", reasons[0])
    try:
        yield f"postgresql://{role}:{password}@127.0.0.1:5432/postgres"
    finally:
        _as_postgres(f"DROP ROLE {role}", "")


def _as_postgres(statement: str, reason: str) -> None:
    """As the server's own user, who is asked for no password; over a pipe, so that no list of processes shows one."""
    done = subprocess.run(
        ["runuser", "-u", "postgres", "--", "psql", "--quiet", "--no-psqlrc"],  # noqa: S607 where the system has it
        input=statement,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    if done.returncode or done.stderr:
        raise ServerMissing(_advice(reason or done.stderr.strip()))


def _advice(reason: str) -> str:
    return (
        f"PostgreSQL cannot be used: {reason}.\n"
        "Start one (apt-get install postgresql), or set DEMO_DATABASE_URL=postgresql://user:password@host/postgres"
        " to a role that may create databases."
    )


def _url_of(admin: str, name: str) -> str:
    """The same server and role, another database."""
    given = psycopg.conninfo.conninfo_to_dict(make_conninfo(admin))
    login = str(given.get("user", ""))
    if given.get("password"):
        login += f":{given['password']}"
    place = f"{given.get('host', '')}:{given['port']}" if given.get("port") else str(given.get("host", ""))
    return f"postgresql://{f'{login}@' if login else ''}{place}/{name}"


@contextmanager
def own_names(url: str, *, exchanges: Iterable[str], queues: Iterable[str]) -> Iterator[None]:
    """What is made on the bus under these names during the block goes with it."""
    try:
        yield
    finally:
        with Connection(url, connect_timeout=CONNECT_SECONDS) as connection:
            for delete, names in ("queue_delete", queues), ("exchange_delete", exchanges):
                for name in names:
                    # Deleting what is not there is no error for RabbitMQ; another error must not keep the rest.
                    with contextlib.suppress(*connection.channel_errors), connection.channel() as channel:
                        getattr(channel, delete)(name)
