"""A thread that does one thing again and again until it is told to stop."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from broker.core.errors import StorageUnavailable

_log = logging.getLogger(__name__)

# How long a worker that has failed waits before it tries again.
RETRY_SECONDS = 1.0


class Worker:
    """Runs `tick` until stopped, with a pause of so many seconds between one and the next.

    A tick that fails is logged once, however often it fails in a row, and tried again after a while.
    What ticks have begun elsewhere `finish` waits for: so many seconds at most, and says whether all of it has ended.
    """

    def __init__(
        self,
        name: str,
        tick: Callable[[], None],
        *,
        pause_seconds: float = 0.0,
        finish: Callable[[float], bool] = lambda _: True,
    ) -> None:
        self.name = name
        self._tick = tick
        self._pause = pause_seconds
        self._finish = finish
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Begin no further tick; returns at once."""
        self._stopping.set()

    def stop(self, timeout: float = 5.0) -> bool:
        """End after the tick that runs now; False if that, or what it has begun, has not ended in time."""
        deadline = time.monotonic() + timeout
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        return self._finish(max(0.0, deadline - time.monotonic())) and not self._thread.is_alive()

    def _run(self) -> None:
        failing = False
        while not self._stopping.is_set():
            try:
                self._tick()
                failing = False
                if self._pause:
                    self._stopping.wait(self._pause)
            except StorageUnavailable as away:
                # Where it comes from is known, and every loop of every process meets it at once.
                if not failing:
                    _log.warning("worker waits for the database", extra={"worker": self.name, "reason": away.text})
                failing = True
                self._stopping.wait(RETRY_SECONDS)
            except Exception:  # noqa: BLE001 a loop outlives whatever a tick runs into
                if not failing:
                    _log.exception("worker failed", extra={"worker": self.name})
                failing = True
                self._stopping.wait(RETRY_SECONDS)


def stop_all(workers: Sequence[Worker], seconds: float = 5.0) -> bool:
    """End them together, each after the tick that runs now; False if one of them has not ended in so many seconds."""
    deadline = time.monotonic() + seconds
    for worker in workers:
        worker.ask_to_stop()
    ended = [worker.stop(max(0.0, deadline - time.monotonic())) for worker in workers]
    return all(ended)
