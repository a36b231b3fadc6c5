"""What is wished for members: roles for accounts and teams, checked one by one before anything is changed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from broker.core.access import Role
from broker.core.errors import Invalid, ManyRefusals, NotFound, Refusal
from broker.core.ids import TeamId, UserId
from broker.core.membership import MOST_MEMBERS, MOST_TEAMS, TEAM, USER, Member
from broker.core.owner import User
from broker.interfaces import UnitOfWork
from broker.usecases.circles import Circle

# The word for no role at all.
NO_ROLE = "none"
SHOWN = 100
NO_SUCH_ACCOUNT = 132
TOO_MANY = 222
Key = tuple[str, str]


class NoSuchAccount(NotFound):
    """There is no account or team like that."""

    code = "no_such_account"
    exit_code = NO_SUCH_ACCOUNT


@dataclass(frozen=True, kw_only=True, slots=True)
class MemberWish:
    """A role for an account, by id or login, or for a team by id; `index` is its place in a list of wishes."""

    kind: str = USER
    member_id: str = ""
    login: str = ""
    role: str = ""
    index: int = 0

    def given(self, circle: Circle) -> Role:
        """The role wished for, which the circle has been found to have."""
        return circle.roles[self.role]


def refuse_all(refusals: Iterable[Refusal | None]) -> None:
    """Raises what is wrong, if anything is: one refusal, or several as one."""
    wrong = tuple(each for each in refusals if each is not None)
    if wrong:
        raise wrong[0] if len(wrong) == 1 else ManyRefusals(wrong)


def check_wish(wish: MemberWish, circle: Circle, *, many: bool) -> Refusal | None:
    """What is wrong with the form of a wish, by itself."""
    roles = ", ".join(f"'{each}'" for each in circle.roles)
    known = {Role.VIEW.word, Role.EDIT.word, Role.ADMIN.word, NO_ROLE}
    wrong: Refusal | None = None
    if wish.role not in known:
        text = (
            f"You must provide a role for each member - you can add or update (with {roles})"
            f" or remove (with '{NO_ROLE}')."
        )
        wrong = Invalid(text, field="role", exit_code=1)
    elif wish.role not in {*circle.roles, NO_ROLE}:
        text = f"Role {wish.role} not supported for {circle.kind}. Supported roles are {roles}."
        wrong = Invalid(text, field="role", exit_code=1)
    elif wish.kind not in circle.kinds:
        kinds = ", ".join(f"'{each}'" for each in circle.kinds)
        text = f"Members of type {wish.kind[:SHOWN]} not supported for {circle.kind}. Supported types are {kinds}."
        wrong = Invalid(text, field="type", exit_code=1)
    elif wish.kind == USER and not (wish.member_id or wish.login):
        wrong = Invalid("Each user being changed must have an id or a login.", exit_code=1)
    elif wish.kind == TEAM and not wish.member_id:
        wrong = Invalid("Each team being changed must have an id.", exit_code=1)
    elif wish.role != NO_ROLE and _is_owner(wish, circle):
        wrong = Invalid(f"The role of the owner of this {circle.kind} cannot be changed.", field="role", exit_code=1)
    return _placed(wrong, wish, many=many)


def _is_owner(wish: MemberWish, circle: Circle) -> bool:
    reference = wish.member_id or wish.login
    return any(each.owner and each.is_named(wish.kind, reference) for each in circle.members)


def _placed(refusal: Refusal | None, wish: MemberWish, *, many: bool) -> Refusal | None:
    if refusal is not None and many:
        refusal.index = wish.index
    return refusal


def find_accounts_and_teams(
    work: UnitOfWork, user: User, circle: Circle, wishes: Sequence[MemberWish], *, many: bool
) -> dict[Key, tuple[Member, MemberWish]]:
    """Whom the wishes are about, by kind and id; of several for one the last counts.

    Raises a refusal for each that is about nobody, or about a team that is not the caller's to add.
    """
    of_users = [each for each in wishes if each.kind == USER]
    ids = {each.member_id for each in of_users if each.member_id}
    logins = {each.login for each in of_users if not each.member_id}
    by_id = work.users.many([UserId(each) for each in sorted(ids)]) if ids else {}
    by_login = work.users.many_named(sorted(logins)) if logins else {}
    teams = _candidate_teams(work, user, circle, [each for each in wishes if each.kind == TEAM])
    found: dict[Key, tuple[Member, MemberWish]] = {}
    wrong: list[Refusal | None] = []
    for wish in wishes:
        if wish.kind == TEAM:
            candidate = teams[wish.member_id]
        else:
            account = by_id.get(UserId(wish.member_id)) if wish.member_id else by_login.get(wish.login)
            candidate = _account(account, wish)
        if isinstance(candidate, Member):
            found[candidate.member_kind, candidate.member_id] = (candidate, wish)
        else:
            wrong.append(_placed(candidate, wish, many=many))
    refuse_all(wrong)
    return found


def _account(account: User | None, wish: MemberWish) -> Member | Refusal:
    if account is not None:
        return Member(member_kind=USER, member_id=account.user_id, called=account.login)
    if wish.member_id:
        if wish.role == NO_ROLE:
            return Member(member_kind=USER, member_id=wish.member_id, called=wish.member_id[:SHOWN])
        return NoSuchAccount(f"There is no account with identifier {wish.member_id[:SHOWN]}.", field="id")
    return NoSuchAccount(f"There is no account with login {wish.login[:SHOWN]}.", field="login")


def _candidate_teams(
    work: UnitOfWork, user: User, circle: Circle, wishes: Sequence[MemberWish]
) -> dict[str, Member | Refusal]:
    """For each team that is wished for: the team as a member, or why it cannot become one."""
    if not wishes:
        return {}
    present = {each.member_id: each for each in circle.members if each.member_kind == TEAM}
    known = work.teams.many([TeamId(each.member_id) for each in wishes])
    seen = {each.team_id for each in work.teams.of_user(user.user_id)}
    if user.may_view_global_teams:
        seen |= {each.team_id for each in known.values() if each.owner_id is None}
    found: dict[str, Member | Refusal] = {}
    for wish in wishes:
        team = known.get(TeamId(wish.member_id))
        if wish.member_id in present:
            found[wish.member_id] = replace(present[wish.member_id], explicit_role=None)
        elif wish.role == NO_ROLE:
            found[wish.member_id] = Member(member_kind=TEAM, member_id=wish.member_id, called=wish.member_id[:SHOWN])
        elif team is None or team.team_id not in seen:
            text = f"There is no team with identifier {wish.member_id[:SHOWN]}."
            found[wish.member_id] = NoSuchAccount(text, field="id")
        elif team.owner_id not in {None, user.user_id}:
            text = f"You cannot add the team '{team.name}' because you are not the owner."
            found[wish.member_id] = NoSuchAccount(text, field="id")
        else:
            found[wish.member_id] = Member(member_kind=TEAM, member_id=team.team_id, called=team.name)
    return found


def check_limits(circle: Circle, put: Mapping[Key, Role], gone: Collection[Member]) -> None:
    """Raises `Invalid` where more would be given roles than may be: 100, of which 5 may be teams."""
    lost = {(each.member_kind, each.member_id) for each in gone}
    given = {(each.member_kind, each.member_id) for each in circle.members if each.explicit_role is not None}
    after = (given - lost) | put.keys()
    teams = sum(kind == TEAM for kind, _ in after)
    if len(after) > MOST_MEMBERS and len(after) > len(given):
        text = f"You are limited to {MOST_MEMBERS} members per {circle.kind}"
        raise Invalid(text, field="members", exit_code=TOO_MANY)
    if teams > MOST_TEAMS:
        text = f"You are limited to {MOST_TEAMS} teams per {circle.kind}"
        raise Invalid(text, field="members", exit_code=TOO_MANY)
