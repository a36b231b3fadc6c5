"""Everything that can happen to a routing table, one value each, named and filled as routers are told it."""

from dataclasses import dataclass, fields
from typing import ClassVar

from broker.core.ids import ApplicationId, GearId
from broker.core.routing_table import Endpoint, EndpointKey, RoutedCertificate
from broker.core.verdict import VerdictState

Data = dict[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Told:
    """A change whose wire form is its fields, unless it says otherwise."""

    def data(self) -> Data:
        """The action's own fields, as they go on the wire."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, kw_only=True, slots=True)
class ApplicationCreated(_Told):
    """The application begins; its table is empty."""

    action: ClassVar[str] = "create_application"
    application_id: ApplicationId
    app_name: str
    namespace: str
    scalable: bool
    ha: bool
    dns_name: str

    def data(self) -> Data:
        """The action's own fields, as they go on the wire."""
        return {"scalable": self.scalable, "ha": self.ha, "dns_name": self.dns_name}


@dataclass(frozen=True, kw_only=True, slots=True)
class ApplicationDeleted(_Told):
    """The application ends, and its table with it."""

    action: ClassVar[str] = "delete_application"
    scalable: bool
    ha: bool
    dns_name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EndpointAdded(_Told):
    """An endpoint can serve now."""

    action: ClassVar[str] = "add_public_endpoint"
    endpoint: Endpoint

    def data(self) -> Data:
        """The action's own fields, as they go on the wire."""
        return self.endpoint.to_wire()


@dataclass(frozen=True, kw_only=True, slots=True)
class EndpointRemoved(_Told):
    """An endpoint will serve no more."""

    action: ClassVar[str] = "remove_public_endpoint"
    endpoint: Endpoint

    def data(self) -> Data:
        """The action's own fields, as they go on the wire."""
        wire = self.endpoint.to_wire()
        return {name: wire[name] for name in ("gear_id", "public_address", "public_port", "node", "region", "zone")}


@dataclass(frozen=True, kw_only=True, slots=True)
class EndpointMoved(_Told):
    """An endpoint is somewhere else: another address, or the same on another node."""

    action: ClassVar[str] = "application_moved"
    previous: EndpointKey
    endpoint: Endpoint

    def data(self) -> Data:
        """The action's own fields, as they go on the wire."""
        wire = self.endpoint.to_wire()
        kept = ("public_address", "public_port", "node", "region", "zone")
        return {
            "gear_id": self.endpoint.gear_id,
            "previous_address": self.previous[1],
            "previous_port": self.previous[2],
            **{name: wire[name] for name in kept},
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class GearStateChanged(_Told):
    """A gear has another state."""

    action: ClassVar[str] = "gear_state_changed"
    gear_id: GearId
    state: str
    node: str
    region: str | None
    zone: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class GearRotatedIn(_Told):
    """A gear receives requests again."""

    action: ClassVar[str] = "gear_rotated_in"
    gear_id: GearId
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class GearRotatedOut(_Told):
    """A gear receives requests no more, and goes on running."""

    action: ClassVar[str] = "gear_rotated_out"
    gear_id: GearId
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HeadChanged(_Told):
    """Another gear is the head gear."""

    action: ClassVar[str] = "head_changed"
    gear_id: GearId
    previous_gear_id: GearId | None


@dataclass(frozen=True, kw_only=True, slots=True)
class HaEnabled(_Told):
    """The application is HA, under this HA name if the broker has registered one."""

    action: ClassVar[str] = "ha_enabled"
    ha_dns_name: str | None
    managed_dns: bool
    router_hostname: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HaDisabled(_Told):
    """The application is HA no more; `ha_dns_name` is the name it had."""

    action: ClassVar[str] = "ha_disabled"
    ha_dns_name: str | None
    managed_dns: bool
    router_hostname: str


@dataclass(frozen=True, kw_only=True, slots=True)
class VerdictChanged(_Told):
    """The answer to "is it HA now?" is another."""

    action: ClassVar[str] = "ha_verdict_changed"
    verdict: VerdictState
    reasons: tuple[str, ...]

    def data(self) -> Data:
        """The action's own fields, as they go on the wire."""
        return {"verdict": self.verdict.value, "reasons": list(self.reasons)}


@dataclass(frozen=True, kw_only=True, slots=True)
class AliasAdded(_Told):
    """The application has another name."""

    action: ClassVar[str] = "add_alias"
    alias: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AliasRemoved(_Told):
    """The application has lost a name."""

    action: ClassVar[str] = "remove_alias"
    alias: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SslAdded(_Told):
    """An alias has a certificate, in place of any that it had; its private key is told by what it is fetched by."""

    action: ClassVar[str] = "add_ssl"
    certificate: RoutedCertificate

    def data(self) -> Data:
        """The action's own fields, as they go on the wire."""
        return self.certificate.to_wire()


@dataclass(frozen=True, kw_only=True, slots=True)
class SslRemoved(_Told):
    """An alias has its certificate no more."""

    action: ClassVar[str] = "remove_ssl"
    alias: str


Change = (
    ApplicationCreated
    | ApplicationDeleted
    | EndpointAdded
    | EndpointRemoved
    | EndpointMoved
    | GearStateChanged
    | GearRotatedIn
    | GearRotatedOut
    | HeadChanged
    | HaEnabled
    | HaDisabled
    | VerdictChanged
    | AliasAdded
    | AliasRemoved
    | SslAdded
    | SslRemoved
)
