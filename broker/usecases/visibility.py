"""What a caller may see, and what they may do to it: by owning it, by their role in its domain, and by their scopes."""

from broker.core.access import Permission, Role, check_permission
from broker.core.application import Application, ApplicationParts, ApplicationPhase
from broker.core.errors import NamespaceNotFound
from broker.core.ids import NamespaceId, UserId
from broker.core.owner import Namespace, User
from broker.interfaces import UnitOfWork


def role_in_domain(work: UnitOfWork, user: User, namespace_id: NamespaceId, owner_id: UserId) -> Role | None:
    """What the caller is to a domain, whatever their scopes; None for a stranger."""
    return Role.OWNER if owner_id == user.user_id else work.members.role_in(namespace_id, user.user_id)


def visible_namespace(work: UnitOfWork, user: User, name: str, *, needs: Permission) -> Namespace:
    """The domain of that name, if the caller may do this to it; one they cannot see is as if it did not exist."""
    namespace = work.namespaces.by_name(name.lower())
    if namespace is None:
        raise NamespaceNotFound(name.lower())
    check_may_in_domain(work, user, namespace, needs)
    return namespace


def held_namespace(work: UnitOfWork, user: User, name: str, *, needs: Permission) -> Namespace:
    """The same as it is once nobody else changes it, its members or its name, or creates an application in it.

    The caller is asked for their role again: they may have lost it while they waited.
    """
    seen = visible_namespace(work, user, name, needs=needs)
    held = work.namespaces.locked(seen.namespace_id)
    if held is None or held.name != seen.name:
        raise NamespaceNotFound(seen.name)
    check_may_in_domain(work, user, held, needs)
    return held


def check_may_in_domain(work: UnitOfWork, user: User, namespace: Namespace, needs: Permission) -> None:
    """Raises `NamespaceNotFound` where the caller does not see the domain, `Forbidden` where they may not do this."""
    role = role_in_domain(work, user, namespace.namespace_id, namespace.owner_id)
    if role is None or not user.scopes.reach(domain=namespace.namespace_id):
        raise NamespaceNotFound(namespace.name)
    check_permission(needs, role, user.scopes, domain=namespace.namespace_id)


def visible_namespaces(work: UnitOfWork, user: User) -> tuple[Namespace, ...]:
    """All domains that the caller may see: their own first, then those they are a member of, each oldest first."""
    own = work.namespaces.of_owner(user.user_id)
    shared = work.namespaces.many(work.members.roles_of(user.user_id))
    return tuple(each for each in (*own, *shared) if user.scopes.reach(domain=each.namespace_id))


def visible(work: UnitOfWork, user: User, parts: ApplicationParts | None) -> tuple[ApplicationParts, Role] | None:
    """The application with what the caller is to it; None for one that they cannot see, or that is being deleted."""
    if parts is None or parts.application.phase is ApplicationPhase.DELETING:
        return None
    application = parts.application
    role = role_in_domain(work, user, application.namespace_id, application.owner_id)
    return None if role is None or not is_reached(user, application) else (parts, role)


def check_may(user: User, application: Application, role: Role, needs: Permission) -> None:
    """Raises `Forbidden` where the caller, who is this to the application, may not do this to it."""
    check_permission(needs, role, user.scopes, domain=application.namespace_id, application=application.application_id)


def may(user: User, application: Application, role: Role | None, needs: Permission) -> bool:
    """Whether the caller, who is this to the application, may do this to it; a stranger may nothing."""
    if role is None or role < needs.needs:
        return False
    return user.scopes.permit(needs, domain=application.namespace_id, application=application.application_id)


def may_follow(user: User, parts: ApplicationParts) -> bool:
    """Whether the caller may have all that routers need of the application, because they are one, whoever owns it."""
    is_there = parts.application.phase is ApplicationPhase.READY
    return user.may_follow_all_routing and is_there and is_reached(user, parts.application)


def is_reached(user: User, application: Application) -> bool:
    """Whether what the caller has logged in with may see the application at all."""
    return user.scopes.reach(domain=application.namespace_id, application=application.application_id)
