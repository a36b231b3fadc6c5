"""Which application a request means: by id, by name, or by namespace and name, among what the caller may see."""

from broker.core.access import Permission, Role
from broker.core.application import ApplicationParts
from broker.core.errors import AmbiguousApplication, ApplicationNotFound
from broker.core.ids import ApplicationId
from broker.core.owner import User
from broker.interfaces import Platform, UnitOfWork
from broker.usecases.visibility import check_may, may_follow, visible, visible_namespace

ID_LENGTH = 24
_Found = tuple[ApplicationParts, Role] | None


def looks_like_id(text: str) -> bool:
    """Whether the text has the form of an id: 24 lower-case hexadecimal digits."""
    return len(text) == ID_LENGTH and all(character in "0123456789abcdef" for character in text)


def find_application(
    work: UnitOfWork,
    user: User,
    reference: str,
    namespace: str | None = None,
    *,
    needs: Permission,
) -> ApplicationParts:
    """The application meant, if the caller may do what `needs` says to it.

    Raises `ApplicationNotFound`, `AmbiguousApplication` where a name alone is not enough, and `Forbidden` where the
    caller sees it and may not. What a caller cannot see is as if it did not exist. An id wins over a name of the same
    form.
    """
    if namespace is not None:
        found = _in_namespace(work, user, namespace, reference)
    else:
        found = _by_id(work, user, reference) if looks_like_id(reference) else None
        found = found or _by_name(work, user, reference)
    if found is None:
        raise ApplicationNotFound(reference.lower())
    parts, role = found
    check_may(user, parts.application, role, needs)
    return parts


def names_of(platform: Platform, user: User, application_id: str) -> tuple[str, str] | None:
    """Domain and name of an application by its id, None where the caller does not see it."""
    with platform.reading() as work:
        found = visible(work, user, work.applications.by_id(ApplicationId(application_id)))
    return None if found is None else (found[0].application.namespace, found[0].application.name)


def find_followed(work: UnitOfWork, user: User, reference: str, namespace: str | None = None) -> ApplicationParts:
    """The application whose routing the caller may follow: a visible one, or any by its id for a router listener.

    A listener that fills a gap takes `ApplicationNotFound` as word that the application is gone, so it must be.
    """
    if user.may_follow_all_routing and namespace is None and looks_like_id(reference):
        found = work.applications.by_id(ApplicationId(reference))
        if found is not None and may_follow(user, found):
            return found
    return find_application(work, user, reference, namespace, needs=Permission.READ_APPLICATION)


def _in_namespace(work: UnitOfWork, user: User, namespace: str, name: str) -> _Found:
    place = work.namespaces.by_name(namespace.lower())
    application_id = None if place is None else work.applications.id_by_name(place.namespace_id, name.lower())
    found = None if application_id is None else visible(work, user, work.applications.by_id(application_id))
    if found is None:
        # Whoever sees the domain is told that the application is missing, everybody else that the domain is.
        visible_namespace(work, user, namespace, needs=Permission.READ_DOMAIN)
    return found


def _by_id(work: UnitOfWork, user: User, reference: str) -> _Found:
    return visible(work, user, work.applications.by_id(ApplicationId(reference)))


def _by_name(work: UnitOfWork, user: User, name: str) -> _Found:
    named = work.applications.owned_named(user.user_id, name.lower())
    shared = work.members.roles_of(user.user_id)
    if shared:
        named += work.applications.named_in(shared, name.lower())
    seen = [found for each in named if (found := visible(work, user, each)) is not None]
    if len(seen) > 1:
        namespaces = tuple(parts.application.namespace for parts, _ in seen)
        raise AmbiguousApplication(name.lower(), namespaces)
    return seen[0] if seen else None
