"""Tells the relay of committed events, and followers of numbered ones, without anybody polling."""

import threading


class LocalSignal:
    """Two conditions of this process; a follower in another process asks the database instead."""

    def __init__(self) -> None:
        self._committed = threading.Event()
        self._condition = threading.Condition()
        self._position = 0
        self._closed = False

    def committed(self) -> None:
        """The relay wakes."""
        self._committed.set()

    def wait_committed(self, timeout: float) -> None:
        """Return once events may have been committed, or the time has passed."""
        self._committed.wait(timeout)
        self._committed.clear()

    def numbered(self, position: int) -> None:
        """Followers wake."""
        with self._condition:
            self._position = max(self._position, position)
            self._condition.notify_all()

    def wait_numbered(self, after: int, timeout: float) -> bool:
        """True as soon as a position past `after` can be read, False when the time has passed or nothing will come."""
        with self._condition:
            self._condition.wait_for(lambda: self._closed or self._position > after, timeout)
            return self._position > after

    def close(self) -> None:
        """Nothing will come any more: everybody wakes."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
        self._committed.set()
