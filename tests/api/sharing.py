"""Accounts that share: more clients of a world, and teams of theirs."""

from api.conftest import QUICK_HASH, Client, World

from broker.core.ids import TeamId
from broker.core.owner import Team
from broker.usecases.accounts import change_user, create_user


def account(world: World, login: str, **capabilities: object) -> Client:
    """A client of a new account."""
    create_user(world.embedded.platform, login)
    change_user(world.embedded.platform, login, password_hash=QUICK_HASH, **capabilities)
    return Client(world.wsgi_app, (login, "password"))


def id_of(client: Client) -> str:
    return client("GET", "/user").data["id"]


def team_of(world: World, client: Client, name: str, *logins: str) -> str:
    """The id of a new team of the client's, with these accounts in it."""
    change_user(world.embedded.platform, client.login[0], max_teams=-1)
    team_id = client("POST", "/teams", f"name={name}").data["id"]
    for login in logins:
        assert client("POST", f"/team/{team_id}/members", f"login={login}&role=view").status == 200
    return team_id


def global_team(world: World, name: str) -> str:
    """The id of a team that nobody owns."""
    team_id = TeamId(world.embedded.platform.new_id())
    with world.embedded.platform.unit_of_work() as work:
        work.teams.add(
            Team(team_id=team_id, name=name, owner_id=None, maps_to=f"cn={name}", created_at="2026-01-01T00:00:00Z")
        )
        work.commit()
    return team_id
