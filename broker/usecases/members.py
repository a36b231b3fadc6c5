"""Members of domains and teams: who has which role, and changing that."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from broker.core.access import Permission
from broker.core.errors import Invalid, NotFound
from broker.core.membership import USER, Member
from broker.core.owner import User
from broker.interfaces import Platform, UnitOfWork
from broker.usecases.accounts import note_done
from broker.usecases.again import again
from broker.usecases.circles import Circle, Place, held_circle, left_circle, read_again, seen_circle
from broker.usecases.finding import find_application
from broker.usecases.member_wishes import (
    NO_ROLE,
    MemberWish,
    check_limits,
    check_wish,
    find_accounts_and_teams,
    refuse_all,
)
from broker.usecases.revisions import check_revision
from broker.usecases.showing import views_of


class MemberNotFound(NotFound):
    """Nobody of that id or login is a member."""

    code = "member_not_found"

    def __init__(self) -> None:
        super().__init__("The requested member was not found.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """Which member is meant: an account by id or login, or a team by id."""

    reference: str
    kind: str = USER


@dataclass(frozen=True, kw_only=True, slots=True)
class MembersChanged:
    """Who are members now, how many were changed, and what was asked for in vain.

    `only` is the one member that was added or updated, where nothing else was done.
    """

    members: tuple[Member, ...]
    added: int
    updated: int
    removed: int
    missing: tuple[str, ...] = ()
    indirect: tuple[str, ...] = ()
    only: Member | None = None


def list_members(platform: Platform, user: User, place: Place) -> tuple[Member, ...]:
    """The members of a domain or team that the user may see, its owner first."""
    with platform.reading() as work:
        return seen_circle(work, user, place).members


def list_application_members(
    platform: Platform, user: User, reference: str, namespace: str | None = None
) -> tuple[str, tuple[Member, ...]]:
    """The id of an application, and its members: those of its domain."""
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace, needs=Permission.READ_APPLICATION)
        (shown,) = views_of(work, (found,))
    return found.application.application_id, shown.members


def show_member(platform: Platform, user: User, place: Place, named: Named) -> Member:
    """One member by id, or an account by its login."""
    with platform.reading() as work:
        return _find(seen_circle(work, user, place), named)


def change_members(
    platform: Platform, user: User, place: Place, wishes: Sequence[MemberWish], *, many: bool
) -> MembersChanged:
    """Give roles and take roles away, all or nothing; of `many` those who have none to take are passed over.

    Raises `ManyRefusals` with one for each wish that cannot be fulfilled.
    """
    return again(partial(_change, platform, user, place, wishes, many=many))


def _change(
    platform: Platform, user: User, place: Place, wishes: Sequence[MemberWish], *, many: bool
) -> MembersChanged:
    with platform.unit_of_work() as work:
        circle = held_circle(work, user, place)
        check_revision(platform, circle.members)
        refuse_all([check_wish(each, circle, many=many) for each in wishes])
        found = find_accounts_and_teams(work, user, circle, wishes, many=many)
        before = {(each.member_kind, each.member_id): each for each in circle.members}
        put = {key: wish.given(circle) for key, (_, wish) in found.items() if wish.role != NO_ROLE}
        gone, missing, indirect = _to_be_removed(
            [(before.get(key), candidate.called) for key, (candidate, wish) in found.items() if wish.role == NO_ROLE]
        )
        if not many and missing:
            raise Invalid(f"{missing[0]} is not a member and cannot be removed.", exit_code=1)
        if not many and indirect:
            raise Invalid(f"{indirect[0]} is not a direct member and cannot be removed.", exit_code=1)
        check_limits(circle, put, gone)
        circle.remove(work, gone)
        for key, role in put.items():
            circle.put(work, found[key][0], role)
        after = read_again(work, circle).members
        note_done(platform, work, user, circle.circle_id)
        work.commit()
    updated = sum(key in before for key in put)
    only = [each for each in after if (each.member_kind, each.member_id) in put]
    return MembersChanged(
        members=after,
        added=len(put) - updated,
        updated=updated,
        removed=len(gone),
        missing=missing,
        indirect=indirect,
        only=only[0] if len(put) == 1 and not gone else None,
    )


def _to_be_removed(
    wished: Collection[tuple[Member | None, str]],
) -> tuple[list[Member], tuple[str, ...], tuple[str, ...]]:
    """The members whose roles can be taken away, and the names of those who are none, or none by themselves."""
    gone = [member for member, _ in wished if member is not None and member.explicit_role is not None]
    missing = tuple(called for member, called in wished if member is None)
    indirect = tuple(member.called for member, _ in wished if member is not None and member.explicit_role is None)
    return gone, missing, indirect


def set_role(platform: Platform, user: User, place: Place, named: Named, role: str) -> Member | None:
    """Change the role of one member, or take it away with `none`: then there is None, or what they still are."""

    def act(work: UnitOfWork, circle: Circle, member: Member) -> Member | None:
        refuse_all([check_wish(MemberWish(kind=named.kind, member_id=member.member_id, role=role), circle, many=False)])
        if role == NO_ROLE:
            if member.explicit_role is None:
                raise Invalid(f"{member.called} is not a direct member and cannot be removed.", exit_code=1)
            circle.remove(work, [member])
        else:
            put = {(member.member_kind, member.member_id): circle.roles[role]}
            check_limits(circle, put, ())
            circle.put(work, member, circle.roles[role])
        return _still(read_again(work, circle), member)

    return _one_changed(platform, user, place, named, act)


def remove_member(platform: Platform, user: User, place: Place, named: Named) -> Member | None:
    """Take away the role that a member was given: None, or what they still are through a team."""

    def act(work: UnitOfWork, circle: Circle, member: Member) -> Member | None:
        if member.explicit_role is None:
            text = f"The member {member.called} is not a direct member of this {circle.kind} and cannot be removed."
            raise Invalid(text, exit_code=1)
        circle.remove(work, [member])
        return _still(read_again(work, circle), member)

    return _one_changed(platform, user, place, named, act)


def _one_changed(
    platform: Platform,
    user: User,
    place: Place,
    named: Named,
    act: Callable[[UnitOfWork, Circle, Member], Member | None],
) -> Member | None:
    def attempt() -> Member | None:
        with platform.unit_of_work() as work:
            circle = held_circle(work, user, place)
            member = _find(circle, named)
            check_revision(platform, member)
            made = act(work, circle, member)
            note_done(platform, work, user, circle.circle_id)
            work.commit()
        return made

    return again(attempt)


def reset_members(
    platform: Platform, user: User, place: Place, references: Collection[str] = ()
) -> tuple[tuple[Member, ...], int]:
    """Take away the roles of these ids and logins, or all that were given; who is left, and how many went."""

    def attempt() -> tuple[tuple[Member, ...], int]:
        with platform.unit_of_work() as work:
            circle = held_circle(work, user, place)
            check_revision(platform, circle.members)
            gone = [
                each
                for each in circle.members
                if each.explicit_role is not None and (not references or _is_among(each, references))
            ]
            circle.remove(work, gone)
            after = read_again(work, circle).members
            note_done(platform, work, user, circle.circle_id)
            work.commit()
        return after, len(gone)

    return again(attempt)


def leave(platform: Platform, user: User, place: Place) -> tuple[Circle, Member | None]:
    """Give one's own role up: the domain or team that is left, and what the user still is to it through a team."""

    def attempt() -> tuple[Circle, Member | None]:
        with platform.unit_of_work() as work:
            circle = left_circle(work, user, place)
            me = next((each for each in circle.members if each.is_named(USER, user.user_id)), None)
            if me is not None and me.owner:
                raise Invalid(f"You are the owner of this {circle.kind} and cannot leave.", exit_code=1)
            if me is None or me.explicit_role is None:
                raise Invalid(f"You are not a direct member of this {circle.kind} and cannot leave.", exit_code=1)
            circle.remove(work, [me])
            after = read_again(work, circle)
            note_done(platform, work, user, circle.circle_id)
            work.commit()
        return after, _still(after, me)

    return again(attempt)


def _is_among(member: Member, references: Collection[str]) -> bool:
    return any(member.is_named(member.member_kind, each) for each in references)


def _find(circle: Circle, named: Named) -> Member:
    """The member of that id, or the account of that login; an id wins over a login of the same form."""
    if named.kind not in circle.kinds:
        supported = ", ".join(f"'{each}'" for each in circle.kinds)
        raise Invalid(f"Member type {named.kind[:100]} not supported. Supported types are {supported}.", exit_code=1)
    found = [each for each in circle.members if each.is_named(named.kind, named.reference)]
    found.sort(key=lambda member: member.member_id != named.reference)
    if not found:
        raise MemberNotFound
    return found[0]


def _still(circle: Circle, member: Member) -> Member | None:
    """What somebody is by now."""
    return next((each for each in circle.members if each.is_named(member.member_kind, member.member_id)), None)
