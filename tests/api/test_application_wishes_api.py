"""What may be wished for when an application is created, and what each wish that breaks a rule is answered with."""

from dataclasses import replace

import pytest

from broker.api.factory import make_wsgi_app
from broker.process.turns import LocalTurns

APPLICATIONS = "/broker/rest/domain/test/applications"
HA_NEEDS_TWO = "Cannot set the max gear limit to '1' if the application is HA (highly available)"
UNSUPPORTED = "Invalid {} factor {} provided"


def create(client, *cartridges, **more):
    return client("POST", APPLICATIONS, json_body={"name": "web", "cartridges": [*cartridges], **more})


def php(**limits):
    return {"name": "php-5.4", **limits}


def mysql(**limits):
    return {"name": "mysql-5.5", **limits}


def haproxy(**limits):
    return {"name": "haproxy-1.4", **limits}


def said(refused):
    return [(each["exit_code"], each["field"], each["text"]) for each in refused.body["messages"]]


@pytest.mark.parametrize("limits", [{"scales_from": 2}, {"scales_to": 2}, {"scales_from": 1, "scales_to": 5}])
def test_an_application_that_does_not_scale_is_created_with_no_other_limit_than_one(demo, limits):
    refused = create(demo, php(**limits))

    assert (refused.status, said(refused)) == (422, [(100, "name", "Application 'web' is not scalable")])
    assert demo("GET", "/user").data["consumed_gears"] == 0


def test_an_application_that_does_not_scale_may_wish_for_one_gear_and_no_maximum(demo):
    made = create(demo, php(scales_from=1, scales_to=-1))

    assert (made.status, made.data["gear_count"]) == (201, 1)


BEYOND_QUOTA = "demo is currently using 0 out of 100 limit and this application requires 2147483647 additional gears."


@pytest.mark.parametrize(
    ("cartridges", "more", "exit_code", "field", "text"),
    [
        ([php(scales_to=1)], {"ha": True}, None, None, HA_NEEDS_TWO),
        (["php-5.4", haproxy(scales_from=2)], {}, 168, "scales_from", "The cartridge haproxy-1.4 cannot be scaled."),
        (["php-5.4", haproxy(scales_to=-1)], {}, 168, "scales_to", "The cartridge haproxy-1.4 cannot be scaled."),
        (["php-5.4", mysql(scales_from=2)], {}, 168, "scales_from", UNSUPPORTED.format("scales_from", 2)),
        (["php-5.4", mysql(scales_to=2)], {}, 168, "scales_to", UNSUPPORTED.format("scales_to", 2)),
        (["php-5.4", mysql(scales_to=-1)], {}, 168, "scales_to", UNSUPPORTED.format("scales_to", -1)),
        ([php(scales_from=99999999999)], {}, None, None, BEYOND_QUOTA),
    ],
)
def test_limits_obey_the_rules_of_their_later_change(demo, cartridges, more, exit_code, field, text):
    refused = create(demo, *cartridges, scale=True, **more)

    assert (refused.status, said(refused)) == (422, [(exit_code, field, text)])
    assert demo("GET", "/applications").data == []


def test_limits_that_obey_them_hold_from_the_start(demo):
    made = create(
        demo, php(scales_from=2, scales_to=4), mysql(scales_from=1, scales_to=1), haproxy(scales_to=1), scale=True
    )
    shown = demo("GET", "/application/web/cartridge/php-5.4").data

    assert (made.status, made.data["gear_count"]) == (201, 3)
    assert (shown["scales_from"], shown["scales_to"], shown["current_scale"]) == (2, 4, 2)


KEEP_RANGE = "Keep deployments must be greater than 0 and no greater than 1000."
CONFIG = {"auto_deploy": False, "deployment_branch": "release/1.x", "keep_deployments": 7, "deployment_type": "binary"}


def test_how_code_is_deployed_is_chosen_at_creation(demo):
    made = create(demo, "php-5.4", config={**CONFIG, "unknown": 1, "deployment_branch": "release/1.x"})
    shown = demo("GET", "/application/web")

    assert made.status == 201
    assert {name: shown.data[name] for name in CONFIG} == CONFIG


def test_how_code_is_deployed_can_be_written_in_a_form(demo):
    form = "name=web&cartridge=php-5.4&config[auto_deploy]=false&config[keep_deployments]=3&config[deployment_branch]="
    made = demo("POST", APPLICATIONS, form)

    assert (made.data["auto_deploy"], made.data["keep_deployments"]) == (False, 3)
    assert (made.data["deployment_branch"], made.data["deployment_type"]) == ("master", "git")


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"auto_deploy": "maybe"}, "Invalid value 'maybe' for auto_deploy.  Acceptable values are true or false"),
        ({"auto_deploy": 1}, "Invalid value '1' for auto_deploy.  Acceptable values are true or false"),
        ({"deployment_type": "svn"}, "Invalid deployment type: svn. Acceptable values are: git, binary"),
        *(
            (
                {"keep_deployments": number},
                f"Invalid number of deployments to keep: {number}. {KEEP_RANGE}",
            )
            for number in (0, 1001, "many", True)
        ),
        (
            {"deployment_branch": "b" * 257},
            f"Invalid deployment_branch: {'b' * 100}. Deployment branches are limited to 256 characters",
        ),
        *(
            (
                {"deployment_branch": branch},
                f"Invalid application configuration: [deployment_branch '{branch}' is no git branch]",
            )
            for branch in ("a..b", "/a", "a b", "a.lock", 5)
        ),
        ("yes", "Invalid application configuration: a mapping is expected"),
    ],
)
def test_how_code_is_deployed_is_refused_where_it_makes_no_sense(demo, config, text):
    refused = create(demo, "php-5.4", config=config)

    assert (refused.status, said(refused)) == (422, [(-1, "config", text)])


def test_each_thing_that_is_wrong_with_the_deployment_is_said(demo):
    refused = create(demo, "php-5.4", config={"auto_deploy": "maybe", "deployment_type": "svn"})

    assert [(exit_code, field) for exit_code, field, _ in said(refused)] == [(-1, "config")] * 2


REF_RULES = (
    "/a",
    "a/.b",
    "a..b",
    "a//b",
    "a@{b",
    "a\\b",
    "a b",
    "a~b",
    "a^b",
    "a:b",
    "a?b",
    "a*b",
    "a[b",
    "a;b",
    "a\x7f",
)


@pytest.mark.parametrize("branch", [*REF_RULES, "a.lock", "a/", "a.", "a" * 257])
def test_a_branch_that_git_would_not_take_is_refused(demo, branch):
    refused = create(demo, "php-5.4", initial_git_url="https://example.com/a.git", initial_git_branch=branch)

    assert (refused.status, refused.first["exit_code"], refused.first["field"]) == (422, -1, "initial_git_branch")
    assert refused.texts[0].startswith("Invalid initial git branch '")


def test_a_branch_that_git_takes_is_kept_with_the_url(demo):
    made = create(demo, "php-5.4", initial_git_url="https://example.com/a.git", initial_git_branch="feature/1.0-b")

    assert (made.status, made.data["initial_git_url"]) == (201, "https://example.com/a.git#feature/1.0-b")


def test_more_storage_than_allowed_is_refused(demo):
    refused = create(demo, php(additional_gear_storage=1))
    unreadable = create(demo, php(additional_gear_storage="lots"))
    none = create(demo, php(additional_gear_storage="0"))

    text = "demo has requested more additional gear storage than allowed (max: 0 GB)"
    assert (refused.status, said(refused)) == (422, [(166, None, text)])
    assert said(unreadable) == [(165, "additional_storage", "Invalid storage value provided.")]
    assert none.status == 201


def test_bad_gear_sizes_of_cartridges_are_all_named(demo):
    one = create(demo, php(gear_size="huge"), "mysql-5.5")
    two = create(demo, php(gear_size="huge"), mysql(gear_size="tiny"))

    text = "The gear size 'huge' is not valid for this domain. Allowed sizes: small."
    assert (one.status, said(one)) == (422, [(134, "cartridges", text)])
    text = "The gear sizes 'huge', 'tiny' are not valid for this domain. Allowed sizes: small."
    assert (two.status, said(two)) == (422, [(134, "cartridges", text)])


def test_a_bad_gear_size_is_said_before_a_name_that_is_taken(demo):
    create(demo, "php-5.4")

    refused = create(demo, php(gear_size="huge"))

    assert refused.first["exit_code"] == 134


@pytest.mark.parametrize("query", ["include=cartridges", "include[]=cartridges", "include=other,cartridges"])
def test_what_is_included_is_a_word_or_a_list(testha, query):
    shown = testha("GET", f"/application/testha?{query}")

    assert [each["name"] for each in shown.data["cartridges"]] == ["ruby-1.9", "haproxy-1.4"]


class OvertakingTurns(LocalTurns):
    """Turns in which another caller is let through first, once."""

    def __init__(self, other):
        super().__init__()
        self.others = [other]

    def holding(self, operation_id):
        while self.others:
            self.others.pop()()
        return super().holding(operation_id)


@pytest.mark.parametrize("path", ["application/{id}", "application/TestHA", "domain/test/application/testha"])
def test_who_is_too_late_to_delete_is_told_in_the_words_of_the_path(world, testha, path):
    application_id = testha("GET", "/application/testha").data["id"]
    platform = world.embedded.platform
    turns = OvertakingTurns(lambda: testha("DELETE", "/application/testha"))
    late = replace(world.demo, wsgi_app=make_wsgi_app(replace(platform, turns=turns), world.options))

    refused = late("DELETE", f"/{path.format(id=application_id)}")

    named = application_id if "{id}" in path else "testha"
    assert (refused.status, refused.texts) == (404, [f"Application '{named}' not found."])
