"""From one routing table to the next: the changes a router is told, in an order that is safe for traffic."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from broker.core.ids import GearId
from broker.core.rotation import Rotation
from broker.core.routing_changes import (
    AliasAdded,
    AliasRemoved,
    ApplicationCreated,
    ApplicationDeleted,
    Change,
    EndpointAdded,
    EndpointMoved,
    EndpointRemoved,
    GearRotatedIn,
    GearRotatedOut,
    GearStateChanged,
    HaDisabled,
    HaEnabled,
    HeadChanged,
    SslAdded,
    SslRemoved,
    VerdictChanged,
)
from broker.core.routing_table import Endpoint, EndpointKey, RoutingTable

_SERVES: Final = "started"


@dataclass(frozen=True, kw_only=True, slots=True)
class Telling:
    """What changes say beyond the two tables."""

    managed_dns: bool = False
    router_hostname: str = ""
    verdict_reasons: tuple[str, ...] = ()
    rotation_reason: str = ""


def difference(
    before: RoutingTable | None, after: RoutingTable | None, telling: Telling | None = None
) -> tuple[Change, ...]:
    """What a router must be told so that its `before` becomes `after`; sequences are not compared.

    What serves is added before anything is taken away, and the HA name ends before the proxies behind it do.
    Tables restricted to the gears that change give the same changes as whole ones. ValueError for two
    different applications or a head role that is lost instead of passed on.
    """
    telling = telling or Telling()
    if after is None:
        return () if before is None else _ending(before, telling)
    if before is None:
        before = _newborn(after)
        return (_created(after), *_gains(before, after, telling), *_losses(before, after, telling))
    _check_comparable(before, after)
    return (*_gains(before, after, telling), *_losses(before, after, telling))


def _newborn(table: RoutingTable) -> RoutingTable:
    return RoutingTable(
        application_id=table.application_id,
        app_name=table.app_name,
        namespace=table.namespace,
        dns_application=table.dns_application,
        scalable=table.scalable,
        ha=table.ha,
    )


def _created(table: RoutingTable) -> ApplicationCreated:
    return ApplicationCreated(
        application_id=table.application_id,
        app_name=table.app_name,
        namespace=table.namespace,
        scalable=table.scalable,
        ha=table.ha,
        dns_name=table.dns_application,
    )


def _identity(table: RoutingTable) -> tuple[object, ...]:
    return (table.application_id, table.app_name, table.namespace, table.dns_application, table.scalable)


def _check_comparable(before: RoutingTable, after: RoutingTable) -> None:
    if _identity(before) != _identity(after):
        raise ValueError(f"not one application: {_identity(before)} and {_identity(after)}")
    if before.head_gear_id is not None and after.head_gear_id is None:
        raise ValueError(f"gear {before.head_gear_id} lost the head role to nobody")


def _ending(table: RoutingTable, telling: Telling) -> tuple[Change, ...]:
    changes: list[Change] = [_disabled(table, telling)] if table.ha else []
    changes.extend(EndpointRemoved(endpoint=endpoint) for endpoint in table.endpoints)
    changes.extend(SslRemoved(alias=each.alias) for each in table.certificates)
    changes.extend(AliasRemoved(alias=alias) for alias in table.aliases)
    deleted = ApplicationDeleted(scalable=table.scalable, ha=table.ha, dns_name=table.dns_application)
    return (*changes, deleted)


def _disabled(table: RoutingTable, telling: Telling) -> HaDisabled:
    return HaDisabled(
        ha_dns_name=table.dns_ha, managed_dns=telling.managed_dns, router_hostname=telling.router_hostname
    )


def _gains(before: RoutingTable, after: RoutingTable, telling: Telling) -> Iterator[Change]:
    yield from (AliasAdded(alias=alias) for alias in after.aliases if alias not in before.aliases)
    yield from (SslAdded(certificate=each) for each in after.certificates if each not in before.certificates)
    pairs = _Pairs.of(before, after)
    head = _head_while_adding(before, after, pairs.added)
    yield from (_added(endpoint, head) for endpoint in pairs.added)
    yield from (EndpointMoved(previous=old.key, endpoint=new) for old, new in pairs.moved)
    for old, new in pairs.replaced:
        yield EndpointRemoved(endpoint=old)
        yield _added(new, head)
    for old, new in _gears_of_both(before, after):
        if old.state != new.state == _SERVES:
            yield _state_changed(new)
        if old.rotation is not new.rotation is Rotation.IN:
            yield GearRotatedIn(gear_id=new.gear_id, reason=telling.rotation_reason)
    if after.head_gear_id is not None and after.head_gear_id != head:
        yield HeadChanged(gear_id=after.head_gear_id, previous_gear_id=head)
    if after.ha and (before.ha, before.dns_ha) != (after.ha, after.dns_ha):
        yield HaEnabled(
            ha_dns_name=after.dns_ha, managed_dns=telling.managed_dns, router_hostname=telling.router_hostname
        )


def _head_while_adding(before: RoutingTable, after: RoutingTable, added: tuple[Endpoint, ...]) -> GearId | None:
    """The first head comes with its first endpoint; any other change of the head is told by itself."""
    if before.head_gear_id is not None or not any(endpoint.is_head for endpoint in added):
        return before.head_gear_id
    known = any(endpoint.gear_id == after.head_gear_id for endpoint in before.endpoints)
    return None if known else after.head_gear_id


def _losses(before: RoutingTable, after: RoutingTable, telling: Telling) -> Iterator[Change]:
    if before.ha and not after.ha:
        yield _disabled(before, telling)
    for old, new in _gears_of_both(before, after):
        if old.rotation is not new.rotation is Rotation.OUT:
            yield GearRotatedOut(gear_id=new.gear_id, reason=telling.rotation_reason)
        if old.state != new.state != _SERVES:
            yield _state_changed(new)
    yield from (EndpointRemoved(endpoint=endpoint) for endpoint in _Pairs.of(before, after).removed)
    certified = {each.alias for each in after.certificates}
    yield from (SslRemoved(alias=each.alias) for each in before.certificates if each.alias not in certified)
    yield from (AliasRemoved(alias=alias) for alias in before.aliases if alias not in after.aliases)
    if before.verdict is not after.verdict:
        yield VerdictChanged(verdict=after.verdict, reasons=telling.verdict_reasons)


def _added(endpoint: Endpoint, head: GearId | None) -> EndpointAdded:
    # The role is passed on by its own change; until then the old head is the head.
    return EndpointAdded(endpoint=replace(endpoint, is_head=endpoint.gear_id == head))


def _state_changed(endpoint: Endpoint) -> GearStateChanged:
    return GearStateChanged(
        gear_id=endpoint.gear_id,
        state=endpoint.state,
        node=endpoint.node,
        region=endpoint.region,
        zone=endpoint.zone,
    )


def _gears_of_both(before: RoutingTable, after: RoutingTable) -> Iterator[tuple[Endpoint, Endpoint]]:
    """One endpoint of each gear that is in both tables, old and new."""
    old = {endpoint.gear_id: endpoint for endpoint in before.endpoints}
    new = {endpoint.gear_id: endpoint for endpoint in after.endpoints}
    return ((old[gear_id], new[gear_id]) for gear_id in new if gear_id in old)


def _offer(endpoint: Endpoint) -> tuple[object, ...]:
    """What an endpoint offers; it must be the same for an endpoint to have merely moved."""
    return (
        endpoint.gear_id,
        endpoint.public_port_name,
        endpoint.protocols,
        endpoint.types,
        endpoint.mappings,
    )


def _lies(endpoint: Endpoint) -> tuple[object, ...]:
    return (endpoint.node, endpoint.region, endpoint.zone)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pairs:
    """The endpoints of two tables: those only in one, and those of both that are not the same."""

    added: tuple[Endpoint, ...]
    removed: tuple[Endpoint, ...]
    moved: tuple[tuple[Endpoint, Endpoint], ...]
    replaced: tuple[tuple[Endpoint, Endpoint], ...]

    @classmethod
    def of(cls, before: RoutingTable, after: RoutingTable) -> "_Pairs":
        old = {endpoint.key: endpoint for endpoint in before.endpoints}
        new = {endpoint.key: endpoint for endpoint in after.endpoints}
        both = [(old[key], new[key]) for key in new if key in old]
        same = [(one, other) for one, other in both if _offer(one) == _offer(other)]
        gone = {key: endpoint for key, endpoint in old.items() if key not in new}
        come = {key: endpoint for key, endpoint in new.items() if key not in old}
        elsewhere = _matched(gone, come)
        left = {one.key for one, _ in elsewhere}
        reached = {other.key for _, other in elsewhere}
        return cls(
            added=tuple(endpoint for key, endpoint in come.items() if key not in reached),
            removed=tuple(endpoint for key, endpoint in gone.items() if key not in left),
            moved=(*elsewhere, *((one, other) for one, other in same if _lies(one) != _lies(other))),
            replaced=tuple((one, other) for one, other in both if _offer(one) != _offer(other)),
        )


def _matched(
    gone: dict[EndpointKey, Endpoint], come: dict[EndpointKey, Endpoint]
) -> tuple[tuple[Endpoint, Endpoint], ...]:
    waiting: dict[tuple[object, ...], list[Endpoint]] = {}
    for endpoint in reversed(tuple(come.values())):
        waiting.setdefault(_offer(endpoint), []).append(endpoint)
    found: list[tuple[Endpoint, Endpoint]] = []
    for endpoint in gone.values():
        candidates = waiting.get(_offer(endpoint))
        if candidates:
            found.append((endpoint, candidates.pop()))
    return tuple(found)
