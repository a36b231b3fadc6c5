"""Which cartridges their owner wants to run, as the records have it; and how a change of that ends."""

from collections.abc import Sequence
from dataclasses import replace

from broker.core.application import ApplicationParts, Gear
from broker.interfaces import OperationRecord, Platform, StepRecord, UnitOfWork
from broker.usecases.concluded import Conclusion
from broker.usecases.standing import tell_and_settle
from broker.usecases.steps import Outcomes, step
from broker.usecases.telling import failed_event
from node_agent.protocol import CommandKind


def with_running(work: UnitOfWork, parts: ApplicationParts, name: str, *, running: bool) -> ApplicationParts:
    """The application with this cartridge to run or not to, stored so."""
    installed = parts.cartridge(name)
    if installed is None or installed.running == running:
        return parts
    work.applications.change_cartridge(parts.application.application_id, name, running=running)
    changed = replace(installed, running=running)
    return replace(parts, cartridges=tuple(changed if each == installed else each for each in parts.cartridges))


def with_all_running(work: UnitOfWork, parts: ApplicationParts) -> ApplicationParts:
    """The application with nothing that was wished for single cartridges: a wish for all its gears ends that."""
    for each in parts.cartridges:
        parts = with_running(work, parts, each.name, running=True)
    return parts


def still_stopped(
    platform: Platform, parts: ApplicationParts, gears: Sequence[Gear], operation: OperationRecord
) -> tuple[StepRecord, ...]:
    """What tells gears that have just been given a proxy that it is not to run, where its owner has stopped it."""
    catalogue = platform.catalogue_of(parts)
    return tuple(
        step(
            platform,
            CommandKind.STOP_CARTRIDGE,
            gear,
            operation.operation_id,
            {"cartridge": each.name},
            awaited=False,
            issued=parts.application.generation + 1,
        )
        for each in parts.cartridges
        if not each.running and catalogue[each.name].is_web_proxy
        for gear in gears
    )


def conclude_cartridge_state(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
) -> Conclusion:
    """The cartridge is to run, or not, on all its gears; who has not answered is told again."""
    work.gears.change([each.gear_id for each in result.steps], operation_id=None)
    after = parts
    if result.done or result.silent:
        name, running = str(operation.arguments["cartridge"]), operation.arguments["running"] is True
        after = tell_and_settle(platform, work, with_running(work, parts, name, running=running), ())
    saved = work.applications.save(parts, after)
    return Conclusion(parts=saved, error=failed_event(operation, result), again=result.silent)
