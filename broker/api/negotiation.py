"""Which version and format of the interface a client asks for, and in which form it wants to be refused."""

import re
from collections.abc import Mapping, Sequence

from broker.api.refusals import NotAcceptable

SUPPORTED = (1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7)
LATEST = 1.7
# What the field's command line client expects when it does not say: it was written before 1.4.
UNSAID_BY_RHC = 1.3
JSON = "application/json"
XML = "application/xml"
PROBLEM = "application/problem+json"
HTML = "text/html"
ANYTHING = "*/*"
# What every answer in the envelope is offered as.
ENVELOPED = (JSON, XML)
_FORMATS = {"json": JSON, "xml": XML}
_VERSION = re.compile(r"""version\s*=\s*["']?([^\s;,"']*)""")
_NOLINKS = re.compile(r";\s*nolinks\b(?!\s*=\s*false)")
_WEIGHT = re.compile(r";\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*(?:;|$)", re.IGNORECASE)


def negotiate_version(accept: str, content_type: str, user_agent: str) -> float:
    """The version that is asked for in either header; raises `NotAcceptable` for one that does not exist."""
    found = _VERSION.search(f"{accept}, {content_type}")
    if found is None:
        return UNSAID_BY_RHC if user_agent.startswith("rhc") else LATEST
    for version in SUPPORTED:
        if found[1] == str(version):
            return version
    known = ",".join(str(version) for version in SUPPORTED)
    text = f"Requested API version {found[1][:20]} is not supported. Supported versions are {known}"
    raise NotAcceptable(text)


def wants_no_links(accept: str) -> bool:
    """Whether the client says in its `Accept` that it has no use for links."""
    return _NOLINKS.search(accept) is not None


def negotiate_media(accept: str, suffix: str, offered: Sequence[str]) -> str:
    """The media type that the client likes most of those offered; raises `NotAcceptable` if it takes none.

    A suffix that names a format decides alone. Of types with the same weight the one that is named first is taken,
    and a browser, which names XML among all that it can show, takes what is offered first. Whoever names problem
    details alone takes JSON for everything that is none.
    """
    if suffix:
        return _by_suffix(accept, suffix, offered)
    if accept in {"", ANYTHING}:
        return offered[0]
    alone = accept.partition(";")[0]
    if alone in offered and "," not in accept and "q" not in accept:  # what the field's client sends, told at a glance
        return alone
    weights = _weights(accept)
    if not weights:
        return offered[0]
    best = max(offered, key=lambda media: _liking(weights, media))
    if _takes(weights, best):
        is_browser = weights.get(HTML) and weights.get(ANYTHING) and _takes(weights, offered[0])
        return offered[0] if is_browser else best
    if weights.get(PROBLEM) and JSON in offered:
        return JSON
    raise _not_offered(accept, offered)


def media_of_refusal(accept: str, suffix: str) -> str:
    """The format of a refusal before it is known what is offered: JSON, unless the client takes XML and no JSON."""
    if suffix:
        return _FORMATS.get(suffix, JSON)
    weights = _weights(accept)
    return XML if _takes(weights, XML) and not _takes(weights, JSON) else JSON


def prefers_page(accept: str) -> bool:
    """Whether the client would rather have a page than anything in the envelope, as browsers do."""
    weights = _weights(accept)
    liked = weights.get(HTML, 0.0)
    return liked > 0 and all(_liking(weights, media)[0] < liked for media in ENVELOPED)


def prefers_problems(accept: str) -> bool:
    """Whether the client wants refusals as problem details (RFC 9457).

    It does if it names them in its `Accept`, unless it gives JSON or XML, the forms of the envelope, more weight.
    """
    if PROBLEM not in accept.lower():
        return False
    weights = _weights(accept)
    weight = weights.get(PROBLEM, 0.0)
    return weight > 0 and all(weights.get(media, 0.0) <= weight for media in ENVELOPED)


def _by_suffix(accept: str, suffix: str, offered: Sequence[str]) -> str:
    if _FORMATS.get(suffix) in offered:
        return _FORMATS[suffix]
    if suffix == "json":  # what has no other form of its own has it with that suffix too, such as a stream
        return negotiate_media(accept, "", offered)
    known = " or ".join(f".{each}" for each, media in _FORMATS.items() if media in offered or each == "json")
    text = f"The format '{suffix}' is not offered. Leave the suffix out, or use {known}."
    raise NotAcceptable(text)


def _weights(accept: str) -> Mapping[str, float]:
    """The media types that are named, in their order, each with its weight from 0 to 1."""
    weights: dict[str, float] = {}
    for part in accept.split(","):
        kind = part.partition(";")[0].strip().lower()
        if kind:
            found = _WEIGHT.search(part)
            weights.setdefault(kind, 1.0 if found is None else float(found[1]))
    return weights


def _liking(weights: Mapping[str, float], media: str) -> tuple[float, int]:
    """How much a client likes a media type, and, to decide between equals, how early it has named it."""
    for kind in (media, f"{media.partition('/')[0]}/*", ANYTHING):
        if kind in weights:
            return weights[kind], -list(weights).index(kind)
    return 0.0, -len(weights)


def _takes(weights: Mapping[str, float], media: str) -> bool:
    return _liking(weights, media)[0] > 0


def _not_offered(accept: str, offered: Sequence[str]) -> NotAcceptable:
    return NotAcceptable(f"The formats '{accept[:100]}' are not offered here. Offered: {', '.join(offered)}.")
