"""Simulated nodes and the way to them: commands are carried out where they are sent, faults and all."""

import secrets
import threading
import time
from collections.abc import Iterable, Mapping, Sequence

from broker.interfaces import Json
from broker.usecases.restoring import RecordedGear
from node_agent.addresses import ADDRESSES_PER_UID, NodeLayout
from node_agent.gear import CarriedCartridge, Gear, GearState
from node_agent.protocol import CartridgeSpec, Command
from node_agent.simulated_node import Delivery, SimulatedNode

# Heartbeats taken in while commands wait: about a millisecond of them.
NODES_AT_ONCE = 500


class SimulatedFleet:
    """A command channel to simulated nodes. A node is used by one thread at a time, as a real one works in order."""

    def __init__(self) -> None:
        self._layout = NodeLayout()
        self._nodes: dict[str, SimulatedNode] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def start(self) -> None:
        """Nothing is needed: the nodes are here."""

    def add(self, node_id: str) -> SimulatedNode:
        """A new node without gears; the one that is there, where there is one of this name."""
        with self._lock:
            node = self._nodes.get(node_id)
            if node is None:
                node = self._nodes[node_id] = SimulatedNode(node_id, secrets.token_hex(8), self._layout)
            return node

    def node(self, node_id: str) -> SimulatedNode:
        """The node of that name, for its faults; KeyError where there is none."""
        return self._nodes[node_id]

    def kill(self, node_id: str) -> None:
        """Let the node's host go down."""
        with self._lock:
            self._nodes[node_id].kill()

    def revive(self, node_id: str) -> None:
        """Let a killed node come back with the gears it had, and end whatever else was wrong with it."""
        with self._lock:
            node = self._nodes[node_id]
            node.revive(secrets.token_hex(8))
            node.faults.cut_off = False
            node.faults.slow_seconds = 0.0
            node.faults.fail_every = 0

    def heard(self) -> list[str]:
        """The nodes whose heartbeat arrives now. Commands get their turn between one part of the fleet and the next."""
        with self._lock:
            nodes = list(self._nodes.values())
        arrived: list[str] = []
        for start in range(0, len(nodes), NODES_AT_ONCE):
            with self._lock:
                part = nodes[start : start + NODES_AT_ONCE]
                arrived += [node.node_id for node in part if node.heartbeat() is not None]
            time.sleep(0)  # a lock that is let go and taken at once is never anybody else's
        return arrived

    def listening(self) -> tuple[float, float]:
        """From when to when a heartbeat would have been heard: always, since the nodes are here."""
        return 0.0, time.monotonic()

    def call(self, commands: Sequence[Json], deadline_seconds: float) -> Mapping[str, Json]:
        """Send commands and wait for their replies, until the deadline for those that do not come or are late."""
        replies: dict[str, Json] = {}
        late: list[Delivery] = []
        silent = 0
        with self._lock:
            for wire in commands:
                delivery = self._deliver(Command.from_wire(wire))
                if delivery is None:
                    silent += 1
                elif delivery.delay_seconds > 0:
                    late.append(delivery)
                else:
                    replies[delivery.reply.command_id] = delivery.reply.to_wire()
        if late or silent:
            self._wait(late, replies, deadline_seconds, until_deadline=silent > 0)
        return replies

    def _deliver(self, command: Command) -> Delivery | None:
        node = self._nodes.get(command.node_id)
        return None if node is None else node.handle(command)

    def _wait(
        self,
        late: Iterable[Delivery],
        replies: dict[str, Json],
        deadline_seconds: float,
        *,
        until_deadline: bool,
    ) -> None:
        begun = time.monotonic()
        for delivery in sorted(late, key=lambda each: each.delay_seconds):
            if delivery.delay_seconds > deadline_seconds:
                until_deadline = True
                break
            self._closed.wait(max(0.0, begun + delivery.delay_seconds - time.monotonic()))
            replies[delivery.reply.command_id] = delivery.reply.to_wire()
        if until_deadline:
            self._closed.wait(max(0.0, begun + deadline_seconds - time.monotonic()))

    def restore(self, recorded: Iterable[RecordedGear]) -> None:
        """Give the nodes the gears that the broker knows they have: simulated nodes end with their process."""
        for each in recorded:
            self.add(each.node_id).book.adopt(_gear(each))

    def close(self) -> None:
        """Nobody waits any more."""
        self._closed.set()


def _gear(recorded: RecordedGear) -> Gear:
    carried = []
    held = {_host(endpoints[0].internal_address) for _, endpoints in recorded.cartridges if endpoints}
    free = (host for host in range(1, ADDRESSES_PER_UID) if host not in held)
    for wire, endpoints in recorded.cartridges:
        spec = CartridgeSpec.from_wire(wire)
        ports = {endpoint.port_name: endpoint.public_port for endpoint in endpoints}
        host = _host(endpoints[0].internal_address) if endpoints else next(free)
        exposed = tuple(ports[each.port_name] for each in spec.endpoints if each.port_name in ports)
        stopped = spec.name in recorded.stopped_cartridges
        carried.append(CarriedCartridge(spec=spec, host=host, public_ports=exposed, stopped=stopped))
    return Gear(
        gear_id=recorded.gear_id,
        uid=recorded.uid,
        state=GearState.STARTED if recorded.started else GearState.STOPPED,
        cartridges=tuple(carried),
        deployment_id=recorded.deployment_id,
        additional_gigabytes=recorded.additional_gigabytes,
    )


def _host(address: str) -> int:
    return int(address.rpartition(".")[2]) % ADDRESSES_PER_UID
