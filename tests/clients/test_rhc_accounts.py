"""The commands of the field's client that are about accounts and about sharing, as the requests that it sends."""

from clients.rhc import (
    application,
)


def test_sshkey_list(rhc):
    user = rhc.follow(rhc.api(), "GET_USER").data

    assert rhc.follow(user, "LIST_KEYS").data == []
    assert rhc.wire[-1] == ("GET", "/broker/rest/user/keys", True), "one challenge unlocks what is below the path"


def test_authorization_list_and_logout(new_rhc):
    rhc = new_rhc()
    entry = rhc.api()
    token = rhc.follow(entry, "ADD_AUTHORIZATION", {"scope": "session", "note": "x"}).data["token"]
    listed = rhc.follow(entry, "LIST_AUTHORIZATIONS")

    assert listed.body["type"] == "authorizations"
    assert [each["token"] for each in listed.data] == [token]
    assert rhc.call("DELETE", f"/broker/rest/user/authorization/{token}").status == 200
    assert new_rhc(login=None, token=token).call("GET", "/broker/rest/user").status == 401


def test_members(testha):
    entry = testha.api()
    domain = testha.follow(entry, "SHOW_DOMAIN", name="test").data
    assert {"UPDATE_MEMBERS", "LIST_MEMBERS", "LEAVE"} <= set(domain["links"])

    added = testha.follow(domain, "UPDATE_MEMBERS", {"members": [{"login": "other", "role": "edit"}]})

    assert (testha.wire[-1][0], added.status) == ("PATCH", 200)
    listed = testha.follow(application(testha), "LIST_MEMBERS").data
    assert [(each["login"], each["role"]) for each in listed] == [("demo", "admin"), ("other", "edit")]


def test_teams(rhc):
    entry = rhc.api()

    team = rhc.follow(entry, "ADD_TEAM", {"name": "crew"}).data
    assert rhc.follow(team, "ADD_MEMBER", {"login": "other", "role": "view"}).status == 200
    assert [each["login"] for each in rhc.follow(team, "LIST_MEMBERS").data if not each["owner"]] == ["other"]
    assert [each["name"] for each in rhc.follow(entry, "LIST_TEAMS", include="members").data] == ["crew"]
    assert rhc.follow(team, "DELETE").status == 200


def test_member_add_update_and_remove(testha):
    domain = testha.follow(testha.api(), "SHOW_DOMAIN", name="test").data

    for role, there in (("view", "view"), ("admin", "admin"), ("none", None)):
        done = testha.follow(domain, "UPDATE_MEMBERS", {"members": [{"login": "other", "role": role}]})
        listed = testha.follow(domain, "LIST_MEMBERS").data
        assert done.status == 200
        assert {each["login"]: each["role"] for each in listed}.get("other") == there
