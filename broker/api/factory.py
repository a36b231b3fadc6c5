"""Makes the WSGI application: the table of the interface, its errors, its headers and its log."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

from flask import Flask, Response, g, redirect, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import Rule

from broker.api.auth import Authenticator, identity_headers
from broker.api.dispatch import Dispatcher
from broker.api.errors import failed, refused
from broker.api.idempotency import AnswerBook
from broker.api.manner import begin_manner, current_manner
from broker.api.negotiation import HTML, prefers_page
from broker.api.openapi import Description
from broker.api.options import ApiOptions
from broker.api.page import front_page
from broker.api.parameters import check_path
from broker.api.paths import PATH_KEY, PREFIX, CanonicalPaths, canonical
from broker.api.reference import reference_page
from broker.api.refusals import MethodNotAllowed as NotThatMethod
from broker.api.refusals import NothingHere, Unreadable
from broker.api.streams import StreamSlots
from broker.api.url import Url
from broker.api.urls import urls
from broker.core.errors import Refusal
from broker.interfaces import Platform

__all__ = ["ApiOptions", "make_wsgi_app"]

_log = logging.getLogger(__name__)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}


class MatchedRule(Rule):
    """A rule that is only ever matched: links are made from their own table.

    The code that werkzeug writes to build an address from each of two hundred rules is most of the start otherwise.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002 as inherited
        compiled = super()._compile_builder

        def build(rule: Rule, *values: str, **named: str) -> tuple[str, str]:
            made: tuple[str, str] = compiled(append_unknown).__get__(rule, None)(*values, **named)
            return made

        return build


def make_wsgi_app(platform: Platform, options: ApiOptions, stopping: Callable[[], bool] = lambda: False) -> Flask:
    """The interface over a platform. Open streams end soon after `stopping` says so."""
    wsgi_app = Flask("gearbroker", static_folder=None)
    wsgi_app.config["MAX_CONTENT_LENGTH"] = options.max_request_bytes
    wsgi_app.url_rule_class = MatchedRule
    wsgi_app.url_map.merge_slashes = False
    dispatcher = Dispatcher(
        platform=platform,
        options=options,
        authenticator=Authenticator(platform=platform, fronting=options.fronting, realm=options.realm),
        slots=StreamSlots(options.max_streams, options.streams_per_login),
        answers=AnswerBook(),
        stopping=stopping,
    )
    description = Description(urls(), options)
    for number, url in enumerate(description.urls):
        _add(wsgi_app, dispatcher, number, url)
    wsgi_app.add_url_rule("/", "front_page", partial(front_page, options))
    wsgi_app.add_url_rule("/reference", "reference_page", cache(lambda: reference_page(description)))
    wsgi_app.add_url_rule(PREFIX, "root", _to_entry)
    wsgi_app.before_request(_begin)
    wsgi_app.after_request(_end)
    wsgi_app.register_error_handler(Refusal, _refused)
    wsgi_app.register_error_handler(Exception, _failed)
    # The documented way to put something in front.
    wsgi_app.wsgi_app = CanonicalPaths(wsgi_app.wsgi_app)  # type: ignore[method-assign]
    return wsgi_app


def _add(wsgi_app: Flask, dispatcher: Dispatcher, number: int, url: Url) -> None:
    def view(**path: str) -> Response:
        return dispatcher.serve(url, path)

    for path in url.paths.all:
        wsgi_app.add_url_rule(canonical(path)[0], f"{number}", view, methods=[url.method])


def _to_entry() -> Response:
    response = redirect(f"{request.host_url.rstrip('/')}{PREFIX}/api")
    return Response(response.get_data(), response.status_code, response.headers)


def _begin() -> None:
    g.began = time.perf_counter()
    g.reference = str(uuid.uuid4())
    begin_manner()
    g.caller = None
    check_path(request.environ[PATH_KEY])


def _end(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Request-Id"] = g.reference
    if g.caller is not None:
        response.headers.update(identity_headers(g.caller))
    _log.info(
        "request",
        extra={
            "method": request.method,
            "path": request.environ[PATH_KEY],
            "status": response.status_code,
            "seconds": round(time.perf_counter() - g.began, 6),
            "login": None if g.caller is None else g.caller.login,
            "reference": g.reference,
        },
    )
    return response


def _refused(refusal: Refusal) -> Response:
    return refused(refusal, current_manner())


def _failed(error: Exception) -> Response:
    """A refusal of the framework in our words, or a fault of ours, logged once."""
    if isinstance(error, MethodNotAllowed):
        return _refused(NotThatMethod(request.method, tuple(sorted(error.valid_methods or ()))))
    if isinstance(error, NotFound):
        path = re.sub(r"[^\w/.:@%+-]", "?", request.environ[PATH_KEY])[:100]
        nothing = NothingHere(f"Nothing is at {path}. {PREFIX}/api lists what there is.")
        is_person = prefers_page(request.headers.get("Accept", ""))
        return refused(nothing, replace(current_manner(), media=HTML) if is_person else current_manner())
    if isinstance(error, HTTPException):
        return _refused(Unreadable(f"The request could not be read: {error.name}."))
    _log.error("request failed", exc_info=error, extra={"reference": g.reference})
    return failed(current_manner())
