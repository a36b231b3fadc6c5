"""What members of a domain may do with it and its applications, and what they may not."""

import pytest
from api.sharing import account, id_of

APPLICATION = "/broker/rest/domain/test/application/testha"
MEMBERS = "/broker/rest/domain/test/members"


def share(owner, login, role):
    answer = owner("PATCH", MEMBERS, f"login={login}&role={role}")
    assert answer.status == 200, answer.texts


def refusal(action):
    return f"You are not permitted to perform this action ({action})"


def test_shared_domains_are_listed_after_ones_own(world, demo):
    world.other("POST", "/domains", "name=mine")
    share(demo, "other", "view")

    assert [each["name"] for each in world.other("GET", "/domains").data] == ["mine", "test"]
    assert [each["name"] for each in world.other("GET", "/user/domains").data] == ["mine", "test"]
    assert [each["name"] for each in world.other("GET", "/domains?owner=%40self").data] == ["mine"]


def test_a_shared_domain_is_shown_with_the_quota_of_its_owner(make_world):
    world = make_world(default_max_gears=7)
    world.demo("POST", "/domains", "name=test")
    world.demo("POST", "/domain/test/applications", "name=web&cartridge=php-5.4")
    share(world.demo, "other", "view")

    own, shared = (each("GET", "/domain/test?include=application_info").data for each in (world.demo, world.other))

    assert shared == own
    assert (shared["available_gears"], shared["application_count"], shared["gear_counts"]) == (6, 1, {"small": 1})
    (listed,) = world.other("GET", "/domains?include=application_info").data
    assert listed == own


def test_what_the_owner_may_have_is_shown_in_the_domain(world, demo):
    account(world, "rich", may_use_private_ssl=True, max_untracked_storage=3, max_tracked_storage=4)
    rich = demo.__class__(demo.wsgi_app, ("rich", "password"))

    made = rich("POST", "/domains", "name=villa").data

    assert (made["max_storage_per_gear"], made["private_ssl_certificates"]) == (7, True)
    plain = demo("GET", "/domain/test").data
    assert (plain["max_storage_per_gear"], plain["private_ssl_certificates"]) == (0, False)


@pytest.mark.parametrize("role", ["view", "edit", "admin"])
def test_only_the_owner_renames_or_deletes_a_domain(world, demo, role):
    share(demo, "other", role)

    renamed = world.other("PUT", "/domain/test", "name=mine")
    resized = world.other("PUT", "/domain/test", json_body={"allowed_gear_sizes": []})
    deleted = world.other("DELETE", "/domain/test", "force=true")

    assert [(each.status, each.texts, each.first["exit_code"]) for each in (renamed, resized, deleted)] == [
        (403, [refusal("change_namespace on domain")], 1),
        (403, [refusal("change_gear_sizes on domain")], 1),
        (403, [refusal("destroy on domain")], 1),
    ]


def test_an_application_shows_the_members_of_its_domain(world, testha):
    share(testha, "other", "edit")

    shown = world.other("GET", f"{APPLICATION}?nolinks=true").data
    listed = world.other("GET", f"{APPLICATION}/members?nolinks=true")

    assert (listed.status, listed.body["type"], listed.texts) == (200, "members", ["Found 2 members."])
    assert listed.data == [
        {
            "id": id_of(client),
            "type": "user",
            "login": login,
            "role": role,
            "explicit_role": None,
            "from": [{"type": "domain", "role": role}],
            "owner": login == "demo",
        }
        for client, login, role in ((testha, "demo", "admin"), (world.other, "other", "edit"))
    ]
    assert shown["members"] == listed.data
    application_id = shown["id"]
    for path in (f"/application/{application_id}", f"/applications/{application_id}"):
        assert len(world.other("GET", f"{path}/members").data) == 2
    href = f"http://localhost/broker/rest/application/{application_id}/member/{id_of(world.other)}"
    assert world.other("GET", APPLICATION).data["members"][1]["links"]["GET"]["href"] == href
    assert world.other("POST", f"{APPLICATION}/members", "login=third&role=view").status == 405


def test_applications_are_shown_with_members_where_they_are_made_and_changed(world, demo):
    share(demo, "other", "edit")

    made = world.other("POST", "/domain/test/applications", "name=web&cartridge=php-5.4")
    restarted = world.other("POST", "/domain/test/application/web/events", "event=restart")

    for answer in (made, restarted):
        assert [each["login"] for each in answer.data["members"]] == ["demo", "other"], answer.texts


def test_a_viewer_sees_everything_but_secrets_and_changes_nothing(world, testha):
    testha("POST", f"{APPLICATION}/environment-variables", "name=KEY&value=secret")
    share(testha, "other", "view")
    seen = ["", "/cartridges", "/gear_groups", "/aliases", "/operations", "/members", "/routing_table"]
    events = {
        "stop": "change_state",
        "start": "change_state",
        "restart": "change_state",
        "scale-up": "scale_cartridge",
        "scale-down": "scale_cartridge",
        "make-ha": "make_ha",
        "disable-ha": "disable_ha",
    }

    assert [world.other("GET", f"{APPLICATION}{below}").status for below in seen] == [200] * len(seen)
    for event, action in events.items():
        refused = world.other("POST", f"{APPLICATION}/events", f"event={event}")
        assert (refused.status, refused.texts) == (403, [refusal(f"{action} on application")]), event
    for method, below, form, action in (
        ("GET", "/environment-variables", None, "view_environment_variables"),
        ("GET", "/environment-variable/KEY", None, "view_environment_variables"),
        ("POST", "/environment-variables", "name=A&value=b", "change_environment_variables"),
        ("DELETE", "/environment-variable/KEY", None, "change_environment_variables"),
        ("POST", "/aliases", "id=www.shop.org", "create_alias"),
        ("PUT", "/cartridge/ruby-1.9", "scales_from=2", "scale_cartridge"),
        ("DELETE", "", None, "destroy"),
    ):
        refused = world.other(method, f"{APPLICATION}{below}", form)
        assert (refused.status, refused.texts) == (403, [refusal(f"{action} on application")]), (method, below)
    creation = world.other("POST", "/domain/test/applications", "name=web&cartridge=php-5.4")
    assert (creation.status, creation.texts) == (403, [refusal("create_application on domain")])


def test_an_editor_uses_the_quota_of_the_owner(world, testha):
    share(testha, "other", "edit")
    before = testha("GET", "/user").data["consumed_gears"]

    scaled = world.other("POST", f"{APPLICATION}/events", "event=scale-up&by=2")
    made = world.other("POST", "/domain/test/applications", "name=web&cartridge=php-5.4")

    assert (scaled.status, made.status) == (200, 201)
    assert scaled.data["gear_count"] == before + 2
    assert testha("GET", "/user").data["consumed_gears"] == before + 3
    assert world.other("GET", "/user").data["consumed_gears"] == 0
    assert [each["name"] for each in testha("GET", "/applications").data] == ["testha", "web"]
    assert world.other("DELETE", "/domain/test/application/web").status == 200


def test_an_editor_does_what_the_owner_may_not_name_ha_by_the_owners_capability(world, testha):
    share(testha, "other", "edit")

    made = world.other("POST", f"{APPLICATION}/events", "event=make-ha")

    assert (made.status, made.data["ha"]) == (200, True), made.texts


def test_applications_of_others_are_listed_with_ones_own_and_left_out_on_request(world, testha):
    share(testha, "other", "view")
    world.other("POST", "/domain/mine/applications", "name=alone&cartridge=php-5.4")

    assert [each["name"] for each in world.other("GET", "/applications").data] == ["alone", "testha"]
    assert [each["name"] for each in world.other("GET", "/applications?owner=%40self").data] == ["alone"]
    assert world.other("GET", "/domain/test/applications?owner=%40self").data == []
    assert [each["name"] for each in world.other("GET", "/domain/test/applications").data] == ["testha"]


def test_an_operation_of_a_member_is_seen_by_owner_and_member(world, testha):
    share(testha, "other", "edit")
    world.other("POST", f"{APPLICATION}/events", "event=scale-up")

    (own, *_), (shared, *_) = (each("GET", f"{APPLICATION}/operations").data for each in (testha, world.other))

    assert own["id"] == shared["id"]
    for client in (testha, world.other):
        assert client("GET", f"/operation/{own['id']}").data["kind"] == "scale_up"
    assert testha("GET", "/operations").data[0]["id"] == own["id"]


def test_a_repeat_under_the_key_of_a_member_is_done_once_and_is_nobody_elses(world, testha):
    share(testha, "other", "edit")
    headers = {"Idempotency-Key": '"a key"'}
    member, owner = (each.__class__(each.wsgi_app, each.login, headers) for each in (world.other, testha))

    answers = [member("POST", f"{APPLICATION}/events", "event=scale-up") for _ in range(2)]
    own = owner("POST", f"{APPLICATION}/events", "event=scale-up")

    assert [each.data["gear_count"] for each in answers] == [2, 2]
    assert (own.status, own.data["gear_count"]) == (200, 3)


def test_who_is_removed_finds_nothing_any_more(world, testha):
    share(testha, "other", "admin")
    application_id = testha("GET", APPLICATION).data["id"]
    world.other("POST", f"{APPLICATION}/events", "event=scale-up")
    operation_id = testha("GET", f"{APPLICATION}/operations").data[0]["id"]
    assert world.other("GET", f"/application/{application_id}").status == 200

    testha("DELETE", f"{MEMBERS}")

    gone = {
        "/domain/test": 127,
        APPLICATION: 127,
        f"/application/{application_id}": 101,
        "/application/testha": 101,
        f"/operation/{operation_id}": 1,
    }
    for path, exit_code in gone.items():
        answer = world.other("GET", path)
        assert (answer.status, answer.first["exit_code"]) == (404, exit_code), path
    assert world.other("GET", "/applications").data == []
    assert world.other("GET", "/domains").data == []


def test_names_that_are_in_two_domains_are_told_apart(world, testha):
    share(testha, "other", "view")
    world.other("POST", "/domain/mine/applications", "name=testha&cartridge=php-5.4")

    assert world.other("GET", "/application/testha").status == 409
    assert testha("GET", "/application/testha").status == 200


def test_a_forced_deletion_takes_what_members_have_created(world, demo):
    share(demo, "other", "edit")
    world.other("POST", "/domain/test/applications", "name=web&cartridge=php-5.4")

    deleted = demo("DELETE", "/domain/test", "force=true")

    assert (deleted.status, deleted.texts) == (200, ["Domain test deleted."])
    assert world.other("GET", "/domains").data == []
    assert demo("GET", "/user").data["consumed_gears"] == 0


def test_the_snapshot_of_a_member_has_only_what_is_their_own(world, testha):
    share(testha, "other", "admin")

    assert world.other("GET", "/routing/snapshot").data["applications"] == []
    assert len(testha("GET", "/routing/snapshot").data["applications"]) == 1
