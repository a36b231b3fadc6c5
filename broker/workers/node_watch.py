"""Watches the heartbeats of the nodes: who has been silent for too long, and who is back."""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from broker.core.ids import NodeId
from broker.core.node import Liveness, is_overdue
from broker.interfaces import Platform
from broker.usecases.nodes import change_liveness, known_and_silent
from broker.workers.loop import Worker

Listening = tuple[float, float]


class NodeWatch:
    """Knows when each node was last heard of; one nobody has heard of yet counts from when it was first seen.

    Several may watch the same nodes. `listening` says from when to when, without a break and by the clock of `now`,
    a heartbeat would have been heard here: silence counts only then, so that a watch that was cut off from the bus,
    or has just begun, takes no node for lost. What another watch has noted already is not noted again.
    """

    def __init__(
        self,
        platform: Platform,
        heard: Callable[[], Iterable[str]],
        *,
        interval_seconds: float,
        missed_allowed: int,
        now: Callable[[], float] = time.monotonic,
        listening: Callable[[], Listening] | None = None,
    ) -> None:
        self._platform = platform
        self._heard = heard
        self._interval = interval_seconds
        self._missed = missed_allowed
        self._now = now
        self._listening = listening
        self._last: dict[NodeId, float] = {}

    def tick(self) -> None:
        """Take in who was heard of, and note who has been silent for too long and who is back."""
        now = self._now()
        since, until = self._listening() if self._listening else (0.0, now)
        heard = [NodeId(node_id) for node_id in self._heard()]
        known, silent = known_and_silent(self._platform)
        # Anybody can say anything on the bus: who is not registered is not remembered.
        self._last = {node_id: self._last.get(node_id, now) for node_id in known}
        self._last.update((node_id, now) for node_id in heard if node_id in self._last)
        lost = [node_id for node_id, last in self._last.items() if self._is_overdue(max(last, since), until)]
        lost = [node_id for node_id in lost if node_id not in silent]
        if lost:
            change_liveness(self._platform, sorted(lost), Liveness.UNRESPONSIVE)
        back = silent.intersection(heard)
        if back:
            change_liveness(self._platform, sorted(back), Liveness.RESPONSIVE)

    def _is_overdue(self, last: float, now: float) -> bool:
        # Nearly all have just been heard of, and there may be ten thousand of them.
        return now - last > self._interval and is_overdue(
            datetime.fromtimestamp(last, tz=UTC),
            datetime.fromtimestamp(now, tz=UTC),
            self._interval,
            self._missed,
        )

    def worker(self) -> Worker:
        """The loop of this watch."""
        return Worker("node-watch", self.tick, pause_seconds=self._interval)
