"""Two brokers, two workers, six agents over three zones and a router, each a process of its own."""

import contextlib
import os
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from broker.bootstrap import built, load_settings
from broker.cli.story.client import Client
from broker.core.ids import NodeId
from broker.core.node import Liveness
from broker.interfaces import NodeRecord, Platform
from broker.usecases.accounts import change_user, create_user
from broker.usecases.namespaces import create_namespace
from broker.usecases.nodes import list_nodes, name_address, register_nodes
from tools.production.children import Child, stop_together
from tools.production.servers import bus_url, own_database, own_names

OWNER, ROUTER, PASSWORD, NAMESPACE = "demo", "router", "password", "test"
ZONES = ("a", "b", "c")
NODES_PER_ZONE = 2
BROKERS = WORKERS = 2
# What the whole machine would have for itself in production; short, so that a demo need not wait.
QUICK = {
    "HEARTBEAT_INTERVAL_SECONDS": "1",
    "HEARTBEATS_MISSED": "2",
    "DEAD_AFTER_SECONDS": "2",
    "LOG_LEVEL": "warning",
    "SERVER_THREADS": "8",
}


@dataclass(kw_only=True)
class Production:
    """The processes, the settings they share and where they are; `platform` is what an administrator sees of it."""

    name: str
    environment: Mapping[str, str]
    directory: Path
    platform: Platform
    children: list[Child] = field(default_factory=list)

    @property
    def domain(self) -> str:
        """The cloud's domain; no other platform on the same bus has nodes in it."""
        return self.environment["CLOUD_DOMAIN"]

    @property
    def node_ids(self) -> list[str]:
        """The nodes, zone by zone."""
        return [f"node-{zone}{number + 1}.{self.domain}" for zone in ZONES for number in range(NODES_PER_ZONE)]

    def child(self, name: str, *command: str, **environment: str) -> Child:
        """A new process, not begun."""
        made = Child(name, command, {**self.environment, **environment}, self.directory)
        self.children.append(made)
        return made

    def broker(self, name: str, *options: str, port: int = 0) -> Child:
        """A broker; with port 0 it takes any, and keeps it when it is begun again."""
        made = self.child(name, "gearbroker", "serve", *options, GEARBROKER_PORT=str(port or _free_port()))
        made.begin()
        return made

    def worker(self, name: str, *options: str) -> Child:
        """A worker."""
        made = self.child(name, "gearbroker", "work", *options)
        made.begin()
        return made

    def agent(self, node_id: str) -> Child:
        """The agent of a node, which keeps what it knows in a directory of its own."""
        data = self.directory / node_id
        command = ["oo-node", "run", "--node-id", node_id, "--data-dir", str(data)]
        made = self.child(node_id.partition(".")[0], *command)
        made.begin()
        return made

    def populate(self) -> None:
        """The nodes, the two accounts and the namespace, as an administrator would make them."""
        register_nodes(self.platform, [_record(node_id, place) for place, node_id in enumerate(self.node_ids)])
        name_address(self.platform, self.environment["ROUTER_HOSTNAME"], "127.0.0.1")
        create_user(self.platform, OWNER, PASSWORD)
        owner = change_user(self.platform, OWNER, may_use_ha=True)
        create_namespace(self.platform, owner, NAMESPACE)
        create_user(self.platform, ROUTER, PASSWORD)
        change_user(self.platform, ROUTER, may_follow_all_routing=True)

    def heard(self) -> list[str]:
        """The nodes whose agents are heard of."""
        return [node.node_id for node in list_nodes(self.platform) if node.liveness == Liveness.RESPONSIVE]

    def client(self, broker: Child, login: str = OWNER) -> Client:
        """Speaks to one of the brokers, once it is up."""
        return Client(broker.wait_for(r"serves at (http://[^/]+)/")[1], login, PASSWORD)


@contextmanager
def production(directory: Path, **settings: str) -> Iterator[Production]:
    """A platform without processes on a database and names of its own; whatever was begun is stopped at the end.

    Raises `ServerMissing` where PostgreSQL or RabbitMQ cannot be used.
    """
    name = f"gearbroker_{secrets.token_hex(4)}"
    bus = bus_url()
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(own_database(name))
        environment = {
            "DATABASE_URL": database,
            "BUS_URL": bus,
            "NODES": "bus",
            "SECRET_KEY_FILE": str(directory / "secret.key"),
            "CLOUD_DOMAIN": f"{name.replace('_', '-')}.example.com",
            "ROUTER_HOSTNAME": f"www.{name.replace('_', '-')}.example.com",
            "ROUTING_EXCHANGE": f"{name}.routing",
            **QUICK,
            **settings,
        }
        admin = stack.enter_context(built(load_settings({**os.environ, **environment}), create=True))
        made = Production(name=name, environment=environment, directory=directory, platform=admin.platform)
        queues = [*(f"gearbroker.node.{node_id}" for node_id in made.node_ids), f"{name}.router"]
        stack.enter_context(own_names(bus, exchanges=[f"{name}.routing"], queues=queues))
        stack.callback(lambda: stop_together(made.children))
        yield made


def _record(node_id: str, place: int) -> NodeRecord:
    return NodeRecord(
        node_id=NodeId(node_id),
        public_address=f"127.0.1.{place + 1}",
        profile="small",
        region="r1",
        zone=ZONES[place // NODES_PER_ZONE],
        capacity=100,
        gears=0,
        active=True,
        liveness=Liveness.UNRESPONSIVE.value,
    )


def _free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
