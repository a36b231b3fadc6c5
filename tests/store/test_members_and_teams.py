"""Members of namespaces and teams: what was given is what is found, by itself and through teams."""

from dataclasses import replace

import pytest
from store.rows import a_namespace

from broker.core.access import Role
from broker.core.errors import Conflict
from broker.core.ids import TeamId, UserId
from broker.core.owner import Team


def a_team(number, owner, name):
    return Team(
        team_id=TeamId(f"{number:024x}"),
        name=name,
        owner_id=None if owner is None else owner.user_id,
        maps_to=None,
        created_at="2026-01-01T00:00:00Z",
    )


@pytest.fixture
def others(writing, user):
    """Two accounts more: `ann` and `bob`."""
    made = [
        replace(user, user_id=UserId(f"{number:024x}"), login=login) for number, login in ((11, "ann"), (12, "bob"))
    ]
    with writing() as work:
        for each in made:
            work.users.add(each)
        work.commit()
    return made


@pytest.fixture
def shop(writing, user):
    """A namespace of `demo`."""
    namespace = a_namespace(user, "shop")
    with writing() as work:
        work.namespaces.add(namespace)
        work.commit()
    return namespace.namespace_id


def test_a_role_is_the_highest_of_what_was_given_and_what_teams_have(writing, user, others, shop):
    ann, bob = others
    team = a_team(1, user, "crew")
    with writing() as work:
        work.teams.add(team)
        work.teams.put_member(team.team_id, ann.user_id, Role.VIEW)
        work.members.put(shop, "user", ann.user_id, Role.VIEW)
        seen = [work.members.role_in(shop, ann.user_id)]
        work.members.put(shop, "team", team.team_id, Role.EDIT)
        seen.append(work.members.role_in(shop, ann.user_id))
        work.members.put(shop, "user", ann.user_id, Role.ADMIN)
        seen.append(work.members.role_in(shop, ann.user_id))
        work.members.remove(shop, [("user", ann.user_id)])
        seen.append(work.members.role_in(shop, ann.user_id))
        of_ann, of_bob = (work.members.roles_of(each.user_id) for each in others)

        assert seen == [Role.VIEW, Role.EDIT, Role.ADMIN, Role.EDIT]
        assert (of_ann, of_bob) == ({shop: Role.EDIT}, {})
        assert work.members.role_in(shop, bob.user_id) is None


def test_members_are_found_by_namespace_accounts_before_teams(writing, user, others, shop):
    ann, bob = others
    team = a_team(1, user, "a team")
    with writing() as work:
        work.teams.add(team)
        for kind, member_id, role in (
            ("team", team.team_id, Role.ADMIN),
            ("user", bob.user_id, Role.EDIT),
            ("user", ann.user_id, Role.VIEW),
        ):
            work.members.put(shop, kind, member_id, role)
        found = work.members.of([shop, "nothing"])

    assert list(found) == [shop]
    assert [(each.member_kind, each.member_id, each.called, each.role) for each in found[shop]] == [
        ("user", ann.user_id, "ann", Role.VIEW),
        ("user", bob.user_id, "bob", Role.EDIT),
        ("team", team.team_id, "a team", Role.ADMIN),
    ]


def test_a_team_that_is_deleted_is_nowhere_any_more(writing, user, others, shop):
    ann, _ = others
    team = a_team(1, user, "crew")
    with writing() as work:
        work.teams.add(team)
        work.teams.put_member(team.team_id, ann.user_id, Role.VIEW)
        work.members.put(shop, "team", team.team_id, Role.EDIT)
        work.teams.delete(team.team_id)

        assert work.members.of([shop]) == {}
        assert work.teams.by_id(team.team_id) is None
        assert work.teams.of_user(ann.user_id) == ()
        assert work.members.role_in(shop, ann.user_id) is None


def test_teams_are_found_by_owner_member_and_part_of_the_name(writing, user, others):
    ann, bob = others
    own, anns, everybodys = a_team(1, user, "Blue Crew"), a_team(2, ann, "Red Crew"), a_team(3, None, "The Crew")
    with writing() as work:
        for team in (own, anns, everybodys):
            work.teams.add(team)
        work.teams.put_member(anns.team_id, user.user_id, Role.VIEW)
        work.teams.put_member(everybodys.team_id, user.user_id, Role.VIEW)

        assert work.teams.of_user(user.user_id) == (own, anns, everybodys)
        assert work.teams.of_user(bob.user_id) == ()
        assert work.teams.search("cREw", user_id=user.user_id, limit=10) == (own, anns)
        assert work.teams.search("crew", user_id=user.user_id, limit=1) == (own,)
        assert work.teams.search("blue", user_id=ann.user_id, limit=10) == ()
        assert work.teams.search("%", user_id=user.user_id, limit=10) == ()
        assert work.teams.search("crew", user_id=None, limit=10) == (everybodys,)
        assert work.teams.many([own.team_id, "nothing"]) == {own.team_id: own}
        assert [work.teams.count_of(each.user_id) for each in (user, ann, bob)] == [1, 1, 0]


def test_the_members_of_a_team_come_and_go(writing, user, others):
    ann, bob = others
    team = a_team(1, user, "crew")
    with writing() as work:
        work.teams.add(team)
        for each in (bob, ann, bob):
            work.teams.put_member(team.team_id, each.user_id, Role.VIEW)
        before = [each.called for each in work.teams.members([team.team_id])[team.team_id]]
        work.teams.remove_members(team.team_id, [ann.user_id])

        assert before == ["ann", "bob"]
        assert work.teams.role_in(team.team_id, ann.user_id) is None
        assert work.teams.role_in(team.team_id, bob.user_id) is Role.VIEW
        assert work.teams.locked(team.team_id) == team


@pytest.mark.parametrize("is_global", [False, True])
def test_two_teams_of_one_owner_have_different_names(writing, user, others, is_global):
    owner = None if is_global else user
    with writing() as work:
        work.teams.add(a_team(1, others[0], "crew"))
        work.teams.add(a_team(2, owner, "crew"))
        with pytest.raises(Conflict, match="'crew' is already in use"):
            work.teams.add(a_team(3, owner, "crew"))


def test_accounts_are_found_by_many_logins_at_once(writing, user, others):
    with writing() as work:
        assert work.users.many_named(["bob", "demo", "nobody"]) == {"bob": others[1], "demo": user}
