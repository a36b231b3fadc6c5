"""Tells nodes what they have missed, and goes on with operations whose process has ended.

A worker of its own, because a node that does not answer holds it up, and must not hold up the watch over all others.
"""

from broker.interfaces import Platform
from broker.usecases.nodes import tell_all_missed
from broker.usecases.operations import resume_abandoned
from broker.workers.loop import Worker

PAUSE_SECONDS = 1.0


def catching_up(platform: Platform) -> Worker:
    """The loop that leaves no command untold and no operation open."""

    def tick() -> None:
        resume_abandoned(platform)
        tell_all_missed(platform)

    return Worker("catching-up", tick, pause_seconds=PAUSE_SECONDS)
