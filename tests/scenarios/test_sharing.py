"""Sharing on each database: many who change members at once, and roles that hold from the next look on."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from broker.core.errors import ApplicationNotFound, Forbidden, Invalid, NamespaceNotFound
from broker.core.membership import MOST_MEMBERS
from broker.usecases import accounts, applications, members, teams
from broker.usecases.circles import Place
from broker.usecases.member_wishes import MemberWish


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services("postgresql"))])
def shared(request, found):
    """A platform on each database."""
    if request.param == "sqlite":
        return found()
    return found(DATABASE_URL=request.getfixturevalue("postgresql_url"))


def give(world, place, login, role):
    wish = MemberWish(login=login, role=role)
    return members.change_members(world.platform, world.demo, place, [wish], many=False)


def test_no_more_members_come_in_at_once_than_one_after_the_other(shared):
    place = Place(domain="demo")
    logins = [f"u{number}" for number in range(MOST_MEMBERS + 4)]
    for login in logins:
        accounts.create_user(shared.platform, login)
    first = [MemberWish(login=login, role="view") for login in logins[: MOST_MEMBERS - 2]]
    members.change_members(shared.platform, shared.demo, place, first, many=True)

    def add(login):
        try:
            return give(shared, place, login, "view").added
        except Invalid as refusal:
            return refusal.exit_code

    with ThreadPoolExecutor(6) as together:
        outcomes = sorted(together.map(add, logins[MOST_MEMBERS - 2 :]))

    assert outcomes == [1, 1, 222, 222, 222, 222]
    assert len(members.list_members(shared.platform, shared.demo, place)) == MOST_MEMBERS + 1


def test_a_role_through_a_team_holds_as_long_as_the_team_is_in_the_domain(shared):
    place = Place(domain="demo")
    shared.create()
    friend = accounts.create_user(shared.platform, "friend")
    accounts.change_user(shared.platform, "demo", max_teams=1)
    team = teams.create_team(shared.platform, accounts.find_user(shared.platform, "demo"), "crew").team
    give(shared, Place(team=team.team_id), "friend", "view")
    show = partial(applications.show_application, shared.platform, friend, "shop", "demo")
    with pytest.raises(NamespaceNotFound):
        show()

    wish = MemberWish(kind="team", member_id=team.team_id, role="edit")
    members.change_members(shared.platform, shared.demo, place, [wish], many=False)

    roles = {each.called: each.role for each in show().members}
    assert {name: role.word for name, role in roles.items()} == {"demo": "admin", "crew": "edit", "friend": "edit"}
    assert [view.parts.application.name for view in applications.list_applications(shared.platform, friend)] == ["shop"]
    teams.delete_team(shared.platform, shared.demo, team.team_id)
    with pytest.raises(ApplicationNotFound):
        applications.show_application(shared.platform, friend, "shop")


def test_of_many_who_want_the_last_team_one_gets_it(shared):
    accounts.change_user(shared.platform, "demo", max_teams=1)
    owner = accounts.find_user(shared.platform, "demo")

    def create(number):
        try:
            return teams.create_team(shared.platform, owner, f"team{number}").team.name
        except Forbidden as refusal:
            return str(refusal)

    with ThreadPoolExecutor(4) as together:
        outcomes = list(together.map(create, range(4)))

    assert outcomes.count("Reached team limit of 1") == 3
