"""What else depends on the version that a client asks for: messages, statuses, and how many domains it may have."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from http import HTTPStatus

from broker.core.owner import User

Wire = dict[str, object]

# The last versions of which each of these holds.
DELETED_WITHOUT_BODY = 1.4
RESULT_HAS_FIELD = 1.5
NAMESPACE_IS_ID = 1.5
FULL_DOMAIN_IS_BAD_REQUEST = 1.3
ONE_DOMAIN = 1.1
_BAD_NAMESPACE = 106
_HAS_APPLICATIONS = 128


def older_messages(version: float, messages: Iterable[Wire]) -> list[Wire]:
    """The messages as that version has them: a result has a field, and a namespace was called an id."""
    return [_older_message(version, message) for message in messages]


def _older_message(version: float, message: Wire) -> Wire:
    if version <= RESULT_HAS_FIELD and message["severity"] == "result":
        return {**message, "field": "result"}
    if version <= NAMESPACE_IS_ID and message["exit_code"] == _BAD_NAMESPACE and message["field"] == "name":
        return {**message, "field": "id"}
    return message


def older_status(version: float, method: str, status: int, exit_codes: Sequence[int | None]) -> int:
    """The status of a refusal as that version has it: to delete a domain with applications was a bad request."""
    full = method == "DELETE" and _HAS_APPLICATIONS in exit_codes
    return int(HTTPStatus.BAD_REQUEST) if full and version <= FULL_DOMAIN_IS_BAD_REQUEST else status


def narrowed(user: User, version: float) -> User:
    """The account as a request of that version may use it: the oldest clients have one domain at most."""
    has_fewer = user.max_namespaces in {0, 1}
    return user if version > ONE_DOMAIN or has_fewer else replace(user, max_namespaces=1)
