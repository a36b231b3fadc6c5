"""Refusals become answers: one table from class to HTTP status, one message for each thing that is wrong."""

from collections.abc import Sequence

from flask import Response

from broker.api import refusals
from broker.api.call import Message
from broker.api.envelope import envelope
from broker.api.manner import Manner
from broker.api.negotiation import HTML
from broker.api.page import refusal_page
from broker.api.problems import INTERNAL_ERROR, problem
from broker.api.versions.requests import older_messages, older_status
from broker.core import errors
from broker.core.errors import ManyRefusals, NoNodeAvailable, Refusal
from broker.interfaces import Unopenable
from broker.usecases.events import EventGone
from broker.usecases.keys import DuplicateKey

# Looked up along the class's ancestors; a refusal that is not listed here is its parent's.
STATUSES: dict[type[Refusal], int] = {
    Refusal: 422,
    errors.NotFound: 404,
    errors.AmbiguousApplication: 409,
    errors.Forbidden: 403,
    errors.TooManyNamespaces: 409,
    errors.NoNodeAvailable: 500,
    errors.ApplicationBusy: 500,
    errors.RequestUnderWay: 409,
    errors.NodeFailed: 500,
    errors.OperationCancelled: 409,
    errors.OperationGoesOn: 503,
    errors.ChangeNotShown: 503,
    errors.OperationNotCancellable: 409,
    errors.PreconditionFailed: 412,
    errors.LogUnavailable: 410,
    errors.SourceUnavailable: 503,
    errors.StorageUnavailable: 503,
    errors.StorageFull: 507,
    errors.ConfigurationError: 500,
    Unopenable: 500,
    EventGone: 410,
    refusals.Unreadable: 400,
    refusals.TooLarge: 413,
    refusals.UnsupportedBody: 415,
    refusals.PackedBody: 415,
    refusals.NotAcceptable: 406,
    refusals.NothingHere: 404,
    refusals.MethodNotAllowed: 405,
    refusals.Moved: 301,
    refusals.TooManyStreams: 503,
    refusals.UnderMaintenance: 503,
    refusals.Challenged: 401,
    refusals.TooManyLogins: 429,
    DuplicateKey: 409,
}
RETRY_SECONDS = "1"
# However much is wrong with a request, and however long what it names: its answer has an end.
MOST_MESSAGES = 100
LONGEST_TEXT = 4000
# Shown with what could not be done and with the number to ask for in the log.
WRAPPED = (errors.NoNodeAvailable, errors.NodeFailed)


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal."""
    if isinstance(refusal, ManyRefusals):
        return status_of(refusal.refusals[0])
    return next(STATUSES[kind] for kind in type(refusal).__mro__ if kind in STATUSES)


def refused(refusal: Refusal, manner: Manner) -> Response:
    """The answer to a request that is turned down, in the form that the client takes."""
    several = refusal.refusals if isinstance(refusal, ManyRefusals) else (refusal,)
    messages = [_message(each, manner.reference) for each in several[:MOST_MESSAGES]]
    if len(several) > MOST_MESSAGES:
        messages.append(Message(severity="error", text=f"There is more, {len(several)} in all.", exit_code=1))
    if isinstance(refusal, NoNodeAvailable) and refusal.advice:
        messages.append(Message(severity="warning", text=refusal.advice, exit_code=refusal.exit_code))
    status = older_status(manner.version, manner.method, status_of(refusal), [each.exit_code for each in messages])
    if isinstance(refusal, refusals.Unauthorized) and not manner.problems:
        response = Response(refusal.text, status=status, content_type="text/plain; charset=utf-8")
    else:
        response = _told(refusal.code, status, messages, manner)
    return _with_headers(response, refusal)


def _told(code: str, status: int, messages: Sequence[Message], manner: Manner) -> Response:
    """The messages in the envelope, or as a problem of that code."""
    if manner.media == HTML and not manner.problems:
        return refusal_page(status, [message.text for message in messages], manner.reference)
    if not manner.problems:
        return envelope(status=status, messages=messages, version=manner.version, media=manner.media)
    return problem(
        status=status,
        code=code,
        detail=" ".join(message.text.strip() for message in messages if message.severity != "warning"),
        messages=older_messages(manner.version, [message.to_wire() for message in messages]),
        reference=manner.reference,
    )


def _with_headers(response: Response, refusal: Refusal) -> Response:
    """The answer with what a refusal says in headers, in whatever form its body is."""
    if isinstance(refusal, refusals.Challenged):
        response.headers["WWW-Authenticate"] = refusal.challenge
    if isinstance(refusal, refusals.TooManyLogins):
        response.headers["Retry-After"] = str(refusal.seconds)
    if isinstance(refusal, errors.RequestUnderWay):
        response.headers["Retry-After"] = RETRY_SECONDS
    if isinstance(refusal, refusals.Moved):
        response.headers["Location"] = refusal.location
    if isinstance(refusal, refusals.MethodNotAllowed):
        response.headers["Allow"] = ", ".join(refusal.allowed)
    return response


def failed(manner: Manner) -> Response:
    """The answer to a request that met a fault of ours: the log has the rest under its reference."""
    text = _unable("an internal error.", manner.reference)
    return _told(INTERNAL_ERROR, 500, [Message(severity="error", text=text, exit_code=1)], manner)


def _message(refusal: Refusal, reference: str) -> Message:
    return Message(
        severity="info" if isinstance(refusal, refusals.UnderMaintenance) else "error",
        text=_shortened(_text(refusal, reference)),
        exit_code=refusal.exit_code,
        field=refusal.field,
        index=refusal.index,
    )


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def _text(refusal: Refusal, reference: str) -> str:
    if not isinstance(refusal, WRAPPED) or isinstance(refusal, errors.EventFailed):
        return refusal.text
    if type(refusal) is NoNodeAvailable:
        reason = f"{refusal.text}. Please try again and contact support if the issue persists. "
        return _unable(reason, reference)
    return _unable(refusal.text, reference)


def _unable(reason: str, reference: str) -> str:
    return f"Unable to complete the requested operation due to: {reason}\nReference ID: {reference}"
