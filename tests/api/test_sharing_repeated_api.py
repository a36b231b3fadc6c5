"""A change of members or teams whose answer was lost is answered when it is repeated, and is not done twice."""

from dataclasses import replace

import pytest
from api.sharing import team_of
from api.test_idempotency_api import REPLAYED, PowerCut, a_process, keyed

MEMBERS = "/broker/rest/domain/test/members"
CHANGES = {
    "add": ("PATCH", MEMBERS, {"login": "other", "role": "view"}),
    "add many": ("POST", MEMBERS, {"members": [{"login": "other", "role": "view"}]}),
    "change": ("PUT", "/broker/rest/domain/test/member/other", {"role": "admin"}),
    "take away": ("PUT", "/broker/rest/domain/test/member/other", {"role": "none"}),
    "remove": ("DELETE", "/broker/rest/domain/test/member/other", None),
    "reset": ("DELETE", MEMBERS, None),
    "new team": ("POST", "/broker/rest/teams", {"name": "staff"}),
}


def prepared(world, what):
    world.demo("POST", "/domains", "name=test")
    team_of(world, world.demo, "crew")
    if not what.startswith("add"):
        world.demo("PATCH", MEMBERS, "login=other&role=view")
    return world


def sharing(world):
    members = world.demo("GET", MEMBERS).data
    return [(each["login"], each["role"]) for each in members], [
        each["name"] for each in world.demo("GET", "/teams").data
    ]


@pytest.mark.parametrize("what", CHANGES)
def test_a_process_may_die_at_any_commit_and_the_repeat_is_answered_without_doing_it_twice(make_world, what):
    method, path, body = CHANGES[what]
    plain = prepared(make_world(), what)
    first = plain.demo(method, path, json_body=body)
    for number in range(1, 5):
        for when in ("before", "after"):
            world = prepared(make_world(), what)
            _, dying = a_process(world, "a" * 24, dies_at=(when, number))
            try:
                keyed(replace(world.demo, wsgi_app=dying))(method, path, json_body=body)
            except PowerCut:
                _, survivor = a_process(world, "b" * 24)
                repeat = keyed(replace(world.demo, wsgi_app=survivor))(method, path, json_body=body)
                assert (repeat.status, repeat.body["type"]) == (first.status, first.body["type"]), repeat.texts
                assert sharing(world) == sharing(plain)
                again = keyed(replace(world.demo, wsgi_app=survivor))(method, path, json_body=body)
                assert again.headers[REPLAYED] == "true"
            else:
                return
    pytest.fail("the request makes more commits than were cut")
