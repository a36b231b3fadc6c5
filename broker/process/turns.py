"""Who of this process waits for the turn of an operation, and which operations this process has in its hands."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from broker.core.ids import OperationId


class Turn:
    """One who waits."""

    def __init__(self) -> None:
        self._called = threading.Event()

    def call(self) -> None:
        """The wait ends now."""
        self._called.set()

    def wait(self, timeout: float) -> None:
        """Return when called, or after `timeout` seconds: the database says whose turn it is."""
        self._called.wait(timeout)
        self._called.clear()


class LocalTurns:
    """Saves this process asking the database again and again; across processes it is asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: dict[OperationId, Turn] = {}
        self._held: dict[OperationId, int] = {}
        self._opened = threading.Event()

    @contextmanager
    def waiting(self, operation_id: OperationId) -> Iterator[Turn]:
        """A turn that `call` ends, for the length of a block."""
        turn = Turn()
        with self._lock:
            self._turns[operation_id] = turn
        try:
            yield turn
        finally:
            with self._lock:
                del self._turns[operation_id]

    @property
    def somebody_waits(self) -> bool:
        """Whether anybody of this process waits for a turn."""
        return bool(self._turns)

    def call(self, operation_id: OperationId) -> None:
        """It is this operation's turn; nothing happens if nobody here waits for it."""
        with self._lock:
            turn = self._turns.get(operation_id)
        if turn is not None:
            turn.call()

    @contextmanager
    def holding(self, operation_id: OperationId) -> Iterator[None]:
        """A thread of this process has the operation in its hands for the length of a block."""
        with self._lock:
            self._held[operation_id] = self._held.get(operation_id, 0) + 1
        try:
            yield
        finally:
            with self._lock:
                self._held[operation_id] -= 1
                if not self._held[operation_id]:
                    del self._held[operation_id]

    def holds(self, operation_id: OperationId) -> bool:
        """Whether a thread of this process has it in its hands."""
        with self._lock:
            return operation_id in self._held

    def opened(self) -> None:
        """There is an operation that nobody waits for: a worker of this process wakes."""
        self._opened.set()

    def wait_opened(self, timeout: float) -> None:
        """Return once there may be such an operation, or the time has passed."""
        self._opened.wait(timeout)
        self._opened.clear()
