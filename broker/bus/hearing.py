"""Whether this process hears the bus at all, and in time: only then does the silence of a node mean anything."""

import math
import re
import time
from collections.abc import Callable

# Who listens says something to itself, a pulse, much more often than this. What was sent before a pulse has arrived
# before it; what a pulse was under way for longer than this, or was missing for, may have been lost or is stale.
BREAK_SECONDS = 2.5
_PULSE = re.compile(r"pulse ([0-9]{1,15}\.[0-9]{1,9})")


class Hearing:
    """From when to when, without a break, every message has arrived; times are of `now`."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._span = (math.inf, 0.0)

    def begin(self) -> None:
        """A connection is there: from now on."""
        now = self._now()
        self._span = (now, now)

    def pulse(self) -> str:
        """What to say to oneself now."""
        return f"pulse {self._now():.6f}"

    def hears(self, text: str) -> bool | None:
        """None if the message is no pulse; else whether what has arrived since the last one is news, and not stale."""
        found = _PULSE.fullmatch(text)
        if found is None:
            return None
        sent_at, now = float(found[1]), self._now()
        if not now - BREAK_SECONDS <= sent_at <= now:
            return False
        since, until = self._span
        self._span = (since if sent_at - until <= BREAK_SECONDS else sent_at, sent_at)
        return True

    def span(self) -> tuple[float, float]:
        """From when to when; it does not begin before there was a connection."""
        return self._span
