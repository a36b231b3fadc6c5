def test_a_domain_is_created_shown_and_listed(world):
    made = world.demo("POST", "/broker/rest/domains", json_body={"id": "Test"})
    shown = world.demo("GET", "/broker/rest/domain/TEST")
    listed = world.demo("GET", "/broker/rest/domains")

    assert (made.status, made.body["type"], made.texts) == (201, "domain", ["Created domain with name test"])
    assert (made.data["name"], made.data["suffix"], made.data["available_gears"]) == ("test", "example.com", 100)
    assert shown.texts == ["Found domain test"]
    assert (listed.texts, [each["name"] for each in listed.data]) == ([], ["test"])


def test_the_owner_is_the_only_member(demo):
    (member,) = demo("GET", "/domain/test").data["members"]

    assert (member["login"], member["owner"], member["explicit_role"]) == ("demo", True, None)
    assert member["from"] == [{"type": "owner", "role": "admin"}]


def test_a_name_that_is_taken_by_anybody_is_refused(world, demo):
    refused = world.other("POST", "/domains", "name=test")

    assert (refused.status, refused.first["exit_code"], refused.first["field"]) == (422, 103, "id")
    assert refused.texts == ["Namespace 'test' is already in use. Please choose another."]


def test_each_thing_that_is_wrong_with_a_name_is_said(world):
    refused = world.demo("POST", "/domains", "name=far-too-long-a-name")

    assert refused.status == 422
    assert [(each["exit_code"], each["field"], each["text"]) for each in refused.body["messages"]] == [
        (106, "name", "Invalid namespace. Namespace must only contain alphanumeric characters."),
        (106, "name", "Must be a minimum of 1 and maximum of 16 characters."),
    ]


def test_a_missing_name_is_refused(world):
    refused = world.demo("POST", "/domains", json_body={})

    assert (refused.status, refused.first["exit_code"]) == (422, 106)


def test_one_domain_too_many_is_a_conflict(make_world):
    world = make_world(default_max_domains=1)
    world.demo("POST", "/domains", "name=one")

    refused = world.demo("POST", "/domains", "name=two")

    assert (refused.status, refused.first["exit_code"]) == (409, 103)
    assert refused.texts == ["You may not have more than 1 domain."]


def test_an_empty_domain_can_be_renamed(demo):
    changed = demo("PUT", "/broker/rest/domain/test", json_body={"id": "prod"})

    assert (changed.status, changed.data["name"], changed.texts) == (200, "prod", ["Changed namespace to 'prod'."])
    assert demo("GET", "/domain/test").status == 404


def test_a_domain_with_applications_cannot_be_renamed(testha):
    refused = testha("PUT", "/domain/test", "name=prod")

    assert (refused.status, refused.first["exit_code"]) == (422, 128)


def test_a_change_that_changes_nothing_is_refused(demo):
    refused = demo("PUT", "/domain/test", json_body={})

    assert (refused.status, refused.first["exit_code"]) == (422, 133)
    assert refused.texts == ["No changes specified to the domain."]


def test_no_gear_size_at_all_can_be_allowed_and_then_nothing_can_be_created(demo):
    changed = demo("PUT", "/domain/test", json_body={"allowed_gear_sizes": []})
    refused = demo("POST", "/domain/test/applications", "name=web&cartridges=php-5.4")

    assert (changed.texts, changed.data["allowed_gear_sizes"]) == (["Updated allowed gear sizes."], [])
    assert (refused.status, refused.first["exit_code"]) == (403, 134)


def test_a_gear_size_that_is_not_the_accounts_is_refused(demo):
    refused = demo("PUT", "/domain/test", "allowed_gear_sizes[]=huge")

    assert (refused.status, refused.first["exit_code"], refused.first["field"]) == (422, 110, "allowed_gear_sizes")


def test_a_domain_of_another_is_as_if_it_did_not_exist(world, demo):
    for method, form in (("GET", None), ("PUT", "name=mine"), ("DELETE", None)):
        refused = world.other(method, "/broker/rest/domain/test", form)
        assert (refused.status, refused.first["exit_code"]) == (404, 127), method
        assert refused.texts == ["Domain 'test' not found."], method


def test_a_domain_that_holds_applications_goes_only_by_force(testha):
    refused = testha("DELETE", "/domain/test")
    done = testha("DELETE", "/domain/test", "force=true")

    assert (refused.status, refused.first["exit_code"]) == (422, 128)
    assert (done.status, done.data, done.texts) == (200, None, ["Domain test deleted."])
    assert testha("GET", "/applications").data == []
    assert testha("GET", "/user").data["consumed_gears"] == 0


def test_what_is_neither_true_nor_false_is_no_force(demo):
    refused = demo("DELETE", "/domain/test", "force=yes")

    assert (refused.status, refused.first["exit_code"]) == (422, 167)
    assert refused.texts == ["Invalid value 'yes'. Valid options: [true, false]"]


def test_a_delete_with_an_empty_json_object_or_nothing_works(world):
    for body in ({}, None):
        world.demo("POST", "/domains", "name=gone")
        assert world.demo("DELETE", "/domain/gone", json_body=body).status == 200
        assert world.demo("DELETE", "/domain/gone", json_body=body).status == 404


def test_only_ones_own_domains_can_be_listed_by_owner(demo):
    own = demo("GET", "/domains?owner=%40self")
    refused = demo("GET", "/domains?owner=somebody")

    assert len(own.data) == 1
    assert (refused.status, refused.first["exit_code"]) == (400, None)
    assert refused.texts == ["Only @self is supported for the 'owner' argument."]


def test_what_a_domain_holds_is_shown_where_it_is_asked_for(world, testha):
    world.demo("POST", "/domains", "name=empty")
    plain = testha("GET", "/domain/test")
    one = testha("GET", "/domain/test?include=application_info")
    listed = testha("GET", "/domains?include[]=application_info")

    assert "application_count" not in plain.data
    assert "gear_counts" not in plain.data
    assert (one.data["application_count"], one.data["gear_counts"]) == (1, {"small": 1})
    assert [(each["name"], each["application_count"], each["gear_counts"]) for each in listed.data] == [
        ("test", 1, {"small": 1}),
        ("empty", 0, {}),
    ]


def test_a_gear_size_that_does_not_exist_is_told_from_one_that_the_account_has_not(make_world):
    world = make_world(valid_gear_sizes=("small", "large"))

    unknown = world.demo("POST", "/domains", json_body={"name": "test", "allowed_gear_sizes": ["huge", "tiny"]})
    foreign = world.demo("POST", "/domains", json_body={"name": "test", "allowed_gear_sizes": ["large"]})

    assert [(each.status, each.first["exit_code"], each.first["field"]) for each in (unknown, foreign)] == [
        (422, 110, "allowed_gear_sizes")
    ] * 2
    assert unknown.texts == ["The following gear sizes are invalid: huge, tiny"]
    assert foreign.texts == ["The following gear sizes are not available to this account: large"]
