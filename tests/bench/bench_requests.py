"""Reading over HTTP beside a server whose only route is an empty one of Flask: rate and slowest answers.

The same requests are sent by one client, and by sixteen at once over connections of their own from another process.

Usage: PYTHONPATH=.:tests .venv/bin/python tests/bench/bench_requests.py [--check]
"""

import argparse
import base64
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO
from urllib.parse import urlsplit

from harness import NAMESPACE, OWNER, PASSWORD, Client, Goal, broker_process, figure, finish, percentile, wants_check

SECONDS = 3.0
CLIENTS = (1, 16)
GEARS, APPLICATIONS = 100, 100
APPLICATION = f"/domain/{NAMESPACE}/application/app"
READS = {
    "the account": "/user",
    "one application": APPLICATION,
    f"gear groups with endpoints, {GEARS} gears": f"{APPLICATION}/gear_groups?include=endpoints",
    f"{APPLICATIONS} applications": "/applications",
    "the HA verdict": f"{APPLICATION}/ha",
    "one page of 20 applications": "/applications?limit=20",
    "the entry, without a login": "/api",
}
# Of the rate of an empty route.
FLOOR = 0.4
EMPTY = """
import flask, waitress
app = flask.Flask("empty")
app.add_url_rule("/broker/rest/user", view_func=lambda: "")
server = waitress.create_server(app, host="127.0.0.1", port=0, threads=32)
print(server.effective_port, flush=True)
server.run()
"""


def main() -> int:
    """Print a line a route; the goal is about the account."""
    check = wants_check(__doc__)
    with empty_server() as url:
        empty = {clients: measured(url, "/user", clients) for clients in CLIENTS}
    with broker_process(nodes=12) as broker:
        furnish(broker.url)
        found = {
            (name, clients): measured(broker.url, path, clients) for name, path in READS.items() for clients in CLIENTS
        }
    for clients, (rate, slow) in empty.items():
        show("baseline: an empty route of Flask", clients, rate, slow)
    for (name, clients), (rate, slow) in found.items():
        show(name, clients, rate, slow)
    shares = [found["the account", clients][0] / empty[clients][0] for clients in CLIENTS]
    goals = [
        Goal(
            name=f"the account beside an empty route, {clients} clients",
            value=share,
            bound=FLOOR,
            unit="x",
            at_least=True,
        )
        for clients, share in zip(CLIENTS, shares, strict=True)
    ]
    return finish(goals, check=check)


def show(name: str, clients: int, rate: float, slow: float) -> None:
    figure(f"{name}, {clients} at once", rate, "a second")
    figure(f"{name}, {clients} at once, p99", slow * 1000, "ms")


def furnish(url: str) -> None:
    """One application of many gears, and many of one."""
    client = Client(url)
    client.create("app")
    client.scale_up("app", GEARS - 2)
    for number in range(APPLICATIONS - 1):
        client.ask("POST", f"/domain/{NAMESPACE}/applications", name=f"app{number:03}", cartridge="ruby-1.9")


@contextmanager
def empty_server() -> Iterator[str]:
    """A server of the same kind with nothing behind it."""
    with subprocess.Popen([sys.executable, "-c", EMPTY], stdout=subprocess.PIPE, text=True) as child:
        port = (child.stdout.readline() if child.stdout else "").strip()
        yield f"http://127.0.0.1:{port}"
        child.terminate()


def measured(url: str, path: str, clients: int) -> tuple[float, float]:
    """Requests a second and the 99th percentile in seconds, as a process of its own sees them."""
    command = [sys.executable, __file__, "--load", f"{url}/broker/rest{path}", "--clients", str(clients)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seen = json.loads(done.stdout)
    return len(seen["seconds"]) / seen["elapsed"], percentile(seen["seconds"], 99)


def load(url: str, clients: int) -> None:
    """Send requests for a while, and print how long each took."""
    seconds: list[float] = []
    begins = threading.Barrier(clients + 1)
    ends = threading.Event()
    threads = [threading.Thread(target=ask, args=(url, begins, ends, seconds)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    begins.wait()
    began = time.perf_counter()
    ends.wait(SECONDS)
    ends.set()
    for thread in threads:
        thread.join()
    print(json.dumps({"elapsed": time.perf_counter() - began, "seconds": seconds}))


def ask(url: str, begins: threading.Barrier, ends: threading.Event, seconds: list[float]) -> None:
    """One client on one connection, that reads no more than it must: it shares the machine with the server."""
    parts = urlsplit(url)
    place = parts.path + (f"?{parts.query}" if parts.query else "")
    login = base64.b64encode(f"{OWNER}:{PASSWORD}".encode()).decode()
    request = f"GET {place} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Basic {login}\r\n\r\n".encode()
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60) as connection:
        answer = connection.makefile("rb")
        exchange(connection, answer, request)
        begins.wait()
        while not ends.is_set():
            began = time.perf_counter()
            exchange(connection, answer, request)
            seconds.append(time.perf_counter() - began)


def exchange(connection: socket.socket, answer: BinaryIO, request: bytes) -> None:
    """Send one request and read its answer; anything but success ends the benchmark."""
    connection.sendall(request)
    status = answer.readline()
    length = 0
    while (line := answer.readline()) not in {b"\r\n", b""}:
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    answer.read(length)
    if b" 200 " not in status:
        raise SystemExit(f"answered {status!r}")


if __name__ == "__main__":
    if "--load" in sys.argv:
        parser = argparse.ArgumentParser()
        parser.add_argument("--load", required=True)
        parser.add_argument("--clients", type=int, required=True)
        chosen = parser.parse_args()
        load(chosen.load, chosen.clients)
    else:
        sys.exit(main())
