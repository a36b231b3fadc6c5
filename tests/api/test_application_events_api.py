import pytest

APPLICATION = "/broker/rest/domain/test/application/testha"
EVENTS = f"{APPLICATION}/events"


@pytest.mark.parametrize(
    ("event", "text", "state"),
    [
        ("stop", "Application testha has stopped", "stopped"),
        ("force-stop", "Application testha has forcefully stopped", "stopped"),
        ("start", "Application testha has started", "started"),
        ("restart", "Application testha has restarted", "started"),
    ],
)
def test_an_application_changes_its_state(testha, event, text, state):
    done = testha("POST", EVENTS, json_body={"event": event})
    groups = testha("GET", "/application/testha/gear_groups")

    assert (done.status, done.body["type"], done.texts) == (200, "application", [text])
    assert [gear["state"] for gear in groups.data[0]["gears"]] == [state]


def test_a_scalable_application_is_scaled_by_and_to(testha):
    steps = [("scale-up", 2), ("scale-up&by=2", 4), ("scale-up&to=5", 5), ("scale-down", 4), ("scale-down&to=1", 1)]

    for event, gears in steps:
        done = testha("POST", EVENTS, f"event={event}")
        assert done.texts == [f"Application testha has scaled to {gears}"], event
        assert done.data["gear_count"] == gears


def test_a_number_that_is_none_counts_as_not_given(testha):
    done = testha("POST", EVENTS, "event=scale-up&by=many")

    assert done.texts == ["Application testha has scaled to 2"]


def test_below_the_minimum_is_refused(testha):
    refused = testha("POST", EVENTS, "event=scale-down")

    assert (refused.status, refused.first["exit_code"]) == (422, 168)
    assert refused.texts == ["Cannot scale down below gear limit of 1."]


def test_more_gears_than_the_quota_has_are_refused_with_the_number_asked_for(testha):
    refused = testha("POST", EVENTS, "event=scale-up&by=100")

    assert (refused.status, refused.first["exit_code"]) == (422, None)
    assert refused.texts == [
        "demo is currently using 1 out of 100 limit and this application requires 100 additional gears."
    ]
    assert testha("GET", "/user").data["consumed_gears"] == 1


@pytest.mark.parametrize(
    ("wish", "more"),
    [
        ("to=100000", 99_999),
        ("by=2147483647", 2_147_483_647),
        ("by=" + "9" * 5000, 2_147_483_647),
        ("to=99999999999", 2_147_483_646),
    ],
)
def test_a_number_beyond_all_sense_is_refused_because_of_the_quota(testha, wish, more):
    refused = testha("POST", EVENTS, f"event=scale-up&{wish}")

    assert (refused.status, refused.first["exit_code"]) == (422, None)
    assert refused.texts == [
        f"demo is currently using 1 out of 100 limit and this application requires {more} additional gears."
    ]
    assert testha("GET", "/user").data["consumed_gears"] == 1


def test_a_number_beyond_all_sense_is_refused_even_without_a_quota(make_world):
    world = make_world(default_max_gears=-1)
    world.demo("POST", "/domain/test/applications", "name=testha&cartridge=php-5.4&scale=true")

    refused = world.demo("POST", EVENTS, json_body={"event": "scale-up", "to": 10**30})

    assert (refused.status, refused.first["exit_code"]) == (422, 168)
    assert refused.texts == ["At most 10000 gears can be added at once."]


def test_an_owner_without_gears_left_cannot_scale_up(make_world):
    world = make_world(default_max_gears=1)
    world.demo("POST", "/domain/test/applications", "name=testha&cartridge=php-5.4&scale=true")

    refused = world.demo("POST", EVENTS, "event=scale-up")

    assert (refused.status, refused.first["exit_code"], refused.texts) == (422, 104, ["Reached gear limit of 1"])


def test_enable_ha_is_the_same_event_as_make_ha(testha):
    done = testha("POST", EVENTS, "event=enable-ha")
    again = testha("POST", EVENTS, "event=make-ha")

    assert done.texts == ["Application testha is now ha"]
    assert (again.status, again.first["exit_code"], again.texts) == (422, None, ["Application is already HA"])


def test_disable_ha_scales_down_where_that_is_asked_for(testha):
    testha("POST", EVENTS, "event=make-ha")

    done = testha("POST", EVENTS, json_body={"event": "disable-ha", "scale_down": True})
    again = testha("POST", EVENTS, "event=disable-ha")

    assert (done.data["ha"], done.data["gear_count"]) == (False, 1)
    assert (again.status, again.texts) == (422, ["HA is not active for this application."])


def test_an_application_that_does_not_scale_cannot_be_made_ha(demo):
    demo("POST", "/domain/test/applications", "name=testha&cartridge=php-5.4")

    refused = demo("POST", EVENTS, "event=make-ha")

    assert (refused.status, refused.texts) == (422, ["Only scalable applications can be made 'HA'"])


def test_ha_can_be_switched_off_for_all(make_world):
    world = make_world(allow_ha_applications=False)
    world.demo("POST", "/domain/test/applications", "name=testha&cartridge=php-5.4&scale=true")

    refused = world.demo("POST", EVENTS, "event=make-ha")

    text = "This feature ('High Availability') is currently disabled. Enable it in OpenShift's config options."
    assert (refused.status, refused.first["exit_code"], refused.texts) == (422, None, [text])


def test_aliases_can_be_added_and_removed_by_events(testha):
    added = testha("POST", EVENTS, "event=add-alias&alias=www.Foo.com")
    removed = testha("POST", EVENTS, "event=remove-alias&alias=www.foo.com")

    assert added.texts == ["Application testha has added alias"]
    assert [each["id"] for each in added.data["aliases"]] == ["www.foo.com"]
    assert (removed.texts, removed.data["aliases"]) == (["Application testha has removed alias"], [])


REFUSED = [
    # a word that is none, no word at all, a word of the wrong type
    ("event=Make-HA", 422, 126, "event", "Event can only contain lowercase a-z and '-' characters"),
    ("", 422, 126, "event", "Event can only contain lowercase a-z and '-' characters"),
    ("event[]=start", 422, 126, "event", "Event can only contain lowercase a-z and '-' characters"),
    # events without what they need
    ("event=add-alias", 422, 126, "alias", "Alias must be specified for adding or removing application alias."),
    ("event=activate", 422, 126, "deployment_id", "Deployment ID must be provided for activate."),
    # unknown here, and gone
    ("event=explode", 422, 126, "event", "Invalid application event 'explode' specified"),
    ("event=expose-port", 410, 112, None, "This event (expose-port) is no longer supported."),
    # flags and aliases
    ("event=disable-ha&scale_down=1", 422, 167, None, "Invalid value '1'. Valid options: [true, false]"),
    ("event=add-alias&alias=localhost", 200, 0, None, "Application testha has added alias"),
    ("event=add-alias&alias=1.2.3.4", 422, 105, "id", "The specified alias is not allowed: '1.2.3.4'"),
    ("event=remove-alias&alias=www.no.where", 404, 173, None, "Alias 'www.no.where' not found."),
]


@pytest.mark.parametrize(("form", "status", "exit_code", "field", "text"), REFUSED)
def test_each_event_says_what_is_wrong_with_it(testha, form, status, exit_code, field, text):
    answer = testha("POST", EVENTS, form)

    assert (answer.status, answer.first["exit_code"], answer.first["field"]) == (status, exit_code, field)
    assert answer.texts == [text]


@pytest.mark.parametrize("form", ["event=start", "event=explode", "", "event=disable-ha&scale_down=1"])
def test_an_application_that_is_not_there_is_said_before_a_bad_event(world, testha, form):
    refused = world.other("POST", EVENTS, form)

    assert (refused.status, refused.first["exit_code"]) == (404, 127)


def test_a_cartridge_that_has_the_web_framework_can_be_scaled_by_name(testha):
    done = testha("POST", "/application/testha/cartridge/Ruby-1.9/events", "event=scale-up")

    assert (done.body["type"], done.texts) == ("application", ["Cartridge ruby-1.9 has scaled to 2"])


@pytest.mark.parametrize(
    ("cartridge", "event", "status", "exit_code"),
    [
        ("php-5.4", "scale-up", 404, 129),  # not of this application
        ("ruby-1.9", "sc@le", 422, 126),
        ("ruby-1.9", "explode", 422, 126),
        ("haproxy-1.4", "scale-up", 422, 168),
    ],
)
def test_a_cartridge_event_says_what_is_wrong_with_it(testha, cartridge, event, status, exit_code):
    refused = testha("POST", f"/application/testha/cartridges/{cartridge}/events", f"event={event}")

    assert (refused.status, refused.first["exit_code"]) == (status, exit_code)


@pytest.mark.parametrize("event", [5, 1.5, True, ["start"], {"start": 1}, None, "sta\0rt"])
@pytest.mark.parametrize(
    ("path", "text"),
    [
        (EVENTS, "Event can only contain lowercase a-z and '-' characters"),
        (f"{APPLICATION}/cartridge/ruby-1.9/events", "Event can only contain characters and '-'"),
        (f"{APPLICATION}/gear/{'0' * 24}/events", "Event can only contain lowercase a-z and '-' characters"),
    ],
)
def test_what_is_no_word_is_a_malformed_event(testha, path, text, event):
    refused = testha("POST", path, json_body={"event": event})

    assert (refused.status, refused.first["exit_code"], refused.first["field"]) == (422, 126, "event")
    assert refused.texts == [text]
