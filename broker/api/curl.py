"""Requests as lines for a shell, to be copied."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

# Methods that curl chooses by itself: without data, and with.
_UNSAID = {"GET": False, "POST": True}
_MOST_OPTIONAL = 2


def curl_line(method: str, url: str, data: Sequence[tuple[str, str]] = (), *, login: str | None = None) -> str:
    """The request as curl makes it; it asks for the password of `login`. Whatever is put in, it stays one argument.

    A value like `@file` is what is in that file.
    """
    words = ["curl"]
    words += [] if login is None else ["-u", login]
    words += [] if _UNSAID.get(method) is bool(data) else ["-X", method]
    for name, value in data:
        words += ["--data-urlencode", f"{name}{value}"] if value.startswith("@") else ["-d", f"{name}={value}"]
    return shlex.join([*words, url])


def curl_of_link(link: Mapping[str, Any], login: str) -> str:
    """What a link of an answer says can be done; a value that is not known is named in capitals."""
    chosen = link["required_params"]
    if not chosen and link["method"] not in {"GET", "DELETE"}:
        chosen = link["optional_params"][:_MOST_OPTIONAL]
    data = [(str(each["name"]), _value(each)) for each in chosen]
    return curl_line(link["method"], link["href"], data, login=login)


def _value(param: Mapping[str, Any]) -> str:
    """The only or first value that is possible; of true and false it is the former."""
    valid = param["valid_options"]
    return str(valid[0]).lower() if valid else str(param["name"]).upper()
