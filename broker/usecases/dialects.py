"""Routing events in the dialects that a bus carries."""

from collections.abc import Callable

from broker.interfaces import LoggedEvent
from broker.usecases.routing import wire_event
from routing_spi.codec import PrivateKey, encode_json, encode_ose2_yaml
from routing_spi.events import ORIGINAL_ACTIONS

JSON_CONTENT_TYPE = "application/cloudevents+json"
YAML_CONTENT_TYPE = "text/x-yaml"


def json_message(event: LoggedEvent) -> tuple[str, str, str]:
    """Routing key, body and content type in the `json` dialect."""
    return (
        f"{event.namespace}.{event.app_name}.{event.action}",
        encode_json(wire_event(event)),
        JSON_CONTENT_TYPE,
    )


def ose2_message(
    event: LoggedEvent, routing_key: str, key_of: Callable[[str], str] | None = None
) -> tuple[str, str, str] | None:
    """The same in the original's dialect; None for an action that it does not have.

    With `key_of`, which opens what a reference leads to, a certificate has its private key with it.
    """
    told = wire_event(event)
    if told.action not in ORIGINAL_ACTIONS:
        return None
    reference = told.data.get("private_key_reference")
    key = PrivateKey(private_key=key_of(reference)) if key_of is not None and isinstance(reference, str) else None
    return routing_key, encode_ose2_yaml(told, key=key), YAML_CONTENT_TYPE
