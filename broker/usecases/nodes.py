"""The nodes of the fleet: registering them, and what follows when they are heard of no more, or again."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from broker.core.application import Gear
from broker.core.gear import Lifecycle, shown_state
from broker.core.ids import ApplicationId, NodeId
from broker.core.node import Liveness
from broker.core.routing_changes import GearStateChanged
from broker.core.routing_difference import difference
from broker.interfaces import NodeRecord, Platform, UnitOfWork
from broker.usecases.again import again
from broker.usecases.announcing import table_of
from broker.usecases.driving import tell_afterwards
from broker.usecases.standing import tell_and_settle

# Commands that are told at once to nodes that have missed them, to all together and to each.
MOST_TOLD = 1000
MOST_TOLD_A_NODE = 200
# Who tells nodes, and is not heard of for so much longer than nodes may take, has been stopped.
STOPPED_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Missed:
    """The nodes that were told something they had missed, and those of them for which all of it was in vain."""

    told: frozenset[NodeId] = frozenset()
    in_vain: frozenset[NodeId] = frozenset()


def register_nodes(platform: Platform, nodes: Sequence[NodeRecord]) -> None:
    """Take nodes into the fleet, or learn anew what they offer; gears they carry stay theirs.

    A node whose name is inside the cloud's domain gets an address there, so that names of gears lead somewhere.
    Routers are told of a node that has another address, region or zone than before.
    """
    again(partial(_register, platform, nodes))


def _register(platform: Platform, nodes: Sequence[NodeRecord]) -> None:
    domain = f".{platform.policy.cloud_domain}"
    with platform.unit_of_work() as work:
        known = work.nodes.records([node.node_id for node in nodes])
        moved = {
            node.node_id for node in nodes if node.node_id in known and _place(node) != _place(known[node.node_id])
        }
        work.nodes.add(nodes)
        if moved:
            _announce_moves(platform, work, {node_id: known[node_id] for node_id in moved})
        addresses = [(node.node_id, "A", node.public_address) for node in nodes if node.node_id.endswith(domain)]
        work.names.put(addresses, None)
        work.commit()


def _place(node: NodeRecord) -> tuple[str, str | None, str | None]:
    return (node.public_address, node.region, node.zone)


def _announce_moves(platform: Platform, work: UnitOfWork, before: Mapping[NodeId, NodeRecord]) -> None:
    moved: dict[ApplicationId, list[Gear]] = defaultdict(list)
    for gear in work.gears.of_nodes(sorted(before)):
        if gear.lifecycle not in (Lifecycle.BUILDING, Lifecycle.DESTROYING):
            moved[gear.application_id].append(gear)
    for parts in work.applications.many(moved):
        gears = moved[parts.application.application_id]
        endpoints = work.gears.endpoints_of([gear.gear_id for gear in gears])
        old = [replace(gear, region=before[gear.node_id].region, zone=before[gear.node_id].zone) for gear in gears]
        tell = partial(table_of, platform, parts, endpoints=endpoints, unresponsive=work.nodes.unresponsive())
        changes = difference(
            tell(gears=old, addresses={gear.node_id: before[gear.node_id].public_address for gear in gears}),
            tell(gears=gears, addresses={gear.node_id: work.nodes.address(gear.node_id) for gear in gears}),
        )
        after = tell_and_settle(platform, work, parts, changes)
        if after != parts:
            work.applications.save(parts, after)


def list_nodes(platform: Platform) -> tuple[NodeRecord, ...]:
    """Every node, by name."""
    with platform.reading() as work:
        return work.nodes.all()


def known_and_silent(platform: Platform) -> tuple[Collection[NodeId], frozenset[NodeId]]:
    """The names of all nodes, and of those that are not heard of."""
    with platform.reading() as work:
        return work.nodes.ids(), work.nodes.unresponsive()


def name_address(platform: Platform, name: str, address: str) -> None:
    """Give a name of the platform's own, such as the routers', an address."""
    with platform.unit_of_work() as work:
        work.names.put([(name, "A", address)], None)
        work.commit()


def change_liveness(platform: Platform, node_ids: Sequence[NodeId], liveness: Liveness) -> int:
    """Nodes are heard of no more, or again: their gears are shown so, routers told, rotation and HA judged anew.

    Returns how many applications are concerned.
    """
    return again(partial(_change_liveness, platform, node_ids, liveness))


def _change_liveness(platform: Platform, node_ids: Sequence[NodeId], liveness: Liveness) -> int:
    with platform.unit_of_work() as work:
        moved = work.nodes.set_liveness(node_ids, liveness.value)
        if not moved:
            return 0
        concerned: dict[ApplicationId, list[Gear]] = defaultdict(list)
        for gear in work.gears.of_nodes(moved):
            concerned[gear.application_id].append(gear)
        for before in work.applications.many(concerned):
            changes = [
                _told(gear, liveness)
                for gear in concerned[before.application.application_id]
                if gear.lifecycle not in (Lifecycle.BUILDING, Lifecycle.DESTROYING)
            ]
            parts = tell_and_settle(platform, work, before, changes)
            if parts != before:
                work.applications.save(before, parts)
        work.commit()
    return len(concerned)


def _told(gear: Gear, liveness: Liveness) -> GearStateChanged:
    responds = liveness is Liveness.RESPONSIVE
    return GearStateChanged(
        gear_id=gear.gear_id,
        state=shown_state(Lifecycle(gear.lifecycle), node_responds=responds),
        node=gear.node_id,
        region=gear.region,
        zone=gear.zone,
    )


def tell_all_missed(platform: Platform, but: Collection[NodeId] = ()) -> Missed:
    """Send nodes that are heard of, but these, the commands that no operation waits for.

    Of several who would do so at once one does it, and the others have nothing to tell.
    """
    patience = platform.policy.command_deadline_seconds + STOPPED_SECONDS
    with platform.reading() as turn:
        if not turn.commands.take_telling(patience):
            return Missed()
        steps = turn.commands.owed(MOST_TOLD, a_node=MOST_TOLD_A_NODE, but=but)
        tell_afterwards(platform, steps)
    if not steps:
        return Missed()
    with platform.reading() as work:
        pending = work.commands.still_pending([each.command_id for each in steps])
    told = frozenset(each.node_id for each in steps)
    return Missed(told=told, in_vain=told - {each.node_id for each in steps if each.command_id not in pending})
