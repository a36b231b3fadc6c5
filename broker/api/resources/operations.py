"""The operations of an application: what has been changed, what is being changed, and what waits for its turn."""

from collections.abc import Sequence

from broker.api.call import Answer, Call, told
from broker.api.paging import next_page
from broker.api.schemas.operations import ShownOperation
from broker.interfaces import OperationEntry
from broker.usecases.operation_history import (
    OperationView,
    cancel_operation,
    list_operations,
    list_own_operations,
    show_operation,
)


def list_of_application(call: Call) -> Answer:
    """The operations of an application, newest first, a page at a time."""
    limit, after = call.inputs["limit"], call.inputs["after"]
    found = list_operations(call.platform, call.user, call.application, call.namespace, limit=limit, after=after)
    below = f"application/{call.application}"
    if call.namespace is not None:
        below = f"domain/{call.namespace}/{below}"
    return _listed(call, found, f"{below}/operations")


def list_own(call: Call) -> Answer:
    """The operations of all applications that the caller has or had."""
    found = list_own_operations(call.platform, call.user, limit=call.inputs["limit"], after=call.inputs["after"])
    return _listed(call, found, "operations")


def _listed(call: Call, found: Sequence[OperationEntry], path: str) -> Answer:
    limit = call.inputs["limit"]
    shown = [ShownOperation(entry=each, frame=call.frame) for each in found]
    is_full = len(found) == limit
    headers = next_page(call, path, {"limit": limit, "after": found[-1].operation_id}) if is_full else {}
    return Answer(data=shown, messages=told(f"Found {len(shown)} operations."), headers=headers)


def show_one(call: Call) -> Answer:
    """One operation, step by step."""
    view = show_operation(call.platform, call.user, call.path["operation_id"])
    return _one(call, view, f"Operation {view.entry.operation_id} is {view.entry.state}")


def post_operation_event(call: Call) -> Answer:
    """The operation is cancelled, or will be once what it has done is undone."""
    view = cancel_operation(call.platform, call.user, call.path["operation_id"])
    ended = view.entry.finished_at is not None
    text = "is cancelled" if ended else "is asked to end, and undoes what it has done"
    return _one(call, view, f"Operation {view.entry.operation_id} {text}")


def nothing_left(call: Call) -> Answer:
    """What is answered once something is gone."""
    del call
    return Answer()


def _one(call: Call, view: OperationView, text: str) -> Answer:
    return Answer(data=ShownOperation(entry=view.entry, frame=call.frame, view=view), messages=told(text))
