"""The OpenAPI document as a page to be browsed."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from broker.api.curl import curl_line
from broker.api.examples import BODIES
from broker.api.negotiation import JSON
from broker.api.openapi import Description, template_of
from broker.api.openapi_statuses import REASONS
from broker.api.page import rendered
from broker.api.paths import PREFIX
from broker.api.url import Url

_SCHEMAS: Final = "#/components/schemas/"
_COMMON: Final = {"Refusal", "Problem"}
# What a request may be answered with whatever it is for.
_ANY_REQUEST: Final = ("400", "401", "406", "413", "415", "429", "503", "507")


@dataclass(frozen=True, slots=True)
class Kind:
    """The type of a value in words, and behind them the shape that it has, if that has a name."""

    words: str
    shape: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A parameter of a resource or a field of a shape; `place` is where a parameter is sent, `note` what else holds."""

    name: str
    kind: Kind
    place: str = ""
    required: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A resource with a method; `others` are further paths that lead to the same."""

    anchor: str
    method: str
    path: str
    others: tuple[str, ...]
    summary: str
    description: str
    login: bool
    fields: tuple[Field, ...]
    answers: tuple[tuple[str, Kind], ...]
    statuses: tuple[tuple[str, str], ...]
    example: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Chapter:
    """The resources of one subject."""

    anchor: str
    title: str
    description: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerShape:
    """A shape of data in answers, with its fields."""

    name: str
    description: str
    fields: tuple[Field, ...]


def reference_page(description: Description) -> str:
    """The page, which Flask serves as HTML."""
    document = description.document
    return rendered(
        "reference.html",
        version=document["info"]["version"],
        paragraphs=[each.replace("\n", " ") for each in document["info"]["description"].strip().split("\n\n")],
        chapters=chapters_of(description),
        shapes=shapes_of(document),
        statuses=[(status, REASONS[int(status)]) for status in _ANY_REQUEST],
    )


def chapters_of(description: Description) -> tuple[Chapter, ...]:
    """The resources by subject, each once, in the order of the document."""
    document = description.document
    entries: dict[str, list[Entry]] = {tag["name"]: [] for tag in document["tags"]}
    for url in description.urls:
        operation = document["paths"][template_of(url.paths.current[0])][url.method.lower()]
        entries[operation["tags"][0]].append(_entry(document["components"]["schemas"], url, operation))
    return tuple(
        Chapter(
            anchor=tag["name"].replace(" ", "-"),
            title=tag["name"].capitalize(),
            description=tag["description"],
            entries=tuple(entries[tag["name"]]),
        )
        for tag in document["tags"]
    )


def shapes_of(document: Mapping[str, Any]) -> tuple[AnswerShape, ...]:
    """The shapes that answers have, and those inside these, by name; what every refusal has comes with them."""
    schemas = document["components"]["schemas"]
    wanted = [name for each in _operations(document) for name in _named_in(each["responses"])]
    found: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name not in found:
            found.add(name)
            wanted += _named_in(schemas[name])
    return tuple(
        AnswerShape(
            name=name, description=schemas[name].get("description", ""), fields=tuple(_fields(schemas[name], ""))
        )
        for name in sorted(found - _COMMON)
    )


def _operations(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()


def _named_in(part: object) -> list[str]:
    """The names of the shapes that are spoken of anywhere in this part of the document."""
    if isinstance(part, dict):
        own = [str(part["$ref"]).removeprefix(_SCHEMAS)] if "$ref" in part else []
        return own + [name for each in part.values() for name in _named_in(each)]
    return [name for each in part for name in _named_in(each)] if isinstance(part, list) else []


def _entry(schemas: Mapping[str, Any], url: Url, operation: Mapping[str, Any]) -> Entry:
    path = template_of(url.paths.current[0])
    status = operation["responses"][str(url.status)]
    return Entry(
        anchor=f"{url.method.lower()}{path.replace('/', '-')}".translate({ord("{"): None, ord("}"): None}),
        method=url.method,
        path=path,
        others=tuple(template_of(each) for each in url.paths.all[1:]),
        summary=operation["summary"],
        description=operation.get("description", ""),
        login=bool(operation["security"]),
        fields=(*_declared(operation), *_body(schemas, operation)),
        answers=tuple(_answers(status.get("content", {}))),
        statuses=tuple(
            (status, answer["description"])
            for status, answer in sorted(operation["responses"].items())
            if status not in _ANY_REQUEST
        ),
        example=_example(url),
    )


def _declared(operation: Mapping[str, Any]) -> Iterator[Field]:
    for each in operation["parameters"]:
        yield Field(
            name=each["name"],
            kind=kind_of(each["schema"]),
            place=each["in"],
            required=each.get("required", False),
            note=_note(each["schema"], each.get("description", "")),
        )


def _body(schemas: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[Field]:
    schema = operation.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema", {})
    yield from _fields(schemas.get(schema.get("$ref", "").removeprefix(_SCHEMAS), schema), "body")


def _fields(schema: Mapping[str, Any], place: str) -> Iterator[Field]:
    for name, described in schema.get("properties", {}).items():
        required = name in schema.get("required", ())
        yield Field(name=name, kind=kind_of(described), place=place, required=required, note=_note(described))


def _answers(content: Mapping[str, Any]) -> Iterator[tuple[str, Kind]]:
    """The names that the envelope has for the data, each with the shape; or the format of what has no envelope."""
    schema = content.get(JSON, {}).get("schema", {})
    for each in schema.get("oneOf", [schema]):
        if "data" in each.get("properties", {}):
            for name in each["properties"]["type"]["enum"]:
                yield name or "nothing", kind_of(each["properties"]["data"])
    if JSON not in content:
        yield from ((media, kind_of(each.get("schema", {}))) for media, each in content.items())


def kind_of(schema: Mapping[str, Any]) -> Kind:
    """The type in words: `list of Gear`, `string or null`."""
    if "$ref" in schema:
        return Kind("", schema["$ref"].removeprefix(_SCHEMAS))
    choices = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]
    if choices:
        inner = [kind_of(each) for each in choices]
        return Kind(" or ".join(each.words or each.shape for each in inner))
    kinds = schema.get("type", "string" if "enum" in schema else "anything")
    names = [kinds] if isinstance(kinds, str) else list(kinds)
    below = schema.get("items") or schema.get("additionalProperties")
    if isinstance(below, dict) and below and names[0] in {"array", "object"}:
        inside = kind_of(below)
        start = "list of " if names[0] == "array" else "by name: "
        return Kind(start + inside.words, inside.shape) if len(names) == 1 else Kind(f"{start}{inside.words} or null")
    return Kind(" or ".join("list" if name == "array" else name for name in names))


def _note(schema: Mapping[str, Any], description: str = "") -> str:
    """What else holds of the value, in sentences."""
    values = ", ".join("null" if each is None else str(each) for each in schema.get("enum", ()))
    parts = [
        (description or schema.get("description", "")).replace("`", "").rstrip("."),
        f"one of {values}" if values else "",
        _bounds(schema.get("minimum"), schema.get("maximum")),
        "" if schema.get("default") in (None, "", [], ()) else f"{str(schema['default']).lower()} if left out",
    ]
    return "; ".join(part for part in parts if part)


def _bounds(least: object, most: object) -> str:
    if least is None:
        return ""
    return f"{least} or more" if most is None else f"{least} to {most}"


def _example(url: Url) -> str:
    path = re.sub(r"<(\w+)>", lambda name: name[1].upper(), url.paths.current[0])
    data: Sequence[tuple[str, str]] = BODIES.get(f"{url.method} {url.paths.current[0]}", ())
    return curl_line(url.method, f"http://BROKER{PREFIX}{path}", data, login="LOGIN" if url.login else None)
