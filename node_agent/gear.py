"""A gear as its node knows it: its uid, its state, its cartridges, and the public ports that lead to them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from node_agent.addresses import ADDRESSES_PER_UID, NodeLayout, private_address
from node_agent.protocol import CartridgeSpec, ExposedEndpoint
from node_agent.refusals import CartridgeAbsent, CartridgePresent, NoAddressesLeft, NoPortsLeft


class GearState(StrEnum):
    """Whether the cartridges of a gear are running, but for those that are stopped on their own."""

    STARTED = "started"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True, slots=True)
class CarriedCartridge:
    """A cartridge of a gear; `host` is the number (1..127) of its private address within the gear.

    `public_ports` are those of the spec's endpoints, in their order; none while they are concealed.
    `stopped` is that it does not run even while its gear does; `issued` is the number of the newest wish for that.
    """

    spec: CartridgeSpec
    host: int
    public_ports: tuple[int, ...] = ()
    stopped: bool = False
    issued: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Gear:
    """One gear; every change gives a new value, so that what cannot be done changes nothing.

    `issued` is the number of the newest wish for its state that was heard of; `deployment_issued` and
    `storage_issued` are those of the newest wishes for its deployment and its storage.
    """

    gear_id: str
    uid: int
    state: GearState
    cartridges: tuple[CarriedCartridge, ...] = ()
    issued: int = 0
    deployment_id: str | None = None
    deployment_issued: int = 0
    additional_gigabytes: int = 0
    storage_issued: int = 0

    def carried(self, cartridge: str) -> CarriedCartridge | None:
        """Return the cartridge of that name, or None where the gear does not carry it."""
        for each in self.cartridges:
            if each.spec.name == cartridge:
                return each
        return None

    def stopped_cartridges(self) -> tuple[str, ...]:
        """List the names of the cartridges that do not run even while the gear does."""
        return tuple(each.spec.name for each in self.cartridges if each.stopped)

    def runs(self, cartridge: str) -> bool:
        """Say whether that cartridge runs: the gear carries it, and neither of them is stopped."""
        carried = self.carried(cartridge)
        return carried is not None and not carried.stopped and self.state is GearState.STARTED

    def public_ports(self) -> Iterator[int]:
        """List the public ports that lead to this gear."""
        return (port for each in self.cartridges for port in each.public_ports)

    def endpoints(self) -> tuple[ExposedEndpoint, ...]:
        """List the exposed endpoints of all its cartridges, in the order the cartridges were added."""
        return tuple([endpoint for each in self.cartridges for endpoint in _exposed(self.uid, each)])

    def endpoints_of(self, cartridge: str) -> tuple[ExposedEndpoint, ...]:
        """List the exposed endpoints of one cartridge; none while they are concealed or it is not carried."""
        carried = self.carried(cartridge)
        return () if carried is None else tuple(_exposed(self.uid, carried))


def with_cartridge(gear: Gear, spec: CartridgeSpec) -> Gear:
    """Return the gear with one more cartridge, concealed; raises `CartridgePresent`, `NoAddressesLeft`."""
    if gear.carried(spec.name) is not None:
        raise CartridgePresent(gear.gear_id, spec.name)
    held = {each.host for each in gear.cartridges}
    host = next((number for number in range(1, ADDRESSES_PER_UID) if number not in held), None)
    if host is None:
        raise NoAddressesLeft(gear.gear_id)
    return _carrying(gear, (*gear.cartridges, CarriedCartridge(spec=spec, host=host)))


def furnished(gear: Gear, specs: Sequence[CartridgeSpec], layout: NodeLayout) -> Gear:
    """Return an empty gear with all these cartridges added and exposed in their order, in one go.

    The same as adding and exposing them one by one.
    Raises `CartridgePresent`, `NoAddressesLeft`, `NoPortsLeft`.
    """
    block = layout.port_block(gear.uid)
    cartridges: list[CarriedCartridge] = []
    names: set[str] = set()
    used = 0
    for host, spec in enumerate(specs, start=1):
        if spec.name in names:
            raise CartridgePresent(gear.gear_id, spec.name)
        if host >= ADDRESSES_PER_UID:
            raise NoAddressesLeft(gear.gear_id)
        wanted = len(spec.endpoints)
        if used + wanted > len(block):
            raise _no_ports_left(gear.uid, host, spec, len(block) - used)
        names.add(spec.name)
        ports = tuple(block[used : used + wanted])
        cartridges.append(CarriedCartridge(spec=spec, host=host, public_ports=ports))
        used += wanted
    return _carrying(gear, tuple(cartridges))


def with_carried(gear: Gear, before: CarriedCartridge, after: CarriedCartridge) -> Gear:
    """Return the gear with one of its cartridges replaced by its new value."""
    return _carrying(gear, tuple(after if each is before else each for each in gear.cartridges))


def without_cartridge(gear: Gear, cartridge: str) -> Gear:
    """Return the gear without that cartridge and its ports; the same gear where it carries no such thing."""
    return _carrying(gear, tuple(each for each in gear.cartridges if each.spec.name != cartridge))


def exposing(gear: Gear, cartridge: str, layout: NodeLayout) -> Gear:
    """Return the gear with that cartridge's endpoints exposed; those exposed already keep their ports.

    Each takes the first free port of the gear's block. Raises `CartridgeAbsent`, `NoPortsLeft`.
    """
    carried = gear.carried(cartridge)
    if carried is None:
        raise CartridgeAbsent(gear.gear_id, cartridge)
    if carried.public_ports:
        return gear
    held = set(gear.public_ports())
    free = [port for port in layout.port_block(gear.uid) if port not in held]
    wanted = carried.spec.endpoints
    if len(wanted) > len(free):
        raise _no_ports_left(gear.uid, carried.host, carried.spec, len(free))
    return _with_ports(gear, carried, tuple(free[: len(wanted)]))


def concealing(gear: Gear, cartridge: str) -> Gear:
    """Return the gear with no public port leading to that cartridge; the same gear where none does."""
    carried = gear.carried(cartridge)
    return gear if carried is None else _with_ports(gear, carried, ())


def _with_ports(gear: Gear, carried: CarriedCartridge, ports: tuple[int, ...]) -> Gear:
    return with_carried(gear, carried, replace(carried, public_ports=ports))


def _carrying(gear: Gear, cartridges: tuple[CarriedCartridge, ...]) -> Gear:
    return replace(gear, cartridges=cartridges)


def _no_ports_left(uid: int, host: int, spec: CartridgeSpec, free: int) -> NoPortsLeft:
    return NoPortsLeft(private_address(uid, host), spec.endpoints[free].internal_port)


def _exposed(uid: int, carried: CarriedCartridge) -> list[ExposedEndpoint]:
    address = private_address(uid, carried.host)
    # Not strict: a concealed cartridge has endpoints and no ports.
    pairs = zip(carried.spec.endpoints, carried.public_ports, strict=False)
    return [
        ExposedEndpoint(
            cartridge=carried.spec.name,
            port_name=endpoint.port_name,
            public_port=public_port,
            internal_address=address,
            internal_port=endpoint.internal_port,
        )
        for endpoint, public_port in pairs
    ]
