"""The operations of an owner: which there were, how far each is, and why it failed."""

from dataclasses import dataclass

from broker.core.access import Permission, Role, check_permission
from broker.core.errors import OperationNotFound, Refusal, refusal_of
from broker.core.ids import OperationId
from broker.core.operation import Ending, OperationState, can_be_undone
from broker.core.owner import User
from broker.interfaces import NameChange, OperationEntry, Platform, StepEntry, UnitOfWork
from broker.usecases.cancelling import cancel
from broker.usecases.finding import find_application, looks_like_id
from broker.usecases.visibility import check_may, role_in_domain, visible


@dataclass(frozen=True, kw_only=True, slots=True)
class OperationView:
    """An operation with its steps; `names` are those that a DNS server beside the broker has still to be told."""

    entry: OperationEntry
    steps: tuple[StepEntry, ...]
    names: tuple[NameChange, ...]


def list_operations(
    platform: Platform,
    user: User,
    reference: str,
    namespace: str | None = None,
    *,
    limit: int,
    after: str | None = None,
) -> tuple[OperationEntry, ...]:
    """At most `limit` operations of an application that are older than the operation `after`, newest first."""
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace, needs=Permission.READ_APPLICATION)
        return work.operation_history.of_application(
            found.application.application_id, limit=limit, after=_operation_id(after)
        )


def list_own_operations(
    platform: Platform, user: User, *, limit: int, after: str | None = None
) -> tuple[OperationEntry, ...]:
    """The same of all applications that the user has or had."""
    with platform.reading() as work:
        return work.operation_history.of_owner(user.user_id, limit=limit, after=_operation_id(after))


def _operation_id(text: str | None) -> OperationId | None:
    return None if text is None else OperationId(text)


def show_operation(platform: Platform, user: User, operation_id: str) -> OperationView:
    """One operation with its steps; that of an application which is gone is still its owner's to see."""
    with platform.reading() as work:
        entry = _visible(work, user, operation_id)
        return OperationView(
            entry=entry,
            steps=work.operation_history.steps(entry.operation_id),
            names=work.name_changes.waiting_of(entry.operation_id),
        )


def cancel_operation(platform: Platform, user: User, operation_id: str) -> OperationView:
    """End an operation before it is done: a queued one at once, a running one by undoing what it did.

    Raises a refusal for one that has ended, or that cannot be undone.
    """
    with platform.reading() as work:
        entry = _visible(work, user, operation_id)
        _check_cancels(work, user, entry)
    cancel(platform, entry.operation_id)
    return show_operation(platform, user, operation_id)


def _check_cancels(work: UnitOfWork, user: User, entry: OperationEntry) -> None:
    """Raises `Forbidden` where the caller may not change the application's state, be it on its way out or gone."""
    parts = work.applications.by_id(entry.application_id)
    if parts is not None:
        place = parts.application
        role = role_in_domain(work, user, place.namespace_id, place.owner_id)
        check_may(user, place, role or Role.VIEW, Permission.CHANGE_STATE)
        return
    # There is no domain to have a role in.
    role = Role.OWNER if user.user_id == entry.owner_id else Role.VIEW
    check_permission(Permission.CHANGE_STATE, role, user.scopes, application=entry.application_id)


def _visible(work: UnitOfWork, user: User, operation_id: str) -> OperationEntry:
    entry = work.operation_history.by_id(OperationId(operation_id)) if looks_like_id(operation_id) else None
    if entry is None or not _is_of(work, user, entry):
        raise OperationNotFound(operation_id[:100])
    return entry


def _is_of(work: UnitOfWork, user: User, entry: OperationEntry) -> bool:
    """Whether the caller sees its application; of one that is gone, whether it was theirs or they asked for this."""
    parts = work.applications.by_id(entry.application_id)
    if visible(work, user, parts) is not None:
        return True
    # It is being deleted, or the caller is a member no more, who has lost sight of what they asked for as well.
    place = None if parts is None else parts.application
    if place is not None and role_in_domain(work, user, place.namespace_id, place.owner_id) is None:
        return False
    return user.user_id in {entry.owner_id, entry.actor_id} and user.scopes.reach(application=entry.application_id)


def is_cancellable(entry: OperationEntry) -> bool:
    """Whether the operation can still be ended before it is done."""
    if entry.state == OperationState.RUNNING:
        return not entry.cancelled and can_be_undone(Ending(entry.ending or entry.kind))
    return entry.state == OperationState.QUEUED


def failure_of(entry: OperationEntry) -> Refusal | None:
    """The refusal that the caller of an operation that has ended was given, None where it has been done."""
    if entry.state == OperationState.COMPLETED:
        return None
    return refusal_of(entry.error_code, entry.error or "The operation was given up.")
