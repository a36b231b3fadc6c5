"""What a routing table becomes when a router applies the changes it is told."""

from collections.abc import Iterable
from dataclasses import replace

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


def apply(before: RoutingTable | None, changes: Iterable[Change]) -> RoutingTable | None:
    """The table after the changes, its sequence raised by one for each; None once the application is deleted.

    ValueError when changes come without a table, or a table is created twice.
    """
    draft = None if before is None else _Draft(before)
    for change in changes:
        if isinstance(change, ApplicationCreated):
            if draft is not None:
                raise ValueError(f"application {change.application_id} is created twice")
            draft = _Draft(_empty(change))
        elif draft is None:
            raise ValueError(f"{change.action} for an application that does not exist")
        elif isinstance(change, ApplicationDeleted):
            draft = None
        else:
            draft.take(change)
    return None if draft is None else draft.finished()


def _empty(created: ApplicationCreated) -> RoutingTable:
    return RoutingTable(
        application_id=created.application_id,
        app_name=created.app_name,
        namespace=created.namespace,
        dns_application=created.dns_name,
        scalable=created.scalable,
        ha=created.ha,
        sequence=1,
    )


class _Draft:
    """A table in the making; it need not be consistent between two changes."""

    def __init__(self, table: RoutingTable) -> None:
        self._names = replace(table, certificates=(), endpoints=())
        self._aliases = set(table.aliases)
        self._certificates = {each.alias: each for each in table.certificates}
        self._endpoints: dict[EndpointKey, Endpoint] = {}
        self._keys: dict[GearId, set[EndpointKey]] = {}
        for endpoint in table.endpoints:
            self._put(endpoint)

    def _put(self, endpoint: Endpoint) -> None:
        self._endpoints[endpoint.key] = endpoint
        self._keys.setdefault(endpoint.gear_id, set()).add(endpoint.key)

    def _take_out(self, key: EndpointKey) -> Endpoint | None:
        self._keys.get(GearId(key[0]), set()).discard(key)
        return self._endpoints.pop(key, None)

    def take(self, change: Change) -> None:
        self._names = replace(self._names, sequence=self._names.sequence + 1)
        match change:
            case EndpointAdded() | EndpointRemoved() | EndpointMoved():
                self._take_endpoint(change)
            case GearStateChanged() | GearRotatedIn() | GearRotatedOut() | HeadChanged():
                self._take_gear(change)
            case AliasAdded() | AliasRemoved() | SslAdded() | SslRemoved():
                self._take_alias(change)
            case HaEnabled():
                self._names = replace(self._names, ha=True, dns_ha=change.ha_dns_name)
            case HaDisabled():
                self._names = replace(self._names, ha=False, dns_ha=None)
            case VerdictChanged():
                self._names = replace(self._names, verdict=change.verdict)

    def _take_alias(self, change: AliasAdded | AliasRemoved | SslAdded | SslRemoved) -> None:
        match change:
            case AliasAdded():
                self._aliases.add(change.alias)
            case AliasRemoved():
                self._aliases.discard(change.alias)
                self._certificates.pop(change.alias, None)
            case SslAdded():
                self._certificates[change.certificate.alias] = change.certificate
            case SslRemoved():
                self._certificates.pop(change.alias, None)

    def _take_endpoint(self, change: EndpointAdded | EndpointRemoved | EndpointMoved) -> None:
        match change:
            case EndpointAdded():
                self._put(change.endpoint)
                if change.endpoint.is_head and self._names.head_gear_id is None:
                    self._names = replace(self._names, head_gear_id=change.endpoint.gear_id)
            case EndpointRemoved():
                self._take_out(change.endpoint.key)
            case EndpointMoved():
                old = self._take_out(change.previous)
                if old is not None:
                    self._put(_moved(old, change.endpoint))

    def _take_gear(self, change: GearStateChanged | GearRotatedIn | GearRotatedOut | HeadChanged) -> None:
        match change:
            case GearStateChanged():
                self._of_gear(change.gear_id, state=change.state)
            case GearRotatedIn():
                self._of_gear(change.gear_id, rotation=Rotation.IN)
            case GearRotatedOut():
                self._of_gear(change.gear_id, rotation=Rotation.OUT)
            case HeadChanged():
                previous = self._names.head_gear_id
                self._names = replace(self._names, head_gear_id=change.gear_id)
                for gear_id in {previous, change.gear_id} - {None}:
                    self._of_gear(gear_id, is_head=gear_id == change.gear_id)

    def _of_gear(
        self,
        gear_id: GearId | None,
        *,
        state: str | None = None,
        rotation: Rotation | None = None,
        is_head: bool | None = None,
    ) -> None:
        for key in self._keys.get(gear_id, ()) if gear_id is not None else ():
            old = self._endpoints[key]
            self._endpoints[key] = replace(
                old,
                state=old.state if state is None else state,
                rotation=old.rotation if rotation is None else rotation,
                is_head=old.is_head if is_head is None else is_head,
            )

    def finished(self) -> RoutingTable:
        return replace(
            self._names,
            aliases=tuple(self._aliases),
            certificates=tuple(self._certificates.values()),
            endpoints=tuple(self._endpoints.values()),
        )


def _moved(old: Endpoint, new: Endpoint) -> Endpoint:
    return replace(
        old,
        public_address=new.public_address,
        public_port=new.public_port,
        node=new.node,
        region=new.region,
        zone=new.zone,
    )
