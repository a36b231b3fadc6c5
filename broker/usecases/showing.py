"""Applications as they are shown: with what belongs to them, one or a page of many."""

from collections.abc import Sequence
from dataclasses import dataclass

from broker.core.access import Permission
from broker.core.application import ApplicationParts
from broker.core.ids import ApplicationId
from broker.core.membership import application_members
from broker.core.owner import User
from broker.interfaces import Platform, UnitOfWork
from broker.usecases.membership import members_of_domains
from broker.usecases.views import ApplicationView
from broker.usecases.visibility import is_reached, visible_namespace


@dataclass(frozen=True, kw_only=True, slots=True)
class ApplicationPage:
    """Some applications by name; `after` is where the next page begins, None where there is none."""

    views: tuple[ApplicationView, ...]
    after: tuple[str, ApplicationId] | None = None


def views_of(work: UnitOfWork, found: Sequence[ApplicationParts]) -> tuple[ApplicationView, ...]:
    """These applications with their aliases and members, in as many statements for many as for one."""
    each = [parts.application for parts in found]
    aliases = work.applications.aliases([application.application_id for application in each])
    certificates = work.certificates.added_at(list(aliases)) if aliases else {}
    owners = {application.namespace_id: (application.owner_id, application.owner_login) for application in each}
    members = members_of_domains(work, owners)
    return tuple(
        ApplicationView(
            parts=parts,
            aliases=aliases.get(parts.application.application_id, ()),
            certificates=certificates.get(parts.application.application_id, {}),
            members=application_members(members[parts.application.namespace_id]),
        )
        for parts in found
    )


def page_of_applications(
    platform: Platform,
    user: User,
    namespace: str | None = None,
    *,
    owned: bool = False,
    limit: int | None = None,
    after: tuple[str, ApplicationId] | None = None,
) -> ApplicationPage:
    """The applications that the user may see, all of them, their own, or those of one namespace, by name.

    At most `limit` of them that come behind `after`; the cost does not grow with how many come before. What the
    caller's scopes do not reach is left out of a page, which may then be shorter than others follow.
    """
    with platform.reading() as work:
        place = None
        if namespace is not None:
            found = visible_namespace(work, user, namespace, needs=Permission.READ_DOMAIN)
            if owned and found.owner_id != user.user_id:
                return ApplicationPage(views=())
            place = found.namespace_id
        others = () if owned or place is not None else work.members.roles_of(user.user_id)
        listed = work.applications.listed(user.user_id, others, namespace_id=place, limit=limit, after=after)
        reached = [parts for parts in listed if is_reached(user, parts.application)]
        is_full = limit is not None and len(listed) == limit
        last = listed[-1].application if is_full else None
        return ApplicationPage(
            views=views_of(work, reached),
            after=None if last is None else (last.name, last.application_id),
        )
