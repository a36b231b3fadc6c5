"""Whether what a node answers can be an answer to what it was told; what cannot is as if nothing had come."""

import ipaddress
from collections.abc import Mapping, Sequence

from broker.core.ids import GearId
from broker.interfaces import Json, StepRecord
from node_agent.protocol import LONGEST_OUTPUT, CartridgeSpec, CommandKind, MalformedMessage, Reply

# What the columns of the database hold.
HIGHEST_UID = 2**31 - 1
LONGEST_TEXT = 10_000

Endpoints = Mapping[GearId, frozenset[tuple[str, str]]]


def endpoints_told(steps: Sequence[StepRecord]) -> Endpoints:
    """The cartridge and port of every endpoint that nodes were told of in these steps, by gear."""
    told: dict[GearId, frozenset[tuple[str, str]]] = {}
    for each in steps:
        ports = frozenset((spec.name, port.port_name) for spec in _specs(each) for port in spec.endpoints)
        told[each.gear_id] = told.get(each.gear_id, frozenset()) | ports
    return told


def _specs(step: StepRecord) -> list[CartridgeSpec]:
    arguments = step.body["arguments"]
    if not isinstance(arguments, Mapping):
        return []
    if step.kind == CommandKind.CREATE_GEAR:
        return [CartridgeSpec.from_wire(wire) for wire in arguments["cartridges"]]
    return [CartridgeSpec.from_wire(arguments["cartridge"])] if step.kind == CommandKind.ADD_CARTRIDGE else []


def fitting(step: StepRecord, wire: Json | None, told: Endpoints) -> Reply | None:
    """The reply, if it is one to this step, and everything it says can be so and can be stored."""
    if wire is None:
        return None
    try:
        reply = Reply.from_wire(wire)
    except MalformedMessage:
        return None
    if (reply.node_id, reply.command_id) != (step.node_id, step.command_id):
        return None
    shown = {(each.cartridge, each.port_name) for each in reply.endpoints}
    fits = (
        shown <= told.get(step.gear_id, frozenset())
        and len(shown) == len(reply.endpoints)
        and all(_is_address(each.internal_address) for each in reply.endpoints)
        and (reply.uid is None or 0 <= reply.uid <= HIGHEST_UID)
        and not (reply.ok and step.kind == CommandKind.CREATE_GEAR and reply.uid is None)
        and all(_is_text(text) for text in (reply.error, reply.error_code, reply.gear_state, reply.output))
        and (reply.output is None or _is_output(step, reply))
    )
    return reply if fits else None


def _is_output(step: StepRecord, reply: Reply) -> bool:
    """Whether a text for the user can be what the step led to: it was a thread dump, and the text is no book."""
    text = reply.output or ""
    return reply.ok and step.kind == CommandKind.THREAD_DUMP and len(text.encode()) <= LONGEST_OUTPUT


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _is_text(text: str | None) -> bool:
    """Whether it can be kept: no end of a string in it, no half of a character, and no book."""
    if text is None:
        return True
    return len(text) <= LONGEST_TEXT and "\x00" not in text and not any("\ud800" <= each <= "\udfff" for each in text)
