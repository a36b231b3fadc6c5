"""Tells nodes what they have missed.

A worker of its own, because a node that does not answer holds it up, and must not hold up the watch over all others.
"""

from broker.interfaces import Platform
from broker.usecases.nodes import tell_all_missed
from broker.workers.loop import Worker

PAUSE_SECONDS = 1.0


def catching_up(platform: Platform) -> Worker:
    """The loop that leaves no command untold."""

    def tick() -> None:
        tell_all_missed(platform)

    return Worker("catching-up", tick, pause_seconds=PAUSE_SECONDS)
