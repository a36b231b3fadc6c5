"""Tells nodes what they have missed.

A worker of its own, because a node that does not answer holds it up, and must not hold up the watch over all others.
"""

import time
from collections.abc import Callable

from broker.core.ids import NodeId
from broker.interfaces import Platform
from broker.usecases.nodes import tell_all_missed
from broker.workers.loop import Worker

PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 15.0


class CatchingUp:
    """Leaves no command untold.

    A node that is heard of and does nothing of what it is told is left alone for a while, each time for twice as
    long, so that the others need not wait for it again and again.
    """

    def __init__(self, platform: Platform, *, now: Callable[[], float] = time.monotonic) -> None:
        self._platform = platform
        self._now = now
        # The pause of each node that did nothing, and when it ends.
        self._pauses: dict[NodeId, tuple[float, float]] = {}

    def tick(self) -> None:
        """Tell all nodes but those that are left alone."""
        now = self._now()
        resting = [node_id for node_id, (_, ends) in self._pauses.items() if ends > now]
        missed = tell_all_missed(self._platform, resting)
        for node_id in missed.told - missed.in_vain:
            self._pauses.pop(node_id, None)
        for node_id in missed.in_vain:
            before, _ = self._pauses.get(node_id, (PAUSE_SECONDS, now))
            pause = min(LONGEST_PAUSE_SECONDS, 2 * before)
            self._pauses[node_id] = (pause, self._now() + pause)


def catching_up(platform: Platform) -> Worker:
    """The loop that leaves no command untold."""
    return Worker("catching-up", CatchingUp(platform).tick, pause_seconds=PAUSE_SECONDS)
