"""Who the members of a domain, a team or an application are: by what they were given, by a team, by owning it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from broker.core.access import Role
from broker.core.ids import TeamId
from broker.core.owner import Membership

USER: Final = "user"
TEAM: Final = "team"
MOST_MEMBERS: Final = 100
MOST_TEAMS: Final = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Where a role comes from that nobody gave: `owner`, `domain` or `team`; a team is named by its id."""

    kind: str
    role: Role
    team_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """Somebody with a role: `explicit_role` is what they were given, `sources` what they have beside it.

    One that `is_fixed` is in a global team, which nobody can change over the interface.
    """

    member_kind: str
    member_id: str
    called: str
    explicit_role: Role | None = None
    sources: tuple[Source, ...] = ()
    owner: bool = False
    is_fixed: bool = False

    @property
    def role(self) -> Role:
        """The highest role that they have."""
        roles = [source.role for source in self.sources]
        return max(roles if self.explicit_role is None else [*roles, self.explicit_role])

    def is_named(self, kind: str, reference: str) -> bool:
        """Whether the reference means this member: an id, or the login of an account."""
        if kind != self.member_kind:
            return False
        return reference == self.member_id or (kind == USER and reference == self.called)


def domain_members(
    owner: tuple[str, str], given: Iterable[Membership], teams: Mapping[TeamId, Sequence[Membership]]
) -> tuple[Member, ...]:
    """The members of a domain: its owner (id and login), then accounts by login, then teams by name.

    `given` are the roles that were given in the domain, `teams` the accounts of the teams among them by the team's id.
    """
    found: dict[tuple[str, str], Member] = {}
    for each in given:
        found[each.member_kind, each.member_id] = _given(each)
    for team in [member for (kind, _), member in found.items() if kind == TEAM]:
        source = Source(kind=TEAM, role=team.role, team_id=team.member_id)
        for each in teams.get(TeamId(team.member_id), ()):
            before = found.get((USER, each.member_id)) or Member(
                member_kind=USER, member_id=each.member_id, called=each.called
            )
            found[USER, each.member_id] = replace(before, sources=(*before.sources, source))
    return _ordered(owner, found.values())


def team_members(owner: tuple[str, str] | None, given: Iterable[Membership]) -> tuple[Member, ...]:
    """The members of a team: its owner (id and login), unless it is global, then accounts by login."""
    return _ordered(owner, (replace(_given(each), is_fixed=owner is None) for each in given))


def application_members(members: Iterable[Member]) -> tuple[Member, ...]:
    """The members of an application: those of its domain, who have their roles through it."""
    return tuple(
        replace(each, explicit_role=None, sources=(Source(kind="domain", role=each.role),)) for each in members
    )


def _given(membership: Membership) -> Member:
    return Member(
        member_kind=membership.member_kind,
        member_id=membership.member_id,
        called=membership.called,
        explicit_role=membership.role,
    )


def _ordered(owner: tuple[str, str] | None, members: Iterable[Member]) -> tuple[Member, ...]:
    others = sorted(members, key=lambda member: (member.member_kind == TEAM, member.called, member.member_id))
    if owner is None:
        return tuple(others)
    owner_id, login = owner
    # An owner who is in a team as well is a member through that, but more by owning it.
    through = tuple(source for each in others if each.member_id == owner_id for source in each.sources)
    owning = Source(kind="owner", role=Role.OWNER)
    first = Member(member_kind=USER, member_id=owner_id, called=login, sources=(owning, *through), owner=True)
    return (first, *(each for each in others if each.member_id != owner_id))
