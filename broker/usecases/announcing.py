"""Turns what a decision changed in a routing table into routing events, each with the application's next sequence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from broker.core.application import Application, ApplicationParts, Gear
from broker.core.cartridge import Cartridge
from broker.core.dns_names import app_dns_name, ha_dns_name
from broker.core.gear import Lifecycle, shown_state
from broker.core.ids import NodeId
from broker.core.policy import Policy
from broker.core.rotation import Rotation, as_routed
from broker.core.routing_changes import Change
from broker.core.routing_table import Endpoint, PathMapping, RoutedCertificate, RoutingTable
from broker.core.verdict import VerdictState
from broker.interfaces import OutgoingEvent, Platform, StoredEndpoint, UnitOfWork
from broker.usecases.times import timestamp
from routing_spi.events import Action


def announce(
    platform: Platform, work: UnitOfWork, parts: ApplicationParts, changes: Iterable[Change]
) -> ApplicationParts:
    """Write the changes to the outbox, in order; returns the application with its sequence moved on."""
    application = parts.application
    at = timestamp(platform.clock.now())
    events = [
        OutgoingEvent(
            application_id=application.application_id,
            owner_id=application.owner_id,
            sequence=application.sequence + number,
            action=Action(change.action).value,
            app_name=application.name,
            namespace=application.namespace,
            occurred_at=at,
            data=change.data(),
        )
        for number, change in enumerate(changes, 1)
    ]
    if not events:
        return parts
    work.log.add(events)
    return replace(parts, application=replace(application, sequence=events[-1].sequence))


def ha_name(policy: Policy, application: Application) -> str:
    """The name of the application's entry at the routers."""
    return ha_dns_name(
        policy.ha_dns_prefix,
        application.name,
        application.namespace,
        policy.ha_dns_suffix,
        policy.cloud_domain,
    )


def routed_ha_name(policy: Policy, application: Application) -> str | None:
    """The HA name where the application is HA, else None."""
    return ha_name(policy, application) if application.ha else None


def table_of(
    platform: Platform,
    parts: ApplicationParts,
    *,
    gears: Iterable[Gear] = (),
    endpoints: Sequence[StoredEndpoint] = (),
    addresses: Mapping[NodeId, str],
    unresponsive: frozenset[NodeId] = frozenset(),
    aliases: tuple[str, ...] = (),
    certificates: tuple[RoutedCertificate, ...] = (),
) -> RoutingTable:
    """The routing table of the application, restricted to these gears and endpoints."""
    application, catalogue = parts.application, platform.catalogue_of(parts)
    by_id = {gear.gear_id: gear for gear in gears}
    rows = [
        _endpoint(
            stored,
            by_id[stored.gear_id],
            catalogue[stored.cartridge],
            addresses[by_id[stored.gear_id].node_id],
            node_responds=by_id[stored.gear_id].node_id not in unresponsive,
        )
        for stored in endpoints
        if stored.gear_id in by_id
    ]
    return RoutingTable(
        application_id=application.application_id,
        app_name=application.name,
        namespace=application.namespace,
        dns_application=app_dns_name(application.name, application.namespace, platform.policy.cloud_domain),
        scalable=application.scalable,
        ha=application.ha,
        dns_ha=routed_ha_name(platform.policy, application),
        verdict=VerdictState(application.verdict),
        sequence=application.sequence,
        head_gear_id=application.head_gear_id,
        aliases=aliases,
        certificates=certificates,
        endpoints=tuple(rows),
    )


def _endpoint(
    stored: StoredEndpoint, gear: Gear, cartridge: Cartridge, address: str, *, node_responds: bool
) -> Endpoint:
    public = next(each for each in cartridge.endpoints if each.port_name == stored.port_name)
    return Endpoint(
        gear_id=gear.gear_id,
        public_port_name=cartridge.name,
        public_address=address,
        public_port=stored.public_port,
        protocols=public.protocols,
        types=(cartridge.endpoint_type.value,),
        mappings=tuple(PathMapping(frontend=each.frontend, backend=each.backend) for each in public.mappings),
        node=gear.node_id,
        region=gear.region,
        zone=gear.zone,
        state=shown_state(Lifecycle(gear.lifecycle), node_responds=node_responds),
        rotation=as_routed(Rotation(gear.rotation)),
        is_head=gear.is_head,
    )
