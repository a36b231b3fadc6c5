"""The routing table of an application: its names and endpoints as routers see them, and its digest."""

from dataclasses import dataclass
from hashlib import sha256
from json import dumps

from broker.core.ids import ApplicationId, GearId
from broker.core.rotation import Rotation
from broker.core.verdict import VerdictState

EndpointKey = tuple[str, str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class PathMapping:
    """Which path outside leads to which path inside."""

    frontend: str
    backend: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """Where one cartridge of one gear can be reached; `public_port_name` is the cartridge's name.

    State, rotation, node, region and zone are those of the gear. A draining gear is told as out.
    """

    gear_id: GearId
    public_port_name: str
    public_address: str
    public_port: int
    protocols: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    mappings: tuple[PathMapping, ...] = ()
    node: str
    region: str | None = None
    zone: str | None = None
    state: str = "started"
    rotation: Rotation = Rotation.IN
    is_head: bool = False

    def __post_init__(self) -> None:
        if self.rotation is Rotation.DRAINING:
            raise ValueError(f"gear {self.gear_id}: a router knows in and out only, not draining")

    @property
    def key(self) -> EndpointKey:
        """What tells endpoints apart: gear, address and port."""
        return (self.gear_id, self.public_address, self.public_port)

    def to_wire(self) -> dict[str, object]:
        """The endpoint as routers are sent it."""
        return {
            "gear_id": self.gear_id,
            "public_port_name": self.public_port_name,
            "public_address": self.public_address,
            "public_port": self.public_port,
            "protocols": list(self.protocols),
            "types": list(self.types),
            "mappings": [{"frontend": each.frontend, "backend": each.backend} for each in self.mappings],
            "node": self.node,
            "region": self.region,
            "zone": self.zone,
            "state": self.state,
            "rotation": self.rotation.value,
            "is_head": self.is_head,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class RoutedCertificate:
    """The certificate of an alias, as PEM with its chain, and what its private key is fetched by."""

    alias: str
    ssl: str
    private_key_reference: str

    def to_wire(self) -> dict[str, object]:
        """The certificate as routers are sent it."""
        return {"alias": self.alias, "ssl": self.ssl, "private_key_reference": self.private_key_reference}


@dataclass(frozen=True, kw_only=True, slots=True)
class RoutingTable:
    """All that a router needs to know of an application; endpoints, aliases and their certificates are kept sorted.

    It holds that no endpoint is there twice, that the endpoints of a gear agree on its state and rotation,
    that those of the head gear and no others are marked so, that only an HA application has an HA name, and that
    certificates are those of its aliases, one each.
    """

    application_id: ApplicationId
    app_name: str
    namespace: str
    dns_application: str
    scalable: bool = True
    ha: bool = False
    dns_ha: str | None = None
    verdict: VerdictState = VerdictState.NOT_HA
    sequence: int = 0
    head_gear_id: GearId | None = None
    aliases: tuple[str, ...] = ()
    certificates: tuple[RoutedCertificate, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "aliases", tuple(sorted(set(self.aliases))))
        object.__setattr__(self, "certificates", tuple(sorted(self.certificates, key=lambda each: each.alias)))
        object.__setattr__(self, "endpoints", tuple(sorted(self.endpoints, key=lambda endpoint: endpoint.key)))
        if self.dns_ha is not None and not self.ha:
            raise ValueError(f"application {self.application_id} has an HA name and is not HA")
        for one, other in zip(self.endpoints, self.endpoints[1:], strict=False):
            if one.key == other.key:
                raise ValueError(f"endpoint {one.key} is there twice")
            if one.gear_id == other.gear_id and (one.state, one.rotation) != (other.state, other.rotation):
                raise ValueError(f"the endpoints of gear {one.gear_id} disagree on its state")
        for endpoint in self.endpoints:
            if endpoint.is_head != (endpoint.gear_id == self.head_gear_id):
                raise ValueError(f"gear {endpoint.gear_id} is marked wrongly: the head is {self.head_gear_id}")
        certified = [each.alias for each in self.certificates]
        if len(set(certified)) < len(certified) or not set(certified) <= set(self.aliases):
            raise ValueError(f"the certificates of {certified} are not those of aliases, one each")

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of the wire form without it, as JSON with sorted keys and no spaces."""
        text = dumps(self._body(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return sha256(text.encode("ascii")).hexdigest()

    def to_wire(self) -> dict[str, object]:
        """The table as snapshots carry it, with its digest."""
        return {**self._body(), "digest": self.digest}

    def _body(self) -> dict[str, object]:
        return {
            "application_id": self.application_id,
            "app_name": self.app_name,
            "namespace": self.namespace,
            "scalable": self.scalable,
            "ha": self.ha,
            "verdict": self.verdict.value,
            "sequence": self.sequence,
            "dns": {"application": self.dns_application, "ha": self.dns_ha},
            "head_gear_id": self.head_gear_id,
            "aliases": list(self.aliases),
            **self._certificates(),
            "endpoints": [endpoint.to_wire() for endpoint in self.endpoints],
        }

    def _certificates(self) -> dict[str, object]:
        # Only where there are some: a listener of a time before certificates goes on without any.
        return {"certificates": [each.to_wire() for each in self.certificates]} if self.certificates else {}
