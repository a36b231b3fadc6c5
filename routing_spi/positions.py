"""Which positions of the log are contained in what a follower knows."""

from collections.abc import Iterable
from typing import Final

# Positions remembered beyond a missing one. A listener bound to a part of the events never sees the missing
# ones, so the memory must end somewhere; what is forgotten only means that `through` waits for the next snapshot.
AHEAD_AT_MOST: Final = 16_384


class Positions:
    """All positions up to `through`, and those of `ahead`.

    Over the bus the events of different applications come in any order, since several relays share the work:
    a missing position there says nothing, and only the sequence of an application tells what is missing.
    """

    __slots__ = ("_highest", "ahead", "through")

    def __init__(self, *, through: int = 0, ahead: Iterable[int] = ()) -> None:
        self.through = through
        self.ahead = set(ahead)
        self._highest = max(self.ahead, default=through)

    @property
    def highest(self) -> int:
        """The highest position heard of."""
        return max(self._highest, self.through)

    def misses_before(self, position: int) -> bool:
        """True if some position before `position` has not been heard of."""
        return position > self.through + 1 and any(p not in self.ahead for p in range(self.through + 1, position))

    def has(self, position: int | None) -> bool:
        """True if hearing of `position` changes nothing."""
        return position is None or position <= self.through or position in self.ahead

    def hear(self, position: int | None) -> None:
        """Note that the event at `position` has come; one without a position changes nothing."""
        if position is None or position <= self.through:
            return
        if position != self.through + 1:
            self._keep_ahead(position)
            return
        self.through = position
        while self.through + 1 in self.ahead:
            self.through += 1
            self.ahead.remove(self.through)

    def skip_to(self, position: int | None) -> None:
        """Note that nothing up to `position` is missing: what has not come belongs to other readers."""
        if position is not None and position > self.through:
            self.through = position
            self.ahead = {each for each in self.ahead if each > position}

    def _keep_ahead(self, position: int) -> None:
        self.ahead.add(position)
        self._highest = max(self._highest, position)
        if len(self.ahead) > AHEAD_AT_MOST:
            # Half at once, so that a listener that never sees the missing ones pays for the sorting rarely.
            self.ahead = set(sorted(self.ahead)[AHEAD_AT_MOST // 2 :])
