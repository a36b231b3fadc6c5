"""Namespaces: what the REST interface calls domains."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from broker.core.access import Permission
from broker.core.errors import Conflict, Invalid
from broker.core.owner import Namespace, NamespaceContents, User
from broker.interfaces import Origin, Platform, UnitOfWork
from broker.usecases.accounts import note_done
from broker.usecases.again import again
from broker.usecases.applications import delete_application
from broker.usecases.membership import members_of_domains
from broker.usecases.new_namespace import add_namespace, check_gear_sizes, check_namespace_name
from broker.usecases.revisions import check_revision
from broker.usecases.views import NamespaceView
from broker.usecases.visibility import held_namespace, visible_namespace, visible_namespaces


def list_namespaces(
    platform: Platform, user: User, *, owned: bool = False, with_contents: bool = False
) -> tuple[NamespaceView, ...]:
    """All namespaces that the user may see: their own first, then those they are a member of; or only their own."""
    with platform.reading() as work:
        found = visible_namespaces(work, user)
        mine = tuple(each for each in found if not owned or each.owner_id == user.user_id)
        return _views(work, user, mine, with_contents=with_contents)


def show_namespace(platform: Platform, user: User, name: str, *, with_contents: bool = False) -> NamespaceView:
    """One namespace that the user may see."""
    with platform.reading() as work:
        found = visible_namespace(work, user, name, needs=Permission.READ_DOMAIN)
        (view,) = _views(work, user, (found,), with_contents=with_contents)
    return view


def _views(
    work: UnitOfWork, user: User, namespaces: Sequence[Namespace], *, with_contents: bool = False
) -> tuple[NamespaceView, ...]:
    """The namespaces with what belongs to them, in as many statements for many as for one."""
    strangers = sorted({each.owner_id for each in namespaces} - {user.user_id})
    owners = {user.user_id: user, **(work.users.many(strangers) if strangers else {})}
    named = {each.namespace_id: (each.owner_id, owners[each.owner_id].login) for each in namespaces}
    members = members_of_domains(work, named)
    contents = work.namespaces.contents([each.namespace_id for each in namespaces]) if with_contents else {}
    empty = NamespaceContents() if with_contents else None
    return tuple(
        NamespaceView(
            namespace=each,
            owner=owners[each.owner_id],
            members=members[each.namespace_id],
            contents=contents.get(each.namespace_id, empty),
        )
        for each in namespaces
    )


def create_namespace(
    platform: Platform, user: User, name: str, gear_sizes: tuple[str, ...] | None = None
) -> NamespaceView:
    """Create a namespace; raises `TooManyNamespaces`, or `Conflict` when anybody has the name."""
    return again(partial(_create, platform, user, name, gear_sizes))


def _create(platform: Platform, user: User, name: str, gear_sizes: tuple[str, ...] | None) -> NamespaceView:
    with platform.unit_of_work() as work:
        namespace = add_namespace(platform, work, user, name, gear_sizes)
        note_done(platform, work, user, namespace.namespace_id)
        (view,) = _views(work, user, (namespace,))
        work.commit()
    return view


def update_namespace(
    platform: Platform,
    user: User,
    name: str,
    *,
    new_name: str | None = None,
    gear_sizes: tuple[str, ...] | None = None,
) -> NamespaceView:
    """Rename an empty namespace or change its gear sizes."""
    return again(partial(_update, platform, user, name, new_name, gear_sizes))


def _update(
    platform: Platform, user: User, name: str, new_name: str | None, gear_sizes: tuple[str, ...] | None
) -> NamespaceView:
    with platform.unit_of_work() as work:
        namespace = held_namespace(work, user, name, needs=_needed(new_name, gear_sizes))
        check_revision(platform, namespace)
        changed = namespace
        if new_name is not None and new_name.lower() != namespace.name:
            changed = replace(changed, name=check_namespace_name(new_name, platform.policy))
            if work.namespaces.has_applications(namespace.namespace_id):
                text = "Domain contains applications. Delete applications first before changing the domain namespace."
                raise Conflict(text, exit_code=128)
        if gear_sizes is not None:
            changed = replace(changed, allowed_gear_sizes=check_gear_sizes(platform.policy, user, gear_sizes))
        if changed == namespace:
            raise Invalid("No changes specified to the domain.", exit_code=133)
        work.namespaces.save(changed)
        note_done(platform, work, user, changed.namespace_id)
        (view,) = _views(work, user, (changed,))
        work.commit()
    return view


def _needed(new_name: str | None, gear_sizes: tuple[str, ...] | None) -> Permission:
    if new_name is not None:
        return Permission.CHANGE_NAMESPACE
    return Permission.READ_DOMAIN if gear_sizes is None else Permission.CHANGE_GEAR_SIZES


def delete_namespace(platform: Platform, user: User, name: str, *, force: bool = False) -> None:
    """Delete a namespace; with `force` its applications go first, else it must have none."""
    with platform.reading() as work:
        namespace = visible_namespace(work, user, name, needs=Permission.DESTROY_DOMAIN)
        check_revision(platform, namespace)
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
        namespace = held_namespace(work, user, name, needs=Permission.DESTROY_DOMAIN)
        if work.namespaces.has_applications(namespace.namespace_id):
            raise Conflict("An application was created in the domain while it was being deleted. Try again.")
        work.namespaces.delete(namespace.namespace_id)
        note_done(platform, work, user, namespace.namespace_id)
        work.commit()
