"""Teams."""

from collections.abc import Sequence

from broker.api.call import Answer, Call, told
from broker.api.schemas.teams import ShownTeam
from broker.usecases import teams as use
from broker.usecases.revisions import revision_of
from broker.usecases.views import TeamView


def list_teams(call: Call) -> Answer:
    """The caller's teams, or those that a search finds."""
    search, with_members = call.inputs["search"], "members" in call.inputs["include"]
    if search is None:
        owned = "owner" in call.inputs
        found = use.list_teams(call.platform, call.user, owned=owned, with_members=with_members)
        text = f"Listing teams for user {call.user.login}"
    else:
        of_nobody = call.inputs["of_nobody"]
        found = use.search_teams(call.platform, call.user, search, of_nobody=of_nobody, with_members=with_members)
        text = f"Found {len(found)} teams"
    return Answer(data=_shown(call, found), messages=told(text))


def show_team(call: Call) -> Answer:
    """One team."""
    found = use.show_team(call.platform, call.user, call.path["team_id"])
    (shown,) = _shown(call, [found])
    text = f"Showing team {call.path['team_id']} for user {call.user.login}"
    return Answer(data=shown, messages=told(text), revision=revision_of(found.team))


def create_team(call: Call) -> Answer:
    """A new team."""
    made = use.create_team(call.platform, call.user, call.inputs["name"])
    (shown,) = _shown(call, [made])
    return Answer(data=shown, messages=told(f"Added {made.team.name}"), status=201)


def show_created(call: Call) -> Answer:
    """The team that the call has created."""
    found = use.show_own_team(call.platform, call.user, call.inputs["name"])
    (shown,) = _shown(call, [found])
    return Answer(data=shown, messages=told(f"Added {found.team.name}"))


def delete_team(call: Call) -> Answer:
    """The team is gone, and so is what its members had through it."""
    use.delete_team(call.platform, call.user, call.path["team_id"])
    return Answer(messages=told(f"Deleted team {call.path['team_id']}"))


def _shown(call: Call, found: Sequence[TeamView]) -> list[ShownTeam]:
    return [ShownTeam(view=each, frame=call.frame) for each in found]
