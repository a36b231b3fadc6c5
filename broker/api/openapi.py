"""The OpenAPI document, made from the table of the interface and the schemas it names."""

import re
from collections import Counter
from functools import cached_property
from inspect import cleandoc
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from broker.api import fields
from broker.api.accepted import ACCEPTED, PREFERENCE_APPLIED
from broker.api.call import Answer, Call
from broker.api.conditions import ETAG, IF_MATCH, IF_NONE_MATCH
from broker.api.idempotency import REPLAYED
from broker.api.negotiation import HTML, JSON, PROBLEM, SUPPORTED, XML
from broker.api.openapi_meanings import explain
from broker.api.openapi_statuses import NOT_MODIFIED, REASONS, UNAUTHORIZED, refusing_statuses
from broker.api.openapi_subjects import CAPTURES, SUBJECTS, subject_of
from broker.api.options import ApiOptions
from broker.api.paging import Cursor, PageSize
from broker.api.parameters import FORM
from broker.api.paths import PREFIX
from broker.api.preferences import IDEMPOTENCY_KEY, LONGEST_KEY, PREFER, RESPOND_ASYNC
from broker.api.problems import LISTED_AS, problem_list
from broker.api.schemas.application_wishes import CartridgeWishes, Config, Gigabytes, VariableWishes
from broker.api.schemas.cartridges import StorageText
from broker.api.schemas.deployments import Reported, Setting
from broker.api.schemas.members import Entries
from broker.api.schemas.operations import OperationSchema
from broker.api.schemas.teams import TeamOwner
from broker.api.streams import MEDIA, SERVER_SENT
from broker.api.url import Shape, Url, here

_CAPTURE = re.compile(r"<(\w+)>")
DESCRIPTION = """\
Every path is served below `/broker/rest` and, the same, without that prefix; it may end in `.json` or `.xml`. Answers
are JSON or XML in an envelope, as `Accept` or that suffix says; other formats are answered with 406. Who names
`application/problem+json` in `Accept` gets refusals as problem details (RFC 9457), and all else in the envelope.

Versions 1.0 to 1.7 are accepted, as `version=` parameter of `Accept` or `Content-Type`; the answer has the form of the
version that is asked for, and what is described here is 1.7.

Bodies are JSON or forms with brackets (`cartridges[][name]=php-5.4`). Parameters may also be in the query, which wins
over the body; what the path names wins over both. `nolinks=true` leaves the links out.

Who asks is told by HTTP Basic or by a token (`Authorization: Bearer`). What belongs to others answers 404.
"""


class Description:
    """The interface described: `document` is made when it is first asked for, `urls` has it as one more resource."""

    def __init__(self, table: tuple[Url, ...], options: ApiOptions) -> None:
        own = Url(
            "GET",
            here("/openapi.json"),
            self._show,
            "Show this interface as an OpenAPI document",
            Shape(kind=None, bare=True),
            media=(JSON,),
            login=False,
        )
        self.urls = (*table, own)
        self._options = options

    @cached_property
    def document(self) -> dict[str, Any]:
        """The OpenAPI document."""
        return _document(self.urls, self._options)

    def _show(self, call: Call) -> Answer:
        del call
        return Answer(data=self.document)


def _document(table: tuple[Url, ...], options: ApiOptions) -> dict[str, Any]:
    plugin = MarshmallowPlugin()
    spec = APISpec(
        title="gearbroker",
        version=options.version,
        openapi_version="3.1.0",
        info={"description": DESCRIPTION, "license": {"name": "Apache-2.0"}},
        servers=[{"url": PREFIX}],
        tags=[{"name": name, "description": description} for name, description in SUBJECTS.items()],
        plugins=[plugin],
    )
    _map_fields(plugin)
    spec.components.security_scheme("basic", {"type": "http", "scheme": "basic", "description": "Login and password"})
    token = {
        "type": "http",
        "scheme": "bearer",
        "description": "A token, which `POST /user/authorizations` answers with",
    }
    spec.components.security_scheme("bearer", token)
    spec.components.schema("Message", _MESSAGE)
    spec.components.schema("Link", _LINK)
    spec.components.schema("Refusal", _envelope({"type": "null"}, [None]))
    spec.components.schema("Problem", _PROBLEM_DETAILS)
    places: Counter[str] = Counter()
    for url in table:
        for path in url.paths.all:
            operation = _operation(url, path, places)
            spec.path(path=template_of(path), operations={url.method.lower(): operation})
    document: dict[str, Any] = spec.to_dict()
    document["components"][LISTED_AS] = problem_list()
    for name, text in _descriptions(plugin).items():
        document["components"]["schemas"][name]["description"] = text
    explain(document)
    return document


def template_of(path: str) -> str:
    """The path as the document has it."""
    return _CAPTURE.sub(r"{\1}", path)


def _descriptions(plugin: MarshmallowPlugin) -> dict[str, str]:
    """What the schemas of the document say of themselves, by name."""
    known = {} if plugin.converter is None else plugin.converter.refs
    return {name: _text_of(key[0]) for key, name in known.items()}


def _text_of(described: object) -> str:
    return " ".join(cleandoc(described.__doc__ or "").split())


def _operation(url: Url, path: str, places: Counter[str]) -> dict[str, Any]:
    """What is done at one path; `places` counts the paths of each resource, so that each has an id of its own."""
    module = url.resource.__module__.rpartition(".")[2]
    called = f"{module}.{url.resource.__name__}.{url.method.lower()}"
    place = places[called]
    places[called] += 1
    captures = _CAPTURE.findall(path)
    operation: dict[str, Any] = {
        "operationId": f"{called}.{place}",
        "summary": url.summary,
        **({} if url.form is None else {"description": _text_of(type(url.form))}),
        "tags": [subject_of(module)],
        "security": [{"basic": []}, {"bearer": []}] if url.login else [],
        "deprecated": path in url.paths.plural,
        "parameters": [
            {"name": each, "in": "path", "required": True, "description": CAPTURES.get(each, ""), **_TEXT}
            for each in captures
        ],
        "responses": _responses(url),
    }
    if url.form is not None and url.method in {"GET", "DELETE"}:
        operation["parameters"].append({"in": "query", "schema": url.form})
    if url.form is not None and url.method in {"POST", "PUT", "PATCH"}:
        body = {"schema": url.form}
        operation["requestBody"] = {"content": {JSON: body, FORM: dict(body)}}
    operation["parameters"] += [
        {"name": name, "in": "header", "description": _HEADERS[name], "schema": schema}
        for name, schema in _headers(url).items()
    ]
    return operation


def _headers(url: Url) -> dict[str, dict[str, Any]]:
    """The headers that mean something to the resource."""
    headers: dict[str, dict[str, Any]] = {}
    if url.changes:
        headers[IDEMPOTENCY_KEY] = {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY}
    if url.conditional:
        headers[IF_MATCH] = {"type": "string"}
    if url.tagged:
        headers[IF_NONE_MATCH] = {"type": "string"}
    if url.becomes_operation:
        headers[PREFER] = {"type": "string", "examples": [RESPOND_ASYNC]}
    if SERVER_SENT in url.media:
        headers[LAST_EVENT_ID] = {"type": "string"}
    return headers


def _responses(url: Url) -> dict[str, Any]:
    refused_page = {HTML: _TEXT} if url.shape.page is not None else {}
    responses: dict[str, Any] = {
        str(status): {
            "description": REASONS[status],
            "content": {**(_DENIED if status == UNAUTHORIZED else {}), **_REFUSED, **_PROBLEM, **refused_page},
        }
        for status in refusing_statuses(url)
    }
    for status in (url.status, *url.other_statuses):
        responses[str(status)] = {"description": REASONS[status], "content": _content(url)}
    if url.pages:
        responses[str(url.status)]["headers"] = _NEXT_PAGE
    if url.tagged:
        responses[str(url.status)]["headers"] = _TAGGED
        responses[str(NOT_MODIFIED)] = {"description": REASONS[NOT_MODIFIED], "headers": _TAGGED}
    if url.becomes_operation:
        responses[str(ACCEPTED)] = {"description": REASONS[ACCEPTED], "headers": _TO_ACCEPTED, "content": _accepted()}
    if url.changes:
        for response in responses.values():
            response["headers"] = {**response.get("headers", {}), **_REPLAYED}
    return responses


def _content(url: Url) -> dict[str, Any]:
    if url.media == MEDIA:
        return {media: {"schema": {"type": "string"}} for media in MEDIA}
    if url.shape.page is not None:
        return {HTML: _TEXT}
    if url.shape.bare:
        return {JSON: {"schema": {"type": "object"}}}
    shapes = (url.shape, *url.other_shapes)
    schemas = [_envelope(_data(shape), [shape.kind]) for shape in shapes]
    whole = {JSON: {"schema": schemas[0] if len(schemas) == 1 else {"oneOf": schemas}}}
    return {**whole, XML: {}} if XML in url.media else whole


def _accepted() -> dict[str, Any]:
    return {JSON: {"schema": _envelope(OperationSchema(), ["operation"])}, XML: {}}


def _data(shape: Shape) -> Any:
    if shape.kind == "links":
        return {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Link"}}
    if shape.schema is None:
        return {"type": shape.plain}
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


LAST_EVENT_ID = "Last-Event-ID"
_HEADERS = {
    IDEMPOTENCY_KEY: "Makes the request one that may be repeated: it is done once, and answered the same again",
    IF_MATCH: "Tags of which one must still be its `ETag`",
    IF_NONE_MATCH: "Tags of which none may be its `ETag` for it to be sent; `*` is any",
    PREFER: f"`{RESPOND_ASYNC}`: answer with 202 at once, where it becomes an operation",
    LAST_EVENT_ID: "Position of the last event that the client has",
}
_TEXT: dict[str, Any] = {"schema": {"type": "string"}}
_DENIED = {"text/plain": _TEXT}
_REFUSED = {JSON: {"schema": {"$ref": "#/components/schemas/Refusal"}}, XML: {}}
_PROBLEM = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_TO_ACCEPTED = {"Location": {"schema": {"type": "string", "format": "uri"}}, PREFERENCE_APPLIED: _TEXT}
_NEXT_PAGE = {"Link": {"description": 'Where there may be more: the URL of the next page, as `rel="next"`', **_TEXT}}
_TAGGED = {ETAG: {"description": "Which it is, for `If-Match` and `If-None-Match`", **_TEXT}}
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
_PROBLEM_DETAILS: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "messages"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri"},
        "messages": {"type": "array", "items": {"$ref": "#/components/schemas/Message"}},
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
        ("string", (fields.Text, fields.Value, fields.Owner, Cursor, TeamOwner)),
        ("boolean", (fields.Flag,)),
        ("integer", (fields.Number, fields.Position, fields.Count, Gigabytes, PageSize, StorageText)),
        ("array", (fields.Words, CartridgeWishes, Entries, Reported, VariableWishes)),
        ("object", (fields.Links, Config)),
    )
    for name, ours in kinds:
        for kind in ours:
            plugin.map_to_openapi_type(kind, name, None)  # type: ignore[no-untyped-call]
    if plugin.converter is not None:
        plugin.converter.add_attribute_function(_bounds)  # type: ignore[no-untyped-call]
        plugin.converter.add_attribute_function(_either)  # type: ignore[no-untyped-call]


def _either(_converter: object, field: object, **_: object) -> dict[str, Any]:
    """The types of a setting whose rule is that of its name."""
    return {"type": ["string", "integer", "null"]} if isinstance(field, Setting) else {}


def _bounds(_converter: object, field: object, **_: object) -> dict[str, Any]:
    """The least and the greatest number that a field takes."""
    if not isinstance(field, fields.Position):
        return {}
    return {"minimum": field.lowest, **({} if field.highest is None else {"maximum": field.highest})}
