"""Which application a request means: by id, by name, or by namespace and name, among what the caller may see."""

from broker.core.application import ApplicationParts, ApplicationPhase
from broker.core.errors import AmbiguousApplication, ApplicationNotFound
from broker.core.ids import ApplicationId
from broker.core.owner import User
from broker.interfaces import UnitOfWork
from broker.usecases.visibility import visible_namespace

ID_LENGTH = 24


def looks_like_id(text: str) -> bool:
    """Whether the text has the form of an id: 24 lower-case hexadecimal digits."""
    return len(text) == ID_LENGTH and all(character in "0123456789abcdef" for character in text)


def find_application(work: UnitOfWork, user: User, reference: str, namespace: str | None = None) -> ApplicationParts:
    """The application meant; raises `ApplicationNotFound`, or `AmbiguousApplication` where a name alone is not enough.

    What belongs to another is as if it did not exist. An id wins over a name of the same form.
    """
    if namespace is not None:
        found = _in_namespace(work, user, namespace, reference)
    else:
        found = _by_id(work, user, reference) if looks_like_id(reference) else None
        found = found or _by_name(work, user, reference)
    if found is None:
        raise ApplicationNotFound(reference.lower())
    return found


def find_followed(work: UnitOfWork, user: User, reference: str, namespace: str | None = None) -> ApplicationParts:
    """The application whose routing the caller may follow: an own one, or any by its id for a router listener.

    A listener that fills a gap takes `ApplicationNotFound` as word that the application is gone, so it must be.
    """
    if user.may_follow_all_routing and namespace is None and looks_like_id(reference):
        found = work.applications.by_id(ApplicationId(reference))
        if found is not None and found.application.phase is ApplicationPhase.READY:
            return found
    return find_application(work, user, reference, namespace)


def _in_namespace(work: UnitOfWork, user: User, namespace: str, name: str) -> ApplicationParts | None:
    place = visible_namespace(work, user, namespace)
    application_id = work.applications.id_by_name(place.namespace_id, name.lower())
    return None if application_id is None else _visible(user, work.applications.by_id(application_id))


def _by_id(work: UnitOfWork, user: User, reference: str) -> ApplicationParts | None:
    return _visible(user, work.applications.by_id(ApplicationId(reference)))


def _by_name(work: UnitOfWork, user: User, name: str) -> ApplicationParts | None:
    named = [each for each in work.applications.owned_named(user.user_id, name.lower()) if _visible(user, each)]
    if len(named) > 1:
        raise AmbiguousApplication(name.lower(), tuple(each.application.namespace for each in named))
    return named[0] if named else None


def _visible(user: User, parts: ApplicationParts | None) -> ApplicationParts | None:
    if parts is None or parts.application.owner_id != user.user_id:
        return None
    return None if parts.application.phase is ApplicationPhase.DELETING else parts
