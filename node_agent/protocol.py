"""The contract of broker and node: commands, replies and heartbeats as plain data, to and from the wire."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from node_agent.fields import (
    MalformedMessage,
    list_in,
    mapping_in,
    optional_text_in,
    port_in,
    text_in,
    texts_in,
    truth_in,
    whole_in,
)

# How long the text may be that a command leads to, in bytes of UTF-8.
LONGEST_OUTPUT = 8192

__all__ = [
    "LONGEST_OUTPUT",
    "CartridgeSpec",
    "Command",
    "CommandKind",
    "DeploymentSpec",
    "ExposedEndpoint",
    "Heartbeat",
    "MalformedMessage",
    "PublicEndpoint",
    "Reply",
]


class CommandKind(StrEnum):
    """What a node can be told to do with one gear."""

    CREATE_GEAR = "create_gear"
    DESTROY_GEAR = "destroy_gear"
    START_GEAR = "start_gear"
    STOP_GEAR = "stop_gear"
    RESTART_GEAR = "restart_gear"
    ADD_CARTRIDGE = "add_cartridge"
    REMOVE_CARTRIDGE = "remove_cartridge"
    EXPOSE_ENDPOINTS = "expose_endpoints"
    CONCEAL_ENDPOINTS = "conceal_endpoints"
    RELOAD_GEAR = "reload_gear"
    TIDY_GEAR = "tidy_gear"
    THREAD_DUMP = "thread_dump"
    START_CARTRIDGE = "start_cartridge"
    STOP_CARTRIDGE = "stop_cartridge"
    RESTART_CARTRIDGE = "restart_cartridge"
    RELOAD_CARTRIDGE = "reload_cartridge"
    ACTIVATE_DEPLOYMENT = "activate_deployment"
    SET_STORAGE = "set_storage"


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicEndpoint:
    """A port inside a gear that the node forwards to, under the name its cartridge gives it."""

    port_name: str
    internal_port: int

    def to_wire(self) -> dict[str, object]:
        """Show the endpoint as JSON-ready data."""
        return {"port_name": self.port_name, "internal_port": self.internal_port}

    @classmethod
    def from_wire(cls, wire: object) -> Self:
        """Read an endpoint; raises `MalformedMessage`."""
        fields = mapping_in(wire, "an endpoint")
        return cls(port_name=text_in(fields, "port_name"), internal_port=port_in(fields, "internal_port"))


@dataclass(frozen=True, kw_only=True, slots=True)
class CartridgeSpec:
    """A cartridge as a node needs to know it: its name and its public endpoints."""

    name: str
    endpoints: tuple[PublicEndpoint, ...] = ()

    def to_wire(self) -> dict[str, object]:
        """Show the cartridge as JSON-ready data."""
        return {"name": self.name, "endpoints": [endpoint.to_wire() for endpoint in self.endpoints]}

    @classmethod
    def from_wire(cls, wire: object) -> Self:
        """Read a cartridge; raises `MalformedMessage`."""
        fields = mapping_in(wire, "a cartridge")
        endpoints = tuple(PublicEndpoint.from_wire(each) for each in list_in(fields, "endpoints"))
        return cls(name=text_in(fields, "name"), endpoints=endpoints)


@dataclass(frozen=True, kw_only=True, slots=True)
class DeploymentSpec:
    """What a gear is to run: a deployment by its id, made of a branch or tag, or of an archive at a URL, or of neither.

    With `hot_deploy` the gear is not restarted for it; with `force_clean_build` nothing of an earlier build is used.
    """

    deployment_id: str
    ref: str | None = None
    artifact_url: str | None = None
    hot_deploy: bool = False
    force_clean_build: bool = False

    def to_wire(self) -> dict[str, object]:
        """Show the deployment as JSON-ready data: the arguments of `activate_deployment`."""
        return {
            "deployment_id": self.deployment_id,
            "ref": self.ref,
            "artifact_url": self.artifact_url,
            "hot_deploy": self.hot_deploy,
            "force_clean_build": self.force_clean_build,
        }

    @classmethod
    def from_wire(cls, wire: object) -> Self:
        """Read a deployment; raises `MalformedMessage`."""
        fields = mapping_in(wire, "a deployment")
        return cls(
            deployment_id=text_in(fields, "deployment_id"),
            ref=optional_text_in(fields, "ref"),
            artifact_url=optional_text_in(fields, "artifact_url"),
            hot_deploy=truth_in(fields, "hot_deploy"),
            force_clean_build=truth_in(fields, "force_clean_build"),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """One thing one node is told to do with one gear; the same `command_id` is never done twice.

    The arguments of each kind:
    `create_gear`: `application`, `namespace`, `profile` (texts), `cartridges` (list), `start` (bool), and where they
    say something `deployment_id` (text), `additional_gigabytes` (whole number), `stopped_cartridges` (list of names);
    `add_cartridge`: `cartridge` (a cartridge);
    `remove_cartridge`, `expose_endpoints`, `conceal_endpoints`, `thread_dump`, `start_cartridge`, `stop_cartridge`,
    `restart_cartridge`, `reload_cartridge`: `cartridge` (its name);
    `activate_deployment`: those of a `DeploymentSpec`; `set_storage`: `additional_gigabytes` (whole number);
    `stop_gear`: `force` (bool); `destroy_gear`: `drain_seconds` (number); the others take none.

    `undoes` names the commands that this one takes back, which are not to be done any more. `issued` rises with each
    wish of one sort: for the state of gear and cartridges, for the deployment, for the storage. One with a lower number
    than the newest of its sort comes too late. 0: it has no number.
    """

    command_id: str
    node_id: str
    kind: CommandKind
    gear_id: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    undoes: tuple[str, ...] = ()
    issued: int = 0

    def to_wire(self) -> dict[str, object]:
        """Show the command as JSON-ready data; `undoes` and `issued` only where they say something."""
        wire: dict[str, object] = {
            "command_id": self.command_id,
            "node_id": self.node_id,
            "kind": self.kind.value,
            "gear_id": self.gear_id,
            "arguments": dict(self.arguments),
        }
        if self.undoes:
            wire["undoes"] = list(self.undoes)
        if self.issued:
            wire["issued"] = self.issued
        return wire

    @classmethod
    def from_wire(cls, wire: Mapping[str, object]) -> Self:
        """Read a command; raises `MalformedMessage`.

        What the arguments hold is judged by the agent, so that a command with a sound envelope gets a reply.
        """
        fields = mapping_in(wire, "a command")
        return cls(
            command_id=text_in(fields, "command_id"),
            node_id=text_in(fields, "node_id"),
            kind=_kind_in(fields),
            gear_id=text_in(fields, "gear_id"),
            arguments=mapping_in(fields.get("arguments", {}), "arguments"),
            undoes=texts_in(fields, "undoes") if "undoes" in fields else (),
            issued=whole_in(fields, "issued") if "issued" in fields else 0,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ExposedEndpoint:
    """A public port of the node and the private address and port of the gear it forwards to."""

    cartridge: str
    port_name: str
    public_port: int
    internal_address: str
    internal_port: int

    def to_wire(self) -> dict[str, object]:
        """Show the exposed endpoint as JSON-ready data."""
        return {
            "cartridge": self.cartridge,
            "port_name": self.port_name,
            "public_port": self.public_port,
            "internal_address": self.internal_address,
            "internal_port": self.internal_port,
        }

    @classmethod
    def from_wire(cls, wire: object) -> Self:
        """Read an exposed endpoint; raises `MalformedMessage`."""
        fields = mapping_in(wire, "an exposed endpoint")
        return cls(
            cartridge=text_in(fields, "cartridge"),
            port_name=text_in(fields, "port_name"),
            public_port=port_in(fields, "public_port"),
            internal_address=text_in(fields, "internal_address"),
            internal_port=port_in(fields, "internal_port"),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What a node answers to one command: done, or not done and why.

    `gear_state` is "started", "stopped", or None when the node has no such gear (any more).
    `endpoints` are those exposed by this command, not all of the gear.
    `output` is what a thread dump has to say to its user, at most 8 KiB.
    """

    command_id: str
    node_id: str
    ok: bool
    error_code: str | None = None
    error: str | None = None
    gear_state: str | None = None
    uid: int | None = None
    endpoints: tuple[ExposedEndpoint, ...] = ()
    output: str | None = None

    def to_wire(self) -> dict[str, object]:
        """Show the reply as JSON-ready data; `output` only where there is some."""
        wire: dict[str, object] = {
            "command_id": self.command_id,
            "node_id": self.node_id,
            "ok": self.ok,
            "error_code": self.error_code,
            "error": self.error,
            "gear_state": self.gear_state,
            "uid": self.uid,
            "endpoints": [endpoint.to_wire() for endpoint in self.endpoints],
        }
        if self.output is not None:
            wire["output"] = self.output
        return wire

    @classmethod
    def from_wire(cls, wire: Mapping[str, object]) -> Self:
        """Read a reply; raises `MalformedMessage`."""
        fields = mapping_in(wire, "a reply")
        return cls(
            command_id=text_in(fields, "command_id"),
            node_id=text_in(fields, "node_id"),
            ok=truth_in(fields, "ok"),
            error_code=optional_text_in(fields, "error_code"),
            error=optional_text_in(fields, "error"),
            gear_state=optional_text_in(fields, "gear_state"),
            uid=None if fields.get("uid") is None else whole_in(fields, "uid"),
            endpoints=tuple(ExposedEndpoint.from_wire(each) for each in list_in(fields, "endpoints")),
            output=optional_text_in(fields, "output"),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Heartbeat:
    """A node's word that it is alive: `number` rises within one `boot_id`, which changes with each boot."""

    node_id: str
    boot_id: str
    number: int
    gears: int

    def to_wire(self) -> dict[str, object]:
        """Show the heartbeat as JSON-ready data."""
        return {"node_id": self.node_id, "boot_id": self.boot_id, "number": self.number, "gears": self.gears}

    @classmethod
    def from_wire(cls, wire: Mapping[str, object]) -> Self:
        """Read a heartbeat; raises `MalformedMessage`."""
        fields = mapping_in(wire, "a heartbeat")
        return cls(
            node_id=text_in(fields, "node_id"),
            boot_id=text_in(fields, "boot_id"),
            number=whole_in(fields, "number"),
            gears=whole_in(fields, "gears"),
        )


def _kind_in(fields: Mapping[str, object]) -> CommandKind:
    name = text_in(fields, "kind")
    try:
        return CommandKind(name)
    except ValueError:
        raise MalformedMessage(f"kind is {name!r}, and no node command is called that") from None
