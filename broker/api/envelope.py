"""The envelope of every answer: version, status, the kind of data, the data, and the messages; as JSON or as XML."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from flask import Response

from broker.api.call import Message
from broker.api.negotiation import JSON, LATEST, SUPPORTED, XML
from broker.api.versions.requests import older_messages
from broker.api.xml import xml_text

JSON_TYPE = f"{JSON}; charset=utf-8"
XML_TYPE = f"{XML}; charset=utf-8"
# The field's names where Python has others.
STATUS_NAMES = {413: "request_entity_too_large", 422: "unprocessable_entity"}


def envelope(
    *,
    status: int,
    kind: str | None = None,
    data: object = None,
    messages: Sequence[Message] = (),
    version: float = LATEST,
    media: str = JSON,
) -> Response:
    """The answer in that format, always with a body: the field's client takes an empty one for a fault.

    Messages are put in the form of the version here, data before.
    """
    wire = [message.to_wire() for message in messages]
    body = {
        "api_version": version,
        "version": str(version),
        "supported_api_versions": list(SUPPORTED),
        "status": status_name(status),
        "type": kind,
        "data": data,
        "messages": wire if version == LATEST else older_messages(version, wire),
    }
    return _written(body, status, media)


def status_name(status: int) -> str:
    """The status as the envelope names it, such as `unprocessable_entity`."""
    return STATUS_NAMES.get(status) or HTTPStatus(status).name.lower()


def _written(body: Mapping[str, object], status: int, media: str) -> Response:
    if media == XML:
        return Response(xml_text(body), status=status, content_type=XML_TYPE)
    return Response(json.dumps(body, separators=(",", ":")), status=status, content_type=JSON_TYPE)
