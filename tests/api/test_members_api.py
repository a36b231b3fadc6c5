"""Members of domains, as clients read and change them."""

import json

from api.sharing import account, id_of, team_of

MEMBERS = "/broker/rest/domain/test/members"
BASE = "http://localhost/broker/rest"


def told(answer):
    return [(each["severity"], each["text"], each["exit_code"], each["field"]) for each in answer.body["messages"]]


def roles(answer):
    return {each["login"] or each["name"]: each["role"] for each in answer.data}


def test_a_member_is_added_and_shown_with_every_field(world, demo):
    other_id = id_of(world.other)

    added = demo("PATCH", MEMBERS, json_body={"login": "other", "role": "edit"})

    links = added.data.pop("links")
    assert (added.status, added.body["type"]) == (200, "member")
    assert added.data == {
        "id": other_id,
        "type": "user",
        "login": "other",
        "role": "edit",
        "explicit_role": "edit",
        "owner": False,
    }
    assert added.body["messages"] == [
        {"severity": "info", "text": "Added 1 member.", "exit_code": 0, "field": None, "index": None}
    ]
    href = f"{BASE}/domain/test/member/{other_id}"
    assert {name: (link["method"], link["href"]) for name, link in links.items()} == {
        "GET": ("GET", href),
        "UPDATE": ("PUT", href),
        "DELETE": ("DELETE", href),
    }
    assert [each["name"] for each in links["UPDATE"]["required_params"]] == ["role"]


def test_the_owner_is_listed_first_and_has_no_role_of_being_given_one(world, demo):
    demo("PATCH", MEMBERS, "login=other&role=view")

    listed = demo("GET", f"{MEMBERS}?nolinks=true")

    assert (listed.body["type"], listed.texts) == ("members", ["Found 2 members."])
    assert listed.data[0] == {
        "id": id_of(demo),
        "type": "user",
        "login": "demo",
        "role": "admin",
        "explicit_role": None,
        "from": [{"type": "owner", "role": "admin"}],
        "owner": True,
    }
    assert [each["login"] for each in listed.data] == ["demo", "other"]
    assert demo("GET", "/domain/test?nolinks=true").data["members"] == listed.data


def test_one_member_alone_is_counted_in_the_singular(demo):
    assert demo("GET", MEMBERS).texts == ["Found 1 member."]


def test_a_member_is_shown_by_id_and_by_login_below_both_spellings_of_the_path(world, demo):
    demo("PATCH", MEMBERS, "login=other&role=view")
    other_id = id_of(world.other)

    for path in (f"/domain/test/member/{other_id}", "/domains/test/members/other"):
        shown = demo("GET", f"/broker/rest{path}")
        assert (shown.status, shown.data["login"]) == (200, "other")
        assert shown.texts == [f"Showing member {path.rpartition('/')[2]}"]
    missing = demo("GET", "/domain/test/member/nobody")
    assert (missing.status, missing.first["exit_code"]) == (404, 1)
    assert missing.texts == ["The requested member was not found."]


def test_many_members_are_changed_at_once(world, demo):
    for login in ("ann", "bob", "cid"):
        account(world, login)
    first = demo("POST", MEMBERS, json_body={"members": [{"login": each, "role": "view"} for each in ("ann", "bob")]})
    wishes = [
        {"login": "ann", "role": "admin"},
        {"login": "bob", "role": "none"},
        {"login": "cid", "role": "edit"},
        {"login": "other", "role": "none"},
    ]

    second = demo("PATCH", MEMBERS, json_body={"members": wishes})

    assert (first.body["type"], first.texts) == ("members", ["Added 2 members."])
    assert roles(second) == {"demo": "admin", "ann": "admin", "cid": "edit"}
    assert told(second) == [
        ("info", "Added 1 member, updated 1 member, removed 1 member, ignored 1 missing member (other).", 0, None),
        ("warning", "other is not a member and cannot be removed.", 1, None),
    ]


def test_each_wish_that_is_wrong_is_told_with_its_place_and_nothing_is_changed(world, demo):
    wishes = [
        {"login": "other", "role": "view"},
        {"login": "other"},
        {"role": "edit"},
        {"type": "team", "role": "edit"},
        {"type": "robot", "id": "1", "role": "edit"},
        "other",
    ]

    refused = demo("PATCH", MEMBERS, json_body={"members": wishes[:5]})
    unreadable = demo("PATCH", MEMBERS, json_body={"members": wishes})

    choice = "You must provide a role for each member - you can add or update (with 'view', 'edit', 'admin')"
    assert refused.status == 422
    assert [(each["index"], each["field"], each["exit_code"], each["text"]) for each in refused.body["messages"]] == [
        (1, "role", 1, f"{choice} or remove (with 'none')."),
        (2, None, 1, "Each user being changed must have an id or a login."),
        (3, None, 1, "Each team being changed must have an id."),
        (4, "type", 1, "Members of type robot not supported for domain. Supported types are 'user', 'team'."),
    ]
    assert [(each["index"], each["text"]) for each in unreadable.body["messages"]] == [
        (5, "You must provide a member with an id and role.")
    ]
    assert roles(demo("GET", MEMBERS)) == {"demo": "admin"}


def test_accounts_and_teams_that_do_not_exist_are_not_found(demo):
    nobody = "0" * 24
    alone = demo("POST", MEMBERS, "login=nobody&role=view")
    wishes = [{"id": nobody, "role": "view"}, {"type": "team", "id": nobody, "role": "view"}]
    many = demo("POST", MEMBERS, json_body={"members": wishes})

    assert alone.status == 404
    assert alone.body["messages"] == [
        {
            "severity": "error",
            "text": "There is no account with login nobody.",
            "exit_code": 132,
            "field": "login",
            "index": None,
        }
    ]
    assert (many.status, [each["index"] for each in many.body["messages"]]) == (404, [0, 1])
    assert told(many) == [
        ("error", f"There is no account with identifier {nobody}.", 132, "id"),
        ("error", f"There is no team with identifier {nobody}.", 132, "id"),
    ]


def test_who_is_no_member_cannot_be_removed(demo):
    refused = demo("POST", MEMBERS, "login=other&role=none")

    assert (refused.status, told(refused)) == (
        422,
        [("error", "other is not a member and cannot be removed.", 1, None)],
    )


def test_the_role_of_one_member_is_changed_and_taken_away(world, demo):
    demo("PATCH", MEMBERS, "login=other&role=view")

    changed = demo("PUT", "/domain/test/member/other", "role=admin")
    wrong = demo("PUT", "/domain/test/member/other", "role=king")
    gone = demo("PUT", "/domain/test/member/other", "role=none")

    assert (changed.status, changed.data["role"], changed.texts) == (200, "admin", ["Updated member"])
    assert (wrong.status, wrong.first["field"]) == (422, "role")
    assert (gone.status, gone.data, gone.texts) == (200, None, ["Updated member"])
    assert world.other("GET", "/domain/test").status == 404


def test_the_role_of_the_owner_is_not_to_be_changed(demo):
    for answer in (
        demo("PUT", "/domain/test/member/demo", "role=view"),
        demo("PUT", "/domain/test/member/demo", "role=none"),
        demo("POST", MEMBERS, "login=demo&role=view"),
        demo("DELETE", "/domain/test/member/demo"),
    ):
        assert (answer.status, answer.first["exit_code"]) == (422, 1)
    assert roles(demo("GET", MEMBERS)) == {"demo": "admin"}


def test_a_member_is_removed(world, demo):
    demo("PATCH", MEMBERS, "login=other&role=view")

    gone = demo("DELETE", "/broker/rest/domains/test/members/other", json_body={})

    assert (gone.status, gone.body["type"], gone.data, gone.texts) == (200, None, None, ["Removed member."])


def test_members_are_reset_all_or_some(world, demo):
    account(world, "ann")
    many = {"members": [{"login": "other", "role": "edit"}, {"login": "ann", "role": "view"}]}
    demo("POST", MEMBERS, json_body=many)

    some = demo("DELETE", MEMBERS, json_body={"members": [{"login": "ann"}]})
    everybody = demo("DELETE", MEMBERS)

    assert (some.status, some.texts, roles(some)) == (
        200,
        ["Removed or reset 1 member."],
        {"demo": "admin", "other": "edit"},
    )
    assert (everybody.texts, roles(everybody)) == (["Reverted members to the defaults."], {"demo": "admin"})


def test_a_member_leaves_and_the_owner_cannot(world, demo):
    demo("PATCH", MEMBERS, "login=other&role=view")

    left = world.other("DELETE", f"{MEMBERS}/self")
    stays = demo("DELETE", f"{MEMBERS}/self")

    assert (left.status, left.data, left.texts) == (200, None, ["You are no longer a member."])
    assert (stays.status, told(stays)) == (
        422,
        [("error", "You are the owner of this domain and cannot leave.", 1, None)],
    )
    assert world.other("GET", "/domain/test").status == 404


def test_a_team_gives_its_members_its_role(world, demo):
    team_id = team_of(world, demo, "crew", "other")

    added = demo("PATCH", MEMBERS, json_body={"type": "team", "id": team_id, "role": "edit"})
    listed = demo("GET", f"{MEMBERS}?nolinks=true")

    team = {"id": team_id, "type": "team", "login": None, "name": "crew", "role": "edit", "explicit_role": "edit"}
    assert added.data["links"]["GET"]["href"] == f"{BASE}/domain/test/member/{team_id}?type=team"
    assert listed.data[1:] == [
        {
            "id": id_of(world.other),
            "type": "user",
            "login": "other",
            "role": "edit",
            "explicit_role": None,
            "from": [{"type": "team", "role": "edit", "id": team_id}],
            "owner": False,
        },
        {**team, "owner": False},
    ]
    assert demo("GET", f"/domain/test/member/{team_id}?type=team").data["name"] == "crew"
    assert demo("GET", f"/domain/test/member/{team_id}").status == 404


def test_who_loses_a_role_and_keeps_one_through_a_team_is_told_of_with_a_warning(world, demo):
    team_id = team_of(world, demo, "crew", "other")
    wishes = [{"type": "team", "id": team_id, "role": "view"}, {"login": "other", "role": "admin"}]
    demo("PATCH", MEMBERS, json_body={"members": wishes})
    both = demo("GET", "/domain/test/member/other")

    still = demo("DELETE", "/domain/test/member/other")
    again = demo("DELETE", "/domain/test/member/other")
    bulk = demo("PATCH", MEMBERS, "login=other&role=none")
    leaving = world.other("DELETE", f"{MEMBERS}/self")

    assert (both.data["role"], both.data["explicit_role"]) == ("admin", "admin")
    assert both.data["from"] == [{"type": "team", "role": "view", "id": team_id}]
    assert (still.status, still.body["type"], still.data["role"]) == (200, "member", "view")
    assert told(still) == [("warn", "The member other is still an indirect member of the domain.", 132, None)]
    assert told(again) == [
        ("error", "The member other is not a direct member of this domain and cannot be removed.", 1, None)
    ]
    assert told(bulk) == [("error", "other is not a direct member and cannot be removed.", 1, None)]
    assert told(leaving) == [("error", "You are not a direct member of this domain and cannot leave.", 1, None)]


def test_who_leaves_and_is_in_a_team_stays_through_that(world, demo):
    team_id = team_of(world, demo, "crew", "other")
    wishes = [{"type": "team", "id": team_id, "role": "view"}, {"login": "other", "role": "admin"}]
    demo("PATCH", MEMBERS, json_body={"members": wishes})

    left = world.other("DELETE", f"{MEMBERS}/self")

    assert (left.status, left.data["role"]) == (200, "view")
    assert told(left) == [("warn", "You are still an indirect member of the domain.", 132, None)]


def test_there_is_an_end_to_members_and_to_teams(world, demo):
    for number in range(101):
        account(world, f"u{number}")
    wishes = [{"login": f"u{number}", "role": "view"} for number in range(101)]
    teams = [{"type": "team", "id": team_of(world, demo, f"team{number}"), "role": "view"} for number in range(6)]

    full = demo("POST", MEMBERS, json_body={"members": wishes[:100]})
    one_more = demo("POST", MEMBERS, json_body=wishes[100])
    demo("DELETE", MEMBERS)
    five = demo("POST", MEMBERS, json_body={"members": teams[:5]})
    sixth = demo("POST", MEMBERS, json_body=teams[5])

    assert (full.status, full.texts) == (200, ["Added 100 members."])
    assert (one_more.status, told(one_more)) == (
        422,
        [("error", "You are limited to 100 members per domain", 222, "members")],
    )
    assert five.texts == ["Added 5 members."]
    assert told(sixth) == [("error", "You are limited to 5 teams per domain", 222, "members")]


def test_only_an_administrator_changes_members_and_nobody_else_sees_them(world, demo):
    editor, stranger = account(world, "editor"), account(world, "stranger")
    demo("POST", MEMBERS, "login=editor&role=edit")
    demo("POST", MEMBERS, "login=other&role=admin")

    refused = [
        editor("POST", MEMBERS, "login=stranger&role=view"),
        editor("PUT", "/domain/test/member/other", "role=view"),
        editor("DELETE", "/domain/test/member/other"),
        editor("DELETE", MEMBERS),
    ]
    unseen = [stranger("GET", MEMBERS), stranger("POST", MEMBERS, "login=stranger&role=admin")]

    text = "You are not permitted to perform this action (change_members on domain)"
    assert [(each.status, each.texts) for each in refused] == [(403, [text])] * 4
    assert [(each.status, each.texts) for each in unseen] == [(404, ["Domain 'test' not found."])] * 2
    assert world.other("POST", MEMBERS, "login=stranger&role=view").status == 200
    assert stranger("GET", MEMBERS).status == 200


def test_members_are_changed_on_condition_that_nobody_else_has(world, demo):
    tag = demo("GET", MEMBERS).headers["ETag"]
    careful = [demo.__class__(demo.wsgi_app, demo.login, {"If-Match": tag}) for _ in range(2)]

    first, second = (each("POST", MEMBERS, "login=other&role=view") for each in careful)

    assert (first.status, second.status) == (200, 412)


def test_a_repeat_under_the_same_key_adds_nobody_twice(demo):
    keyed = demo.__class__(demo.wsgi_app, demo.login, {"Idempotency-Key": '"a key"'})

    answers = [keyed("POST", MEMBERS, json_body={"login": "other", "role": "view"}) for _ in range(2)]

    assert [each.texts for each in answers] == [["Added 1 member."]] * 2
    assert answers[1].headers["Idempotency-Replayed"] == "true"


def test_a_domain_says_how_its_members_are_changed(demo):
    links = demo("GET", "/domain/test").data["links"]
    older = demo.__class__(demo.wsgi_app, demo.login, {"Accept": "application/json; version=1.5"})

    assert (links["LIST_MEMBERS"]["method"], links["LIST_MEMBERS"]["href"]) == ("GET", f"{BASE}/domain/test/members")
    assert (links["UPDATE_MEMBERS"]["method"], links["LEAVE"]["method"]) == ("PATCH", "DELETE")
    assert links["LEAVE"]["href"] == f"{BASE}/domain/test/members/self"
    assert links["UPDATE_MEMBERS"]["required_params"][0]["valid_options"] == ["view", "edit", "admin"]
    assert [each["name"] for each in links["UPDATE_MEMBERS"]["optional_params"]] == ["type", "id", "login", "members"]
    assert older("GET", "/domain/test").data["links"]["UPDATE_MEMBERS"]["method"] == "POST"


def test_what_is_no_member_at_all_is_refused(demo):
    for body in ({"members": []}, {"members": [7]}, {"members": [{"login": ["x"], "role": "view"}]}, {}):
        refused = demo("POST", MEMBERS, json_body=body)
        assert (refused.status, refused.first["exit_code"]) == (422, 1), json.dumps(body)
    assert demo("DELETE", MEMBERS, json_body={"members": [{}]}).status == 422
