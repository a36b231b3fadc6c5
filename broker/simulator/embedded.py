"""The embedded platform: broker, simulated nodes, DNS and relay in one process, without any server beside it."""

import gc
import ipaddress
from collections.abc import Mapping, Sequence
from typing import Protocol

from broker.bootstrap import Built, Settings, build, bus_channel, dns_server
from broker.core.errors import ConfigurationError
from broker.core.ids import NodeId
from broker.core.node import Liveness
from broker.interfaces import Json, NodeRecord, Platform
from broker.simulator.fleet import SimulatedFleet
from broker.usecases.nodes import list_nodes, name_address, register_nodes
from broker.usecases.operations import resume_operations
from broker.usecases.restoring import recorded_gears
from broker.workers.catching_up import catching_up
from broker.workers.loop import Worker
from broker.workers.node_watch import NodeWatch
from broker.workers.relay import relay

FIRST_ADDRESS = ipaddress.IPv4Address("127.0.1.1")


class Nodes(Protocol):
    """The way to the nodes, simulated or on the bus, and word of who is alive."""

    def start(self) -> None:
        """Begin to hear them."""

    def heard(self) -> list[str]:
        """The nodes that were heard of since the last call."""

    def call(self, commands: Sequence[Json], deadline_seconds: float) -> Mapping[str, Json]:
        """Send commands and wait for their replies, by command id, until the deadline."""

    def close(self) -> None:
        """Nobody waits any more."""


class EmbeddedPlatform:
    """Everything that runs in the one process. `start` begins the loops, `stop` ends them in order."""

    def __init__(self, built: Built, fleet: SimulatedFleet, nodes: Nodes) -> None:
        self.built = built
        self.fleet = fleet
        self._nodes = nodes
        self._dns = dns_server(built)
        self._workers: list[Worker] = []

    @property
    def platform(self) -> Platform:
        """What the use cases are given."""
        return self.built.platform

    @property
    def dns_port(self) -> int:
        """Where the embedded DNS server answers, once started."""
        return self._dns.address[1]

    def start(self) -> None:
        """Go on where a crash has left off, then begin the loops."""
        gc.freeze()  # what is here now stays; looking through ten thousand nodes for garbage would hold requests up
        settings = self.built.settings
        self._nodes.start()
        self._workers = relay(self.platform)
        for worker in self._workers:
            worker.start()
        resume_operations(self.platform)
        watch = NodeWatch(
            self.platform,
            self._nodes.heard,
            interval_seconds=settings.heartbeat_interval_seconds,
            missed_allowed=settings.heartbeats_missed,
        ).worker()
        for worker in (watch, catching_up(self.platform)):
            worker.start()
            self._workers.append(worker)
        try:
            self._dns.start()
        except OSError as error:
            place = f"Port {settings.dns_port} on {settings.dns_host}"
            text = f"{place} cannot be used for DNS: {error.strerror}. Choose another with --dns-port."
            raise ConfigurationError(text, field="DNS_PORT") from error

    def stop(self) -> None:
        """End the loops, then let go of everything."""
        self._nodes.close()
        self._dns.stop()
        self.built.signal.close()
        for worker in reversed(self._workers):
            worker.stop()
        self.built.close()


def open_embedded(settings: Settings) -> EmbeddedPlatform:
    """The platform of these settings; its nodes are those of the database, with the gears they had.

    Raises `ConfigurationError` where the database cannot be used.
    """
    fleet = SimulatedFleet()
    nodes: Nodes = bus_channel(settings) if settings.nodes == "bus" else fleet
    built = build(settings, channel=nodes, create=True)
    if nodes is fleet:
        for node in list_nodes(built.platform):
            fleet.add(node.node_id)
        fleet.restore(recorded_gears(built.platform))
    return EmbeddedPlatform(built, fleet, nodes)


def add_nodes(embedded: EmbeddedPlatform, nodes: Sequence[NodeRecord]) -> None:
    """Simulate these nodes and register them with the broker."""
    for node in nodes:
        embedded.fleet.add(node.node_id)
    register_nodes(embedded.platform, nodes)


def simulated_nodes(
    cloud_domain: str,
    *,
    zones: Sequence[str],
    nodes_per_zone: int,
    capacity: int = 100,
    profile: str = "small",
    region: str | None = "r1",
) -> list[NodeRecord]:
    """Nodes named `node-<zone><number>`, spread over zones, each with an address of its own on loopback."""
    records = []
    for place, zone in enumerate(zones):
        for number in range(nodes_per_zone):
            address = FIRST_ADDRESS + place * nodes_per_zone + number
            records.append(
                NodeRecord(
                    node_id=NodeId(f"node-{zone}{number + 1}.{cloud_domain}"),
                    public_address=str(address),
                    profile=profile,
                    region=region,
                    zone=zone,
                    capacity=capacity,
                    gears=0,
                    active=True,
                    liveness=Liveness.RESPONSIVE.value,
                )
            )
    return records


def name_routers(embedded: EmbeddedPlatform, address: str) -> None:
    """Give the name that HA names point at an address, where it is inside the cloud's own domain."""
    settings = embedded.built.settings
    if settings.router_hostname.endswith(f".{settings.cloud_domain}"):
        name_address(embedded.platform, settings.router_hostname, address)
