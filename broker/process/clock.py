"""The clock of the machine."""

import time


class SystemClock:
    """Seconds since 1970, UTC."""

    def now(self) -> float:
        """The time now."""
        return time.time()
