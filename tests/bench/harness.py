"""What the benchmarks share: a broker in a process of its own, a client, percentiles, and goals met or missed."""

import argparse
import base64
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from broker.bootstrap import load_settings, set_up_logging
from broker.simulator.embedded import EmbeddedPlatform, add_nodes, open_embedded, simulated_nodes
from broker.usecases.accounts import change_user, create_user
from broker.usecases.namespaces import create_namespace
from broker.wsgi import WebServer

OWNER, PASSWORD, NAMESPACE = "demo", "password", "test"
ZONES = "abcd"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A figure and what it should be: at most the bound, or with `at_least` not less than it."""

    name: str
    value: float
    bound: float
    unit: str
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def line(self) -> str:
        sign = ">=" if self.at_least else "<="
        end = "" if self.is_met else "  MISSED"
        return f"{self.name:<62}{self.value:>12,.2f} {self.unit:<10}goal {sign} {self.bound:,g}{end}"


def figure(name: str, value: float, unit: str) -> None:
    """Print a figure that has no goal, such as a baseline."""
    print(f"{name:<62}{value:>12,.2f} {unit}", flush=True)


def finish(goals: Sequence[Goal], *, check: bool) -> int:
    """Print the goals; with `check` the exit status is 1 when one is missed."""
    for goal in goals:
        print(goal.line())
    return 1 if check and not all(goal.is_met for goal in goals) else 0


def wants_check(text: str | None) -> bool:
    """Whether `--check` was asked for on the command line of a benchmark."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="exit 1 when a goal is missed")
    return bool(parser.parse_args().check)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def seconds_of(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


class Client:
    """One keep-alive connection to the REST API as one user."""

    def __init__(self, url: str, login: str = OWNER, password: str = PASSWORD) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=600)
        token = base64.b64encode(f"{login}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Accept": "application/json"}

    def ask(self, method: str, path: str, **fields: object) -> bytes:
        """The body of the answer; anything but success ends the benchmark."""
        headers = {**self._headers, "Content-Type": FORM} if fields else self._headers
        self._connection.request(method, f"/broker/rest{path}", urlencode(fields) if fields else None, headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if not http.client.OK <= answer.status < http.client.MULTIPLE_CHOICES:
            raise SystemExit(f"{method} {path} answered {answer.status}: {body[:300]!r}")
        return body

    def create(self, name: str) -> None:
        """A scalable HA application of two gears."""
        self.ask("POST", f"/domain/{NAMESPACE}/applications", name=name, cartridge="ruby-1.9", scale="true", ha="true")

    def scale_up(self, name: str, gears: int) -> None:
        self.ask("POST", f"/domain/{NAMESPACE}/application/{name}/events", event="scale-up", by=gears)


@dataclass(frozen=True, kw_only=True)
class Broker:
    """A broker that serves in another process."""

    url: str
    pid: int
    data_dir: Path


@contextmanager
def broker_process(*, nodes: int) -> Iterator[Broker]:
    """A broker with that many simulated nodes in a process of its own, for the length of a block."""
    with tempfile.TemporaryDirectory(prefix="gearbroker-bench-") as directory:
        child = subprocess.Popen(
            [sys.executable, __file__, "--nodes", str(nodes), "--data-dir", directory],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        try:
            line = child.stdout.readline() if child.stdout else ""
            if not line:
                raise SystemExit("the broker of the benchmark did not start")
            yield Broker(url=json.loads(line)["url"], pid=child.pid, data_dir=Path(directory))
        finally:
            if child.stdin:
                child.stdin.close()
            child.wait(60)
            if child.stdout:
                child.stdout.close()


def settings_of(directory: str) -> dict[str, str]:
    """Settings of a broker for measuring: free ports, no quota."""
    return {
        "GEARBROKER_DATA_DIR": directory,
        "GEARBROKER_PORT": "0",
        "DNS_PORT": "0",
        "DEFAULT_MAX_GEARS": "-1",
        "DEFAULT_ALLOW_HA": "true",
        "LOG_LEVEL": "warning",
    }


def populate(embedded: EmbeddedPlatform, nodes: int) -> None:
    """Nodes in four zones, and an owner with a namespace who may follow all routing events."""
    zones = ZONES if nodes % len(ZONES) == 0 else ZONES[:3]
    domain = embedded.built.settings.cloud_domain
    add_nodes(embedded, simulated_nodes(domain, zones=zones, nodes_per_zone=nodes // len(zones), capacity=1000))
    create_user(embedded.platform, OWNER, PASSWORD)
    owner = change_user(embedded.platform, OWNER, may_use_ha=True, may_follow_all_routing=True)
    create_namespace(embedded.platform, owner, NAMESPACE)


def _serve() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--nodes", type=int, required=True)
    parser.add_argument("--data-dir", required=True)
    chosen = parser.parse_args()
    settings = load_settings(settings_of(chosen.data_dir))
    set_up_logging(level=settings.log_level, form=settings.log_format)
    embedded = open_embedded(settings)
    populate(embedded, chosen.nodes)
    server = WebServer(embedded.built)
    embedded.start()
    server.start()
    print(json.dumps({"url": server.url}), flush=True)
    sys.stdin.read()
    server.stop()
    embedded.stop()


if __name__ == "__main__":
    _serve()
