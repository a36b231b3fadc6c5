"""The envelope of every JSON answer: version, status, the kind of data, the data, and the messages."""

import json
from collections.abc import Sequence
from http import HTTPStatus

from flask import Response

from broker.api.call import Message
from broker.api.negotiation import LATEST, SUPPORTED

JSON_TYPE = "application/json; charset=utf-8"
# The field's names where Python has others.
STATUS_NAMES = {413: "request_entity_too_large", 422: "unprocessable_entity"}


def envelope(
    *,
    status: int,
    kind: str | None = None,
    data: object = None,
    messages: Sequence[Message] = (),
    version: float = LATEST,
) -> Response:
    """The answer as JSON, always with a body: the field's client takes an empty one for a fault."""
    body = {
        "api_version": version,
        "version": str(version),
        "supported_api_versions": list(SUPPORTED),
        "status": status_name(status),
        "type": kind,
        "data": data,
        "messages": [message.to_wire() for message in messages],
    }
    return Response(json.dumps(body, separators=(",", ":")), status=status, content_type=JSON_TYPE)


def status_name(status: int) -> str:
    """The status as the envelope names it, such as `unprocessable_entity`."""
    return STATUS_NAMES.get(status) or HTTPStatus(status).name.lower()
