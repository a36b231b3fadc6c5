"""Reads the parameters of a request: from the query, the JSON or form body, all of it valid UTF-8 and of sane size."""

import json
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from broker.api.rails_form import DEEPEST, nest
from broker.api.refusals import NotUtf8, PackedBody, TooLarge, Unreadable, UnsupportedBody

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 1000


def read_parameters(request: Request, maximum: int) -> dict[str, Any]:
    """All parameters by name; those of the query win over those of the body.

    Raises `NotUtf8`, `Unreadable`, `UnsupportedBody`, `PackedBody` or `TooLarge`; the body has been consumed whatever
    happens.
    """
    body = _body(request, maximum)
    query = request.query_string.decode("latin-1")
    parameters = {**_read_body(request, body), **nest(_pairs(query))}
    check_utf8(parameters)
    return parameters


def check_utf8(value: object) -> None:
    """Raises `NotUtf8` where a string in the value, however deep, has no UTF-8 form."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise NotUtf8 from None


def check_path(path: str) -> None:
    """Raises `NotUtf8` or `Unreadable` for a path, as WSGI has it, that nothing could be found by."""
    try:
        text = path.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        raise NotUtf8 from None
    if "\0" in text:
        raise Unreadable("A path has no null characters.")


def _body(request: Request, maximum: int) -> bytes:
    try:
        return request.get_data(cache=True)
    except RequestEntityTooLarge:
        raise TooLarge(maximum) from None


def _read_body(request: Request, body: bytes) -> dict[str, Any]:
    kind = request.mimetype
    if not body.strip():
        return {}
    packed = request.headers.get("Content-Encoding", "").strip()
    if packed.lower() not in {"", "identity"}:
        raise PackedBody(packed)
    if kind == "application/json" or kind.endswith("+json"):
        return _read_json(body)
    if kind in {FORM, ""}:
        return nest(_pairs(body.decode("latin-1")))
    raise UnsupportedBody(kind)


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise NotUtf8 from None
    except RecursionError:
        raise Unreadable(f"The JSON body is nested deeper than {DEEPEST} levels.") from None
    except ValueError as error:  # broken syntax, or a number with thousands of digits
        raise Unreadable(f"The body is not valid JSON: {str(error)[:100]}") from None
    if not isinstance(value, dict):
        raise Unreadable("The JSON body must be an object.")
    _check_depth(value)
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return
    raise Unreadable(f"The JSON body is nested deeper than {DEEPEST} levels.")


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            text.encode("latin-1").decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except UnicodeDecodeError:
        raise NotUtf8 from None
    except ValueError:
        raise Unreadable(f"There are more than {MOST_FIELDS} parameters.") from None
