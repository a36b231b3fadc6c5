"""The uids of one node: each is held by one gear or free, never both and never neither."""

from node_agent.addresses import NodeLayout
from node_agent.refusals import NoUidsLeft, UidNotFree


class UidPool:
    """Uids given out in turn, so that the ports of a destroyed gear rest as long as possible.

    A router that has not yet heard of the destroyed gear would otherwise send its traffic to a stranger.
    The uids held are one integer, a bit a uid: thousands of nodes fit into one process.
    """

    __slots__ = ("_cursor", "_held", "_layout")

    def __init__(self, layout: NodeLayout) -> None:
        self._layout = layout
        self._held = 0
        self._cursor = 0

    def __contains__(self, uid: int) -> bool:
        """Say whether a gear holds `uid`."""
        index = uid - self._layout.first_uid
        return index >= 0 and bool(self._held >> index & 1)

    def __len__(self) -> int:
        """Count the uids that gears hold."""
        return self._held.bit_count()

    @property
    def turn(self) -> int:
        """The uid whose turn is next, free or not."""
        return self._layout.first_uid + self._cursor

    @turn.setter
    def turn(self, uid: int) -> None:
        self._cursor = (uid - self._layout.first_uid) % self._layout.uids

    def next_free(self) -> int:
        """Return the free uid whose turn it is, without taking it; raises `NoUidsLeft`."""
        layout = self._layout
        index = self._first_free_from(self._cursor)
        if index >= layout.uids:
            index = self._first_free_from(0)
        if index >= layout.uids:
            raise NoUidsLeft(layout.first_uid, layout.last_uid)
        return layout.first_uid + index

    def take(self, uid: int) -> None:
        """Hold `uid`; raises `UidNotFree`."""
        layout = self._layout
        if uid in self or not layout.first_uid <= uid <= layout.last_uid:
            raise UidNotFree(uid)
        index = uid - layout.first_uid
        self._held |= 1 << index
        self._cursor = (index + 1) % layout.uids

    def give_back(self, uid: int) -> None:
        """Free `uid`; one that is free stays free."""
        if uid in self:
            self._held ^= 1 << (uid - self._layout.first_uid)

    def _first_free_from(self, index: int) -> int:
        held = self._held >> index
        lowest_zero = ~held & (held + 1)
        return index + lowest_zero.bit_length() - 1
