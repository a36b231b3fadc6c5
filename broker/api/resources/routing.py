"""What router listeners read: tables, snapshots, and the log of events."""

from broker.api.call import Answer, Call, Stream, told
from broker.api.streams import LINES, SERVER_SENT, Reading, piece_of, pieces
from broker.usecases.routing import show_table, take_snapshot


def show_routing_table(call: Call) -> Answer:
    """The routing table of one application."""
    table, position = show_table(call.platform, call.user, call.application, call.namespace)
    text = f"Showing the routing table of application {table.app_name} under domain {table.namespace}"
    return Answer(data={**table.to_wire(), "position": position}, messages=told(text))


def show_snapshot(call: Call) -> Answer:
    """All routing tables that the caller may see."""
    snapshot = take_snapshot(call.platform, call.user)
    text = f"Routing snapshot of {len(snapshot.tables)} applications at position {snapshot.position}"
    return Answer(data=snapshot.to_wire(), messages=told(text))


def read_log(call: Call) -> Stream:
    """The events past a position, to the end of the log or as they come."""
    given = call.inputs
    server_sent = call.media == SERVER_SENT
    follows = server_sent if given["follow"] is None else given["follow"]
    reading = Reading(
        after=_after(call),
        limit=given["limit"],
        follows=follows,
        heartbeat_seconds=call.options.heartbeat_seconds,
    )
    form = piece_of(SERVER_SENT if server_sent else LINES)
    return Stream(pieces=pieces(call.platform, call.user, reading, form, call.stopping), follows=follows)


def _after(call: Call) -> int:
    """The position asked for; a browser that lost its connection says the last one it has seen in a header."""
    last = call.last_event_id or ""
    if call.media == SERVER_SENT and last.isascii() and last.isdigit():
        return int(last[:18])
    return call.inputs["after"] or 0
