"""Which version and format of the interface a client asks for.

Every version of the list is accepted and named in the answer; what is shown is always in the form of 1.7.
"""

import re
from collections.abc import Sequence

from broker.api.refusals import NotAcceptable

SUPPORTED = (1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7)
LATEST = 1.7
# What the field's command line client expects when it does not say: it was written before 1.4.
UNSAID_BY_RHC = 1.3
JSON = "application/json"
_VERSION = re.compile(r"""version\s*=\s*["']?([^\s;,"']*)""")
_NOLINKS = re.compile(r";\s*nolinks\b(?!\s*=\s*false)")


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
    """The first media type of the client's that is offered; raises `NotAcceptable` if there is none."""
    if suffix not in {"", "json"}:
        text = f"The format '{suffix}' is not offered. Leave the suffix out, or use .json."
        raise NotAcceptable(text)
    wanted = [part.partition(";")[0].strip().lower() for part in accept.split(",") if not _refused(part)]
    if not accept.strip():
        return offered[0]
    for kind in wanted:
        for media in offered:
            if kind in {media, "*/*", f"{media.partition('/')[0]}/*"}:
                return media
    text = f"The formats '{accept[:100]}' are not offered here. Offered: {', '.join(offered)}."
    raise NotAcceptable(text)


def _refused(part: str) -> bool:
    return re.search(r";\s*q=0(\.0*)?\s*(;|$)", part) is not None
