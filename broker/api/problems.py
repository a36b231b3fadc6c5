"""Problem details (RFC 9457): refusals for clients that ask for `application/problem+json`.

What succeeds comes in the envelope, whatever such a client asks for. The type of a problem is the code of its refusal,
as an address inside the OpenAPI document, which lists them all.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from flask import Response

from broker.api.negotiation import PROBLEM
from broker.api.paths import PREFIX
from broker.core.errors import Refusal

LISTED_AS: Final = "x-problems"
INTERNAL_ERROR: Final = "internal_error"


def problem(
    *, status: int, code: str, detail: str, messages: Sequence[Mapping[str, object]], reference: str
) -> Response:
    """The refusal as problem details; `messages` are those of the envelope."""
    body = {
        "type": type_of(code),
        "title": title_of(code),
        "status": status,
        "detail": detail,
        "instance": f"urn:uuid:{reference}",
        "messages": messages,
    }
    return Response(json.dumps(body, separators=(",", ":")), status=status, content_type=PROBLEM)


def type_of(code: str) -> str:
    """The type of the problem: where the OpenAPI document has it."""
    return f"{PREFIX}/openapi.json#/components/{LISTED_AS}/{code}"


def title_of(code: str) -> str:
    """The same for each problem of a type, such as `Namespace not found`."""
    return code.replace("_", " ").capitalize()


def problem_list() -> dict[str, dict[str, str]]:
    """All types of problems with their titles, as the OpenAPI document lists them."""
    codes = sorted({INTERNAL_ERROR, *(kind.code for kind in _kinds(Refusal))})
    return {code: {"title": title_of(code)} for code in codes}


def _kinds(kind: type[Refusal]) -> list[type[Refusal]]:
    return [kind, *(each for child in kind.__subclasses__() for each in _kinds(child))]
