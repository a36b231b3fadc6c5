"""One endpoint of a routing table, as a listener knows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from routing_spi.wire import JSON, Fields

STARTED: Final = "started"
ROTATED_IN: Final = "in"
ROTATED_OUT: Final = "out"
WEB_FRAMEWORK: Final = "web_framework"
LOAD_BALANCER: Final = "load_balancer"


@dataclass(frozen=True, kw_only=True, slots=True)
class PathMapping:
    """A front-end path and the back-end path it leads to."""

    frontend: str
    backend: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """Where one gear can be reached. `public_port_name` is the cartridge's name, as the field has it."""

    gear_id: str
    public_port_name: str
    public_address: str
    public_port: int
    protocols: tuple[str, ...]
    types: tuple[str, ...]
    mappings: tuple[PathMapping, ...]
    node: str | None
    region: str | None
    zone: str | None
    state: str
    rotation: str
    is_head: bool

    @property
    def key(self) -> tuple[str, str, int]:
        """What makes it this endpoint, and its place in the table: gear, address, port."""
        return (self.gear_id, self.public_address, self.public_port)

    @property
    def serving(self) -> bool:
        """True if traffic may be sent: the gear is started and, behind a web framework, rotated in."""
        return self.state == STARTED and (WEB_FRAMEWORK not in self.types or self.rotation == ROTATED_IN)

    def to_wire(self) -> dict[str, JSON]:
        """The wire form, one entry of a table's `endpoints`."""
        return {
            "gear_id": self.gear_id,
            "public_port_name": self.public_port_name,
            "public_address": self.public_address,
            "public_port": self.public_port,
            "protocols": list(self.protocols),
            "types": list(self.types),
            "mappings": [{"frontend": pair.frontend, "backend": pair.backend} for pair in self.mappings],
            "node": self.node,
            "region": self.region,
            "zone": self.zone,
            "state": self.state,
            "rotation": self.rotation,
            "is_head": self.is_head,
        }

    @classmethod
    def of_event(cls, data: Mapping[str, Any]) -> "Endpoint":
        """The endpoint that an event adds, whose fields have been read already."""
        mappings = tuple(PathMapping(**pair) for pair in data["mappings"])
        return cls(
            **{**data, "protocols": tuple(data["protocols"]), "types": tuple(data["types"]), "mappings": mappings}
        )

    @classmethod
    def from_wire(cls, wire: object) -> "Endpoint":
        """The endpoint of a wire form; raises `MalformedMessage`."""
        fields = Fields.of(wire, "endpoint")
        return cls(
            gear_id=fields.text("gear_id"),
            public_port_name=fields.text("public_port_name"),
            public_address=fields.text("public_address"),
            public_port=fields.port("public_port"),
            protocols=tuple(fields.texts("protocols")),
            types=tuple(fields.texts("types")),
            mappings=tuple(PathMapping(**pair) for pair in fields.mappings("mappings")),
            node=fields.optional_text("node"),
            region=fields.optional_text("region"),
            zone=fields.optional_text("zone"),
            state=fields.text("state"),
            rotation=fields.text("rotation"),
            is_head=fields.flag("is_head"),
        )
