"""Cartridges that come to an application and leave it, as clients see it."""

import json

import pytest

from broker.usecases.accounts import change_user

APP = "/broker/rest/domain/test/application/testha"
CARTRIDGES = f"{APP}/cartridges"
PASSWORD = "   Root Password: "


def consumed(client):
    return client("GET", "/user").data["consumed_gears"]


def credentials(answer):
    return {each["name"]: each.get("value") for each in answer.data["properties"]}


def test_a_database_comes_to_a_scalable_application_with_a_gear_of_its_own(testha):
    added = testha("POST", CARTRIDGES, "name=mysql-5.5")

    groups = testha("GET", f"{APP}/gear_groups?include=endpoints").data
    told = added.body["messages"][1]
    values = credentials(added)
    assert (added.status, added.body["type"]) == (201, "cartridge")
    assert added.texts[0] == "Added mysql-5.5 to application testha"
    assert (told["severity"], told["exit_code"], told["field"]) == ("result", 0, None)
    assert f"{PASSWORD}{values['password']}\n" in told["text"]
    assert values["database_name"] == "testha"
    assert values["connection_url"] == "mysql://$OPENSHIFT_MYSQL_DB_HOST:$OPENSHIFT_MYSQL_DB_PORT/"
    assert [[each["name"] for each in group["cartridges"]] for group in groups] == [
        ["ruby-1.9", "haproxy-1.4"],
        ["mysql-5.5"],
    ]
    assert groups[1]["cartridges"][0]["password"] == values["password"]
    assert [each["types"] for each in groups[1]["gears"][0]["endpoints"]] == [["database"]]
    assert consumed(testha) == 2


def test_what_shares_gears_is_put_on_all_of_them(testha):
    testha("POST", f"{APP}/events", "event=scale-up&to=3")

    added = testha("POST", CARTRIDGES, json_body={"cartridge": "cron-1.4"})

    assert (added.status, added.data["current_scale"]) == (201, 3)
    assert added.data["collocated_with"] == ["ruby-1.9", "haproxy-1.4"]
    assert consumed(testha) == 3


def test_without_scaling_everything_is_on_one_gear(demo):
    demo("POST", "/domain/test/applications", "name=testha&cartridge=php-5.4")

    added = demo("POST", CARTRIDGES, "name=mysql-5.5")

    assert (added.status, added.data["collocated_with"]) == (201, ["php-5.4"])
    assert demo("GET", APP).data["gear_count"] == 1


def test_several_cartridges_are_one_change(testha):
    added = testha(
        "POST",
        CARTRIDGES,
        json_body={
            "cartridges": ["mysql-5.5", {"name": "phpmyadmin-4"}],
            "environment_variables": [{"name": "MODE", "value": "quiet"}],
        },
    )
    operation = testha("GET", f"{APP}/operations").data[0]

    assert (added.status, added.body["type"]) == (201, "cartridges")
    assert added.texts[0] == "Added mysql-5.5, phpmyadmin-4 to application testha"
    assert [each["collocated_with"] for each in added.data] == [["phpmyadmin-4"], ["mysql-5.5"]]
    assert operation["kind"] == "add_cartridge"
    assert operation["wish"] == {
        "cartridges": [{"name": "mysql-5.5"}, {"name": "phpmyadmin-4"}],
        "environment_variables": ["MODE"],
    }
    assert testha("GET", f"{APP}/environment-variable/MODE").data["value"] == "quiet"
    assert consumed(testha) == 2


def test_a_cartridge_that_joins_another_by_wish_needs_no_gear(demo):
    demo("POST", "/domain/test/applications", "name=testha&cartridge=php-5.4&scale=true")

    added = demo("POST", CARTRIDGES, "name=mysql-5.5&colocate_with=php-5.4")

    assert (added.status, added.data["collocated_with"]) == (201, ["php-5.4", "haproxy-1.4"])
    assert consumed(demo) == 1


REFUSED = [
    ("", 109, None, "Error in parameters. Cannot determine cartridge. Use 'cartridge'/'name'/'url'"),
    ("name=nothing-1", 109, None, "Invalid cartridge 'nothing-1' specified."),
    ("name=mysql-5.5&gear_size=huge", 134, "gear_size", "The gear size 'huge' is not valid for this domain."),
    ("name=haproxy-1.4", 136, "cartridge", "haproxy-1.4 already exists in your application"),
    ("name=ruby-1.9", 136, "cartridge", "ruby-1.9 already exists in your application"),
    ("name=ruby-1.8", 109, "cartridges", "The following cartridges are no longer available: ruby-1.8"),
    (
        "name=php-5.4",
        109,
        "cartridge",
        "You can only have one web cartridge in your application 'testha'.",
    ),
    ("name=rockmongo-1.1", 109, "cartridges", "Unable to add cartridge: rockmongo-1.1 requires mongodb-2.4"),
    (
        "name=mysql-5.5&additional_gear_storage=1",
        166,
        None,
        "demo has requested more additional gear storage than allowed (max: 0 GB)",
    ),
    ("name=mysql-5.5&scales_from=0", None, "cartridge", "Scales from must be greater than 0"),
    (
        "name=mysql-5.5&scales_to=0",
        None,
        "cartridge",
        "scales_to must be -1 or greater than or equal to scales_from",
    ),
    (
        "name=mysql-5.5&scales_from=3&scales_to=2",
        None,
        "cartridge",
        "scales_to must be -1 or greater than or equal to scales_from",
    ),
    ("name=mysql-5.5&additional_gear_storage=x", 165, "additional_storage", "Invalid storage value provided."),
    (
        "name=mysql-5.5&colocate_with=php-5.4",
        135,
        "colocate_with",
        "Invalid colocation specified. No component matches php-5.4",
    ),
]


@pytest.mark.parametrize(("form", "exit_code", "field", "text"), REFUSED)
def test_what_an_application_cannot_be_given_is_refused_and_nothing_is_left(testha, form, exit_code, field, text):
    refused = testha("POST", CARTRIDGES, form)

    assert (refused.status, refused.first["exit_code"], refused.first["field"]) == (422, exit_code, field)
    assert refused.texts[0].startswith(text)
    assert [each["name"] for each in testha("GET", CARTRIDGES).data] == ["ruby-1.9", "haproxy-1.4"]
    assert consumed(testha) == 1


def test_a_proxy_cannot_be_added(demo):
    demo("POST", "/domain/test/applications", "name=testha&cartridge=php-5.4")

    refused = demo("POST", CARTRIDGES, "name=haproxy-1.4")

    assert (refused.status, refused.first["exit_code"]) == (422, 137)
    assert refused.texts == [
        (
            "haproxy-1.4 cannot be added to existing applications."
            " It is automatically added when you create a scaling application."
        )
    ]


def test_a_quota_that_does_not_suffice_refuses_the_cartridge(make_world):
    world = make_world(default_max_gears=1)
    world.demo("POST", "/domain/test/applications", "name=testha&cartridge=php-5.4&scale=true")

    refused = world.demo("POST", CARTRIDGES, "name=mysql-5.5")

    assert (refused.status, refused.first["exit_code"]) == (422, 104)
    assert refused.texts == [
        (
            "Unable to add cartridge: demo is currently using 1 out of 1 limit"
            " and this application requires 1 additional gears."
        )
    ]


def test_cartridges_that_share_gears_have_one_size(make_world):
    world = make_world(valid_gear_sizes=("small", "medium"))
    change_user(world.embedded.platform, "demo", gear_sizes=("small", "medium"))
    world.demo("POST", "/domain/test/applications", "name=testha&cartridge=php-5.4&scale=true")

    refused = world.demo("POST", CARTRIDGES, "name=cron-1.4&gear_size=medium")

    assert (refused.status, refused.first["exit_code"]) == (422, 142)
    assert refused.texts == [
        (
            "Incompatible gear sizes: small and medium for cartridges cron-1.4, haproxy-1.4, php-5.4"
            " that will reside on the same gear."
        )
    ]


def test_a_removed_database_takes_its_gear_with_it(testha):
    testha("POST", CARTRIDGES, "name=mysql-5.5")

    removed = testha("DELETE", f"{APP}/cartridge/mysql-5.5")

    assert (removed.status, removed.data, removed.texts) == (200, None, ["Removed mysql-5.5 from application testha"])
    assert len(testha("GET", f"{APP}/gear_groups").data) == 1
    assert consumed(testha) == 1


def test_a_removed_plugin_leaves_the_gears(testha):
    testha("POST", CARTRIDGES, "name=cron-1.4")

    removed = testha("DELETE", f"{APP}/cartridge/cron-1.4")
    again = testha("POST", CARTRIDGES, "name=cron-1.4")

    assert (removed.status, again.status) == (200, 201)
    assert consumed(testha) == 1


@pytest.mark.parametrize(
    ("name", "status", "exit_code", "text"),
    [
        ("ruby-1.9", 422, 137, "'ruby-1.9' cannot be removed"),
        ("haproxy-1.4", 422, 137, "'haproxy-1.4' cannot be removed"),
        ("mysql-5.5", 404, 129, "Cartridge 'mysql-5.5' not found."),
        ("mysql", 404, 129, "The requested cartridge was not found."),
    ],
)
def test_what_an_application_needs_cannot_be_removed(testha, name, status, exit_code, text):
    refused = testha("DELETE", f"{APP}/cartridge/{name}")

    assert (refused.status, refused.first["exit_code"], refused.texts) == (status, exit_code, [text])


def test_what_another_cartridge_requires_stays(testha):
    testha("POST", CARTRIDGES, json_body={"cartridges": ["mysql-5.5", "phpmyadmin-4"]})

    refused = testha("DELETE", f"{APP}/cartridge/mysql-5.5")

    assert (refused.status, refused.first["exit_code"]) == (422, 137)
    assert refused.texts == ["'mysql-5.5' cannot be removed: phpmyadmin-4 requires it"]


def test_credentials_are_shown_to_who_may_see_code_and_told_once_at_creation(demo):
    form = "name=testha&scale=true&cartridges[]=php-5.4&cartridges[]=mysql-5.5"
    created = demo("POST", "/domain/test/applications", form)
    shown = demo("GET", APP).data["embedded"]["mysql-5.5"]
    cartridge = demo("GET", f"{APP}/cartridge/mysql-5.5")

    assert f"{PASSWORD}{shown['password']}\n" in created.texts[1]
    assert shown["info"] == f"Connection URL: {shown['connection_url']}"
    assert credentials(cartridge)["password"] == shown["password"]


def test_a_password_is_nowhere_in_clear(world, testha):
    added = testha("POST", CARTRIDGES, "name=mysql-5.5")
    password = credentials(added)["password"]

    database = world.embedded.built.database
    with database.reading() as connection:
        kept = "\n".join(connection.connection.driver_connection.iterdump())

    assert "mysql-5.5" in kept
    assert password not in kept
    assert password not in json.dumps(testha("GET", f"{APP}/operations").body)


def test_a_repeated_addition_adds_nothing_and_its_answer_is_made_anew(world, testha):
    testha.headers["Idempotency-Key"] = "once"
    first = testha("POST", CARTRIDGES, "name=mysql-5.5")
    again = testha("POST", CARTRIDGES, "name=mysql-5.5")
    del testha.headers["Idempotency-Key"]
    password = credentials(first)["password"]

    with world.embedded.built.database.reading() as connection:
        kept = "\n".join(connection.connection.driver_connection.iterdump())

    assert (first.status, again.status) == (201, 201)
    assert credentials(again)["password"] == password
    assert password not in kept
    assert consumed(testha) == 2


def test_storage_is_given_as_far_as_the_owner_may_have_it(world, testha):
    change_user(world.embedded.platform, "demo", max_untracked_storage=5)

    too_much = testha("PUT", f"{APP}/cartridge/ruby-1.9", "additional_gear_storage=6")
    given = testha("PUT", f"{APP}/cartridge/ruby-1.9", json_body={"additional_gear_storage": 3})
    grown = testha("PUT", f"{APP}/cartridge/ruby-1.9", "additional_gear_storage=4&scales_from=2")
    added = testha("POST", CARTRIDGES, "name=mysql-5.5&additional_gear_storage=2")

    assert (too_much.status, too_much.first["exit_code"]) == (422, 166)
    assert too_much.texts == ["You have requested more additional gear storage than you are allowed (max: 5 GB)"]
    assert (given.status, given.data["additional_gear_storage"]) == (200, 3)
    assert (grown.data["additional_gear_storage"], grown.data["current_scale"]) == (4, 2)
    assert added.data["additional_gear_storage"] == 2
    groups = testha("GET", f"{APP}/gear_groups").data
    assert [group["additional_gear_storage"] for group in groups] == [4, 2]


def test_a_repeated_creation_tells_the_credentials_again_and_other_answers_under_a_key_have_none(demo):
    demo.headers["Idempotency-Key"] = "once"
    form = "name=testha&scale=true&cartridges[]=php-5.4&cartridges[]=mysql-5.5"
    first = demo("POST", "/domain/test/applications", form)
    again = demo("POST", "/domain/test/applications", form)
    demo.headers["Idempotency-Key"] = "another"
    event = demo("POST", f"{APP}/events", "event=restart")

    shown = [each.data["embedded"]["mysql-5.5"] for each in (first, again, event)]
    assert (first.status, again.status) == (201, 201)
    assert shown[0] == shown[1]
    assert shown[0]["password"]
    assert shown[2] == {}
