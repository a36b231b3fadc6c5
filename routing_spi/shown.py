"""Events and tables as a person reads them."""

import json
from collections.abc import Mapping

from routing_spi.endpoint import Endpoint
from routing_spi.events import RoutingEvent
from routing_spi.names import pool_aliases
from routing_spi.table import RoutingTable


def event_line(event: RoutingEvent) -> str:
    """One line: time, position, application with its sequence, action, the action's own fields."""
    position = "-" if event.position is None else str(event.position)
    own = " ".join(f"{name}={_value(value)}" for name, value in event.data.items())
    application = f"{event.namespace}/{event.app_name}#{event.sequence}"
    return f"{event.occurred_at} {position} {application} {event.action} {own}"


def table_text(table: RoutingTable) -> str:
    """Some lines: the application, its names, and one line an endpoint; each ends in a newline."""
    ha = "HA" if table.ha else "not HA"
    name = f"{table.namespace}/{table.app_name} ({table.application_id})"
    lines = [
        f"{name}: {ha}, verdict {table.verdict}, sequence {table.sequence}",
        f"  names: {', '.join(pool_aliases(table))}",
        *(f"  {_endpoint(endpoint)}" for endpoint in table.endpoints),
    ]
    return "\n".join(lines) + "\n"


def _endpoint(endpoint: Endpoint) -> str:
    address = f"{endpoint.public_address}:{endpoint.public_port}"
    cartridge = f"{endpoint.public_port_name} ({','.join(endpoint.types)})"
    head = ", head gear" if endpoint.is_head else ""
    place = f"on {endpoint.node or 'an unknown node'}, zone {endpoint.zone or 'none'}"
    serving = "serving" if endpoint.serving else "not serving"
    return (
        f"{address} {cartridge} gear {endpoint.gear_id}{head} {place}: "
        f"{endpoint.state}, rotation {endpoint.rotation}, {serving}"
    )


def _value(value: object) -> str:
    if isinstance(value, str):
        # Quoted where a blank or a line break would make one field look like two.
        return value if value and value.isprintable() and " " not in value else json.dumps(value)
    return json.dumps(_plain(value), separators=(",", ":"))


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
