"""The processes that share a database: each says that it lives, and what a dead one had in hand is given back.

Nothing here reads a clock: whether the beats of another have stood still for too long is for the observer to measure.
"""

from collections.abc import Mapping

from broker.interfaces import Platform, ProcessRecord
from broker.usecases.times import timestamp


def this_process(platform: Platform, role: str, host: str) -> ProcessRecord:
    """This process as the others see it; `role` is serve, work or embedded."""
    return ProcessRecord(
        process_id=platform.process_id, role=role, host=host, started_at=timestamp(platform.clock.now())
    )


def beat(platform: Platform, process: ProcessRecord) -> bool:
    """Say that this process lives; False if it was not among those that do, as at its start or after its burial."""
    with platform.unit_of_work() as work:
        known = work.processes.beat(process)
        work.commit()
    return known


def list_processes(platform: Platform) -> tuple[ProcessRecord, ...]:
    """Every process that has not been found dead, in the order in which they began."""
    with platform.reading() as work:
        return work.processes.all()


def beats_of_others(platform: Platform) -> Mapping[str, int]:
    """The beats of every other process by its id."""
    others = (each for each in list_processes(platform) if each.process_id != platform.process_id)
    return {each.process_id: each.beats for each in others}


def bury(platform: Platform, seen: Mapping[str, int]) -> int:
    """Processes are dead that have not beaten since they were seen with these beats: any worker may go on for them.

    Row and operations change in one transaction. Returns how many operations are in nobody's hands now.
    """
    with platform.unit_of_work() as work:
        released = work.processes.bury(seen)
        work.commit()
    return released


def leave(platform: Platform) -> int:
    """This process ends well: it is not waited for. Returns how many operations others have to go on with."""
    own = (each for each in list_processes(platform) if each.process_id == platform.process_id)
    return bury(platform, {each.process_id: each.beats for each in own})
