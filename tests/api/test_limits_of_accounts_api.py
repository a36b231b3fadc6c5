"""How many authorizations and keys an account may have, and how long lists of them are read."""

import re

import pytest
from api.credentials import AUTHORIZATIONS, NOON, at_noon, with_token
from api.test_statement_counts_api import counted

from broker.core.errors import Forbidden
from broker.core.ids import AuthorizationId
from broker.core.owner import Authorization, SshKey
from broker.usecases.accounts import find_user, set_password
from broker.usecases.authorizations import MOST_AUTHORIZATIONS, MOST_KEPT, AuthorizationWish, create_authorization
from broker.usecases.keys import MOST_KEYS
from broker.usecases.times import timestamp

KEYS = "/broker/rest/user/keys"
NEXT = re.compile(r'<http://localhost(/broker/rest/[^>]+)>; rel="next"')
TOO_MANY = "You have 1000 authorizations, which is the most. Revoke those that you do not need."
TOO_MANY_KEYS = "You have 500 SSH keys, which is the most. Remove those that you do not need."


def store(world, count, *, expires_at):
    """So many authorizations of `demo`, as they are stored."""
    platform = world.embedded.platform
    user = find_user(platform, "demo")
    with platform.unit_of_work() as work:
        for _ in range(count):
            identity = AuthorizationId(platform.new_id())
            work.authorizations.add(
                Authorization(
                    authorization_id=identity,
                    user_id=user.user_id,
                    token_hash=f"{identity:0>64}",
                    note="stored",
                    scopes="session",
                    created_at=timestamp(NOON - 10_000),
                    expires_at=timestamp(expires_at),
                )
            )
        work.commit()


def stored(world, *, at=""):
    platform = world.embedded.platform
    with platform.reading() as work:
        return work.authorizations.count_of(find_user(platform, "demo").user_id, unexpired_at=at)


def test_an_account_has_so_many_authorizations_and_not_one_more(world):
    demo, clock = at_noon(world)
    store(world, MOST_AUTHORIZATIONS - 1, expires_at=NOON + 1000)
    last = demo("POST", AUTHORIZATIONS, json_body={"scope": "session", "note": "last"})

    refused = demo("POST", AUTHORIZATIONS, json_body={"scope": "session"})
    reused = demo("POST", AUTHORIZATIONS, json_body={"scope": "session", "note": "last", "reuse": True})

    assert (last.status, reused.status) == (201, 200)
    assert (refused.status, refused.first["exit_code"], refused.texts) == (422, 1, [TOO_MANY])
    demo("DELETE", f"{AUTHORIZATIONS}/{last.data['id']}")
    assert demo("POST", AUTHORIZATIONS, json_body={"scope": "session"}).status == 201
    clock.at += 1000
    assert demo("POST", AUTHORIZATIONS, json_body={"scope": "session"}).status == 201


def test_too_many_that_have_expired_are_forgotten_before_their_time(world):
    demo, _ = at_noon(world)
    store(world, MOST_KEPT - 1, expires_at=NOON - 100)

    demo("POST", AUTHORIZATIONS)
    assert stored(world) == MOST_KEPT
    demo("POST", AUTHORIZATIONS)
    assert stored(world) == stored(world, at=timestamp(NOON)) == 2


@pytest.mark.parametrize(
    ("before", "wish", "is_reused"),
    [
        ({"scope": "read,userinfo"}, {"scope": "userinfo,read"}, True),
        ({"scope": "read,userinfo"}, {"scope": "read"}, False),
        ({"scope": "read"}, {"scope": "read,userinfo"}, False),
        ({"scope": "read", "note": "100%_"}, {"scope": "read", "note": "100%_"}, True),
        ({"scope": "read", "note": "one"}, {"scope": "read", "note": "One"}, False),
        ({"scope": "read", "note": "one"}, {"scope": "read"}, False),
        ({"scope": "read"}, {"scope": "read", "note": "one"}, False),
        ({"scope": "read"}, {"scope": "read"}, True),
    ],
)
def test_one_with_the_same_note_and_scopes_is_reused(world, before, wish, is_reused):
    first = world.demo("POST", AUTHORIZATIONS, json_body=before)
    second = world.demo("POST", AUTHORIZATIONS, json_body={**wish, "reuse": True})

    assert second.status == (200 if is_reused else 201)
    assert (second.data["token"] == first.data["token"]) == is_reused


def test_one_to_reuse_is_found_by_one_statement_among_however_many(world):
    demo, _ = at_noon(world)
    store(world, 500, expires_at=NOON + 1000)
    demo("POST", AUTHORIZATIONS, json_body={"scope": "session", "note": "this"})
    for note in ("this", "none"):
        with counted(world) as seen:
            demo("POST", AUTHORIZATIONS, json_body={"scope": "session", "note": note, "reuse": True})
        searches = [each for each in seen if "FROM authorizations" in each and "LIMIT" in each]
        assert len(searches) == 1


def notes_of_pages(client, path):
    """The notes on each page, as a client follows the links."""
    found = []
    while path is not None:
        answer = client("GET", path)
        assert (answer.status, answer.texts) == (200, ["List authorizations"])
        found.append([each["note"] for each in answer.data])
        link = answer.headers.get("Link")
        path = None if link is None else NEXT.fullmatch(link)[1]
    return found


def test_pages_of_authorizations_follow_each_other_by_their_links(world):
    demo, clock = at_noon(world)
    for number in range(5):
        demo("POST", AUTHORIZATIONS, json_body={"note": f"{number}"})
        clock.at += 1

    assert notes_of_pages(demo, AUTHORIZATIONS) == [["4", "3", "2", "1", "0"]]
    assert notes_of_pages(demo, f"{AUTHORIZATIONS}?limit=2") == [["4", "3"], ["2", "1"], ["0"]]
    assert notes_of_pages(demo, f"{AUTHORIZATIONS}?limit=5") == [["4", "3", "2", "1", "0"], []]


def test_those_of_the_same_second_are_each_on_one_page_and_one_that_is_gone_still_is_a_place(world):
    demo, _ = at_noon(world)
    for number in range(5):
        demo("POST", AUTHORIZATIONS, json_body={"note": f"{number}"})
    first = demo("GET", f"{AUTHORIZATIONS}?limit=2")
    demo("DELETE", f"{AUTHORIZATIONS}/{first.data[-1]['id']}")

    rest = notes_of_pages(demo, NEXT.fullmatch(first.headers["Link"])[1])

    assert sorted([each["note"] for each in first.data] + [note for page in rest for note in page]) == list("01234")


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "after=x", "after=eA==", "after=" + "0" * 24])
def test_a_page_that_there_is_not_is_refused(world, query):
    answer = world.demo("GET", f"{AUTHORIZATIONS}?{query}")

    assert (answer.status, answer.first["field"]) == (422, query.partition("=")[0])


def test_an_account_has_so_many_keys_and_not_one_more(world):
    platform = world.embedded.platform
    user = find_user(platform, "demo")
    with platform.unit_of_work() as work:
        for number in range(MOST_KEYS - 1):
            work.keys.put(
                SshKey(
                    user_id=user.user_id,
                    name=f"key{number}",
                    type="ssh-rsa",
                    content=f"AAAA{number}",
                    created_at=timestamp(NOON),
                )
            )
        work.commit()

    last = world.demo("POST", KEYS, "name=last&type=ssh-rsa&content=BBBB")
    refused = world.demo("POST", KEYS, "name=more&type=ssh-rsa&content=CCCC")
    changed = world.demo("PUT", f"{KEYS}/last", "type=ssh-rsa&content=DDDD")

    assert (last.status, changed.status) == (201, 200)
    assert (refused.status, refused.first["exit_code"], refused.texts) == (422, 1, [TOO_MANY_KEYS])
    assert world.other("POST", KEYS, "name=more&type=ssh-rsa&content=CCCC").status == 201
    world.demo("DELETE", f"{KEYS}/last")
    assert world.demo("POST", KEYS, "name=more&type=ssh-rsa&content=CCCC").status == 201


def test_a_new_password_revokes_what_was_made_with_the_old_one_and_nobody_elses(world):
    tokens = [client("POST", AUTHORIZATIONS, "scope=session").data["token"] for client in (world.demo, world.other)]

    set_password(world.embedded.platform, "demo", "another")

    statuses = [with_token(world.nobody, token).send("GET", "/user").status_code for token in tokens]
    assert statuses == [401, 200]
    assert stored(world) == 0


def test_who_has_logged_in_with_the_old_password_makes_no_token_after_the_new_one(world):
    platform = world.embedded.platform
    before = find_user(platform, "demo")
    set_password(platform, "demo", "another")

    with pytest.raises(Forbidden, match=r"^The password was changed at the same moment\. Log in again\.$"):
        create_authorization(platform, before, AuthorizationWish(scopes=("session",)))
    assert stored(world) == 0
