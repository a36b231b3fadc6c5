"""Tells a DNS server beside the broker the names, as soon as they have changed and for as long as it takes."""

import logging
import time
from collections.abc import Callable

from broker.interfaces import FenceMoved, Platform, RemoteDns, RemoteDnsUnavailable
from broker.usecases.name_publication import Told, find_fence, tell_names
from broker.workers.loop import Worker

# The table is looked at this often even if nothing was said, for names that another process has changed.
POLL_SECONDS = 0.25
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 15.0
# Of names that no server can write: only other settings, and so another process, can mend that.
LONGEST_PAUSE_UNWRITABLE_SECONDS = 600.0

_log = logging.getLogger(__name__)


class NamePublication:
    """What was in vain is tried again after a pause, and each pause is twice as long as the one before.

    A server that takes nothing is left alone meanwhile. One that refuses some names is told the others at once.
    """

    def __init__(self, platform: Platform, server: RemoteDns, *, now: Callable[[], float] = time.monotonic) -> None:
        self._platform = platform
        self._server = server
        self._now = now
        self._is_new = True
        self._is_away = False
        self._pause = 0.0
        self._again_at = now()

    def tick(self) -> None:
        """Wait for names that have changed, then tell them."""
        self._platform.names_changed.wait(POLL_SECONDS)
        self._platform.names_changed.clear()
        again = self._now() >= self._again_at
        if self._is_away and not again:
            return
        try:
            told = tell_names(self._platform, self._server, again=again)
            if self._is_new:  # a server may have been put beside a broker that has names already
                find_fence(self._platform, self._server)
        except FenceMoved:
            return  # another worker is at it
        except RemoteDnsUnavailable as unavailable:
            self._failed(str(unavailable))
            return
        self._succeeded(told, again=again)

    def _failed(self, reason: str) -> None:
        if not self._is_away:
            _log.warning("names cannot be published; this is tried again", extra={"reason": reason})
        self._is_away = True
        self._wait_longer(LONGEST_PAUSE_SECONDS)

    def _succeeded(self, told: Told, *, again: bool) -> None:
        if self._is_away:
            _log.info("names are published again")
        self._is_new = self._is_away = False
        if again and told.all_told:
            self._pause = 0.0
        elif again:
            self._wait_longer(LONGEST_PAUSE_SECONDS if told.refused else LONGEST_PAUSE_UNWRITABLE_SECONDS)
        elif told.refused:
            self._again_at = min(self._again_at, self._now() + LONGEST_PAUSE_SECONDS)

    def _wait_longer(self, longest: float) -> None:
        self._pause = min(longest, max(FIRST_PAUSE_SECONDS, 2 * self._pause))
        self._again_at = self._now() + self._pause


def name_publication(platform: Platform) -> list[Worker]:
    """The loop that publishes names; none where names are answered from the table only."""
    if platform.remote_dns is None:
        return []
    return [Worker("name-publication", NamePublication(platform, platform.remote_dns).tick)]
