"""Gates: one request at a time an application, first come first served, within this process."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from broker.core.errors import ApplicationBusy
from broker.core.ids import ApplicationId


class LocalGates:
    """A queue for each application that somebody is in; nothing is kept for the others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[ApplicationId, deque[threading.Event]] = {}

    @contextmanager
    def enter(self, application_id: ApplicationId, timeout: float) -> Iterator[None]:
        """Wait for the turn; raises `ApplicationBusy` if it does not come in `timeout` seconds."""
        turn = threading.Event()
        with self._lock:
            queue = self._queues.setdefault(application_id, deque())
            queue.append(turn)
            if queue[0] is turn:
                turn.set()
        try:
            if not turn.wait(timeout):
                raise ApplicationBusy
            yield
        finally:
            self._leave(application_id, turn)

    def _leave(self, application_id: ApplicationId, turn: threading.Event) -> None:
        with self._lock:
            queue = self._queues[application_id]
            queue.remove(turn)
            if queue:
                queue[0].set()
            else:
                del self._queues[application_id]
