"""Which namespaces a caller may see."""

from broker.core.errors import NamespaceNotFound
from broker.core.owner import Namespace, User
from broker.interfaces import UnitOfWork


def visible_namespace(work: UnitOfWork, user: User, name: str) -> Namespace:
    """The user's namespace of that name; another's is as if it did not exist."""
    namespace = work.namespaces.by_name(name.lower())
    if namespace is None or namespace.owner_id != user.user_id:
        raise NamespaceNotFound(name.lower())
    return namespace
