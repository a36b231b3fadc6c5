"""The embedded platform: broker, simulated nodes, DNS and relay in one process, without any server beside it."""

import gc
import ipaddress
from collections.abc import Sequence

from broker.bootstrap import Built, Settings, build, bus_channel
from broker.core.errors import ConfigurationError
from broker.core.ids import NodeId
from broker.core.node import Liveness
from broker.interfaces import NodeRecord, Platform
from broker.simulator.fleet import SimulatedFleet
from broker.usecases.nodes import list_nodes, name_address, register_nodes
from broker.usecases.platform_secret import check_secret
from broker.usecases.restoring import recorded_gears
from broker.workers.loop import Worker, stop_all
from broker.workers.name_server import NameServer
from broker.workers.operations import forgetting
from broker.workers.processes import ProcessWatch
from broker.workers.team import Nodes, team

# What runs when the platform is asked to end may finish so long.
FINISHING_SECONDS = 10.0

FIRST_ADDRESS = ipaddress.IPv4Address("127.0.1.1")


class EmbeddedPlatform:
    """Everything that runs in the one process. `start` begins the loops, `stop` ends them in order."""

    def __init__(self, built: Built, fleet: SimulatedFleet, nodes: Nodes) -> None:
        self.built = built
        self.fleet = fleet
        self._nodes = nodes
        self._names = NameServer(built)
        self._life = ProcessWatch(built.platform, "embedded", dead_after_seconds=built.settings.dead_after_seconds)
        self._workers: list[Worker] = []

    @property
    def platform(self) -> Platform:
        """What the use cases are given."""
        return self.built.platform

    @property
    def dns_port(self) -> int:
        """Where the embedded DNS server answers, once started."""
        return self._names.port

    def start(self) -> None:
        """Begin the loops; what a crash has left off is gone on with by one of them, while the broker serves."""
        gc.freeze()  # what is here now stays; looking through ten thousand nodes for garbage would hold requests up
        self._names.start()
        # A data directory is locked; only with a database elsewhere there may be others.
        alone = self.built.database.is_sqlite
        self._life.begin(alone=alone)
        self._nodes.start()
        beating = [] if alone else [self._life.worker()]
        self._workers = [*beating, forgetting(self.platform), *team(self.built, self._nodes)]
        for worker in self._workers:
            worker.start()

    def reach_nodes(self) -> None:
        """Begin that alone and no loop: nothing is done but what the caller does."""
        self._nodes.start()

    def stop(self) -> None:
        """End the loops, which finish what they have in hand, then let go of everything."""
        self._names.stop()
        self.built.signal.close()
        stop_all(self._workers[::-1], FINISHING_SECONDS)
        # Not before: who waits for a node would take its silence for a failure.
        self._nodes.close()
        if self._workers:
            self._life.end()
        self.built.close()


def open_embedded(settings: Settings) -> EmbeddedPlatform:
    """The platform of these settings; its nodes are those of the database, with the gears they had.

    Raises `ConfigurationError` where the database cannot be used.
    """
    fleet = SimulatedFleet()
    nodes: Nodes = bus_channel(settings) if settings.nodes == "bus" else fleet
    built = build(settings, channel=nodes, create=True)
    try:
        check_secret(built.platform)
    except ConfigurationError:
        built.close()
        raise
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
