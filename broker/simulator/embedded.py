"""The embedded platform: broker, simulated nodes, DNS and relay in one process, without any server beside it."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field

from broker.bootstrap import Built, StoredNames, build
from broker.config import Settings
from broker.core.ids import NodeId
from broker.core.node import Liveness
from broker.dns.server import DnsServer
from broker.interfaces import NodeRecord, Platform
from broker.simulator.fleet import SimulatedFleet
from broker.usecases.nodes import list_nodes, name_address, register_nodes, tell_all_missed
from broker.usecases.operations import resume_operations
from broker.usecases.restoring import recorded_gears
from broker.workers.loop import Worker
from broker.workers.node_watch import NodeWatch
from broker.workers.relay import relay

FIRST_ADDRESS = ipaddress.IPv4Address("127.0.1.1")


@dataclass
class EmbeddedPlatform:
    """Everything that runs in the one process. `start` begins the loops, `stop` ends them in order."""

    built: Built
    fleet: SimulatedFleet
    dns: DnsServer | None = None
    workers: list[Worker] = field(default_factory=list)

    @property
    def platform(self) -> Platform:
        """What the use cases are given."""
        return self.built.platform

    def start(self) -> None:
        """Go on where a crash has left off, then begin the loops."""
        settings = self.built.settings
        self.workers = relay(self.platform)
        for worker in self.workers:
            worker.start()
        resume_operations(self.platform)
        tell_all_missed(self.platform)
        watch = NodeWatch(
            self.platform,
            self.fleet.heard,
            interval_seconds=settings.heartbeat_interval_seconds,
            missed_allowed=settings.heartbeats_missed,
        ).worker()
        watch.start()
        self.workers.append(watch)
        if self.dns is not None:
            self.dns.start()

    def stop(self) -> None:
        """End the loops, then let go of everything."""
        self.fleet.close()
        if self.dns is not None:
            self.dns.stop()
        self.built.signal.close()
        for worker in reversed(self.workers):
            worker.stop()
        self.built.close()


def open_embedded(settings: Settings, *, dns: bool = True) -> EmbeddedPlatform:
    """The platform of these settings; its nodes are those of the database, with the gears they had.

    Raises `ConfigurationError` where the database cannot be used.
    """
    fleet = SimulatedFleet()
    built = build(settings, channel=fleet, create=True)
    for node in list_nodes(built.platform):
        fleet.add(node.node_id)
    fleet.restore(recorded_gears(built.platform))
    server = None
    if dns:
        server = DnsServer(
            StoredNames(built.platform),
            settings.cloud_domain,
            settings.dns_host,
            settings.dns_port,
            ns_name=f"ns.{settings.cloud_domain}",
            ns_address=settings.dns_host,
        )
    return EmbeddedPlatform(built=built, fleet=fleet, dns=server)


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
