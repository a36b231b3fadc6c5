"""Operations: how far a change of an application is, step by step."""

from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, missing, post_load

from broker.api.call import Frame
from broker.api.fields import EventName, Form, Links, Text
from broker.api.links import Link, Param
from broker.api.paging import PAGE, PageSize
from broker.core.errors import Invalid
from broker.interfaces import NameChange, OperationEntry, StepEntry
from broker.usecases.finding import looks_like_id
from broker.usecases.hidden import shown_wish
from broker.usecases.operation_history import OperationView, is_cancellable

CANCEL = "cancel"
PUBLISH_NAME = "publish_name"
WAITS_FOR_DNS = "waits for the DNS server"
DONE, UNDONE, PENDING = "done", "undone", "pending"


class OperationListing(Form):
    """At most `limit` operations that are older than the operation `after`."""

    limit = PageSize(load_default=PAGE)
    after = Text(load_default=None)

    @post_load
    def settle(self, given: dict[str, Any], **_: object) -> dict[str, Any]:
        """`after` is an id."""
        if given["after"] is not None and not looks_like_id(given["after"]):
            text = "Invalid value for 'after': the id of an operation is expected, as the last answer had it."
            raise Invalid(text, field="after")
        return given


class OperationEvent(Form):
    """What is to happen to an operation."""

    event = EventName(load_default="")

    @post_load
    def settle(self, given: dict[str, Any], **_: object) -> dict[str, Any]:
        """There is one event."""
        if given["event"] != CANCEL:
            text = f"Invalid operation event '{given['event'][:100]}' specified. Valid events: {CANCEL}."
            raise Invalid(text, field="event", exit_code=126)
        return given


@dataclass(frozen=True, kw_only=True)
class ShownStep:
    """One thing that one node is told, or one name that is published."""

    id: str
    kind: str
    node: str | None = None
    gear: str | None = None
    attempt: int | None = None
    state: str = PENDING
    reason: str | None = None
    after: str | None = None
    undoes: str | None = None


class StepSchema(Schema):
    """One thing that one node is told, or one name that is published."""

    id = fields.String()
    kind = fields.String()
    node = fields.String(allow_none=True)
    gear = fields.String(allow_none=True)
    attempt = fields.Integer(allow_none=True)
    state = fields.String(metadata={"enum": ["pending", "done", "failed", "undone"]})
    reason = fields.String(allow_none=True)
    after = fields.String(allow_none=True)
    undoes = fields.String(allow_none=True)


@dataclass(frozen=True, kw_only=True)
class ShownOperation:
    """An operation; with its steps where `view` has them."""

    entry: OperationEntry
    frame: Frame
    view: OperationView | None = None

    @property
    def wish(self) -> dict[str, object]:
        """What was wanted, as people may read it."""
        return shown_wish(self.entry.wish)

    @property
    def can_cancel(self) -> bool:
        """Whether it can still be ended before it is done."""
        return is_cancellable(self.entry)

    @property
    def steps(self) -> object:
        """What it is made of, in order; absent in lists."""
        if self.view is None:
            return missing
        undone = {step.undoes for step in self.view.steps if step.undoes is not None and step.state == DONE}
        return [
            *(_shown_step(step, undone=step.command_id in undone) for step in self.view.steps),
            *map(_shown_name, self.view.names),
        ]

    @property
    def links(self) -> dict[str, object] | None:
        """What can be done with it."""
        path = f"operation/{self.entry.operation_id}"
        event = Param(name="event", description="The event", valid=(CANCEL,))
        cancel = Link(
            name="CANCEL", rel="End it before it is done", method="POST", path=f"{path}/events", required=(event,)
        )
        show = Link(name="GET", rel="Show the operation", path=path)
        return self.frame.links(show, *((cancel,) if self.can_cancel else ()))


def _shown_step(step: StepEntry, *, undone: bool) -> ShownStep:
    return ShownStep(
        id=step.command_id,
        kind=step.kind,
        node=step.node_id,
        gear=step.gear_id,
        attempt=step.attempt,
        state=UNDONE if step.state == DONE and undone else step.state,
        reason=step.error,
        after=step.after,
        undoes=step.undoes,
    )


def _shown_name(change: NameChange) -> ShownStep:
    """A name that a DNS server has still to be told; once it has been, there is no such step.

    What the server said names its address and its keys, and is for the operator: `gearbroker doctor` shows it.
    """
    reason = None if change.error is None else WAITS_FOR_DNS
    return ShownStep(id=change.name, kind=PUBLISH_NAME, attempt=change.attempts + 1, reason=reason)


class OperationSchema(Schema):
    """One change of one application."""

    id = fields.String(attribute="entry.operation_id")
    application_id = fields.String(attribute="entry.application_id")
    application_name = fields.String(attribute="entry.app_name", allow_none=True)
    domain_id = fields.String(attribute="entry.namespace", allow_none=True)
    kind = fields.String(attribute="entry.kind")
    wish = fields.Dict()
    state = fields.String(
        attribute="entry.state", metadata={"enum": ["queued", "running", "completed", "failed", "cancelled"]}
    )
    queue_position = fields.Integer(attribute="entry.position", allow_none=True)
    attempt = fields.Integer(attribute="entry.attempt")
    can_cancel = fields.Boolean()
    cancel_requested = fields.Boolean(attribute="entry.cancelled")
    reason = fields.String(attribute="entry.error", allow_none=True)
    reason_code = fields.String(attribute="entry.error_code", allow_none=True)
    created_at = fields.String(attribute="entry.created_at")
    started_at = fields.String(attribute="entry.started_at", allow_none=True)
    finished_at = fields.String(attribute="entry.finished_at", allow_none=True)
    steps = fields.List(fields.Nested(StepSchema))
    links = Links()
