"""What a heartbeat says."""

from node_agent.protocol import Heartbeat


class Heart:
    """Makes the heartbeats of one node; their number rises from 1 within a boot."""

    __slots__ = ("_boot_id", "_node_id", "_number")

    def __init__(self, node_id: str, boot_id: str) -> None:
        self._node_id = node_id
        self._boot_id = boot_id
        self._number = 0

    def beat(self, gears: int) -> Heartbeat:
        """Return the next heartbeat, of a node that carries this many gears."""
        self._number += 1
        return Heartbeat(node_id=self._node_id, boot_id=self._boot_id, number=self._number, gears=gears)

    def reboot(self, boot_id: str) -> None:
        """Begin a new boot, numbered from 1 again; raises `ValueError` if it is the boot that ended."""
        if boot_id == self._boot_id:
            raise ValueError(f"boot {boot_id} is the one that ended")
        self._boot_id = boot_id
        self._number = 0
