"""Whether who repeats a request under its key may still be given the answer: what it was about must still be theirs.

What is gone is asked no more: its answer is given again as it was.
"""

from dataclasses import dataclass

from broker.core.access import Permission
from broker.core.application import ApplicationParts, ApplicationPhase
from broker.core.errors import ApplicationNotFound, NamespaceNotFound
from broker.core.ids import ApplicationId, NamespaceId, OperationId
from broker.core.operation import OperationKind
from broker.core.owner import User
from broker.interfaces import OperationEntry, Platform, UnitOfWork
from broker.usecases.finding import find_application, looks_like_id
from broker.usecases.permitted import NEEDED
from broker.usecases.visibility import check_may, check_may_in_domain, is_reached, role_in_domain, visible_namespace


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeated:
    """A request that is repeated: what its path names, and what has come of it.

    `operation` is the operation that it became, `changed` what else it has changed, which may be the domain it names;
    neither: it was refused. In that domain the caller needs `in_domain`, None where the request ended their role.
    """

    application: str | None
    namespace: str | None
    in_domain: Permission | None
    operation: str | None = None
    changed: str | None = None


def check_repeated(platform: Platform, user: User, repeated: Repeated) -> None:
    """Raises what a new request would be refused with for who asks it, if what it was about is still there."""
    with platform.reading() as work:
        entry = None if repeated.operation is None else work.operation_history.by_id(OperationId(repeated.operation))
        parts = None if entry is None else work.applications.by_id(entry.application_id)
        if entry is not None and parts is not None:
            _check_operation(work, user, repeated, entry, parts)
        elif repeated.application is not None:
            _check_application(work, user, repeated.application, repeated.namespace)
        elif repeated.namespace is not None and repeated.in_domain is not None:
            _check_domain(work, user, repeated.namespace, repeated.changed, repeated.in_domain)


def _check_operation(
    work: UnitOfWork, user: User, repeated: Repeated, entry: OperationEntry, parts: ApplicationParts
) -> None:
    application = parts.application
    role = role_in_domain(work, user, application.namespace_id, application.owner_id)
    if role is None or not is_reached(user, application):
        _check_role(work, user, repeated.namespace)
        raise ApplicationNotFound((repeated.application or application.name).lower())
    check_may(user, application, role, NEEDED[OperationKind(entry.kind)])


def _check_application(work: UnitOfWork, user: User, reference: str, namespace: str | None) -> None:
    """What was refused, or is remembered no more, is for who sees the application by now."""
    found = ApplicationId(reference) if looks_like_id(reference) else None
    if namespace is not None:
        place = work.namespaces.by_name(namespace.lower())
        found = None if place is None else work.applications.id_by_name(place.namespace_id, reference.lower())
    parts = None if found is None else work.applications.by_id(found)
    if parts is None or parts.application.phase is ApplicationPhase.DELETING:
        _check_role(work, user, namespace)
        return
    find_application(work, user, reference, namespace, needs=Permission.READ_APPLICATION)


def _check_role(work: UnitOfWork, user: User, namespace: str | None) -> None:
    """The domain of what is gone is for those who have a role in it; what they have logged in with may be for less."""
    place = None if namespace is None else work.namespaces.by_name(namespace.lower())
    if place is not None and role_in_domain(work, user, place.namespace_id, place.owner_id) is None:
        raise NamespaceNotFound(place.name)


def _check_domain(work: UnitOfWork, user: User, name: str, changed: str | None, needs: Permission) -> None:
    if changed is not None:
        # It may have another name by now, and its old one may be somebody else's.
        for domain in work.namespaces.many([NamespaceId(changed)]):
            check_may_in_domain(work, user, domain, needs)
    elif work.namespaces.by_name(name.lower()) is not None:
        # What was refused then is for who sees the domain.
        visible_namespace(work, user, name, needs=Permission.READ_DOMAIN)
