"""Routing events to and from the wire, in both dialects: `json` (CloudEvents 1.0) and `ose2-yaml`."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from routing_spi.events import ORIGINAL_ACTIONS, Action, RoutingEvent, own_fields
from routing_spi.ose2_yaml import Notification, NotInDialect, PrivateKey, decode_ose2_yaml, encode_ose2_yaml
from routing_spi.wire import JSON, Fields, MalformedMessage

__all__ = [
    "ORIGINAL_ACTIONS",
    "Dialect",
    "MalformedMessage",
    "NotInDialect",
    "Notification",
    "PrivateKey",
    "decode_json",
    "decode_ose2_yaml",
    "encode_json",
    "encode_ose2_yaml",
    "event_from_wire",
    "event_to_wire",
]

TYPE_PREFIX: Final = "gearbroker.routing."
DATA_SCHEMA: Final = "urn:gearbroker:routing-event:1"


class Dialect(StrEnum):
    """How events are written for one destination."""

    JSON = "json"
    OSE2_YAML = "ose2-yaml"


def event_to_wire(event: RoutingEvent) -> dict[str, JSON]:
    """The event as a CloudEvents 1.0 object; its `data` is the field's notification plus ours."""
    return {
        "specversion": "1.0",
        "id": event.event_id,
        "source": "/gearbroker",
        "type": f"{TYPE_PREFIX}{event.action}",
        "subject": f"{event.namespace}/{event.app_name}",
        "time": event.occurred_at,
        "datacontenttype": "application/json",
        "dataschema": DATA_SCHEMA,
        "data": {
            "action": event.action.value,
            "app_name": event.app_name,
            "namespace": event.namespace,
            "application_id": event.application_id,
            "sequence": event.sequence,
            "position": event.position,
            **event.data,
        },
    }


def event_from_wire(wire: object) -> RoutingEvent:
    """The event of a CloudEvents object; raises `MalformedMessage`, but passes over unknown fields."""
    envelope = Fields.of(wire, "message")
    if envelope.text("specversion") != "1.0":
        msg = f"message: specversion must be 1.0, not {envelope.text('specversion')!r}"
        raise MalformedMessage(msg)
    data = Fields.of(envelope.values.get("data"), "message: data")
    action = _action(data.text("action"))
    if envelope.text("type") != f"{TYPE_PREFIX}{action}":
        msg = f"message: type {envelope.text('type')!r} does not fit the action {action.value!r}"
        raise MalformedMessage(msg)
    event = RoutingEvent(
        action=action,
        application_id=data.text("application_id"),
        app_name=data.text("app_name"),
        namespace=data.text("namespace"),
        sequence=data.number("sequence", least=1),
        position=data.optional_number("position", least=1),
        occurred_at=envelope.text("time"),
        data=_known(action, data.values),
    )
    if envelope.text("id") != event.event_id:
        msg = f"message: id {envelope.text('id')!r} does not fit {event.event_id!r}"
        raise MalformedMessage(msg)
    return event


def encode_json(event: RoutingEvent) -> str:
    """The event as one line of JSON, without a newline."""
    return json.dumps(event_to_wire(event), separators=(",", ":"))


def decode_json(text: str | bytes) -> RoutingEvent:
    """The event in a JSON text; raises `MalformedMessage` for anything that is none."""
    try:
        wire = json.loads(text)
    except (ValueError, RecursionError) as error:
        msg = f"message is not JSON: {error}"
        raise MalformedMessage(msg) from error
    return event_from_wire(wire)


def _action(name: str) -> Action:
    try:
        return Action(name)
    except ValueError as error:
        msg = f"message: unknown action {name!r}"
        raise MalformedMessage(msg) from error


def _known(action: Action, values: Mapping[str, object]) -> dict[str, JSON]:
    # The event checks each value; here only the names that a newer sender may have added are left out.
    names = own_fields(action)
    return {name: value for name, value in values.items() if name in names}  # type: ignore[misc]
