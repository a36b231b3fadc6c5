"""The order in which the request for an application is checked: of two wrong things the earlier one is said."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from api.conftest import QUICK_HASH, World, opened_world
from flask import Flask

from broker.api.factory import make_wsgi_app
from broker.usecases.accounts import change_user, create_user

NO_WEB = "An application must contain one web cartridge."
NOT_PERMITTED = "You are not permitted to perform this action (create_application on domain)"
HA_IS_OFF = "This feature ('High Availability') is currently disabled."


@dataclass
class Asked:
    """A request that could be done, and the platform it is made to, until something of it is made wrong."""

    wish: dict[str, Any] = field(default_factory=lambda: {"name": "new", "cartridges": ["php-5.4"]})
    domain: str = "test"
    login: str = "demo"
    policy: dict[str, Any] = field(default_factory=dict)
    owner: dict[str, Any] = field(default_factory=dict)
    obsolete: tuple[str, ...] = ()


def no_truth(asked: Asked) -> None:
    asked.wish["scale"] = "perhaps"


def region_disabled(asked: Asked) -> None:
    asked.wish.setdefault("region", "r1")
    asked.policy["allow_region_selection"] = False


def unknown_region(asked: Asked) -> None:
    asked.wish["region"] = "nowhere"


def forbidden_name(asked: Asked) -> None:
    asked.policy["blacklisted_words"] = (asked.wish["name"],)


def bad_git_url(asked: Asked) -> None:
    asked.wish["initial_git_url"] = "nothing"


def branch_alone(asked: Asked) -> None:
    asked.wish["initial_git_branch"] = "main"


def no_cartridge(asked: Asked) -> None:
    asked.wish["cartridges"].append({"gear_size": "small"})


def bad_domain(asked: Asked) -> None:
    asked.domain = "a-b"


def viewer(asked: Asked) -> None:
    asked.login = "viewer"


def bad_size(asked: Asked) -> None:
    asked.wish["gear_size"] = "huge"


def ha_disabled(asked: Asked) -> None:
    asked.wish["ha"] = True
    asked.policy["allow_ha"] = False


def ha_not_allowed(asked: Asked) -> None:
    asked.wish["ha"] = True
    asked.owner["may_use_ha"] = False


def bad_name(asked: Asked) -> None:
    asked.wish["name"] = "no_name"


def bad_config(asked: Asked) -> None:
    asked.wish["config"] = {"deployment_type": "svn"}


def unread_config(asked: Asked) -> None:
    asked.wish["config"] = "git"


def no_gears_left(asked: Asked) -> None:
    asked.owner["max_gears"] = 1


def variable_deleted(asked: Asked) -> None:
    asked.wish["environment_variables"] = [{"name": "FOO"}]


def unread_variables(asked: Asked) -> None:
    asked.wish["environment_variables"] = "FOO"


def unknown_cartridge(asked: Asked) -> None:
    asked.wish["cartridges"].append("nothing-1")


def ambiguous_cartridge(asked: Asked) -> None:
    asked.wish["cartridges"].insert(0, "ruby")


def much_storage(asked: Asked) -> None:
    asked.wish["cartridges"].append({"name": "postgresql-9.2", "additional_gear_storage": 99})


def no_web_cartridge(asked: Asked) -> None:
    asked.wish["cartridges"] = ["mongodb-2.4", *asked.wish["cartridges"][1:]]


def obsolete(asked: Asked) -> None:
    asked.wish["cartridges"].append("cron-1.4")
    asked.obsolete = ("cron-1.4",)


def twice_the_same(asked: Asked) -> None:
    asked.wish["cartridges"] += ["mysql-5.5", "mysql-5.5"]


def bad_limits(asked: Asked) -> None:
    asked.wish["cartridges"][0] = {"name": "php-5.4", "scales_from": 4, "scales_to": 3}
    asked.wish["scale"] = True


def few_gears_left(asked: Asked) -> None:
    asked.wish["cartridges"][0] = {"name": "php-5.4", "scales_from": 3}
    asked.wish["scale"] = True
    asked.owner["max_gears"] = 2


def name_taken(asked: Asked) -> None:
    asked.wish["name"] = "web"


def unmet(asked: Asked) -> None:
    asked.wish["cartridges"].append("rockmongo-1.1")


def no_node(asked: Asked) -> None:
    asked.wish["gear_size"] = "medium"


Wrong = Callable[[Asked], None]
# In the order of the contract, each with its number there and the status, exit code, field and text of its refusal.
ORDER: dict[Wrong, tuple[int, int, int | None, str | None, str]] = {
    no_truth: (1, 422, 167, None, "Invalid value 'perhaps'. Valid options: [true, false]"),
    region_disabled: (2, 422, None, None, "Specifying a region on application creation has been disabled."),
    unknown_region: (3, 422, None, None, "Could not find region 'nowhere'. Available regions are: r1."),
    forbidden_name: (4, 403, 105, None, "Application name is not allowed. Please choose another."),
    bad_git_url: (5, 422, 216, "initial_git_url", "Invalid initial git URL"),
    branch_alone: (6, 422, None, "initial_git_branch", "Initial git branch cannot be specified without"),
    no_cartridge: (7, 422, 109, "cartridge", "Each cartridge must be specified by a name, or a JSON hash"),
    bad_domain: (8, 422, 106, "domain_id", "Invalid namespace."),
    viewer: (9, 403, 1, None, NOT_PERMITTED),
    bad_size: (10, 422, 134, "gear_size", "The gear size 'huge' is not valid for this domain."),
    ha_disabled: (11, 422, None, None, HA_IS_OFF),
    ha_not_allowed: (12, 422, None, None, "'High Availability' is not an allowed feature for the account ('demo')"),
    bad_name: (13, 422, 105, "name", "Application name must contain only alphanumeric characters"),
    bad_config: (13, 422, -1, "config", "Invalid deployment type: svn."),
    unread_config: (13, 422, -1, "config", "Invalid application configuration: a mapping is expected"),
    no_gears_left: (14, 422, 104, None, "demo has already reached the gear limit of 1"),
    variable_deleted: (15, 422, 186, "environment_variables", "Environment variable deletion not allowed"),
    unread_variables: (15, 422, 186, "environment_variables", "Invalid environment variables: expected array"),
    unknown_cartridge: (16, 422, 109, "cartridge", "Invalid cartridge 'nothing-1' specified."),
    ambiguous_cartridge: (17, 422, 197, None, "More than one cartridge was found matching ruby."),
    much_storage: (18, 422, 166, None, "demo has requested more additional gear storage than allowed (max: 0 GB)"),
    no_web_cartridge: (19, 422, 109, "cartridge", NO_WEB),
    obsolete: (20, 422, 109, "cartridges", "The following cartridges are no longer available: cron-1.4"),
    twice_the_same: (21, 422, 136, "cartridge", "mysql-5.5 already exists in your application"),
    bad_limits: (22, 422, None, "cartridge", "scales_to must be -1 or greater than or equal to scales_from"),
    few_gears_left: (23, 422, None, None, "demo is currently using 1 out of 2 limit and this application requires "),
    name_taken: (24, 422, 100, "name", "The supplied application name 'web' already exists"),
    unmet: (25, 422, 109, "cartridges", "Unable to create application: rockmongo-1.1 requires"),
    no_node: (26, 500, 140, None, "Unable to complete the requested operation due to: No nodes available"),
}
# Those that cannot be in one request: they want the same word of it to be two.
APART = [{bad_git_url, branch_alone}, {bad_name, name_taken}, {bad_limits, few_gears_left}]


def pairs() -> list[tuple[Wrong, Wrong]]:
    """Every two of different numbers that can be in one request, the earlier first."""
    return [
        (one, other)
        for one, other in itertools.combinations(ORDER, 2)
        if ORDER[one][0] < ORDER[other][0] and {one, other} not in APART
    ]


@pytest.fixture(scope="module")
def ordered(tmp_path_factory, empty_database) -> Iterator[World]:
    settings = {"valid_gear_sizes": ("small", "medium")}
    with opened_world(tmp_path_factory.mktemp("creation"), empty_database, **settings) as world:
        change_user(world.embedded.platform, "demo", gear_sizes=("small", "medium"))
        made = world.demo("POST", "/domain/test/applications", "name=web&cartridges[]=php-5.4")
        assert made.status == 201, made.texts
        create_user(world.embedded.platform, "viewer")
        change_user(world.embedded.platform, "viewer", password_hash=QUICK_HASH)
        assert world.demo("POST", "/domain/test/members", "login=viewer&role=view").status == 200
        yield world


def wsgi_app_of(world: World, asked: Asked) -> Flask:
    """The API of the platform as the request needs it."""
    if not asked.policy and not asked.obsolete:
        return world.wsgi_app
    platform = world.embedded.platform
    gone = {name: replace(platform.catalogue[name], obsolete=True) for name in asked.obsolete}
    policy = replace(platform.policy, **asked.policy)
    return make_wsgi_app(replace(platform, policy=policy, catalogue={**platform.catalogue, **gone}), world.options)


def answer(world: World, *wrongs: Wrong) -> tuple[int, int | None, str | None, str]:
    """What a request is answered in which all of these are wrong, made so from the last on."""
    asked = Asked()
    for wrong in sorted(wrongs, key=[*ORDER].index, reverse=True):
        wrong(asked)
    platform = world.embedded.platform
    client = replace(world.demo, wsgi_app=wsgi_app_of(world, asked), login=(asked.login, "password"))
    change_user(platform, "demo", **{"may_use_ha": True, "max_gears": 100, **asked.owner})
    refused = client("POST", f"/broker/rest/domain/{asked.domain}/applications", json_body=asked.wish)
    return refused.status, refused.first["exit_code"], refused.first["field"], refused.texts[0]


def said(wrong: Wrong, answered: tuple[int, int | None, str | None, str]) -> tuple[Any, ...]:
    """The answer without what comes behind the text that is expected."""
    *rest, text = answered
    return (*rest, text[: len(ORDER[wrong][-1])])


@pytest.mark.parametrize("wrong", ORDER, ids=lambda each: each.__name__)
def test_each_is_said_where_it_is_alone(ordered, wrong):
    assert said(wrong, answer(ordered, wrong)) == ORDER[wrong][1:]


@pytest.mark.parametrize(("earlier", "later"), pairs(), ids=lambda each: each.__name__)
def test_of_two_the_earlier_one_is_said(ordered, earlier, later):
    assert said(earlier, answer(ordered, earlier, later)) == ORDER[earlier][1:]


def test_nothing_was_created_by_any_of_them(ordered):
    change_user(ordered.embedded.platform, "demo", max_gears=100)

    assert [each["name"] for each in ordered.demo("GET", "/applications").data] == ["web"]
    assert [each["name"] for each in ordered.demo("GET", "/domains").data] == ["test"]
