"""How long to wait before trying again: longer each time, and never all listeners at once."""

from random import Random


class Backoff:
    """Waits from `first_seconds`, doubled up to `most_seconds`, each shortened by up to half of it."""

    def __init__(self, *, first_seconds: float = 0.5, most_seconds: float = 30.0, chance: Random | None = None) -> None:
        """`chance` draws the jitter."""
        self._first = first_seconds
        self._most = most_seconds
        self._chance = chance or Random()  # noqa: S311 - spreads load, guards nothing
        self._next = first_seconds

    def next_seconds(self) -> float:
        """The wait before the next try."""
        wait, self._next = self._next, min(self._next * 2, self._most)
        return wait * (1 - self._chance.random() / 2)

    def reset(self) -> None:
        """Begin again with the first wait, after a success."""
        self._next = self._first
