"""SSH keys, authorizations and accounts below others: what goes in comes out, and what is gone leaves nothing."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from store.rows import a_namespace

from broker.core.access import Role
from broker.core.errors import Conflict
from broker.core.ids import AuthorizationId, TeamId, UserId
from broker.core.owner import Authorization, SshKey, Team
from broker.store.tables import authorizations, namespace_members, ssh_keys, team_members, teams, users


def a_key(user, name="laptop", content="AAAA", kind="ssh-rsa"):
    return SshKey(user_id=user.user_id, name=name, type=kind, content=content, created_at="2026-01-01T00:00:00Z")


def a_token(user, number, *, created="2026-01-01T00:00:00Z", expires="2026-02-01T00:00:00Z"):
    return Authorization(
        authorization_id=AuthorizationId(f"{number:024x}"),
        user_id=user.user_id,
        token_hash=f"{number:064x}",
        note=None,
        scopes="session",
        created_at=created,
        expires_at=expires,
    )


@pytest.fixture
def child(writing, user):
    """A stored account below `user`."""
    made = replace(user, user_id=UserId("2" * 24), login="child", parent_id=user.user_id, inherited=("gear_sizes",))
    with writing() as work:
        work.users.add(made)
        work.commit()
    return made


def test_keys_come_back_by_name(writing, reading, user, child):
    with writing() as work:
        for name, content in (("work", "BBBB"), ("laptop", "AAAA")):
            work.keys.put(a_key(user, name, content))
        work.keys.put(a_key(child))
        work.commit()

    with reading() as work:
        assert work.keys.of_user(user.user_id) == (a_key(user), a_key(user, "work", "BBBB"))
        assert work.keys.named(user.user_id, "work") == a_key(user, "work", "BBBB")
        assert work.keys.named(user.user_id, "Work") is None


def test_a_key_that_is_put_again_is_changed(writing, user):
    with writing() as work:
        work.keys.put(a_key(user))
        work.keys.put(a_key(user, content="B" * 10_000, kind="ssh-dss"))

        assert work.keys.of_user(user.user_id) == (a_key(user, content="B" * 10_000, kind="ssh-dss"),)


def test_an_account_has_a_content_once(writing, user, child):
    with writing() as work:
        work.keys.put(a_key(user))
        work.keys.put(a_key(child))

        assert work.keys.has_content(user.user_id, "AAAA")
        assert not work.keys.has_content(user.user_id, "AAAA", but="laptop")
        assert not work.keys.has_content(user.user_id, "AAAB")
        with pytest.raises(Conflict):
            work.keys.put(a_key(user, "another"))


def test_a_removed_key_is_gone(writing, user, child):
    with writing() as work:
        work.keys.put(a_key(user))
        work.keys.put(a_key(child))
        work.keys.remove(user.user_id, "laptop")

        assert work.keys.of_user(user.user_id) == ()
        assert len(work.keys.of_user(child.user_id)) == 1


def test_an_authorization_is_found_by_its_hash_and_its_id(writing, reading, user):
    made = a_token(user, 1)
    with writing() as work:
        work.authorizations.add(made)
        work.authorizations.set_note(made.authorization_id, "a note")
        work.commit()

    with reading() as work:
        noted = replace(made, note="a note")
        assert work.authorizations.by_hash(made.token_hash) == noted
        assert work.authorizations.by_id(made.authorization_id) == noted
        assert work.authorizations.by_hash("f" * 64) is None


def test_authorizations_are_listed_newest_first_and_while_they_are_good(writing, user, child):
    with writing() as work:
        for number, day in ((1, "01"), (2, "03"), (3, "02"), (4, "02")):
            work.authorizations.add(a_token(user, number, created=f"2026-01-{day}T00:00:00Z"))
        work.authorizations.add(a_token(user, 5, expires="2026-01-05T00:00:00Z"))
        work.authorizations.add(a_token(child, 6))

        def numbers(at):
            found = work.authorizations.of_user(user.user_id, unexpired_at=at)
            return [int(each.authorization_id, 16) for each in found]

        assert numbers("2026-01-04T00:00:00Z") == [2, 4, 3, 5, 1]
        assert numbers("2026-01-05T00:00:00Z") == [2, 4, 3, 1]
        work.authorizations.remove_expired(user.user_id, before="2026-01-05T00:00:00Z")
        assert numbers("") == [2, 4, 3, 1]
        work.authorizations.remove([AuthorizationId(f"{number:024x}") for number in (2, 3)])
        assert numbers("") == [4, 1]


def test_authorizations_are_counted_listed_by_pages_and_revoked_by_account(writing, user, child):
    with writing() as work:
        for number, day in ((1, "01"), (2, "03"), (3, "02"), (4, "02")):
            work.authorizations.add(a_token(user, number, created=f"2026-01-{day}T00:00:00Z"))
        work.authorizations.add(a_token(user, 5, expires="2026-01-05T00:00:00Z"))
        work.authorizations.add(a_token(child, 6))
        at = "2026-01-05T00:00:00Z"

        def numbers(limit, after=None):
            found = work.authorizations.of_user(user.user_id, unexpired_at=at, limit=limit, after=after)
            return [int(each.authorization_id, 16) for each in found]

        assert numbers(2) == [2, 4]
        assert numbers(2, ("2026-01-02T00:00:00Z", AuthorizationId(f"{4:024x}"))) == [3, 1]
        assert numbers(None, ("2026-01-01T00:00:00Z", AuthorizationId(f"{1:024x}"))) == []
        assert work.authorizations.count_of(user.user_id, unexpired_at=at) == 4
        assert work.authorizations.count_of(user.user_id, unexpired_at="") == 5
        work.authorizations.remove_of(user.user_id)
        assert work.authorizations.count_of(user.user_id, unexpired_at="") == 0
        assert work.authorizations.count_of(child.user_id, unexpired_at="") == 1


def test_the_newest_authorization_like_one_is_found(writing, user, child):
    with writing() as work:
        for number, note, scopes in (
            (1, None, "read userinfo"),
            (2, None, "userinfo read"),
            (3, "one", "read userinfo"),
            (4, None, "read"),
            (5, "One", "read"),
        ):
            work.authorizations.add(replace(a_token(user, number), note=note, scopes=scopes))
        work.authorizations.add(replace(a_token(child, 6), scopes="read"))

        def like(note, *scopes, at=""):
            found = work.authorizations.like(user.user_id, note=note, scopes=scopes, unexpired_at=at)
            return None if found is None else int(found.authorization_id, 16)

        assert like(None, "read", "userinfo") == like(None, "userinfo", "read") == 2
        assert like("one", "userinfo", "read") == 3
        assert like(None, "read") == 4
        assert like("One", "read") == 5
        assert like(None, "userinfo") is like("one", "read") is like("", "read") is None
        assert like(None, "rea_", "userinfo") is like(None, "%") is None
        assert like(None, "read", at="2026-02-01T00:00:00Z") is None


def test_keys_are_counted_by_account(writing, user, child):
    with writing() as work:
        for name, content in (("work", "BBBB"), ("laptop", "AAAA")):
            work.keys.put(a_key(user, name, content))
        work.keys.put(a_key(child))

        assert (work.keys.count_of(user.user_id), work.keys.count_of(child.user_id)) == (2, 1)


def test_accounts_below_another_come_back_by_login(writing, reading, user, child):
    with writing() as work:
        first = replace(child, user_id=UserId("3" * 24), login="another", inherited=())
        work.users.add(first)
        work.commit()

    with reading() as work:
        assert work.users.children(user.user_id) == (first, child)
        assert work.users.many([user.user_id, child.user_id, UserId("9" * 24)]) == {
            user.user_id: user,
            child.user_id: child,
        }


def test_an_account_that_is_deleted_leaves_nothing(writing, database, user, child):
    with writing() as work:
        namespace = a_namespace(user, "shop")
        work.namespaces.add(namespace)
        work.keys.put(a_key(child))
        work.keys.put(a_key(user))
        work.authorizations.add(a_token(child, 1))
        work.authorizations.add(a_token(user, 2))
        for number, owner, member in ((7, child, user), (8, user, child)):
            team = Team(
                team_id=TeamId(f"{number}" * 24),
                name="people",
                owner_id=owner.user_id,
                maps_to=None,
                created_at="2026-01-01T00:00:00Z",
            )
            work.teams.add(team)
            work.teams.put_member(team.team_id, member.user_id, Role.VIEW)
            work.members.put(namespace.namespace_id, "team", team.team_id, Role.VIEW)
        work.members.put(namespace.namespace_id, "user", child.user_id, Role.EDIT)

        work.users.delete(child.user_id)
        work.commit()

    with database.reading() as connection:
        left = {
            table.name: connection.execute(select(table)).all()
            for table in (users, ssh_keys, authorizations, teams, team_members, namespace_members)
        }
    assert {name: len(rows) for name, rows in left.items()} == {
        "users": 1,
        "ssh_keys": 1,
        "authorizations": 1,
        "teams": 1,
        "team_members": 0,
        "namespace_members": 1,
    }
    assert child.user_id not in str(left)
