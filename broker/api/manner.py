"""How the client of the request that is being answered wants to be told that it is refused."""

from dataclasses import dataclass

from flask import g, request

from broker.api.negotiation import ENVELOPED, HTML, JSON, LATEST, media_of_refusal, prefers_problems
from broker.api.paths import SUFFIX_KEY


@dataclass(frozen=True, kw_only=True, slots=True)
class Manner:
    """The version and the format of a refusal; with `problems` it comes as problem details (RFC 9457).

    `method` is that of the request, `reference` what the log knows it by.
    """

    reference: str
    method: str
    version: float = LATEST
    media: str = JSON
    problems: bool = False


def begin_manner() -> None:
    """Nothing is negotiated yet."""
    g.version = LATEST
    g.media = None


def current_manner() -> Manner:
    """The manner as far as it is negotiated, and otherwise as far as the client's headers let it be guessed."""
    accept = request.headers.get("Accept", "")
    guessed = media_of_refusal(accept, request.environ.get(SUFFIX_KEY, ""))
    return Manner(
        reference=g.reference,
        method=request.method,
        version=g.version,
        media=g.media if g.media in (*ENVELOPED, HTML) else guessed,
        problems=prefers_problems(accept),
    )
