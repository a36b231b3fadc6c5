"""How long the log of events, finished operations and answers are kept, and the removal of what is older."""

from collections.abc import Callable
from dataclasses import dataclass

from broker.interfaces import Platform, UnitOfWork
from broker.usecases.times import timestamp

HOUR_SECONDS = 3600
DAY_SECONDS = 24 * HOUR_SECONDS
# A client repeats a request within moments; a day is what it may count on.
ANSWERS_SECONDS = DAY_SECONDS
# Rows a transaction: nobody who writes waits longer than for these.
BATCH = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Keeping:
    """For how many days the log and finished operations are kept; 0: for ever."""

    log_days: int
    operations_days: int


def prune(platform: Platform, keeping: Keeping, limit: int = BATCH) -> int:
    """Remove at most `limit` rows of each kind that are old enough; returns how many were removed.

    An event goes only once it has its position and every configured destination has confirmed it, so an outage of
    the bus delays and loses nothing. An operation stays while a node is owed one of its commands. Clocks decide by
    age only: one that jumps makes rows go earlier or later by as much.
    """
    now = platform.clock.now()
    removed = _in_own_transaction(
        platform, lambda work: work.retention.forget_answers(timestamp(now - ANSWERS_SECONDS), limit)
    )
    if keeping.operations_days:
        ended = timestamp(now - keeping.operations_days * DAY_SECONDS)
        removed += _in_own_transaction(platform, lambda work: work.retention.forget_operations(ended, limit))
    if keeping.log_days:
        happened = timestamp(now - keeping.log_days * DAY_SECONDS)
        destinations = [publisher.destination for publisher in platform.publishers]
        with platform.reading() as work:
            confirmed = min(map(work.log.confirmed, destinations), default=work.log.last_position())
        removed += _in_own_transaction(
            platform, lambda work: work.retention.forget_events(happened, confirmed, destinations, limit)
        )
    return removed


def _in_own_transaction(platform: Platform, forget: Callable[[UnitOfWork], int]) -> int:
    with platform.unit_of_work() as work:
        removed = forget(work)
        work.commit()
    return removed
