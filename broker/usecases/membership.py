"""Loads the members of domains and teams: a fixed number of statements, whatever the number of these."""

from collections.abc import Collection, Mapping

from broker.core.ids import NamespaceId, TeamId, UserId
from broker.core.membership import TEAM, Member, domain_members, team_members
from broker.core.owner import Team
from broker.interfaces import UnitOfWork


def members_of_domains(
    work: UnitOfWork, owners: Mapping[NamespaceId, tuple[UserId, str]]
) -> dict[NamespaceId, tuple[Member, ...]]:
    """The members of these domains, of which each has an owner with an id and a login."""
    if not owners:
        return {}
    given = work.members.of(owners)
    named = {each.member_id for members in given.values() for each in members if each.member_kind == TEAM}
    teams = work.teams.members([TeamId(each) for each in sorted(named)]) if named else {}
    return {
        namespace_id: domain_members(owner, given.get(namespace_id, ()), teams)
        for namespace_id, owner in owners.items()
    }


def members_of_teams(work: UnitOfWork, teams: Collection[Team]) -> dict[TeamId, tuple[Member, ...]]:
    """The members of these teams."""
    given = work.teams.members([each.team_id for each in teams]) if teams else {}
    owner_ids = {each.owner_id for each in teams if each.owner_id is not None}
    owners = work.users.many(sorted(owner_ids)) if owner_ids else {}
    return {
        each.team_id: team_members(
            None if each.owner_id is None else (each.owner_id, owners[each.owner_id].login),
            given.get(each.team_id, ()),
        )
        for each in teams
    }
