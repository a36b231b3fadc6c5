"""From the commit of a change to a listener in another process that follows the HTTP stream.

The clock starts before the database is told to commit, so the synchronous write is part of the figure.
The baseline of the same run is a bare round trip over a socket to another process.

Usage: PYTHONPATH=.:tests .venv/bin/python tests/bench/bench_stream_latency.py [--check]
"""

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from harness import NAMESPACE, OWNER, PASSWORD, Goal, figure, finish, percentile, populate, settings_of, wants_check
from sqlalchemy import event

from broker.bootstrap import load_settings, set_up_logging
from broker.simulator.embedded import EmbeddedPlatform, open_embedded
from broker.usecases.accounts import log_in
from broker.usecases.aliases import add_alias
from broker.usecases.applications import create_application
from broker.usecases.wishes import ApplicationWish, CartridgeWish
from broker.wsgi import WebServer

CHANGES, WARM_UP = 1_000, 50
PAUSE_SECONDS = 0.005

LISTENER = """
import sys, time, json
from routing_spi.credentials import Credentials
from routing_spi.http_source import HttpBroker
broker = HttpBroker(sys.argv[1], credentials=Credentials.basic(sys.argv[2], sys.argv[3]))
left = int(sys.argv[4])
for line in broker.lines(0):
    now = time.monotonic()
    if line and "alias" in json.loads(line)["data"]:
        print(json.loads(line)["data"]["alias"], now, flush=True)
        left -= 1
        if not left:
            break
"""
ECHO = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
    while data := connection.recv(64):
        connection.sendall(data)
"""


def main() -> int:
    """Print the figures; with `--check` the exit status is 1 when a goal is missed."""
    check = wants_check(__doc__)
    bare = round_trips()
    figure("baseline: bare socket round trip, median", median(bare) * 1e3, "ms")
    figure("baseline: bare socket round trip, p99", percentile(bare, 99) * 1e3, "ms")
    seen = latencies()
    figure("commit to listener, median", median(seen) * 1e3, "ms")
    figure("commit to listener, longest", max(seen) * 1e3, "ms")
    goal = Goal(name="commit to listener, p99", value=percentile(seen, 99) * 1e3, bound=20, unit="ms")
    return finish([goal], check=check)


def latencies() -> list[float]:
    """Seconds from the commit of each change to its arrival; both ends read the one monotonic clock of the host."""
    with platform() as (embedded, url):
        commits: list[float] = []
        event.listen(embedded.built.database.engine, "commit", lambda _connection: commits.append(time.monotonic()))
        user = log_in(embedded.platform, OWNER, PASSWORD)
        if user is None:
            raise SystemExit("the owner cannot log in")
        wish = ApplicationWish(
            name="app", namespace=NAMESPACE, cartridges=(CartridgeWish(name="ruby-1.9"),), scale=True
        )
        create_application(embedded.platform, user, wish)
        command = [sys.executable, "-c", LISTENER, url, OWNER, PASSWORD, str(CHANGES)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as listener:
            told: dict[str, float] = {}
            for number in range(CHANGES):
                alias = f"www{number}.example.org"
                commits.clear()
                add_alias(embedded.platform, user, "app", alias, NAMESPACE)
                told[alias] = commits[-1]
                time.sleep(PAUSE_SECONDS)
            arrived = dict(line.split() for line in listener.stdout or ())
    after = [float(arrived[alias]) - begun for alias, begun in told.items()]
    return after[WARM_UP:]


@contextmanager
def platform() -> Iterator[tuple[EmbeddedPlatform, str]]:
    """A broker in this process, and its address."""
    with tempfile.TemporaryDirectory(prefix="gearbroker-bench-") as directory:
        settings = load_settings(settings_of(directory))
        set_up_logging(level=settings.log_level, form=settings.log_format)
        embedded = open_embedded(settings)
        populate(embedded, 8)
        server = WebServer(embedded.built)
        embedded.start()
        server.start()
        try:
            yield embedded, server.url
        finally:
            server.stop()
            embedded.stop()


def round_trips() -> list[float]:
    """Seconds of a message to another process and back."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with subprocess.Popen([sys.executable, "-c", ECHO, str(port)]):
            connection, _ = server.accept()
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                seen = []
                for _ in range(CHANGES):
                    began = time.monotonic()
                    connection.sendall(b"x" * 64)
                    connection.recv(64)
                    seen.append(time.monotonic() - began)
                    time.sleep(PAUSE_SECONDS / 5)
    return seen


if __name__ == "__main__":
    sys.exit(main())
