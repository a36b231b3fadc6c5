"""What router listeners read: tables, snapshots, and the log of events."""

from broker.api.call import Answer, Call, Stream, told
from broker.api.renewal import Watched
from broker.api.streams import LINES, SERVER_SENT, Reading, piece_of, pieces
from broker.usecases.alias_certificates import open_certificate
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


def show_certificate(call: Call) -> Answer:
    """A certificate with its private key, for a router."""
    found = open_certificate(call.platform, call.user, call.path["reference"])
    stored = found.stored
    data = {
        "private_key_reference": stored.certificate_id,
        "application_id": stored.application_id,
        "alias": stored.alias,
        "ssl": stored.certificate,
        "private_key": found.private_key,
    }
    return Answer(data=data, messages=told(f"Showing the certificate of alias {stored.alias}"))


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
    caller = Watched(call.user, call.renew, reading.heartbeat_seconds)
    return Stream(pieces=pieces(call.platform, caller, reading, form, call.stopping), follows=follows)


def _after(call: Call) -> int:
    """The position asked for; a browser that lost its connection says the last one it has seen in a header."""
    last = call.last_event_id or ""
    if call.media == SERVER_SENT and last.isascii() and last.isdigit():
        return int(last[:18])
    return call.inputs["after"] or 0
