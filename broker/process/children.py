"""Several processes that do the same work, each replaced when it dies, under a parent that does nothing else."""

import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable

_log = logging.getLogger(__name__)

# A child that dies at once is begun again no more often than this.
LEAST_LIFE_SECONDS = 1.0
POLL_SECONDS = 1.0
_ENDING = {signal.SIGTERM, signal.SIGINT}


class Children:
    """`count` children that each run `work` and end with its result.

    A child that ends by itself is replaced, unless it ends with `final`: then all end, since another would end so too.
    The parent must have no thread when it begins: children are its forks. A child whose parent is gone ends itself.
    """

    def __init__(self, count: int, work: Callable[[], int], *, final: int, ending_seconds: float) -> None:
        self._count = count
        self._work = work
        self._final = final
        self._ending_seconds = ending_seconds
        self._begun: set[int] = set()
        self._latest: float | None = None
        self._lifeline = os.pipe()

    def run(self, begun: Callable[[], None]) -> int:
        """Run until SIGTERM, SIGINT or a final child; `begun` is called once all are there. Returns the exit status."""
        watched = {*_ENDING, signal.SIGCHLD}
        signal.pthread_sigmask(signal.SIG_BLOCK, watched)
        try:
            self._replace()
            begun()
            while True:
                told = signal.sigtimedwait(watched, POLL_SECONDS)
                if told is not None and told.si_signo in _ENDING:
                    return 0
                if self._final in self._reap():
                    return self._final
                self._replace()
        finally:
            self._end()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, watched)

    def _replace(self) -> None:
        missing = self._count - len(self._begun)
        if self._latest is not None:
            # All at once in the beginning; later one a moment, so that children that cannot live do not spin.
            missing = min(missing, int(time.monotonic() - self._latest >= LEAST_LIFE_SECONDS))
        for _ in range(missing):
            pid = os.fork()
            if pid == 0:
                self._be_child()
            self._begun.add(pid)
            self._latest = time.monotonic()

    def _reap(self) -> list[int]:
        """The statuses of the children that have ended."""
        statuses = []
        for pid in list(self._begun):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self._begun.remove(pid)
                statuses.append(os.waitstatus_to_exitcode(status))
                _log.warning("a process has ended", extra={"pid": pid, "status": statuses[-1]})
        return statuses

    def _end(self) -> None:
        """Tell all to end, wait for them, and kill who does not."""
        for pid in self._begun:
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + self._ending_seconds
        while self._begun and (left := deadline - time.monotonic()) > 0:
            signal.sigtimedwait({signal.SIGCHLD}, min(left, POLL_SECONDS))
            self._bury_ended()
        for pid in self._begun:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        self._begun.clear()

    def _bury_ended(self) -> None:
        for pid in list(self._begun):
            if os.waitpid(pid, os.WNOHANG)[0]:
                self._begun.remove(pid)

    def _be_child(self) -> None:
        status = 1
        try:
            os.close(self._lifeline[1])
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {*_ENDING, signal.SIGCHLD})
            threading.Thread(target=self._end_with_parent, name="lifeline", daemon=True).start()
            status = self._work()
        except KeyboardInterrupt:
            status = 0
        except BaseException:  # noqa: BLE001 a fork must never go on in its parent's code
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _end_with_parent(self) -> None:
        os.read(self._lifeline[0], 1)  # nothing is ever written: it returns when the parent is no more
        os.kill(os.getpid(), signal.SIGTERM)
