"""Carries out the operations that nobody waits for, several at once, and takes over those whose process has ended."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from broker.core.ids import OperationId
from broker.interfaces import OperationRecord, Platform
from broker.usecases.open_operations import go_on, let_go_of_forgotten, take_open
from broker.workers.loop import Worker

_log = logging.getLogger(__name__)

# How often the database is asked: other processes leave operations there without a word.
POLL_SECONDS = 0.25
FORGETTING_SECONDS = 2.0
# An operation that cannot be carried on is tried again after this long, then twice as long, and so on.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


class OperationRunner:
    """Runs open operations in threads of its own."""

    def __init__(self, platform: Platform, *, threads: int = 8, now: Callable[[], float] = time.monotonic) -> None:
        self._platform = platform
        self._threads = threads
        self._now = now
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="operation")
        self._lock = threading.Lock()
        self._busy = 0
        self._pauses: dict[OperationId, _Pause] = {}

    def tick(self) -> None:
        """Take what there is, as much as there are threads for it."""
        self._platform.turns.wait_opened(POLL_SECONDS)
        with self._lock:
            free = self._threads - self._busy
            now = self._now()
            # What another process has ended meanwhile is never heard of again here.
            self._pauses = {each: pause for each, pause in self._pauses.items() if now < pause.until + LONGEST_PAUSE}
            skipped = frozenset(each for each, pause in self._pauses.items() if now < pause.until)
        for operation in take_open(self._platform, free, skipped=skipped) if free else ():
            with self._lock:
                self._busy += 1
            self._pool.submit(self._run, operation)

    def _run(self, operation: OperationRecord) -> None:
        failed = False
        try:
            go_on(self._platform, operation)
        except Exception:  # noqa: BLE001 whatever is wrong with one operation, others go on
            failed = True
            _log.exception("operation could not be carried on", extra={"operation_id": operation.operation_id})
        finally:
            with self._lock:
                self._busy -= 1
                before = self._pauses.pop(operation.operation_id, None)
                if failed:
                    self._pauses[operation.operation_id] = _longer(before, self._now())
            self._platform.turns.opened()  # a thread is free

    def finish(self, seconds: float) -> bool:
        """Wait for the operations that run; False if one has not ended in so many seconds."""
        deadline = self._now() + seconds
        while self._busy and self._now() < deadline:
            self._platform.turns.wait_opened(POLL_SECONDS)
        return not self._busy

    def worker(self) -> Worker:
        """The loop of this runner."""
        return Worker("operations", self.tick, finish=self.finish)


@dataclass(frozen=True)
class _Pause:
    seconds: float
    until: float


def _longer(before: _Pause | None, now: float) -> _Pause:
    seconds = FIRST_PAUSE if before is None else min(2 * before.seconds, LONGEST_PAUSE)
    return _Pause(seconds, now + seconds)


def forgetting(platform: Platform) -> Worker:
    """The loop that leaves no operation in the hands of a process that has dropped it."""

    def tick() -> None:
        let_go_of_forgotten(platform)

    return Worker("forgotten-operations", tick, pause_seconds=FORGETTING_SECONDS)
