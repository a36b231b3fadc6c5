"""An administrator's broom: operations that have been open for too long are carried to their end, whatever that is.

Nothing is deleted. Each is gone on with by the same rules as ever: retried, undone, or completed without a node that
does not answer. What a living process has in its hands is left to it.
"""

import logging
from dataclasses import dataclass
from enum import Enum

from broker.core.ids import ApplicationId
from broker.core.operation import OperationState
from broker.interfaces import OperationEntry, Platform
from broker.usecases.open_operations import go_on
from broker.usecases.processes import list_processes
from broker.usecases.times import timestamp

SECONDS_AN_HOUR = 3600

_log = logging.getLogger(__name__)


class Fate(Enum):
    """What came of an operation that was to be cleared."""

    ENDED = "ended"
    IN_GOOD_HANDS = "in good hands"
    LEFT = "left"


@dataclass(frozen=True, kw_only=True, slots=True)
class Cleared:
    """An operation, and in words what came of it."""

    entry: OperationEntry
    fate: Fate
    text: str


def find_pending(platform: Platform, hours: float, application_id: str | None = None) -> tuple[OperationEntry, ...]:
    """What has been open for so many hours (0: any time), or is open of one application, whatever its age.

    What runs comes before what waits for it.
    """
    with platform.reading() as work:
        if application_id is not None:
            return work.operation_history.open(application_id=ApplicationId(application_id))
        if hours == 0:
            return work.operation_history.open()
        before = timestamp(max(0, platform.clock.now() - hours * SECONDS_AN_HOUR))
        return work.operation_history.open(created_before=before)


def left_to_its_process(platform: Platform, entry: OperationEntry) -> Cleared | None:
    """What to say of an operation that a living process has in its hands; None if none has."""
    if not entry.driver_lives or entry.driver == platform.process_id:
        return None
    hosts = {each.process_id: each.host for each in list_processes(platform)}
    host = hosts.get(entry.driver or "", "a host that has just gone")
    return Cleared(entry=entry, fate=Fate.IN_GOOD_HANDS, text=f"is being worked on by process {entry.driver} on {host}")


def clear(platform: Platform, entry: OperationEntry) -> Cleared:
    """Carry the operation to its end, if nobody else does."""
    with platform.unit_of_work() as work:
        taken = work.operations.take([entry.operation_id], platform.process_id)
        operation = work.operations.by_id(entry.operation_id)
        work.commit()
    if taken and operation is not None:
        try:
            go_on(platform, operation)
        except Exception as error:  # noqa: BLE001 whatever is wrong with one operation, the others are cleared
            _log.debug("an operation could not be cleared", exc_info=error, extra={"operation_id": entry.operation_id})
            return Cleared(entry=entry, fate=Fate.LEFT, text=f"{type(error).__name__}: {error}")
    return _now(platform, entry)


def _now(platform: Platform, entry: OperationEntry) -> Cleared:
    """What is to be said of the operation as it is now."""
    with platform.reading() as work:
        now = work.operation_history.by_id(entry.operation_id)
    if now is None:
        return Cleared(entry=entry, fate=Fate.ENDED, text="is gone")
    if now.state == OperationState.COMPLETED:
        return Cleared(entry=now, fate=Fate.ENDED, text="was completed")
    if now.finished_at is not None:
        return Cleared(entry=now, fate=Fate.ENDED, text=f"was rolled back: {now.error}")
    if now.state == OperationState.QUEUED:
        text = "waits for an operation before it that has not ended"
        return Cleared(entry=now, fate=Fate.LEFT, text=text)
    text = "it has not ended; run this again once its application's nodes and the database answer"
    return left_to_its_process(platform, now) or Cleared(entry=now, fate=Fate.LEFT, text=text)
