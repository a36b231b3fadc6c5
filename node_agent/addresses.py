"""The arithmetic of a node: which public ports and private addresses belong to a uid."""

from dataclasses import dataclass

PORTS_END = 65536
ADDRESSES_PER_UID = 128
LOOPBACK = 127 << 24


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeLayout:
    """The uids a node gives to gears, and the public ports of each; one value serves any number of nodes.

    The defaults are the field's: 6000 uids and 6001 blocks of 5 ports, so that no two uids share a block.
    Raises `ValueError` where two uids would.
    """

    port_begin: int = 35531
    ports_per_uid: int = 5
    uid_begin: int = 500
    first_uid: int = 1000
    last_uid: int = 6999

    def __post_init__(self) -> None:
        """Refuse a layout in which uids would share ports."""
        if not 0 < self.uids <= self.blocks:
            raise ValueError(f"{self.uids} uids cannot share {self.blocks} blocks of public ports")

    @property
    def uids(self) -> int:
        """How many uids there are."""
        return self.last_uid - self.first_uid + 1

    @property
    def blocks(self) -> int:
        """How many blocks of public ports there are."""
        return (PORTS_END - self.port_begin) // self.ports_per_uid

    def port_block(self, uid: int) -> range:
        """Return the public ports of a uid; blocks wrap round at the highest port."""
        block = (uid - self.uid_begin) % self.blocks
        begin = self.port_begin + self.ports_per_uid * block
        return range(begin, begin + self.ports_per_uid)


def private_address(uid: int, host: int) -> str:
    """Return the loopback address of host number `host` (1..127) of a uid: 127.0.0.0 + uid * 128 + host."""
    number = LOOPBACK + uid * ADDRESSES_PER_UID + host
    return f"127.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
