"""The gears of one node, their uids and their ports."""

from node_agent.addresses import ADDRESSES_PER_UID, NodeLayout
from node_agent.gear import Gear, GearState
from node_agent.refusals import GearExists, GearUnknown, NoAddressesLeft, PortNotFree
from node_agent.uid_pool import UidPool


class GearBook:
    """Which gears are on the node; two gears never hold the same uid, so never the same port.

    An empty book is a few hundred bytes, and a gear costs what the gear itself costs.
    One thread at a time.
    """

    __slots__ = ("_gears", "_uids", "layout")

    def __init__(self, layout: NodeLayout) -> None:
        self.layout = layout
        self._uids = UidPool(layout)
        self._gears: dict[str, Gear] = {}

    def __len__(self) -> int:
        """Count the gears."""
        return len(self._gears)

    @property
    def turn(self) -> int:
        """The uid whose turn is next."""
        return self._uids.turn

    @turn.setter
    def turn(self, uid: int) -> None:
        self._uids.turn = uid

    def find(self, gear_id: str) -> Gear | None:
        """Return the gear, or None where the node has no such gear."""
        return self._gears.get(gear_id)

    def get(self, gear_id: str) -> Gear:
        """Return the gear; raises `GearUnknown`."""
        gear = self._gears.get(gear_id)
        if gear is None:
            raise GearUnknown(gear_id)
        return gear

    def draft(self, gear_id: str, state: GearState) -> Gear:
        """Return an empty gear in that state with a free uid, not yet in the book.

        Raises `GearExists`, `NoUidsLeft`.
        """
        if gear_id in self._gears:
            raise GearExists(gear_id)
        return Gear(gear_id=gear_id, uid=self._uids.next_free(), state=state)

    def enter(self, gear: Gear) -> None:
        """Add a gear that was drafted; raises `GearExists`, `UidNotFree`."""
        if gear.gear_id in self._gears:
            raise GearExists(gear.gear_id)
        self._uids.take(gear.uid)
        self._gears[gear.gear_id] = gear

    def adopt(self, gear: Gear) -> None:
        """Add a gear that exists already, with its uid, ports and state as they were recorded elsewhere.

        Raises `GearExists`, `UidNotFree`, `NoAddressesLeft` where two of its cartridges would share a private
        address or have none, and `PortNotFree` where its ports are not those of its uid, or are not one for
        each endpoint of each exposed cartridge.
        """
        hosts = {each.host for each in gear.cartridges}
        if len(hosts) < len(gear.cartridges) or not all(0 < host < ADDRESSES_PER_UID for host in hosts):
            raise NoAddressesLeft(gear.gear_id)
        ports = tuple(gear.public_ports())
        whole = all(len(each.public_ports) in {0, len(each.spec.endpoints)} for each in gear.cartridges)
        if not whole or len(set(ports)) < len(ports) or not set(ports) <= set(self.layout.port_block(gear.uid)):
            raise PortNotFree(gear.gear_id, ports)
        self.enter(gear)

    def keep(self, gear: Gear) -> None:
        """Replace a gear by its new value, which has the same uid; raises `GearUnknown`."""
        self.get(gear.gear_id)
        self._gears[gear.gear_id] = gear

    def remove(self, gear_id: str) -> None:
        """Take a gear out and free its uid; raises `GearUnknown`."""
        gear = self.get(gear_id)
        del self._gears[gear_id]
        self._uids.give_back(gear.uid)

    def clear(self) -> None:
        """Forget all gears, and whose turn it was."""
        self._uids = UidPool(self.layout)
        self._gears.clear()

    def snapshot(self) -> tuple[Gear, ...]:
        """List the gears in the order they came."""
        return tuple(self._gears.values())
