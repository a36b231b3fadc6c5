"""Namespaces: what the REST interface calls domains."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from broker.core.application import ApplicationPhase
from broker.core.errors import Conflict, Invalid, NamespaceNotFound
from broker.core.ids import NamespaceId
from broker.core.owner import Namespace, User
from broker.interfaces import Origin, Platform, UnitOfWork
from broker.usecases.again import again
from broker.usecases.applications import delete_application
from broker.usecases.new_namespace import add_namespace, check_gear_sizes, check_namespace_name
from broker.usecases.visibility import visible_namespace


@dataclass(frozen=True, kw_only=True, slots=True)
class NamespaceContents:
    """How many applications a namespace has, and how many gears of each size."""

    applications: int = 0
    gears: Mapping[str, int] = field(default_factory=dict)


def list_namespaces(platform: Platform, user: User) -> tuple[Namespace, ...]:
    """All namespaces of the user, oldest first."""
    with platform.reading() as work:
        return work.namespaces.of_owner(user.user_id)


def show_namespace(platform: Platform, user: User, name: str) -> Namespace:
    """One namespace of the user."""
    with platform.reading() as work:
        return visible_namespace(work, user, name)


def count_contents(platform: Platform, user: User) -> dict[NamespaceId, NamespaceContents]:
    """What is in each namespace of the user that has applications."""
    applications: Counter[NamespaceId] = Counter()
    gears: dict[NamespaceId, Counter[str]] = defaultdict(Counter)
    with platform.reading() as work:
        for parts in work.applications.owned(user.user_id):
            namespace_id = parts.application.namespace_id
            if parts.application.phase is not ApplicationPhase.DELETING:
                applications[namespace_id] += 1
                for group in parts.groups:
                    gears[namespace_id][group.profile] += group.gear_count
    return {each: NamespaceContents(applications=count, gears=gears[each]) for each, count in applications.items()}


def create_namespace(platform: Platform, user: User, name: str, gear_sizes: tuple[str, ...] | None = None) -> Namespace:
    """Create a namespace; raises `TooManyNamespaces`, or `Conflict` when anybody has the name."""
    return again(partial(_create, platform, user, name, gear_sizes))


def _create(platform: Platform, user: User, name: str, gear_sizes: tuple[str, ...] | None) -> Namespace:
    with platform.unit_of_work() as work:
        namespace = add_namespace(platform, work, user, name, gear_sizes)
        _note(platform, work, namespace)
        work.commit()
    return namespace


def update_namespace(
    platform: Platform,
    user: User,
    name: str,
    *,
    new_name: str | None = None,
    gear_sizes: tuple[str, ...] | None = None,
) -> Namespace:
    """Rename an empty namespace or change its gear sizes."""
    return again(partial(_update, platform, user, name, new_name, gear_sizes))


def _update(
    platform: Platform, user: User, name: str, new_name: str | None, gear_sizes: tuple[str, ...] | None
) -> Namespace:
    with platform.unit_of_work() as work:
        namespace = _held(work, visible_namespace(work, user, name))
        changed = namespace
        if new_name is not None and new_name.lower() != namespace.name:
            changed = replace(changed, name=check_namespace_name(new_name))
            if work.namespaces.has_applications(namespace.namespace_id):
                text = "Domain contains applications. Delete applications first before changing the domain namespace."
                raise Conflict(text, exit_code=128)
        if gear_sizes is not None:
            changed = replace(changed, allowed_gear_sizes=check_gear_sizes(platform.policy, user, gear_sizes))
        if changed == namespace:
            raise Invalid("No changes specified to the domain.", exit_code=133)
        work.namespaces.save(changed)
        _note(platform, work, changed)
        work.commit()
    return changed


def delete_namespace(platform: Platform, user: User, name: str, *, force: bool = False) -> None:
    """Delete a namespace; with `force` its applications go first, else it must have none."""
    with platform.reading() as work:
        namespace = visible_namespace(work, user, name)
        held = work.applications.owned(user.user_id, namespace.namespace_id)
    if held and not force:
        text = "Domain contains applications. Delete applications first or set force to true."
        raise Conflict(text, exit_code=128)
    for parts in held:
        # None of these operations is what the request becomes.
        delete_application(replace(platform, origin=Origin()), user, parts.application.application_id)
    again(partial(_delete, platform, user, name))


def _delete(platform: Platform, user: User, name: str) -> None:
    with platform.unit_of_work() as work:
        namespace = _held(work, visible_namespace(work, user, name))
        if work.namespaces.has_applications(namespace.namespace_id):
            raise Conflict("An application was created in the domain while it was being deleted. Try again.")
        work.namespaces.delete(namespace.namespace_id)
        _note(platform, work, namespace)
        work.commit()


def _note(platform: Platform, work: UnitOfWork, namespace: Namespace) -> None:
    """The request is done with this transaction: a repeat under its key must not do it again."""
    if platform.origin.answer_key is not None:
        work.answers.became(namespace.owner_id, platform.origin.answer_key, namespace.namespace_id)


def _held(work: UnitOfWork, namespace: Namespace) -> Namespace:
    """The namespace as it is once nobody else changes it, or creates an application in it."""
    held = work.namespaces.locked(namespace.namespace_id)
    if held is None or held.name != namespace.name:
        raise NamespaceNotFound(namespace.name)
    return held
