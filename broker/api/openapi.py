"""The OpenAPI document, made from the table of the interface and the schemas it names."""

import re
from functools import cache
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from broker.api import fields
from broker.api.accepted import ACCEPTED, PREFERENCE_APPLIED
from broker.api.call import Answer, Call
from broker.api.idempotency import REPLAYED
from broker.api.negotiation import JSON, SUPPORTED
from broker.api.openapi_statuses import REASONS, UNAUTHORIZED, refusing_statuses
from broker.api.options import ApiOptions
from broker.api.parameters import FORM
from broker.api.paths import PREFIX
from broker.api.preferences import IDEMPOTENCY_KEY, LONGEST_KEY, PREFER, RESPOND_ASYNC
from broker.api.schemas.application_wishes import CartridgeWishes, Config, VariableWishes
from broker.api.schemas.operations import OperationSchema, PageSize
from broker.api.streams import MEDIA, SERVER_SENT
from broker.api.url import Shape, Url, here

_CAPTURE = re.compile(r"<(\w+)>")
DESCRIPTION = """\
Every path is served below `/broker/rest` and, the same, without that prefix; it may end in `.json`. Other formats
are answered with 406. Answers are JSON in an envelope. Versions 1.0 to 1.7 are accepted, as `version=` parameter of
`Accept` or `Content-Type`, and named in the answer; the form of the answer is that of 1.7. Bodies are JSON or
forms with brackets (`cartridges[][name]=php-5.4`). Parameters may also be in the query, which wins over the body;
what the path names wins over both. `nolinks=true` leaves the links out. What belongs to others answers 404.
"""


def described(table: tuple[Url, ...], options: ApiOptions) -> tuple[Url, ...]:
    """The table with one more resource: its own description, made when it is first asked for."""

    @cache
    def document() -> dict[str, Any]:
        return _document((*table, own), options)

    def show_document(call: Call) -> Answer:
        del call
        return Answer(data=document())

    own = Url(
        "GET",
        here("/openapi.json"),
        show_document,
        "Show this interface as an OpenAPI document",
        Shape(kind=None, bare=True),
        login=False,
    )
    return (*table, own)


def _document(table: tuple[Url, ...], options: ApiOptions) -> dict[str, Any]:
    plugin = MarshmallowPlugin()
    spec = APISpec(
        title="gearbroker",
        version=options.version,
        openapi_version="3.1.0",
        info={"description": DESCRIPTION, "license": {"name": "Apache-2.0"}},
        servers=[{"url": PREFIX}],
        plugins=[plugin],
    )
    _map_fields(plugin)
    spec.components.security_scheme("basic", {"type": "http", "scheme": "basic"})
    spec.components.schema("Message", _MESSAGE)
    spec.components.schema("Link", _LINK)
    spec.components.schema("Refusal", _envelope({"type": "null"}, [None]))
    for url in table:
        for place, path in enumerate(url.paths.all):
            operation = _operation(url, path, place)
            spec.path(path=_CAPTURE.sub(r"{\1}", path), operations={url.method.lower(): operation})
    document: dict[str, Any] = spec.to_dict()
    return document


def _operation(url: Url, path: str, place: int) -> dict[str, Any]:
    module = url.resource.__module__.rpartition(".")[2]
    captures = _CAPTURE.findall(path)
    operation: dict[str, Any] = {
        "operationId": f"{module}.{url.resource.__name__}.{url.method.lower()}.{place}",
        "summary": url.summary,
        "tags": [module],
        "security": [{"basic": []}] if url.login else [],
        "deprecated": path in url.paths.plural,
        "parameters": [
            {"name": each, "in": "path", "required": True, "schema": {"type": "string"}} for each in captures
        ],
        "responses": _responses(url),
    }
    if url.form is not None and url.method in {"GET", "DELETE"}:
        operation["parameters"].append({"in": "query", "schema": url.form})
    if url.form is not None and url.method in {"POST", "PUT", "PATCH"}:
        body = {"schema": url.form}
        operation["requestBody"] = {"content": {JSON: body, FORM: dict(body)}}
    operation["parameters"] += [
        {"name": name, "in": "header", "schema": schema} for name, schema in _headers(url).items()
    ]
    return operation


def _headers(url: Url) -> dict[str, dict[str, Any]]:
    """The headers that mean something to the resource."""
    headers: dict[str, dict[str, Any]] = {}
    if url.changes:
        headers[IDEMPOTENCY_KEY] = {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY}
    if url.becomes_operation:
        headers[PREFER] = {"type": "string", "examples": [RESPOND_ASYNC]}
    if SERVER_SENT in url.media:
        headers["Last-Event-ID"] = {"type": "string"}
    return headers


def _responses(url: Url) -> dict[str, Any]:
    responses: dict[str, Any] = {
        str(status): {
            "description": REASONS[status],
            "content": (
                {"text/plain": {"schema": {"type": "string"}}}
                if status == UNAUTHORIZED
                else {JSON: {"schema": {"$ref": "#/components/schemas/Refusal"}}}
            ),
        }
        for status in refusing_statuses(url)
    }
    responses[str(url.status)] = {"description": REASONS[url.status], "content": _content(url)}
    if url.pages:
        responses[str(url.status)]["headers"] = _NEXT_PAGE
    if url.becomes_operation:
        responses[str(ACCEPTED)] = {"description": REASONS[ACCEPTED], "headers": _TO_ACCEPTED, "content": _accepted()}
    if url.changes:
        for response in responses.values():
            response["headers"] = {**response.get("headers", {}), **_REPLAYED}
    return responses


def _content(url: Url) -> dict[str, Any]:
    if url.media == MEDIA:
        return {media: {"schema": {"type": "string"}} for media in MEDIA}
    if url.shape.bare:
        return {JSON: {"schema": {"type": "object"}}}
    shapes = (url.shape, *url.other_shapes)
    schemas = [_envelope(_data(shape), [shape.kind]) for shape in shapes]
    return {JSON: {"schema": schemas[0] if len(schemas) == 1 else {"oneOf": schemas}}}


def _accepted() -> dict[str, Any]:
    return {JSON: {"schema": _envelope(OperationSchema(), ["operation"])}}


def _data(shape: Shape) -> Any:
    if shape.kind == "links":
        return {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Link"}}
    if shape.schema is None:
        return {"type": "null"}
    return {"type": "array", "items": shape.schema} if shape.many else shape.schema


def _envelope(data: Any, kinds: list[str | None]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["api_version", "data", "messages", "status", "supported_api_versions", "type", "version"],
        "properties": {
            "api_version": {"type": "number", "enum": list(SUPPORTED)},
            "version": {"type": "string"},
            "supported_api_versions": {"type": "array", "items": {"type": "number"}},
            "status": {"type": "string"},
            "type": {"enum": kinds},
            "data": data,
            "messages": {"type": "array", "items": {"$ref": "#/components/schemas/Message"}},
        },
    }


_TEXT = {"schema": {"type": "string"}}
_TO_ACCEPTED = {"Location": {"schema": {"type": "string", "format": "uri"}}, PREFERENCE_APPLIED: _TEXT}
_NEXT_PAGE = {"Link": {"description": 'Where there may be more: the URL of the next page, as `rel="next"`', **_TEXT}}
_REPLAYED = {REPLAYED: {"description": "`true` where this is the answer to an earlier request", **_TEXT}}
_MESSAGE: dict[str, Any] = {
    "type": "object",
    "required": ["severity", "text", "exit_code", "field", "index"],
    "properties": {
        "severity": {"enum": ["info", "error", "warning", "debug", "result"]},
        "text": {"type": "string"},
        "exit_code": {"type": ["integer", "null"]},
        "field": {"type": ["string", "null"]},
        "index": {"type": ["integer", "null"]},
    },
}
_PARAMETERS: dict[str, Any] = {
    "type": "array",
    "items": {"type": "object", "required": ["name", "type", "description", "valid_options"]},
}
_LINK: dict[str, Any] = {
    "type": "object",
    "required": ["rel", "method", "href", "required_params", "optional_params"],
    "properties": {
        "rel": {"type": "string"},
        "method": {"enum": ["GET", "POST", "PUT", "PATCH", "DELETE"]},
        "href": {"type": "string", "format": "uri"},
        "required_params": _PARAMETERS,
        "optional_params": _PARAMETERS,
    },
}


def _map_fields(plugin: MarshmallowPlugin) -> None:
    """What our own fields are in a document."""
    kinds: tuple[tuple[str, tuple[type, ...]], ...] = (
        ("string", (fields.Text, fields.Value, fields.Owner)),
        ("boolean", (fields.Flag,)),
        ("integer", (fields.Number, fields.Position, fields.Count, PageSize)),
        ("array", (fields.Words, CartridgeWishes, VariableWishes)),
        ("object", (fields.Links, Config)),
    )
    for name, ours in kinds:
        for kind in ours:
            plugin.map_to_openapi_type(kind, name, None)  # type: ignore[no-untyped-call]
    if plugin.converter is not None:
        plugin.converter.add_attribute_function(_bounds)  # type: ignore[no-untyped-call]


def _bounds(_converter: object, field: object, **_: object) -> dict[str, Any]:
    """The least and the greatest number that a field takes."""
    if not isinstance(field, fields.Position):
        return {}
    return {"minimum": field.lowest, **({} if field.highest is None else {"maximum": field.highest})}
