"""Commands that change nothing in the broker's records but what nodes are to do now: given, and how they end."""

from collections.abc import Mapping, Sequence

from broker.core.application import ApplicationParts, Gear
from broker.core.errors import EventFailed
from broker.core.ids import OperationId
from broker.interfaces import OperationRecord, Platform, StepRecord, UnitOfWork
from broker.usecases.concluded import Conclusion
from broker.usecases.steps import Outcomes, step
from node_agent.protocol import CommandKind


def tell(
    platform: Platform,
    work: UnitOfWork,
    gears: Sequence[Gear],
    kind: CommandKind,
    operation_id: OperationId,
    *,
    arguments: Mapping[str, object] | None = None,
    issued: int = 0,
) -> tuple[StepRecord, ...]:
    """The same command to each of these gears, which the operation then concerns.

    A node that is not heard of is told when it is again, and nobody waits for it.
    """
    unresponsive = work.nodes.unresponsive()
    reachable = [gear for gear in gears if gear.node_id not in unresponsive]
    later = [gear for gear in gears if gear.node_id in unresponsive]
    work.gears.change([gear.gear_id for gear in reachable], operation_id=operation_id)
    work.commands.add(
        [step(platform, kind, gear, operation_id, arguments, awaited=False, issued=issued) for gear in later]
    )
    return tuple(step(platform, kind, gear, operation_id, arguments, issued=issued) for gear in reachable)


def failed_event(operation: OperationRecord, result: Outcomes) -> EventFailed | None:
    """What is said of an event that some node did not do; None where all did, and where it was no event."""
    event = operation.arguments.get("event")
    if result.failure is None or event is None:
        return None
    return EventFailed(f"Error occurred while processing event '{event}': {result.failure.text}")


def conclude_telling(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
) -> Conclusion:
    """The nodes have done it, or those that did not answer do it later; what they had to say is kept for a while.

    With `once` among the arguments nobody is told later, and it is enough that one has answered.
    """
    del platform
    work.gears.change([each.gear_id for each in result.steps], operation_id=None)
    once = operation.arguments.get("once") is True
    said = {each: reply.to_wire() for each, reply in result.done.items() if reply.output is not None}
    work.commands.keep_replies(said)
    error = None if once and result.done else failed_event(operation, result)
    again = frozenset() if once else result.silent
    return Conclusion(parts=work.applications.save(parts, parts), error=error, again=again)
