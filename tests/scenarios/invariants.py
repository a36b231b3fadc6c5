"""What must hold of a platform whenever no operation is running, each rule as a function that names what breaks it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, Row, Table, select

from broker.bootstrap import Built
from broker.core.application import ApplicationParts
from broker.core.dns_names import app_dns_name, gear_dns_name
from broker.core.gear_group import carried_cartridges, web_group
from broker.core.ids import GroupId, NodeId
from broker.core.placement.model import Node
from broker.core.verdict import GearFacts, HaFacts, Verdict, verdict
from broker.interfaces import UnitOfWork
from broker.simulator.fleet import SimulatedFleet
from broker.store import tables
from broker.usecases.announcing import ha_name
from broker.usecases.routing import take_snapshot, wire_event
from broker.usecases.standing import judge
from node_agent.gear import Gear as CarriedGear
from routing_spi.table import RoutingTable, apply_event

EVERYBODY = 10**6


def violations(built: Built, fleet: SimulatedFleet | None = None) -> list[str]:
    """Every broken rule; with `fleet`, what nodes carry is compared too, so nobody may owe them a command."""
    found = [*stored_violations(built), *_log(built), *_memory(built)]
    if fleet is not None:
        found += book_violations(built, {node_id: fleet.node(node_id).book.snapshot() for node_id in _nodes(built)})
    return found


def stored_violations(built: Built) -> list[str]:
    """Every broken rule of the rows themselves: whoever can read the database can tell."""
    with built.platform.reading() as work:
        applications = work.applications.of_gears()
    with built.database.reading() as connection:
        found = [text for rule in _RULES for text in rule(connection, applications)]
        found += _names(built, connection, applications)
    return [*found, *_verdicts(built)]


def _nodes(built: Built) -> list[NodeId]:
    with built.platform.reading() as work:
        return [node.node_id for node in work.nodes.all()]


def _rows(connection: Connection, table: Table) -> list[Row]:
    return list(connection.execute(select(table)))


Parts = tuple[ApplicationParts, ...]


def _nodes_count_their_gears(connection: Connection, _: Parts) -> Iterator[str]:
    counted = Counter(gear.node_id for gear in _rows(connection, tables.gears))
    for node in _rows(connection, tables.nodes):
        if node.gears != counted[node.node_id]:
            yield f"node {node.node_id} says {node.gears} gears and has {counted[node.node_id]}"


def _owners_consume_their_gears(connection: Connection, applications: Parts) -> Iterator[str]:
    owner_of = {each.application.application_id: each.application.owner_id for each in applications}
    counted = Counter(owner_of[gear.application_id] for gear in _rows(connection, tables.gears))
    for user in _rows(connection, tables.users):
        if user.consumed_gears != counted[user.user_id]:
            yield f"{user.login} consumes {user.consumed_gears} gears and has {counted[user.user_id]}"


def _groups_count_their_gears(connection: Connection, applications: Parts) -> Iterator[str]:
    gears: dict[str, list[Row]] = defaultdict(list)
    for gear in _rows(connection, tables.gears):
        gears[gear.group_id].append(gear)
    for parts in applications:
        for group in parts.groups:
            own = gears[group.group_id]
            proxies = [gear for gear in own if gear.carries_proxy]
            if (group.gear_count, group.proxy_count) != (len(own), len(proxies)):
                yield f"{group} has {len(own)} gears and {len(proxies)} proxies"
            wrong = [
                gear.gear_id
                for gear in own
                if (gear.rotation == "out") != (gear.held_out or (gear.carries_proxy and group.proxies_out))
            ]
            if wrong:
                yield f"{group} has gears with another rotation: {wrong}"


def _nothing_is_under_way(connection: Connection, applications: Parts) -> Iterator[str]:
    for operation in _rows(connection, tables.operations):
        if operation.state not in {"completed", "failed", "cancelled"} or operation.finished_at is None:
            yield f"operation {operation} has not ended"
    for gear in _rows(connection, tables.gears):
        if gear.operation_id is not None or gear.uid is None or gear.lifecycle not in {"started", "stopped"}:
            yield f"gear {gear} is left over"
    for parts in applications:
        if parts.application.phase != "ready":
            yield f"application {parts.application.name} is {parts.application.phase}"


def _every_application_has_one_head(connection: Connection, applications: Parts) -> Iterator[str]:
    heads = Counter(gear.application_id for gear in _rows(connection, tables.gears) if gear.is_head)
    named = {gear.gear_id for gear in _rows(connection, tables.gears) if gear.is_head and gear.carries_proxy}
    for parts in applications:
        application = parts.application
        if heads[application.application_id] != 1:
            yield f"{application.name} has {heads[application.application_id]} head gears"
        if application.scalable and application.head_gear_id not in named:
            yield f"{application.name} has a head without the proxy: {application.head_gear_id}"


def _proxies_are_apart(connection: Connection, applications: Parts) -> Iterator[str]:
    proxies = [gear for gear in _rows(connection, tables.gears) if gear.carries_proxy]
    crowded = Counter((gear.application_id, gear.node_id) for gear in proxies)
    yield from (f"{count} proxies of one application: {place}" for place, count in crowded.items() if count > 1)
    count = Counter(gear.application_id for gear in proxies)
    for parts in applications:
        application = parts.application
        if application.ha and count[application.application_id] < 2:
            yield f"{application.name} is HA with {count[application.application_id]} proxies"


def _something_serves(connection: Connection, applications: Parts) -> Iterator[str]:
    """The gear ratio takes proxy gears out only where another gear serves: started, heard of, and not held out."""
    silent = {node.node_id for node in _rows(connection, tables.nodes) if node.liveness == "unresponsive"}
    serving = {
        gear.application_id
        for gear in _rows(connection, tables.gears)
        if not (gear.carries_proxy or gear.held_out) and gear.lifecycle == "started" and gear.node_id not in silent
    }
    for parts in applications:
        out = any(group.proxies_out for group in parts.groups)
        if out and parts.application.running and parts.application.application_id not in serving:
            yield f"the proxies of {parts.application.name} are out and nothing else serves"


def _active_deployments_are_there(connection: Connection, applications: Parts) -> Iterator[str]:
    """An application's active deployment is one that it has, and one that was activated."""
    known = {(row.application_id, row.deployment_id) for row in _rows(connection, tables.deployments)}
    activated = {(row.application_id, row.deployment_id) for row in _rows(connection, tables.activations)}
    for _, deployment_id in sorted(activated - known):
        yield f"{deployment_id} was activated and is not there"
    for parts in applications:
        application = parts.application
        active = application.deployment_id
        if active is not None and (application.application_id, active) not in activated:
            yield f"{application.name} has {active} active, which was never activated"
        count = sum(application_id == application.application_id for application_id, _ in known)
        if count > application.keep_deployments + 1:
            yield f"{application.name} has {count} deployments and keeps {application.keep_deployments}"


_RULES: tuple[Callable[[Connection, Parts], Iterator[str]], ...] = (
    _nodes_count_their_gears,
    _owners_consume_their_gears,
    _groups_count_their_gears,
    _nothing_is_under_way,
    _every_application_has_one_head,
    _proxies_are_apart,
    _something_serves,
    _active_deployments_are_there,
)


def _names(built: Built, connection: Connection, applications: Parts) -> Iterator[str]:
    """The names of applications are exactly those of their gears, and the HA name where the broker keeps it."""
    policy = built.platform.policy
    by_id = {parts.application.application_id: parts.application for parts in applications}
    wanted: dict[str, str] = {}
    for gear in _rows(connection, tables.gears):
        application = by_id[gear.application_id]
        place = (application.namespace, policy.cloud_domain)
        name = app_dns_name(application.name, *place) if gear.is_head else gear_dns_name(gear.gear_id, *place)
        wanted[name] = gear.node_id
    for application in by_id.values():
        if application.ha and policy.manage_ha_dns:
            wanted[ha_name(policy, application)] = policy.router_hostname
    found = {row.name: row.target for row in _rows(connection, tables.dns_records) if row.application_id is not None}
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            yield f"DNS name {name} leads to {found.get(name)} and not to {wanted.get(name)}"


def _serves(table: RoutingTable) -> bool:
    return any(endpoint.serving for endpoint in table.endpoints_of("web_framework"))


def _could_serve(table: RoutingTable) -> bool:
    return any(endpoint.state == "started" for endpoint in table.endpoints_of("web_framework"))


def _log(built: Built) -> Iterator[str]:
    """Numbers without gaps, and tables made from the log equal to the snapshot's."""
    with built.platform.reading() as work:
        events = work.log.after(0, EVERYBODY)
        last = work.log.last_position()
        logins = [user.login for user in work._connection.execute(select(tables.users))]
        follower = next(user for login in logins if (user := work.users.by_login(login)).may_follow_all_routing)
    if [event.position for event in events] != list(range(1, last + 1)):
        yield f"positions have gaps: {[event.position for event in events]}, the last is {last}"
    sequences: dict[str, list[int]] = defaultdict(list)
    known: dict[str, RoutingTable] = {}
    dark: dict[str, str] = {}
    for event in events:
        sequences[event.application_id].append(event.sequence)
        before = known.pop(event.application_id, None)
        table = apply_event(before, wire_event(event))
        if table is None:
            dark.pop(event.application_id, None)
            continue
        known[event.application_id] = table
        takes_away = event.action in {"remove_public_endpoint", "gear_rotated_out"}
        if takes_away and before is not None and _serves(before) and not _serves(table) and _could_serve(table):
            dark[event.application_id] = f"{event.action} at {event.position} of {event.app_name}"
    yield from (f"routers were left with nothing that serves by {what}" for what in dark.values())
    for application_id, numbers in sequences.items():
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"sequences of {application_id} have gaps: {numbers}"
    snapshot = {table.application_id: table.to_wire() for table in take_snapshot(built.platform, follower).tables}
    told = {application_id: table.to_wire() for application_id, table in known.items()}
    for application_id in snapshot.keys() | told.keys():
        if snapshot.get(application_id) != told.get(application_id):
            yield f"told {told.get(application_id)}, and there is {snapshot.get(application_id)}"


def _memory(built: Built) -> Iterator[str]:
    """The fleet and the spreads in memory are those of the database."""
    cache = built.platform.unit_of_work.args[1]
    with built.platform.unit_of_work() as work:
        rows = work.nodes.all()
        fleet = work.nodes.fleet()
        unresponsive = work.nodes.unresponsive()
        for row in rows:
            expected = Node(
                node_id=row.node_id,
                profile=row.profile,
                region=row.region,
                zone=row.zone,
                capacity=row.capacity,
                gears=row.gears,
                active=row.active,
                responsive=row.liveness == "responsive",
            )
            if fleet.node(row.node_id) != expected:
                yield f"memory has {fleet.node(row.node_id)}, the database {expected}"
        if unresponsive != {NodeId(row.node_id) for row in rows if row.liveness == "unresponsive"}:
            yield f"memory has {unresponsive} as unresponsive"
        for parts in work.applications.of_gears():
            for group in parts.groups:
                kept = cache._spreads.get(GroupId(group.group_id))
                if kept is None or kept[0] != parts.application.generation:
                    continue
                fresh = work.nodes._load_spread(group.group_id, kept[1].home_region)
                if kept[1] != fresh:
                    yield f"memory has {kept[1].gears} for {group}, the database {fresh.gears}"


def _verdicts(built: Built) -> Iterator[str]:
    """What was judged last is what would be judged now."""
    with built.platform.reading() as work:
        for parts in work.applications.all():
            judged = judge(built.platform, work, parts)
            if parts.application.scalable and judged.state != parts.application.verdict:
                yield f"{parts.application.name} is judged {parts.application.verdict} and would be {judged}"
            counted = _counted(built, work, parts, judged)
            if parts.application.running and judged != counted:
                yield f"{parts.application.name} is judged {judged}, and gear by gear {counted}"


def _counted(built: Built, work: UnitOfWork, parts: ApplicationParts, judged: Verdict) -> Verdict:
    """The verdict by every gear of the web group; its advice, and what is fatal to what is not up, are not compared."""
    group = web_group(parts, built.platform.catalogue_of(parts))
    if group is None or parts.stopped_cartridges(group.group_id):
        return judged
    silent = work.nodes.unresponsive()
    gears = [
        GearFacts(
            node_id=gear.node_id,
            zone=gear.zone,
            carries_proxy=gear.carries_proxy,
            usable=gear.lifecycle == "started" and gear.node_id not in silent,
            serves=not gear.held_out,
        )
        for gear in work.gears.of_group(group.group_id)
    ]
    counted = verdict(
        HaFacts.of_gears(
            gears,
            asked=parts.application.ha,
            dns_registered=True,
            wanted_proxies=judged.wanted_proxies,
            minimum_zones=built.platform.policy.placement.minimum_zones,
        )
    )
    if counted.failed_rules == judged.failed_rules and not counted.answers:
        return judged
    return replace(counted, failures=judged.failures) if counted.failed_rules == judged.failed_rules else counted


def book_violations(built: Built, books: Mapping[str, Sequence[CarriedGear]]) -> Iterator[str]:
    """Nodes carry the gears of the records, with their uids, states, cartridges and ports, and nothing else."""
    with built.platform.reading() as work:
        applications = {parts.application.application_id: parts for parts in work.applications.of_gears()}
        gears = work.gears.all()
        endpoints = work.gears.all_endpoints()
        owed = [row for row in _rows(work._connection, tables.commands) if row.state == "pending"]
    yield from (f"node {row.node_id} is still owed {row.kind} of {row.gear_id}" for row in owed)
    ports: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for endpoint in endpoints:
        ports[endpoint.gear_id].add((endpoint.cartridge, endpoint.public_port))
    for node_id in _nodes(built):
        carried = {gear.gear_id: gear for gear in books[node_id]}
        yield from _shared(node_id, books[node_id])
        recorded = {gear.gear_id: gear for gear in gears if gear.node_id == node_id}
        for gear_id in carried.keys() ^ recorded.keys():
            yield f"gear {gear_id} of node {node_id} is {'on the node' if gear_id in carried else 'recorded'} only"
        for gear_id in carried.keys() & recorded.keys():
            real, record = carried[gear_id], recorded[gear_id]
            parts = applications[record.application_id]
            names = parts.cartridges_of(record.group_id)
            wanted = carried_cartridges(names, built.platform.catalogue, carries_proxy=record.carries_proxy)
            has = (real.uid, real.state.value, {each.spec.name for each in real.cartridges}, real.deployment_id)
            if has != (record.uid, record.lifecycle, {each.name for each in wanted}, record.deployment_id):
                yield f"gear {gear_id}: the node has {has}, the records say {record}"
            active = parts.application.deployment_id
            if active not in {None, record.deployment_id} and any(each.is_web_framework for each in wanted):
                yield f"gear {gear_id} runs {record.deployment_id} and is to run {active}"
            stopped = {each for each in parts.stopped_cartridges(record.group_id) if each in has[2]}
            if real.state.value == "started" and {*real.stopped_cartridges()} != stopped:
                yield f"gear {gear_id}: the node has stopped {real.stopped_cartridges()}, the records say {stopped}"
            storage = parts.group(record.group_id).additional_storage
            if real.additional_gigabytes != storage:
                yield f"gear {gear_id}: the node has {real.additional_gigabytes} GB more, the records say {storage}"
            exposed = {(each.cartridge, each.public_port) for each in real.endpoints()}
            if exposed != ports[gear_id]:
                yield f"gear {gear_id}: the node exposes {exposed}, the records say {ports[gear_id]}"


def _shared(node_id: str, gears: Sequence[CarriedGear]) -> Iterator[str]:
    """No two gears of a node have the same uid or port."""
    uids = Counter(gear.uid for gear in gears)
    ports = Counter(port for gear in gears for port in gear.public_ports())
    for what, counted in (("uid", uids), ("port", ports)):
        yield from (f"{what} {each} of {node_id} is {times} gears'" for each, times in counted.items() if times > 1)
