"""Refusals become answers: one table from class to HTTP status, one message for each thing that is wrong."""

from flask import Response

from broker.api import refusals
from broker.api.call import Message
from broker.api.envelope import envelope
from broker.api.negotiation import LATEST
from broker.core import errors
from broker.core.errors import ManyRefusals, NoNodeAvailable, Refusal
from broker.usecases.events import EventGone

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
    errors.LogUnavailable: 410,
    errors.StorageUnavailable: 503,
    errors.StorageFull: 507,
    EventGone: 410,
    refusals.Unreadable: 400,
    refusals.TooLarge: 413,
    refusals.UnsupportedBody: 415,
    refusals.NotAcceptable: 406,
    refusals.NothingHere: 404,
    refusals.MethodNotAllowed: 405,
    refusals.Moved: 301,
    refusals.TooManyStreams: 503,
    refusals.Unauthorized: 401,
}
RETRY_SECONDS = "1"
# Shown with what could not be done and with the number to ask for in the log.
WRAPPED = (errors.NoNodeAvailable, errors.NodeFailed)


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal."""
    if isinstance(refusal, ManyRefusals):
        return status_of(refusal.refusals[0])
    return next(STATUSES[kind] for kind in type(refusal).__mro__ if kind in STATUSES)


def refused(refusal: Refusal, reference: str, version: float = LATEST) -> Response:
    """The answer to a request that is turned down."""
    if isinstance(refusal, refusals.Unauthorized):
        response = Response(refusal.text, status=401, content_type="text/plain; charset=utf-8")
        response.headers["WWW-Authenticate"] = refusal.challenge
        return response
    several = refusal.refusals if isinstance(refusal, ManyRefusals) else (refusal,)
    messages = [_message(each, reference) for each in several]
    if isinstance(refusal, NoNodeAvailable) and refusal.advice:
        messages.append(Message(severity="warning", text=refusal.advice, exit_code=refusal.exit_code))
    response = envelope(status=status_of(refusal), messages=messages, version=version)
    if isinstance(refusal, errors.RequestUnderWay):
        response.headers["Retry-After"] = RETRY_SECONDS
    if isinstance(refusal, refusals.Moved):
        response.headers["Location"] = refusal.location
    if isinstance(refusal, refusals.MethodNotAllowed):
        response.headers["Allow"] = ", ".join(refusal.allowed)
    return response


def failed(reference: str) -> Response:
    """The answer to a request that met a fault of ours: the log has the rest under this reference."""
    text = _unable("an internal error.", reference)
    return envelope(status=500, messages=[Message(severity="error", text=text, exit_code=1)])


def _message(refusal: Refusal, reference: str) -> Message:
    return Message(
        severity="error",
        text=_text(refusal, reference),
        exit_code=refusal.exit_code,
        field=refusal.field,
    )


def _text(refusal: Refusal, reference: str) -> str:
    if not isinstance(refusal, WRAPPED) or isinstance(refusal, errors.EventFailed):
        return refusal.text
    if type(refusal) is NoNodeAvailable:
        reason = f"{refusal.text}. Please try again and contact support if the issue persists. "
        return _unable(reason, reference)
    return _unable(refusal.text, reference)


def _unable(reason: str, reference: str) -> str:
    return f"Unable to complete the requested operation due to: {reason}\nReference ID: {reference}"
