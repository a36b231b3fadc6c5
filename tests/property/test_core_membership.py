"""Who is a member of what, whatever was given to whom."""

from hypothesis import given
from hypothesis import strategies as st

from broker.core.access import Role
from broker.core.membership import TEAM, USER, application_members, domain_members, team_members
from broker.core.owner import Membership

OWNER = ("u0", "user0")
given_roles = st.sampled_from((Role.VIEW, Role.EDIT, Role.ADMIN))


def membership(kind: str, number: int, role: Role) -> Membership:
    letter, word = ("u", "user") if kind == USER else ("t", "team")
    return Membership(member_kind=kind, member_id=f"{letter}{number}", called=f"{word}{number}", role=role)


def memberships(kind: str, lowest: int) -> st.SearchStrategy[list[Membership]]:
    roles = st.dictionaries(st.integers(lowest, 6), given_roles, max_size=4)
    return roles.map(lambda found: [membership(kind, number, role) for number, role in found.items()])


teams = st.dictionaries(st.integers(0, 6).map("t{}".format), memberships(USER, 0), max_size=4)


@given(memberships(USER, 1), memberships(TEAM, 0), teams)
def test_everybody_has_the_highest_role_that_they_were_given_or_have_through_a_team(users, groups, in_teams):
    members = domain_members(OWNER, [*users, *groups], in_teams)

    by_id = {each.member_id: each for each in members}
    assert len(by_id) == len(members)
    assert members[0].owner
    assert members[0].role is Role.OWNER
    for member in members[1:]:
        own = [each.role for each in [*users, *groups] if each.member_id == member.member_id]
        through = [
            group.role
            for group in groups
            if any(each.member_id == member.member_id for each in in_teams.get(group.member_id, ()))
        ]
        assert member.role == max([*own, *through])
        assert member.explicit_role == (own[0] if own else None)
        assert sorted(each.role for each in member.sources) == sorted(through)
    named = {each.member_id for group in groups for each in in_teams.get(group.member_id, ())}
    assert set(by_id) == {"u0", *named, *(each.member_id for each in [*users, *groups])}


@given(memberships(USER, 1), memberships(TEAM, 0), teams)
def test_the_owner_comes_first_then_accounts_then_teams_by_name(users, groups, in_teams):
    _, *others = domain_members(OWNER, [*groups, *users], in_teams)

    assert others == sorted(others, key=lambda each: (each.member_kind == TEAM, each.called))


@given(memberships(USER, 1), memberships(TEAM, 0), teams)
def test_an_application_has_the_same_members_with_the_same_roles_through_its_domain(users, groups, in_teams):
    of_domain = domain_members(OWNER, [*users, *groups], in_teams)

    for before, after in zip(of_domain, application_members(of_domain), strict=True):
        assert (after.member_id, after.role, after.owner) == (before.member_id, before.role, before.owner)
        assert after.explicit_role is None
        assert [each.kind for each in after.sources] == ["domain"]


@given(memberships(USER, 1))
def test_nobody_owns_a_global_team_and_nobody_can_change_it(users):
    members = team_members(None, users)

    assert all(each.is_fixed and not each.owner for each in members)
    assert len(members) == len(users)


@given(memberships(USER, 0))
def test_an_owner_who_is_in_the_team_as_well_is_listed_once(users):
    members = team_members(OWNER, users)

    assert [each.member_id for each in members].count("u0") == 1
    assert members[0].owner
