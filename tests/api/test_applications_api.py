import pytest

APPLICATIONS = "/broker/rest/domain/test/applications"


def test_an_application_is_created_with_its_head_gear(demo):
    made = demo("POST", APPLICATIONS, json_body={"name": "Web", "cartridges": ["php-5.4"]})

    assert (made.status, made.body["type"], made.texts) == (201, "application", ["Application web was created."])
    data = made.data
    assert (data["name"], data["domain_id"], data["framework"], data["embedded"]) == ("web", "test", "php-5.4", {})
    assert (data["scalable"], data["ha"], data["gear_count"]) == (False, False, 1)
    assert data["app_url"] == "http://web-test.example.com/"
    assert data["ssh_url"] == f"ssh://{data['id']}@web-test.example.com"
    assert data["git_url"] == f"ssh://{data['id']}@web-test.example.com/~/git/web.git/"
    assert data["health_check_path"] == "health"
    assert data["members"][0]["from"] == [{"type": "domain", "role": "admin"}]
    assert "cartridges" not in data


def test_a_scalable_application_comes_with_the_load_balancer(testha):
    shown = testha("GET", "/broker/rest/domain/test/application/testha?include=cartridges")

    assert shown.texts == ["Application 'testha' found"]
    assert (shown.data["scalable"], shown.data["embedded"]) == (True, {"haproxy-1.4": {}})
    assert [each["name"] for each in shown.data["cartridges"]] == ["ruby-1.9", "haproxy-1.4"]


def test_an_application_can_be_created_highly_available(demo):
    made = demo("POST", APPLICATIONS, json_body={"name": "web", "cartridges": ["php-5.4"], "ha": True})

    assert (made.data["scalable"], made.data["ha"], made.data["gear_count"]) == (True, True, 2)


def test_an_application_can_be_created_without_naming_its_domain_in_the_path(demo):
    made = demo("POST", "/applications", "name=web&domain_id=test&cartridge=php-5.4")

    assert (made.status, made.data["domain_id"]) == (201, "test")


def test_a_domain_that_does_not_exist_is_created_on_the_way(world):
    made = world.demo("POST", "/domain/fresh/applications", "name=web&cartridge=php-5.4")

    assert made.status == 201
    assert world.demo("GET", "/domain/fresh").status == 200


def test_cartridges_are_given_as_a_word_a_list_or_mappings(demo):
    forms = (
        "cartridges=php-5.4",
        "cartridge=php-5.4",
        "cartridges[]=php-5.4&cartridges[]=mysql-5.5",
        "cartridges[][name]=php-5.4&cartridges[][gear_size]=small",
    )
    for number, form in enumerate(forms):
        made = demo("POST", APPLICATIONS, f"name=app{number}&{form}")
        assert (made.status, made.data["framework"]) == (201, "php-5.4"), form


@pytest.mark.parametrize(
    "path",
    [
        "application/{id}",
        "applications/{id}",
        "application/testha",
        "applications/TestHA",
        "domain/test/application/testha",
        "domains/TEST/applications/TESTHA",
    ],
)
def test_an_application_is_found_by_id_by_name_and_by_domain_and_name(testha, path):
    application_id = testha("GET", "/application/testha").data["id"]

    shown = testha("GET", "/broker/rest/" + path.format(id=application_id))

    assert (shown.status, shown.data["id"]) == (200, application_id)


def test_a_name_in_two_domains_needs_the_domain(testha):
    testha("POST", "/domains", "name=prod")
    testha("POST", "/domain/prod/applications", "name=testha&cartridge=php-5.4")

    refused = testha("GET", "/application/testha")

    assert (refused.status, refused.first["exit_code"]) == (409, 101)
    assert "domain/prod/application/testha" in refused.texts[0]


def test_applications_are_listed_by_name(testha):
    testha("POST", APPLICATIONS, "name=another&cartridge=php-5.4")

    everywhere = testha("GET", "/broker/rest/applications")
    here = testha("GET", "/broker/rest/domain/test/applications?include=cartridges&owner=@self")

    assert [each["name"] for each in everywhere.data] == ["another", "testha"]
    assert everywhere.texts == ["Found 2 applications."]
    assert [each["cartridges"][0]["name"] for each in here.data] == ["php-5.4", "ruby-1.9"]
    assert testha("GET", "/domain/nowhere/applications").first["exit_code"] == 127


def test_a_name_that_is_taken_is_refused_in_any_case(testha):
    refused = testha("POST", APPLICATIONS, "name=TESTHA&cartridges=php-5.4")

    assert (refused.status, refused.first["exit_code"], refused.first["field"]) == (422, 100, "name")
    assert refused.texts == ["The supplied application name 'testha' already exists"]


REFUSED = [
    # a bad name, a missing one, and one that is no string
    ({"name": "a-b", "cartridges": ["php-5.4"]}, 422, 105, "name"),
    ({"cartridges": ["php-5.4"]}, 422, 105, "name"),
    ({"name": ["web"], "cartridges": ["php-5.4"]}, 422, None, "name"),
    # no cartridge, an unknown one, two frameworks, one with neither name nor URL
    ({"name": "web"}, 422, 109, "cartridge"),
    ({"name": "web", "cartridges": ["cobol-60"]}, 422, 109, "cartridge"),
    ({"name": "web", "cartridges": ["php-5.4", "ruby-1.9"]}, 422, 109, "cartridge"),
    ({"name": "web", "cartridges": [{"size": "small"}]}, 422, 109, "cartridge"),
    ({"name": "web", "cartridges": [{"url": "https://example.com/manifest"}]}, 422, 109, "cartridge"),
    # flags
    ({"name": "web", "cartridges": ["php-5.4"], "scale": "maybe"}, 422, 167, None),
    ({"name": "web", "cartridges": ["php-5.4"], "scale": 1}, 422, 167, None),
    # a size nobody has, a region that does not exist, a URL that is none, a branch of nothing
    ({"name": "web", "cartridges": ["php-5.4"], "gear_size": "huge"}, 422, 134, "gear_size"),
    ({"name": "web", "cartridges": ["php-5.4"], "region": "moon"}, 422, None, None),
    ({"name": "web", "cartridges": ["php-5.4"], "initial_git_url": "not a url"}, 422, 216, "initial_git_url"),
    ({"name": "web", "cartridges": ["php-5.4"], "initial_git_branch": "main"}, 422, None, "initial_git_branch"),
    # variables
    ({"name": "web", "cartridges": ["php-5.4"], "environment_variables": "A=1"}, 422, 186, "environment_variables"),
    (
        {"name": "web", "cartridges": ["php-5.4"], "environment_variables": [{"name": "A"}]},
        422,
        186,
        "environment_variables",
    ),
    (
        {"name": "web", "cartridges": ["php-5.4"], "environment_variables": [{"name": "1A", "value": ""}]},
        422,
        188,
        "environment_variables",
    ),
]


@pytest.mark.parametrize(("wish", "status", "exit_code", "field"), REFUSED)
def test_a_wish_that_breaks_a_rule_is_refused_and_leaves_nothing(demo, wish, status, exit_code, field):
    refused = demo("POST", APPLICATIONS, json_body=wish)

    assert (refused.status, refused.first["exit_code"], refused.first["field"]) == (status, exit_code, field)
    assert refused.first["severity"] == "error"
    assert demo("GET", "/applications").data == []
    assert demo("GET", "/user").data["consumed_gears"] == 0


def test_an_application_without_room_for_it_is_refused_with_advice(make_world):
    world = make_world(nodes_per_zone=0)

    refused = world.demo("POST", APPLICATIONS, "name=web&cartridge=php-5.4")

    assert (refused.status, refused.first["exit_code"]) == (500, 140)
    first, reference = refused.texts[0].split("\n")
    assert first == (
        "Unable to complete the requested operation due to: No nodes available for the specified gear size."
        " Please try again and contact support if the issue persists. "
    )
    assert reference == f"Reference ID: {refused.headers['X-Request-Id']}"
    assert (refused.body["messages"][1]["severity"], refused.texts[1]) == (
        "warning",
        "There is no node at all: add nodes.",
    )


def test_who_may_not_use_ha_is_told_so(world):
    refused = world.other("POST", "/domain/mine/applications", "name=web&cartridge=php-5.4&ha=true")

    assert (refused.status, refused.first["exit_code"]) == (422, None)
    assert refused.texts == ["'High Availability' is not an allowed feature for the account ('other')"]


def test_an_owner_at_the_gear_limit_is_refused(make_world):
    world = make_world(default_max_gears=1)
    world.demo("POST", APPLICATIONS, "name=one&cartridge=php-5.4")

    refused = world.demo("POST", APPLICATIONS, "name=two&cartridge=php-5.4")

    assert (refused.status, refused.first["exit_code"]) == (422, 104)
    assert refused.texts == ["demo has already reached the gear limit of 1"]


def test_an_application_of_another_is_as_if_it_did_not_exist(world, testha):
    application_id = testha("GET", "/application/testha").data["id"]

    for below in ("", "/gear_groups", "/cartridges", "/aliases", "/environment-variables", "/routing_table", "/gears"):
        refused = world.other("GET", f"/application/{application_id}{below}")
        assert (refused.status, refused.first["exit_code"]) == (404, 101), below
        assert refused.texts == [f"Application '{application_id}' not found."], below


def test_a_deleted_application_is_gone_with_its_gears(testha):
    done = testha("DELETE", "/broker/rest/domain/test/application/TestHA", json_body={})
    again = testha("DELETE", "/broker/rest/domain/test/application/testha", json_body={})

    assert (done.status, done.body["type"], done.data) == (200, None, None)
    assert done.texts == ["Application testha is deleted."]
    assert (again.status, again.first["exit_code"], again.texts) == (404, 101, ["Application 'testha' not found."])
    assert testha("GET", "/user").data["consumed_gears"] == 0


def test_links_say_what_can_be_done_and_ha_only_where_it_is_allowed(make_world):
    plain, without = make_world(), make_world(allow_ha_applications=False)
    links = [world.demo("POST", APPLICATIONS, "name=web&cartridge=php-5.4").data["links"] for world in (plain, without)]

    assert set(links[0]) - set(links[1]) == {"MAKE_HA", "DISABLE_HA"}
    assert links[0]["MAKE_HA"]["required_params"][0]["valid_options"] == ["make-ha"]
    assert list(links[0])[-1] == "DELETE"
    assert {"TIDY", "RELOAD", "THREAD_DUMP", "ADD_CARTRIDGE"} <= set(links[0])


def test_every_get_link_of_an_application_leads_somewhere(testha):
    links = testha("GET", "/application/testha").data["links"]

    for name, link in links.items():
        if link["method"] == "GET":
            assert testha("GET", link["href"].removeprefix("http://localhost")).status == 200, name


def test_links_are_left_out_for_who_wants_none(testha):
    assert "links" not in testha("GET", "/application/testha?nolinks=true").data
    assert "links" in testha("GET", "/application/testha?nolinks=false").data
    testha.headers["Accept"] = "application/json;nolinks"
    assert "links" not in testha("GET", "/application/testha").data


def test_a_node_that_does_not_answer_fails_the_creation_and_nothing_is_left(make_world):
    world = make_world(nodes_per_zone=1, command_deadline_seconds=0.2)
    for zone in "abc":
        world.embedded.fleet.kill(f"node-{zone}1.example.com")

    refused = world.demo("POST", APPLICATIONS, "name=web&cartridge=php-5.4")

    assert (refused.status, refused.first["exit_code"]) == (500, 143)
    assert refused.texts[0].startswith("Unable to complete the requested operation due to: ")
    assert refused.texts[0].endswith(f"\nReference ID: {refused.headers['X-Request-Id']}")
    assert world.demo("GET", "/applications").data == []
    assert world.demo("GET", "/user").data["consumed_gears"] == 0


def test_a_node_that_fails_an_event_is_told_as_the_events_failure(make_world):
    world = make_world(nodes_per_zone=1, command_deadline_seconds=0.2)
    world.demo("POST", APPLICATIONS, "name=web&cartridge=php-5.4")
    for zone in "abc":
        world.embedded.fleet.kill(f"node-{zone}1.example.com")

    refused = world.demo("POST", "/application/web/events", "event=restart")

    assert (refused.status, refused.first["exit_code"]) == (500, 143)
    assert refused.texts[0].startswith("Error occurred while processing event 'restart': ")
