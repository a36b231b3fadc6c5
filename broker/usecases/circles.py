"""What has members that can be changed: a domain or a team, with the rules that differ between them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from broker.core.access import GIVEN_ROLES, Permission, Role, check_permission
from broker.core.ids import TeamId, UserId
from broker.core.membership import TEAM, USER, Member
from broker.core.owner import Namespace, Team, User
from broker.interfaces import UnitOfWork
from broker.usecases.membership import members_of_domains, members_of_teams
from broker.usecases.teams import held_team, visible_team
from broker.usecases.visibility import held_namespace, visible_namespace

_ROLES_IN_TEAMS: Final[Mapping[str, Role]] = {Role.VIEW.word: Role.VIEW}


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Whose members are meant: those of the domain of that name, or of the team of that id."""

    domain: str | None = None
    team: str | None = None


@dataclass(frozen=True, kw_only=True)
class DomainCircle:
    """A domain with its members."""

    namespace: Namespace
    members: tuple[Member, ...]

    kind = "domain"
    kinds = (USER, TEAM)
    roles = GIVEN_ROLES

    @property
    def circle_id(self) -> str:
        """The id of the domain."""
        return self.namespace.namespace_id

    def put(self, work: UnitOfWork, member: Member, role: Role) -> None:
        """Give somebody a role."""
        work.members.put(self.namespace.namespace_id, member.member_kind, member.member_id, role)

    def remove(self, work: UnitOfWork, members: Collection[Member]) -> None:
        """Take the roles away that these were given."""
        gone = [(each.member_kind, each.member_id) for each in members]
        work.members.remove(self.namespace.namespace_id, gone)


@dataclass(frozen=True, kw_only=True)
class TeamCircle:
    """A team with its members, which are accounts only and may only see it."""

    team: Team
    members: tuple[Member, ...]

    kind = "team"
    kinds = (USER,)
    roles = _ROLES_IN_TEAMS

    @property
    def circle_id(self) -> str:
        """The id of the team."""
        return self.team.team_id

    def put(self, work: UnitOfWork, member: Member, role: Role) -> None:
        """Take somebody in."""
        work.teams.put_member(self.team.team_id, UserId(member.member_id), role)

    def remove(self, work: UnitOfWork, members: Collection[Member]) -> None:
        """Let these go."""
        work.teams.remove_members(self.team.team_id, [UserId(each.member_id) for each in members])


Circle = DomainCircle | TeamCircle


def seen_circle(work: UnitOfWork, user: User, place: Place) -> Circle:
    """The domain or team with its members, for whoever may see it."""
    return _circle(work, user, place, Permission.READ_DOMAIN, Permission.READ_TEAM, hold=False)


def held_circle(work: UnitOfWork, user: User, place: Place) -> Circle:
    """The same for whoever may change its members, which nobody else does meanwhile."""
    return _circle(work, user, place, Permission.CHANGE_DOMAIN_MEMBERS, Permission.CHANGE_TEAM_MEMBERS, hold=True)


def left_circle(work: UnitOfWork, user: User, place: Place) -> Circle:
    """The same for a member who leaves: for that a credential must allow to change members, but no role is needed."""
    circle = _circle(work, user, place, Permission.READ_DOMAIN, Permission.READ_TEAM, hold=True)
    if isinstance(circle, DomainCircle):
        domain = circle.namespace.namespace_id
        check_permission(Permission.CHANGE_DOMAIN_MEMBERS, Role.OWNER, user.scopes, domain=domain)
    else:
        check_permission(Permission.CHANGE_TEAM_MEMBERS, Role.OWNER, user.scopes)
    return circle


def read_again(work: UnitOfWork, circle: Circle) -> Circle:
    """The same circle with its members as they are by now."""
    return _of_domain(work, circle.namespace) if isinstance(circle, DomainCircle) else _of_team(work, circle.team)


def _circle(
    work: UnitOfWork, user: User, place: Place, of_domain: Permission, of_team: Permission, *, hold: bool
) -> Circle:
    if place.domain is not None:
        find = held_namespace if hold else visible_namespace
        return _of_domain(work, find(work, user, place.domain, needs=of_domain))
    find_team = held_team if hold else visible_team
    return _of_team(work, find_team(work, user, place.team or "", needs=of_team))


def _of_domain(work: UnitOfWork, namespace: Namespace) -> DomainCircle:
    owner = work.users.many([namespace.owner_id])[namespace.owner_id]
    owners = {namespace.namespace_id: (owner.user_id, owner.login)}
    return DomainCircle(namespace=namespace, members=members_of_domains(work, owners)[namespace.namespace_id])


def _of_team(work: UnitOfWork, team: Team) -> TeamCircle:
    return TeamCircle(team=team, members=members_of_teams(work, [team])[TeamId(team.team_id)])
