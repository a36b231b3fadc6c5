"""A thread that does one thing again and again until it is told to stop."""

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)

# How long a worker that has failed waits before it tries again.
RETRY_SECONDS = 1.0


class Worker:
    """Runs `tick` until stopped, with a pause of so many seconds between one and the next.

    A tick that fails is logged once, however often it fails in a row, and tried again after a while.
    """

    def __init__(self, name: str, tick: Callable[[], None], *, pause_seconds: float = 0.0) -> None:
        self.name = name
        self._tick = tick
        self._pause = pause_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """End after the tick that runs now."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        failing = False
        while not self._stopping.is_set():
            try:
                self._tick()
                failing = False
                if self._pause:
                    self._stopping.wait(self._pause)
            except Exception:  # noqa: BLE001 a loop outlives whatever a tick runs into
                if not failing:
                    _log.exception("worker failed", extra={"worker": self.name})
                failing = True
                self._stopping.wait(RETRY_SECONDS)
