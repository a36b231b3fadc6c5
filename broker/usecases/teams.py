"""Teams: accounts that are given a role in a domain together."""

from collections.abc import Sequence
from functools import partial

from broker.core.access import Permission, Role, check_permission
from broker.core.errors import Forbidden, Invalid, NotFound
from broker.core.ids import TeamId
from broker.core.owner import UNLIMITED, Team, User
from broker.interfaces import Platform, UnitOfWork
from broker.usecases.accounts import held_account, note_done
from broker.usecases.again import again
from broker.usecases.finding import looks_like_id
from broker.usecases.membership import members_of_teams
from broker.usecases.revisions import check_revision
from broker.usecases.times import timestamp
from broker.usecases.views import TeamView

SHORTEST_NAME, LONGEST_NAME = 2, 250
# A search finds so many at most.
MOST_FOUND = 500


class TeamNotFound(NotFound):
    """No such team among those the caller may see."""

    code = "team_not_found"

    def __init__(self, team: str) -> None:
        super().__init__(f"Team '{team}' not found.")


def role_in_team(work: UnitOfWork, user: User, team: Team) -> Role | None:
    """What the caller is to a team, whatever their scopes; None for a stranger.

    A global team, which nobody owns, is seen by those who may view such teams, and by those who are in it.
    """
    if team.owner_id == user.user_id:
        return Role.OWNER
    given = work.teams.role_in(team.team_id, user.user_id)
    return Role.VIEW if given is None and team.owner_id is None and user.may_view_global_teams else given


def visible_team(work: UnitOfWork, user: User, reference: str, *, needs: Permission) -> Team:
    """The team of that id, if the caller may do this to it; one they cannot see is as if it did not exist."""
    team = work.teams.by_id(TeamId(reference)) if looks_like_id(reference) else None
    return _permitted(work, user, team, reference, needs)


def held_team(work: UnitOfWork, user: User, reference: str, *, needs: Permission) -> Team:
    """The same as it is once nobody else changes it or its members; the caller is asked for their role again."""
    seen = visible_team(work, user, reference, needs=needs)
    return _permitted(work, user, work.teams.locked(seen.team_id), reference, needs)


def _permitted(work: UnitOfWork, user: User, team: Team | None, reference: str, needs: Permission) -> Team:
    role = None if team is None else role_in_team(work, user, team)
    if team is None or role is None:
        raise TeamNotFound(reference[:100])
    check_permission(needs, role, user.scopes)
    return team


def list_teams(platform: Platform, user: User, *, owned: bool = False, with_members: bool = False) -> list[TeamView]:
    """The teams that the user owns or is in, or only those they own, by name."""
    with platform.reading() as work:
        found = [each for each in work.teams.of_user(user.user_id) if not owned or each.owner_id == user.user_id]
        return _views(work, found, with_members=with_members)


def search_teams(
    platform: Platform, user: User, text: str, *, of_nobody: bool, with_members: bool = False
) -> list[TeamView]:
    """Teams with the text in their names: those that the user owns or is in, or with `of_nobody` the global ones."""
    if len(text) < SHORTEST_NAME:
        raise Invalid("Search string must be at least 2 characters", exit_code=1)
    if of_nobody and not user.may_view_global_teams:
        return []
    with platform.reading() as work:
        found = work.teams.search(text, user_id=None if of_nobody else user.user_id, limit=MOST_FOUND)
        return _views(work, found, with_members=with_members)


def show_team(platform: Platform, user: User, reference: str) -> TeamView:
    """One team that the user may see."""
    with platform.reading() as work:
        team = visible_team(work, user, reference, needs=Permission.READ_TEAM)
        return _views(work, [team], with_members=True)[0]


def show_own_team(platform: Platform, user: User, name: str) -> TeamView:
    """The team of that name that the user owns."""
    with platform.reading() as work:
        for team in work.teams.of_user(user.user_id):
            if (team.owner_id, team.name) == (user.user_id, name):
                return _views(work, [team], with_members=True)[0]
    raise TeamNotFound(name[:100])


def create_team(platform: Platform, user: User, name: str) -> TeamView:
    """A new team of the user's; raises `Forbidden` where they may have no more, `Conflict` where they have the name."""
    check_permission(Permission.CREATE_TEAM, Role.OWNER, user.scopes)
    return again(partial(_create, platform, user, name))


def _create(platform: Platform, user: User, name: str) -> TeamView:
    with platform.unit_of_work() as work:
        owner = held_account(work, user)  # so that two at once are counted one after the other
        if UNLIMITED != owner.max_teams <= work.teams.count_of(owner.user_id):
            raise Forbidden(f"Reached team limit of {owner.max_teams}", exit_code=193)
        team = Team(
            team_id=TeamId(platform.new_id()),
            name=check_team_name(name),
            owner_id=owner.user_id,
            maps_to=None,
            created_at=timestamp(platform.clock.now()),
        )
        work.teams.add(team)
        note_done(platform, work, user, team.team_id)
        (made,) = _views(work, [team], with_members=True)
        work.commit()
    return made


def check_team_name(name: str) -> str:
    """The name without blanks around it; refuses one that is empty or not 2 to 250 characters long."""
    name = name.strip()
    if not name:
        raise Invalid("Name is required and cannot be blank", field="name", exit_code=-1)
    if not SHORTEST_NAME <= len(name) <= LONGEST_NAME:
        text = f"Team name must be a minimum of {SHORTEST_NAME} and maximum of {LONGEST_NAME} characters."
        raise Invalid(text, field="name", exit_code=-1)
    return name


def delete_team(platform: Platform, user: User, reference: str) -> None:
    """Delete a team of the user's; who had a role through it only has none with the next request."""
    again(partial(_delete, platform, user, reference))


def _delete(platform: Platform, user: User, reference: str) -> None:
    with platform.unit_of_work() as work:
        team = held_team(work, user, reference, needs=Permission.DESTROY_TEAM)
        check_revision(platform, team)
        work.teams.delete(team.team_id)
        note_done(platform, work, user, team.team_id)
        work.commit()


def _views(work: UnitOfWork, teams: Sequence[Team], *, with_members: bool) -> list[TeamView]:
    members = members_of_teams(work, teams) if with_members else {}
    return [TeamView(team=each, members=members.get(each.team_id)) for each in teams]
