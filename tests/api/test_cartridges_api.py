import pytest

CARTRIDGES = "/broker/rest/application/testha/cartridges"
RUBY = "/broker/rest/application/testha/cartridge/ruby-1.9"


def scales(shown):
    keys = ("scales_from", "scales_to", "supported_scales_from", "supported_scales_to", "current_scale")
    return tuple(shown[key] for key in keys)


def test_cartridges_show_how_they_scale_with_and_without_ha(testha):
    plain = testha("GET", CARTRIDGES)
    testha("POST", "/application/testha/events", "event=make-ha")
    ha = testha("GET", CARTRIDGES)

    assert plain.texts == ["Listing cartridges for application testha under domain test"]
    assert [scales(each) for each in plain.data] == [(1, -1, 1, -1, 1), (1, 1, 1, 1, 1)]
    assert [scales(each) for each in ha.data] == [(2, -1, 1, -1, 2), (1, 1, 1, 1, 2)]


def test_without_scaling_every_limit_is_one(demo):
    demo("POST", "/domain/test/applications", "name=testha&cartridge=php-5.4")

    shown = demo("GET", "/application/testha/cartridge/php-5.4")

    assert scales(shown.data) == (1, 1, 1, 1, 1)


def test_one_cartridge_shows_what_each_gear_says_of_it(testha):
    listed = testha("GET", CARTRIDGES)
    shown = testha("GET", f"{RUBY}?include=status_messages")

    assert [each["status_messages"] for each in listed.data] == [None, None]
    assert shown.texts == ["Showing cartridge ruby-1.9 for application testha under domain test"]
    assert (shown.data["type"], shown.data["properties"]) == ("standalone", [])
    assert (shown.data["scales_with"], shown.data["collocated_with"]) == ("haproxy-1.4", ["haproxy-1.4"])
    (message,) = shown.data["status_messages"]
    assert message["message"].endswith("ruby-1.9: started")


def test_a_higher_minimum_scales_up_at_once_and_a_lower_maximum_down(testha):
    more = testha("PUT", RUBY, json_body={"scales_from": 3})
    fewer = testha("PUT", RUBY, json_body={"scales_from": 1, "scales_to": 2})

    assert more.texts == ["Updated cartridge ruby-1.9 for application testha under domain test"]
    assert scales(more.data) == (3, -1, 1, -1, 3)
    assert scales(fewer.data) == (1, 2, 1, -1, 2)


def test_an_ha_application_keeps_its_minimum_of_two(testha):
    testha("POST", "/application/testha/events", "event=make-ha")

    changed = testha("PUT", RUBY, "scales_from=1")

    assert (changed.status, scales(changed.data)) == (200, (2, -1, 1, -1, 2))


LOWER = (
    "The scales_to factor currently provided cannot be lower than the scales_from factor previously provided."
    " Please specify both scales_(from|to) factors together to override."
)
HIGHER = (
    "The scales_from factor currently provided cannot be higher than the scales_to factor previously provided."
    " Please specify both scales_(from|to) factors together to override."
)
NOTHING = (
    "No update parameters specified.  Valid update parameters are: scales_from, scales_to, additional_gear_storage"
)
REFUSED = [
    ("", 422, 168, None, NOTHING),
    ("scales_from=some", 422, 168, None, NOTHING),
    ("additional_gear_storage=lots", 422, 165, "additional_storage", "Invalid storage value provided."),
    ("scales_from=0", 422, 168, "scales_from", "Invalid scales_from factor 0 provided"),
    ("scales_to=0", 422, 168, "scales_to", "Invalid scales_to factor 0 provided"),
    ("scales_to=-2", 422, 168, "scales_to", "Invalid scales_to factor -2 provided"),
    ("scales_from=3&scales_to=2", 422, 168, "scales_to", "Invalid scales_(from|to) factor provided"),
    ("scales_to=1", 422, 168, "scales_to", LOWER),
    ("scales_from=5", 422, 168, "scales_from", HIGHER),
    (
        "additional_gear_storage=1",
        422,
        164,
        None,
        "This application is not allowed to have additional gear storage",
    ),
]


@pytest.mark.parametrize(("form", "status", "exit_code", "field", "text"), REFUSED)
def test_limits_are_checked_in_the_order_of_the_contract(testha, form, status, exit_code, field, text):
    testha("PUT", RUBY, "scales_from=2&scales_to=4")

    refused = testha("PUT", RUBY, form)

    assert (refused.status, refused.first["exit_code"], refused.first["field"]) == (status, exit_code, field)
    assert refused.texts == [text]


def test_one_limit_alone_that_breaks_the_ha_minimum_is_refused_as_too_low(testha):
    testha("POST", "/application/testha/events", "event=make-ha")

    refused = testha("PUT", RUBY, "scales_to=1")

    assert (refused.status, refused.texts) == (422, [LOWER])


def test_an_application_that_does_not_scale_keeps_its_one_gear(demo):
    demo("POST", "/domain/test/applications", "name=testha&cartridge=php-5.4")

    refused = demo("PUT", "/application/testha/cartridge/php-5.4", "scales_to=3")

    assert (refused.status, refused.first["exit_code"], refused.first["field"]) == (422, 100, "name")
    assert refused.texts == ["Application 'testha' is not scalable"]


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_cartridge_that_the_application_has_not_is_not_found(testha, method):
    refused = testha(method, f"{CARTRIDGES}/php-5.4", "scales_from=1")

    assert (refused.status, refused.first["exit_code"], refused.texts) == (404, 129, ["Cartridge 'php-5.4' not found."])


def test_a_minimum_beyond_the_quota_is_refused_and_forgotten(testha):
    refused = testha("PUT", RUBY, "scales_from=2147483647")

    assert refused.status == 422
    assert scales(testha("GET", RUBY).data) == (1, -1, 1, -1, 1)


def test_a_cartridge_that_has_no_name_of_one_is_not_found_in_other_words(testha):
    for method in ("GET", "PUT"):
        refused = testha(method, f"{CARTRIDGES}/bad_name", "scales_from=1")

        assert (refused.status, refused.first["exit_code"]) == (404, 129), method
        assert refused.texts == ["The requested cartridge was not found."], method


@pytest.mark.parametrize(
    ("form", "field", "value"),
    [
        ("scales_to=3", "scales_to", 3),
        ("scales_to=-1", "scales_to", -1),
        ("scales_from=2&scales_to=3", "scales_from", 2),
    ],
)
def test_limits_that_a_manifest_does_not_support_are_refused(demo, form, field, value):
    wish = {"name": "testha", "cartridges": ["php-5.4", "mysql-5.5"], "scale": True}
    demo("POST", "/domain/test/applications", json_body=wish)

    refused = demo("PUT", "/application/testha/cartridge/mysql-5.5", form)

    assert (refused.status, refused.first["exit_code"], refused.first["field"]) == (422, 168, field)
    assert refused.texts == [f"Invalid {field} factor {value} provided"]


def test_the_one_that_a_sparse_cartridge_may_be_set_to_does_not_cap_its_group(testha):
    testha("POST", "/application/testha/events", "event=scale-up")

    changed = testha("PUT", f"{CARTRIDGES}/haproxy-1.4", "scales_from=1&scales_to=1")

    assert (changed.status, scales(changed.data)) == (200, (1, 1, 1, 1, 1))
    assert scales(testha("GET", RUBY).data) == (1, -1, 1, -1, 2)
