"""Watches the heartbeats of the nodes, and tells the missed commands to those that answer."""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from broker.core.ids import NodeId
from broker.core.node import Liveness, is_overdue
from broker.interfaces import Platform
from broker.usecases.nodes import change_liveness, list_nodes, tell_all_missed
from broker.workers.loop import Worker

# Commands that a node missed although it is heard of are told again this often.
MISSED_SECONDS = 5.0


class NodeWatch:
    """Knows when each node was last heard of; a node nobody has heard of yet counts from the start of the watch."""

    def __init__(
        self,
        platform: Platform,
        heard: Callable[[], Iterable[str]],
        *,
        interval_seconds: float,
        missed_allowed: int,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._platform = platform
        self._heard = heard
        self._interval = interval_seconds
        self._missed = missed_allowed
        self._now = now
        self._last: dict[NodeId, float] = {}
        self._silent: set[NodeId] = set()
        self._told_at = now()
        for node in list_nodes(platform):
            self._last[node.node_id] = now()
            if node.liveness == Liveness.UNRESPONSIVE:
                self._silent.add(node.node_id)

    def tick(self) -> None:
        """Take in who was heard of, and note who has been silent for too long and who is back."""
        now = self._now()
        heard = {NodeId(node_id) for node_id in self._heard()}
        self._last.update(dict.fromkeys(heard, now))
        back = heard & self._silent
        lost = {
            node_id
            for node_id, last in self._last.items()
            if node_id not in self._silent and self._is_overdue(last, now)
        }
        if lost:
            change_liveness(self._platform, sorted(lost), Liveness.UNRESPONSIVE)
            self._silent |= lost
        if back:
            change_liveness(self._platform, sorted(back), Liveness.RESPONSIVE)
            self._silent -= back
        if now - self._told_at >= MISSED_SECONDS:
            self._told_at = now
            tell_all_missed(self._platform)

    def _is_overdue(self, last: float, now: float) -> bool:
        return is_overdue(
            datetime.fromtimestamp(last, tz=UTC),
            datetime.fromtimestamp(now, tz=UTC),
            self._interval,
            self._missed,
        )

    def worker(self) -> Worker:
        """The loop of this watch."""
        return Worker("node-watch", self.tick, pause_seconds=self._interval)
