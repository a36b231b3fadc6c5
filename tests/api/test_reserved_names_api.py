"""Names that the operator keeps back: words, names that are together too long, aliases inside the cloud's domain."""

import pytest

from broker.config import load_settings
from broker.core.errors import ConfigurationError

WORDS = ("admin", "root")
DOMAINS, APPLICATIONS = "/broker/rest/domains", "/broker/rest/domain/test/applications"
NO_DOMAIN = {
    "severity": "error",
    "text": "Namespace is not allowed.  Please choose another.",
    "exit_code": 106,
    "field": None,
    "index": None,
}
NO_APPLICATION = {
    "severity": "error",
    "text": "Application name is not allowed. Please choose another.",
    "exit_code": 105,
    "field": None,
    "index": None,
}


@pytest.fixture
def kept_back(make_world):
    """A client of a broker that keeps two words back, and has the domain `test`."""
    world = make_world(blacklisted_words=WORDS)
    assert world.demo("POST", DOMAINS, "name=test").status == 201
    return world.demo


@pytest.mark.parametrize("name", ["admin", "ADMIN", "Root"])
def test_no_domain_has_such_a_name(kept_back, name):
    created = kept_back("POST", DOMAINS, f"name={name}")
    renamed = kept_back("PUT", "/broker/rest/domain/test", f"name={name}")

    assert [(each.status, each.body["messages"]) for each in (created, renamed)] == [(403, [NO_DOMAIN])] * 2
    assert [each["name"] for each in kept_back("GET", DOMAINS).data] == ["test"]


def test_a_domain_that_an_application_would_make_has_none_either(kept_back):
    refused = kept_back("POST", "/broker/rest/domain/admin/applications", "name=web&cartridges[]=php-5.4")

    assert (refused.status, refused.body["messages"]) == (403, [{**NO_DOMAIN, "field": "domain_id"}])


@pytest.mark.parametrize("name", ["admin", "ROOT"])
def test_no_application_has_such_a_name(kept_back, name):
    refused = kept_back("POST", APPLICATIONS, f"name={name}&cartridges[]=php-5.4&initial_git_url=none")

    assert (refused.status, refused.body["messages"]) == (403, [NO_APPLICATION])


def test_a_name_that_only_contains_such_a_word_is_no_such_name(kept_back):
    assert kept_back("POST", DOMAINS, "name=administrators").status == 201


def test_the_entry_says_which_names_no_domain_may_have(kept_back, world):
    (name,) = kept_back("GET", "/broker/rest/api").data["ADD_DOMAIN"]["required_params"]
    (usual,) = world.demo("GET", "/broker/rest/api").data["ADD_DOMAIN"]["required_params"]

    assert (name["invalid_options"], usual["invalid_options"]) == (["admin", "root"], [])


def test_the_names_of_application_and_domain_are_together_as_long_as_the_operator_says(make_world):
    demo = make_world(limit_app_name_chars=8).demo
    demo("POST", DOMAINS, "name=test")

    just = demo("POST", APPLICATIONS, "name=four&cartridges[]=php-5.4")
    more = demo("POST", APPLICATIONS, "name=fives&cartridges[]=php-5.4")

    assert (just.status, more.status) == (201, 422)
    assert more.body["messages"] == [
        {
            "severity": "error",
            "text": "Name 'fives' and domain namespace 'test' cannot add up to more than 8 characters.",
            "exit_code": 105,
            "field": "name",
            "index": None,
        }
    ]


INSIDE = ("shop.example.com", "a.b.example.com", "www.web-test.example.com")
TAKEN = (
    "example.com",
    "www.example.com",  # the routers
    "web-test.example.com",
    "0123456789abcdef01234567-test.example.com",
    "ha-web-test.example.com",
    "ha-other-domain.example.com",
)


@pytest.mark.parametrize(("allowed", "taken"), [(True, INSIDE), (False, ())])
def test_aliases_inside_the_cloud_s_domain_are_the_operator_s_choice_and_its_own_names_are_nobody_s(
    make_world, allowed, taken
):
    demo = make_world(allow_alias_in_domain=allowed).demo
    demo("POST", DOMAINS, "name=test")
    demo("POST", APPLICATIONS, "name=web&cartridges[]=php-5.4")

    answered = {
        alias: demo("POST", "/broker/rest/application/web/aliases", f"id={alias}") for alias in (*INSIDE, *TAKEN)
    }

    assert {alias for alias, each in answered.items() if each.status == 201} == set(taken)
    assert {(each.status, each.first["exit_code"], each.first["field"]) for each in answered.values()} - {
        (201, 0, None)
    } == {(422, 105, "id")}


def test_the_words_are_read_without_regard_to_case_and_none_is_a_word_that_no_name_could_be():
    assert load_settings({"BLACKLISTED_WORDS": "Admin, root"}).blacklisted_words == WORDS
    assert load_settings({"BLACKLISTED_WORDS": ""}).blacklisted_words == ()

    for unreadable in ("admin,,root", "admin,Admin", "a-b", "\u00e4", ","):
        with pytest.raises(ConfigurationError, match="a comma list of words of letters and digits"):
            load_settings({"BLACKLISTED_WORDS": unreadable})
