"""The production shape on this machine: brokers, a worker and node agents in processes of their own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import kombu

from broker.bootstrap import Built, build
from broker.config import load_settings
from broker.core.ids import NodeId
from broker.interfaces import NodeRecord
from broker.usecases import accounts, namespaces, nodes

OWNER, ROUTER, PASSWORD, NAMESPACE = "demo", "router", "password", "test"
BEGINNING_SECONDS = 60.0
ENDING_SECONDS = 30.0
_PLACE = re.compile(r"http://\S+?(?=/broker/rest)")


@dataclass(frozen=True)
class Cluster:
    """What was started: where the brokers are, and a view of the same database."""

    built: Built
    urls: tuple[str, ...]


@contextmanager
def cluster(
    directory: Path, name: str, environment: Mapping[str, str], *, agents: int, capacity: int, max_gears: int
) -> Iterator[Cluster]:
    """Two brokers, one worker and so many agents, for the length of a block; `name` is no other test's."""
    environment = {"SECRET_KEY_FILE": str(directory / "secret.key"), **environment}
    settings = load_settings({**environment, "NODES": "bus", "GEARBROKER_PORT": "0", "LOG_LEVEL": "warning"})
    built = build(settings, create=True)
    ids = [f"{name}-{number}.example.com" for number in range(agents)]
    with ExitStack() as ending:
        ending.callback(built.close)
        ending.callback(_forget_queues, settings.bus_url, ids)
        _found(built, ids, capacity, max_gears)
        given = _given(environment)
        for node_id in ids:
            place = ("--node-id", node_id, "--data-dir", str(directory / node_id))
            _start(ending, directory, node_id, ["oo-node", "run", *place], given)
        _start(ending, directory, "work", ["gearbroker", "work"], given)
        brokers = [_start(ending, directory, f"serve{each}", ["gearbroker", "serve"], given) for each in (1, 2)]
        urls = tuple(_place(broker, directory / f"serve{number}.out") for number, broker in enumerate(brokers, 1))
        _await(lambda: all(each.liveness == "responsive" for each in nodes.list_nodes(built.platform)))
        yield Cluster(built, urls)


def _given(environment: Mapping[str, str]) -> dict[str, str]:
    """What every process is started with."""
    own = {"NODES": "bus", "GEARBROKER_PORT": "0", "LOG_LEVEL": "warning"}
    path = os.pathsep.join(filter(None, sys.path))
    return {**os.environ, **environment, **own, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


def _found(built: Built, ids: Sequence[str], capacity: int, max_gears: int) -> None:
    platform = built.platform
    nodes.register_nodes(platform, [_node(node_id, number, capacity) for number, node_id in enumerate(ids)])
    accounts.create_user(platform, OWNER, PASSWORD)
    owner = accounts.change_user(platform, OWNER, may_use_ha=True, max_gears=max_gears)
    namespaces.create_namespace(platform, owner, NAMESPACE)
    accounts.create_user(platform, ROUTER, PASSWORD)
    accounts.change_user(platform, ROUTER, may_follow_all_routing=True)


def _node(node_id: str, number: int, capacity: int) -> NodeRecord:
    """A node that nobody has heard of yet."""
    return NodeRecord(
        node_id=NodeId(node_id),
        public_address=f"192.0.2.{number + 1}",
        profile="small",
        region="r1",
        zone="abc"[number % 3],
        capacity=capacity,
        gears=0,
        active=True,
        liveness="unresponsive",
    )


def _start(
    ending: ExitStack, directory: Path, name: str, command: Sequence[str], environment: Mapping[str, str]
) -> "subprocess.Popen[bytes]":
    program = Path(sys.executable).with_name(command[0])
    with (directory / f"{name}.out").open("wb") as output:
        process = subprocess.Popen([program, *command[1:]], env=environment, stdout=output, stderr=subprocess.STDOUT)
    ending.callback(_end, process)
    return process


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _place(broker: "subprocess.Popen[bytes]", output: Path) -> str:
    """Where a broker says that it serves."""
    found: list[str] = []

    def told() -> bool:
        assert broker.poll() is None, output.read_text()
        found[:] = _PLACE.findall(output.read_text())
        return bool(found)

    _await(told)
    return found[0]


def _await(true) -> None:
    deadline = monotonic() + BEGINNING_SECONDS
    while not true():
        assert monotonic() < deadline, "the cluster did not begin in time"
        sleep(0.02)


def _forget_queues(bus_url: str, ids: Sequence[str]) -> None:
    with kombu.Connection(bus_url) as connection:
        for node_id in ids:
            connection.default_channel.queue_delete(f"gearbroker.node.{node_id}")
