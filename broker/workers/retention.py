"""Removes, now and then, what has been kept for as long as the settings say."""

from broker.bootstrap import Settings
from broker.interfaces import Platform
from broker.usecases.retention import BATCH, Keeping, prune
from broker.workers.loop import Worker

PAUSE_SECONDS = 15.0
# More than the busiest broker writes in a pause, and done within a moment, so that the loop ends when it is told to.
BATCHES_A_TURN = 50


def keeping(settings: Settings) -> Keeping:
    """How long these settings say that things are kept."""
    return Keeping(log_days=settings.routing_log_days, operations_days=settings.operations_days)


def retention(platform: Platform, settings: Settings) -> Worker:
    """The loop; any number of processes may run it."""
    kept = keeping(settings)

    def tick() -> None:
        for _ in range(BATCHES_A_TURN):
            if prune(platform, kept) < BATCH:
                return

    return Worker("retention", tick, pause_seconds=PAUSE_SECONDS)
