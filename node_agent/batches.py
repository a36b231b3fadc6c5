"""Messages between broker and node: several commands in one, and several replies in one, as JSON."""

import json
from collections.abc import Iterable

from node_agent.fields import MalformedMessage, compact, list_in, mapping_in, text_in
from node_agent.protocol import Command, Reply
from node_agent.refusals import MalformedCommand

MOST_IN_A_MESSAGE = 200


def read_commands(body: str | bytes, node_id: str) -> list[Command | Reply]:
    """Read `{"commands": […]}`: each command, or the refusal of one that has an id and makes no sense.

    One without even an id is left out, since nobody could be told. Raises `MalformedMessage` for a message that is
    not of this shape, or that holds no command or more than 200.
    """
    try:
        fields = mapping_in(json.loads(body), "a batch of commands")
    # MalformedMessage is a ValueError; thousands of brackets in one another are a RecursionError.
    except (ValueError, RecursionError) as malformed:
        raise MalformedMessage(f"not a batch of commands: {malformed}") from malformed
    wires = list_in(fields, "commands")
    if not 0 < len(wires) <= MOST_IN_A_MESSAGE:
        raise MalformedMessage(f"a batch holds 1 to {MOST_IN_A_MESSAGE} commands, not {len(wires)}")
    return [entry for wire in wires if (entry := _command_or_refusal(wire, node_id)) is not None]


def write_replies(replies: Iterable[Reply]) -> str:
    """Show replies as `{"replies": […]}`."""
    return compact({"replies": [each.to_wire() for each in replies]})


def _command_or_refusal(wire: object, node_id: str) -> Command | Reply | None:
    try:
        return Command.from_wire(mapping_in(wire, "a command"))
    except MalformedMessage as malformed:
        return _refusal(wire, node_id, str(malformed))


def _refusal(wire: object, node_id: str, reason: str) -> Reply | None:
    try:
        command_id = text_in(mapping_in(wire, "a command"), "command_id")
    except MalformedMessage:
        return None
    return Reply(command_id=command_id, node_id=node_id, ok=False, error_code=MalformedCommand.code, error=reason)
