"""Which statuses a resource may be answered with, and what the OpenAPI document says of each."""

from broker.api.accepted import ACCEPTED
from broker.api.url import Url

NOT_MODIFIED = 304
UNAUTHORIZED = 401
# Under maintenance.
CLOSED = 503
# What any request may be answered with: it may have a body, and `nolinks` may be neither true nor false.
ALWAYS = (400, 406, 413, 415, 422, 500)
# Whoever logs in is looked up in the database, which may be away, busy or full; nothing else is read without a login.
WITH_LOGIN = (UNAUTHORIZED, 403, 429, 503, 507)
# A key may be misused, or its first request be under way.
WITH_KEY = (409,)
REASONS = {
    200: "Done",
    201: "Created",
    ACCEPTED: "It is an operation that goes on by itself, at `Location`, as the client prefers it",
    301: "It has another URL, in `Location`",
    NOT_MODIFIED: "It still is what one of the tags in `If-None-Match` was given for; there is no body",
    400: "The request could not be read",
    UNAUTHORIZED: "No login, or a wrong one, in plain text; or one that may not act as whom it names; with a"
    " `WWW-Authenticate` challenge",
    403: "Not permitted",
    404: "Not found among what the caller may see",
    406: "The version or format is not offered",
    409: "More than one application is meant, no further domain is allowed, an operation cannot be cancelled, or the"
    " first request with the same Idempotency-Key has no answer yet",
    412: "It is not what `If-Match` says any more",
    410: "Gone: the event, or the log at that position",
    413: "The body is too large",
    415: "The body is neither JSON nor a form, or it is compressed",
    422: "Understood and refused; the messages say why",
    429: "Too many wrong logins; `Retry-After` says when to try again",
    500: "It could not be done: no node, a busy application, a node's failure, or a fault of the broker",
    503: "The broker is closed for maintenance; or the database is away, or others changed the same at the same moment;"
    " or all streams are in use: try again",
    507: "The storage of the database is full; nothing was changed",
}


def refusing_statuses(url: Url) -> list[int]:
    """The statuses of refusals, in order."""
    statuses = {*ALWAYS, *url.refusals}
    if url.login:
        statuses |= set(WITH_LOGIN)
    if not url.always_open:
        statuses.add(CLOSED)
    if url.changes:
        statuses |= {*WITH_KEY, 412}
    return sorted(statuses)
