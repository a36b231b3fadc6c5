"""Says every moment that this process lives, and finds out which others do not any more."""

import logging
import socket
import time
from collections.abc import Callable

from broker.interfaces import Platform
from broker.usecases.processes import beat, beats_of_others, bury, leave, this_process
from broker.workers.loop import Worker

_log = logging.getLogger(__name__)

# So many beats may be lost before a process is dead.
BEATS = 5


class ProcessWatch:
    """Knows since when the beats of each other process have stood still, by this process's own clock.

    Silence counts only while this process itself looked on: after a pause of its own, or of the database, everybody
    has the whole time again.
    """

    def __init__(
        self, platform: Platform, role: str, *, dead_after_seconds: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._platform = platform
        self._process = this_process(platform, role, socket.gethostname())
        self._dead_after = dead_after_seconds
        self._now = now
        self._seen: dict[str, tuple[int, float]] = {}
        self._looked = now()

    def begin(self, *, alone: bool = False) -> None:
        """Be known to the others, before anything is taken in hand.

        Who is `alone`, since it has locked the data directory, takes everybody else for dead, and need not tick.
        """
        if alone:
            bury(self._platform, beats_of_others(self._platform))
        beat(self._platform, self._process)
        self._looked = self._now()

    def tick(self) -> None:
        """Beat, look at the others, and bury those whose beats have stood still for too long."""
        if not beat(self._platform, self._process):
            _log.warning("this process was taken for dead and goes on")
        beats = beats_of_others(self._platform)
        now = self._now()
        if now - self._looked > self._dead_after / 2:
            self._seen.clear()
        self._looked = now
        before = self._seen
        self._seen = {
            each: before[each] if each in before and before[each][0] == count else (count, now)
            for each, count in beats.items()
        }
        dead = {each: count for each, (count, since) in self._seen.items() if now - since > self._dead_after}
        if dead:
            released = bury(self._platform, dead)
            _log.warning("processes are dead", extra={"processes": sorted(dead), "operations": released})

    def end(self) -> None:
        """Others need not wait for this process: it ends."""
        leave(self._platform)

    def worker(self) -> Worker:
        """The loop of this watch."""
        return Worker("processes", self.tick, pause_seconds=self._dead_after / BEATS)
