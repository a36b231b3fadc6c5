"""Requests that another site's page has a browser send, with what the browser or a proxy adds by itself.

A browser that remembers a password, or the session of a proxy in front, shows it with every request, whoever has made
the page that sends it. It says so in headers that no page can set; other clients send neither of them.
"""

from typing import Final

from flask import Request

SITE: Final = "Sec-Fetch-Site"
ORIGIN: Final = "Origin"
# What no page makes a browser send without asking first, or what changes nothing.
_SAFE: Final = ("GET", "HEAD", "OPTIONS")
# A subdomain is another's as well: applications have names beside the broker's.
_ELSEWHERE: Final = ("cross-site", "same-site")
_HERE: Final = ("same-origin", "none")


def is_changed_from_elsewhere(request: Request) -> bool:
    """Whether the request changes something and comes from a page of another origin than the client has asked.

    The origin is compared where the browser does not say what it is; one that is not told (`null`) is another.
    """
    if request.method in _SAFE:
        return False
    site = request.headers.get(SITE, "").strip().lower()
    if site in _ELSEWHERE:
        return True
    origin = request.headers.get(ORIGIN)
    if site in _HERE or origin is None:
        return False
    # Not `host_url`, which writes names as people read them and not as browsers send them.
    return origin.strip().lower() != f"{request.scheme}://{request.host}".lower()
