"""The answer to a change that goes on without its caller, and to one whose first answer was lost."""

from dataclasses import replace

from flask import Response, g

from broker.api.call import Answer, Call, told
from broker.api.envelope import envelope
from broker.api.preferences import RESPOND_ASYNC
from broker.api.schemas.operations import OperationSchema, ShownOperation
from broker.api.url import Url
from broker.core.ids import OperationId
from broker.core.operation import OperationState
from broker.usecases.operation_history import OperationView, failure_of, show_operation
from broker.usecases.still_allowed import Repeated

ACCEPTED = 202
# What is said of an operation that was over before it was answered for.
_OVER = {
    OperationState.COMPLETED: "is completed",
    OperationState.FAILED: "has failed",
    OperationState.CANCELLED: "is cancelled",
}
PREFERENCE_APPLIED = "Preference-Applied"
_SCHEMA = OperationSchema()


def operation_of(call: Call, operation_id: OperationId) -> OperationView:
    """The operation that the call has become."""
    return show_operation(call.platform, call.user, operation_id)


def accepted(call: Call, operation_id: OperationId) -> Response:
    """202 with the operation, and where to look how far it is."""
    view = operation_of(call, operation_id)
    how = _OVER.get(OperationState(view.entry.state), "goes on by itself")
    response = envelope(
        status=ACCEPTED,
        kind="operation",
        data=_SCHEMA.dump(ShownOperation(entry=view.entry, frame=call.frame, view=view)),
        messages=told(f"The operation {operation_id} {how}."),
        version=g.version,
        media=call.media,
    )
    response.headers["Location"] = f"{call.frame.base}/operation/{operation_id}"
    response.headers[PREFERENCE_APPLIED] = RESPOND_ASYNC
    return response


def repeated(url: Url, call: Call, became: str | None) -> Repeated:
    """What the request is about; cancelling an operation is about that."""
    return Repeated(
        application=call.path.get("application_id") or call.path.get("application_name"),
        namespace=call.namespace,
        in_domain=url.repeat_needs,
        operation=became if url.becomes_operation else call.path.get("operation_id"),
        changed=None if url.becomes_operation else became,
    )


def recalled(url: Url, call: Call, became: str) -> Answer:
    """What the request would be answered had it just been done; raises the refusal that its operation ended with.

    Where what was said first cannot be said again, because only the operation knew it, its end is said.
    """
    if url.recall is None:
        raise RuntimeError("a request that changes nothing has become something")
    if not url.becomes_operation:
        answer = url.recall(replace(call, became=became))
        return replace(answer, status=answer.status or url.status)
    entry = operation_of(call, OperationId(became)).entry
    failure = failure_of(entry)
    if failure is not None:
        raise failure
    names = {name: each for name, each in call.path.items() if name not in {"domain_id", "application_name"}}
    there = replace(call, path={**names, "application_id": entry.application_id}, became=became)
    answer = url.recall(there)
    said = answer.messages or told(f"The operation {entry.operation_id} is completed.")
    return replace(answer, status=answer.status or url.status, messages=said)
