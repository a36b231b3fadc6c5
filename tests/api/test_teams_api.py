"""Teams: who has them, who sees them, and who is in them."""

from api.sharing import account, global_team, id_of, team_of

from broker.usecases.accounts import change_user

BASE = "http://localhost/broker/rest"


def told(answer):
    return [(each["text"], each["exit_code"], each["field"]) for each in answer.body["messages"]]


def allowed(world, client, **capabilities):
    change_user(world.embedded.platform, client.login[0], **{"max_teams": 3, **capabilities})
    return client


def test_a_team_is_created_and_shown_with_every_field(world):
    demo = allowed(world, world.demo)

    made = demo("POST", "/broker/rest/teams", json_body={"name": "Crew"})
    team_id = made.data["id"]
    shown = demo("GET", f"/team/{team_id}?nolinks=true")

    assert (made.status, made.body["type"], made.texts) == (201, "team", ["Added Crew"])
    assert shown.texts == [f"Showing team {team_id} for user demo"]
    assert shown.data == {
        "id": team_id,
        "name": "Crew",
        "global": False,
        "maps_to": None,
        "members": [
            {
                "id": id_of(demo),
                "type": "user",
                "login": "demo",
                "role": "admin",
                "explicit_role": None,
                "from": [{"type": "owner", "role": "admin"}],
                "owner": True,
            }
        ],
    }
    path = f"{BASE}/team/{team_id}"
    assert {name: (link["method"], link["href"]) for name, link in made.data["links"].items()} == {
        "GET": ("GET", path),
        "LIST_MEMBERS": ("GET", f"{path}/members"),
        "ADD_MEMBER": ("POST", f"{path}/members"),
        "UPDATE_MEMBERS": ("PATCH", f"{path}/members"),
        "LEAVE": ("DELETE", f"{path}/members/self"),
        "DELETE": ("DELETE", path),
    }
    (role,) = made.data["links"]["UPDATE_MEMBERS"]["required_params"]
    assert (role["name"], role["valid_options"]) == ("role", ["view", "none"])


def test_who_may_have_no_more_teams_is_refused(world):
    nobody = world.other("POST", "/teams", "name=crew")
    demo = allowed(world, world.demo, max_teams=1)
    demo("POST", "/teams", "name=crew")
    second = demo("POST", "/teams", "name=staff")

    assert (nobody.status, told(nobody)) == (403, [("Reached team limit of 0", 193, None)])
    assert (second.status, told(second)) == (403, [("Reached team limit of 1", 193, None)])


def test_a_name_is_two_to_250_characters_long_and_ones_own(world):
    demo, other = allowed(world, world.demo), allowed(world, world.other)
    demo("POST", "/teams", "name=crew")

    length = "Team name must be a minimum of 2 and maximum of 250 characters."
    assert told(demo("POST", "/teams", json_body={})) == [("Name is required and cannot be blank", -1, "name")]
    for name in ("x", "x" * 251):
        refused = demo("POST", "/teams", json_body={"name": name})
        assert (refused.status, told(refused)) == (422, [(length, -1, "name")])
    again = demo("POST", "/teams", "name=crew")
    assert (again.status, told(again)) == (
        422,
        [("Team name 'crew' is already in use. Please choose another.", -1, "name")],
    )
    assert other("POST", "/teams", "name=crew").status == 201


def test_teams_are_listed_for_owners_and_members(world):
    crew = team_of(world, world.demo, "crew", "other")
    team_of(world, world.other, "band")

    listed = world.other("GET", "/teams")
    own = world.other("GET", "/teams?owner=%40self")
    with_members = world.other("GET", "/teams?include=members")
    refused = world.other("GET", "/teams?owner=demo")

    assert (listed.body["type"], listed.texts) == ("teams", ["Listing teams for user other"])
    assert [each["name"] for each in listed.data] == ["band", "crew"]
    assert "members" not in listed.data[0]
    assert [each["name"] for each in own.data] == ["band"]
    assert [[each["login"] for each in team["members"]] for team in with_members.data] == [
        ["other"],
        ["demo", "other"],
    ]
    assert (refused.status, told(refused)) == (422, [("Only @self is supported for the 'owner' argument.", 1, None)])
    assert world.other("GET", f"/team/{crew}").status == 200


def test_a_search_needs_two_characters_and_says_whether_it_is_global(world):
    team_of(world, world.demo, "Blue Crew")
    team_of(world, world.other, "Red Crew")

    found = world.demo("GET", "/teams?search=cREW&global=false")
    short = world.demo("GET", "/teams?search=c&global=false")
    open_question = world.demo("GET", "/teams?search=crew")

    assert (found.texts, [each["name"] for each in found.data]) == (["Found 1 teams"], ["Blue Crew"])
    assert (short.status, told(short)) == (422, [("Search string must be at least 2 characters", 1, None)])
    text = "You must specify the global flag when searching.  Valid values are [true, false]."
    assert (open_question.status, told(open_question)) == (422, [(text, 1, None)])


def test_global_teams_are_seen_by_those_who_may_view_them(world):
    team_id = global_team(world, "everybody")
    world.demo("POST", "/domains", "name=test")
    change_user(world.embedded.platform, "demo", may_view_global_teams=True)

    found = world.demo("GET", "/teams?search=every&global=true&include=members")
    shown = world.demo("GET", f"/team/{team_id}")
    added = world.demo("POST", "/domain/test/members", json_body={"type": "team", "id": team_id, "role": "view"})
    changed = world.demo("POST", f"/team/{team_id}/members", "login=other&role=view")
    deleted = world.demo("DELETE", f"/team/{team_id}")

    assert [(each["id"], each["global"], each["maps_to"]) for each in found.data] == [(team_id, True, "cn=everybody")]
    assert set(shown.data["links"]) == {"GET", "LIST_MEMBERS"}
    assert added.status == 200
    assert [(each.status, each.texts[0][:44]) for each in (changed, deleted)] == [
        (403, "You are not permitted to perform this action")
    ] * 2


def test_global_teams_are_as_if_not_there_for_everybody_else(world):
    team_id = global_team(world, "everybody")
    world.other("POST", "/domains", "name=mine")

    assert world.other("GET", "/teams?search=every&global=true").data == []
    assert world.other("GET", f"/team/{team_id}").status == 404
    wish = {"type": "team", "id": team_id, "role": "view"}
    assert world.other("POST", "/domain/mine/members", json_body=wish).status == 404


def test_the_members_of_a_team_see_it_and_only_its_owner_changes_it(world):
    team_id = team_of(world, world.demo, "crew", "other")
    account(world, "third")

    listed = world.other("GET", f"/team/{team_id}/members")
    shown = world.other("GET", f"/team/{team_id}/member/other")
    refused = world.other("POST", f"/team/{team_id}/members", "login=third&role=view")
    too_much = world.demo("POST", f"/team/{team_id}/members", "login=third&role=edit")
    a_team = world.demo("POST", f"/team/{team_id}/members", json_body={"type": "team", "id": team_id, "role": "view"})

    assert (listed.texts, [each["login"] for each in listed.data]) == (["Found 2 members."], ["demo", "other"])
    assert shown.data["links"]["GET"]["href"] == f"{BASE}/team/{team_id}/member/{id_of(world.other)}"
    assert (refused.status, refused.texts) == (
        403,
        ["You are not permitted to perform this action (change_members on team)"],
    )
    assert told(too_much) == [("Role edit not supported for team. Supported roles are 'view'.", 1, "role")]
    assert told(a_team) == [("Members of type team not supported for team. Supported types are 'user'.", 1, "type")]


def test_a_member_leaves_a_team_or_is_removed(world):
    team_id = team_of(world, world.demo, "crew", "other")

    left = world.other("DELETE", f"/team/{team_id}/members/self")
    owner = world.demo("DELETE", f"/team/{team_id}/members/self")
    world.demo("POST", f"/team/{team_id}/members", "login=other&role=view")
    removed = world.demo("DELETE", f"/team/{team_id}/member/other")

    assert (left.status, left.texts) == (200, ["You are no longer a member."])
    assert (owner.status, owner.texts) == (422, ["You are the owner of this team and cannot leave."])
    assert (removed.status, removed.texts) == (200, ["Removed member."])
    assert world.other("GET", f"/team/{team_id}").status == 404


def test_what_a_team_gave_is_gone_with_the_next_request(world):
    team_id = team_of(world, world.demo, "crew", "other")
    world.demo("POST", "/domains", "name=test")
    world.demo("POST", "/domain/test/members", json_body={"type": "team", "id": team_id, "role": "view"})

    seen = [world.other("GET", "/domain/test").status]
    world.demo("DELETE", f"/team/{team_id}/member/other")
    seen.append(world.other("GET", "/domain/test").status)
    world.demo("POST", f"/team/{team_id}/members", "login=other&role=view")
    seen.append(world.other("GET", "/domain/test").status)
    deleted = world.demo("DELETE", f"/team/{team_id}")
    seen.append(world.other("GET", "/domain/test").status)

    assert seen == [200, 404, 200, 404]
    assert (deleted.status, deleted.data, deleted.texts) == (200, None, [f"Deleted team {team_id}"])
    assert world.demo("GET", f"/team/{team_id}").texts == [f"Team '{team_id}' not found."]
    assert [each["login"] for each in world.demo("GET", "/domain/test/members").data] == ["demo"]


def test_the_team_of_another_can_be_changed_in_a_domain_and_not_added(world):
    team_id = team_of(world, world.demo, "crew", "other")
    world.demo("POST", "/domains", "name=test")
    world.other("POST", "/domains", "name=mine")
    wish = {"type": "team", "id": team_id, "role": "view"}

    refused = world.other("POST", "/domain/mine/members", json_body=wish)
    world.demo("POST", "/domain/test/members", json_body={"members": [wish, {"login": "other", "role": "admin"}]})
    changed = world.other("POST", "/domain/test/members", json_body={**wish, "role": "edit"})

    text = "You cannot add the team 'crew' because you are not the owner."
    assert (refused.status, told(refused)) == (404, [(text, 132, "id")])
    assert (changed.status, changed.texts, changed.data["role"]) == (200, ["Updated 1 member."], "edit")


def test_a_team_is_deleted_on_condition_and_created_once_a_key(world):
    demo = allowed(world, world.demo)
    keyed = demo.__class__(demo.wsgi_app, demo.login, {"Idempotency-Key": '"a key"'})
    first, second = keyed("POST", "/teams", "name=crew"), keyed("POST", "/teams", "name=crew")
    team = f"/team/{first.data['id']}"
    stale = demo.__class__(demo.wsgi_app, demo.login, {"If-Match": '"0123456789abcdef-0123456789ab"'})

    assert (first.status, second.status, second.data) == (201, 201, first.data)
    assert stale("DELETE", team).status == 412
    tag = demo("GET", team).headers["ETag"]
    assert demo.__class__(demo.wsgi_app, demo.login, {"If-Match": tag})("DELETE", team).status == 200
