"""Steps of an operation: the commands that nodes are sent, and what their replies mean."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from broker.core.application import Application, Gear
from broker.core.cartridge import Cartridge
from broker.core.errors import NodeFailed, OperationCancelled, Refusal
from broker.core.ids import CommandId, GearId, NodeId, OperationId
from broker.interfaces import Json, Platform, StepRecord
from broker.usecases.replies import endpoints_told, fitting
from node_agent.protocol import CartridgeSpec, Command, CommandKind, PublicEndpoint, Reply


def step(
    platform: Platform,
    kind: CommandKind,
    gear: Gear,
    operation_id: OperationId | None,
    arguments: Mapping[str, object] | None = None,
    *,
    awaited: bool = True,
    attempt: int = 1,
    after: CommandId | None = None,
    undone: StepRecord | None = None,
    issued: int = 0,
) -> StepRecord:
    """One command to the gear's node. If it is not awaited nobody waits for it: the node is told when it can be.

    Late copies of what is `undone`, and wishes for a gear's state that were `issued` before, are refused by nodes.
    """
    command_id = CommandId(platform.new_id())
    command = Command(
        command_id=command_id,
        node_id=gear.node_id,
        kind=kind,
        gear_id=gear.gear_id,
        arguments=arguments or {},
        undoes=() if undone is None else tuple(each for each in (undone.after, undone.command_id) if each is not None),
        issued=issued,
    )
    return StepRecord(
        command_id=command_id,
        operation_id=operation_id,
        application_id=gear.application_id,
        node_id=gear.node_id,
        gear_id=gear.gear_id,
        kind=kind.value,
        body=command.to_wire(),
        awaited=awaited,
        attempt=attempt,
        after=after,
        undoes=None if undone is None else undone.command_id,
    )


def creation_arguments(application: Application, cartridges: Sequence[Cartridge], profile: str) -> dict[str, object]:
    """What a node is told to create a gear with these cartridges, expose their endpoints and start it."""
    return {
        "application": application.name,
        "namespace": application.namespace,
        "profile": profile,
        "cartridges": [specification(each, public=application.scalable) for each in cartridges],
        "start": application.running,
        "deployment_id": application.deployment_id if any(each.is_web_framework for each in cartridges) else None,
    }


def destruction(platform: Platform, gear: Gear, operation_id: OperationId | None) -> StepRecord:
    """Destroy the gear, after the time it is given to drain."""
    arguments = {"drain_seconds": platform.policy.drain_seconds}
    return step(platform, CommandKind.DESTROY_GEAR, gear, operation_id, arguments)


def undoing(platform: Platform, gear: Gear, done: StepRecord) -> StepRecord:
    """Take back what a step may have done to the gear on its node; nobody waits for it."""
    kind = CommandKind.REMOVE_CARTRIDGE
    added = _arguments(done).get("cartridge")
    arguments: dict[str, object] = {"cartridge": added["name"] if isinstance(added, Mapping) else added}
    if done.kind == CommandKind.CREATE_GEAR:
        kind, arguments = CommandKind.DESTROY_GEAR, {"drain_seconds": platform.policy.drain_seconds}
    return step(platform, kind, gear, done.operation_id, arguments, awaited=False, undone=done)


def _arguments(step: StepRecord) -> Mapping[str, object]:
    arguments = step.body["arguments"]
    return arguments if isinstance(arguments, Mapping) else {}


def promotion(
    platform: Platform, gear: Gear, proxy: Cartridge, operation_id: OperationId
) -> tuple[StepRecord, StepRecord]:
    """Put the proxy on a gear that exists, and expose its endpoints."""
    put = {"cartridge": specification(proxy, public=True)}
    add = step(platform, CommandKind.ADD_CARTRIDGE, gear, operation_id, put)
    shown = {"cartridge": proxy.name}
    expose = step(platform, CommandKind.EXPOSE_ENDPOINTS, gear, operation_id, shown, after=add.command_id)
    return add, expose


def specification(cartridge: Cartridge, *, public: bool) -> dict[str, object]:
    """The cartridge as a node needs to know it; unless `public`, none of its endpoints leads outside the gear."""
    endpoints = tuple(
        PublicEndpoint(port_name=endpoint.port_name, internal_port=endpoint.internal_port)
        for endpoint in cartridge.endpoints
        if public
    )
    return CartridgeSpec(name=cartridge.name, endpoints=endpoints).to_wire()


# What a node turns down for good; whatever else it could not do may succeed later.
_FOR_GOOD = frozenset(
    {
        "wrong_node",
        "malformed_command",
        "unknown_gear",
        "gear_destroyed",
        "undone",
        "superseded",
        "cartridge_absent",
        "not_running",
    }
)


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """What became of the steps of an operation: done with a reply, refused with a reason, or silent.

    `may_come` are those not done that may still be: the silent ones, and those refused for a passing reason.
    `cancelled` is that somebody wants none of it any more.
    """

    done: Mapping[CommandId, Reply]
    failures: Mapping[CommandId, str]
    silent: frozenset[CommandId]
    may_come: frozenset[CommandId]
    steps: tuple[StepRecord, ...]
    cancelled: bool = False

    @property
    def all_done(self) -> bool:
        """Whether every node did what it was told."""
        return not self.failures and not self.silent

    @property
    def failure(self) -> Refusal | None:
        """Why what was done is to be undone; None where all was done and nobody has cancelled it."""
        if self.cancelled:
            return OperationCancelled()
        return None if self.all_done else NodeFailed(self.first_failure)

    @property
    def first_failure(self) -> str:
        """The reason that a person is told."""
        for each in self.steps:
            if each.command_id in self.failures:
                return self.failures[each.command_id]
        silent = next(each for each in self.steps if each.command_id in self.silent)
        return f"Node {silent.node_id} did not answer in time."

    def replies(self, kind: CommandKind) -> dict[GearId, Reply]:
        """The replies to the commands of one kind that were done, by gear."""
        return {
            each.gear_id: self.done[each.command_id]
            for each in self.steps
            if each.kind == kind and each.command_id in self.done
        }

    @property
    def helpless(self) -> frozenset[NodeId]:
        """The nodes that did not do all they were told."""
        return frozenset(each.node_id for each in self.steps if each.command_id not in self.done)

    def settled(self, *, again: Collection[CommandId] = ()) -> dict[CommandId, str | None]:
        """What the outbox is to note: None for done, else the reason; nothing of those that are tried `again`."""
        silence = dict.fromkeys(self.silent, "no answer in time")
        ended = {**dict.fromkeys(self.done), **self.failures, **silence}
        return {command_id: reason for command_id, reason in ended.items() if command_id not in again}


def outcomes(steps: Sequence[StepRecord], replies: Mapping[str, Json]) -> Outcomes:
    """Match replies to steps. A reply that cannot be one to its step is none."""
    done: dict[CommandId, Reply] = {}
    failures: dict[CommandId, str] = {}
    silent: set[CommandId] = set()
    passing: set[CommandId] = set()
    told = endpoints_told(steps)
    for each in steps:
        reply = fitting(each, replies.get(each.command_id), told)
        if reply is None:
            silent.add(each.command_id)
        elif reply.ok:
            done[each.command_id] = reply
        else:
            failures[each.command_id] = f"Node {each.node_id}: {reply.error or reply.error_code}"
            if reply.error_code not in _FOR_GOOD:
                passing.add(each.command_id)
    return Outcomes(
        done=done,
        failures=failures,
        silent=frozenset(silent),
        may_come=frozenset(silent | passing),
        steps=tuple(steps),
    )


def new_operation_id(platform: Platform) -> OperationId:
    """An id for an operation that is about to be planned."""
    return OperationId(platform.new_id())
