import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.api.negotiation import LATEST, SUPPORTED
from broker.api.versions import chain
from broker.api.versions.chain import shown_in
from broker.api.versions.requests import older_messages, older_status
from broker.api.versions.step import Names

BASE = "https://broker.example.com/broker/rest"
APPLICATION_ID = "6b012f8d10732930c35fc997"
OLDER = [version for version in SUPPORTED if version < LATEST]


def names(*, known=True):
    return Names(lambda application_id: ("test", "web") if known and application_id == APPLICATION_ID else None)


def link(path, method="GET", required=(), optional=()):
    return {
        "rel": "Something",
        "method": method,
        "href": f"{BASE}/{path}",
        "required_params": [{"name": name} for name in required],
        "optional_params": [{"name": name} for name in optional],
    }


def href(path, version, *, known=True):
    """Where the link of a thing that the chain does not know leads in that version."""
    shown = shown_in(version, "thing", {"links": {"GET": link(path)}}, None, names(known=known))
    return shown["links"]["GET"]["href"].removeprefix(f"{BASE}/")


def test_each_older_version_has_one_step_from_the_newest_to_the_oldest():
    assert [step.version for step in chain._STEPS] == OLDER[::-1]


@pytest.mark.parametrize(
    ("path", "named", "plural"),
    [
        (f"application/{APPLICATION_ID}", "domain/test/application/web", "domains/test/applications/web"),
        (
            f"application/{APPLICATION_ID}/cartridge/php-5.4/events",
            "domain/test/application/web/cartridge/php-5.4/events",
            "domains/test/applications/web/cartridges/php-5.4/events",
        ),
        (
            f"application/{APPLICATION_ID}/alias/alias",
            "domain/test/application/web/alias/alias",
            "domains/test/applications/web/aliases/alias",
        ),
        (
            f"application/{APPLICATION_ID}/environment-variable/A",
            "domain/test/application/web/environment-variable/A",
            "domains/test/applications/web/environment-variables/A",
        ),
        (
            f"application/{APPLICATION_ID}/member/1?type=team",
            "domain/test/application/web/member/1?type=team",
            "domains/test/applications/web/members/1?type=team",
        ),
        ("domain/domain/member/self", "domain/domain/member/self", "domains/domain/members/self"),
        ("domain/test/members/self", "domain/test/members/self", "domains/test/members/self"),
        ("domains", "domains", "domains"),
        ("user/keys/key", "user/keys/key", "user/keys/key"),
        ("user/authorization/1", "user/authorization/1", "user/authorizations/1"),
        ("team/1/member/2", "team/1/member/2", "team/1/member/2"),
        ("operation/1", "operation/1", "operation/1"),
        ("application/:id", "application/:id", "applications/:id"),
    ],
)
def test_links_go_by_id_then_by_names_and_at_first_in_the_plural(path, named, plural):
    assert [href(path, 1.6), href(path, 1.5), href(path, 1.1), href(path, 1.0)] == [path, named, named, plural]


def test_a_link_to_an_application_that_is_gone_stays_as_it_is():
    path = f"application/{APPLICATION_ID}/aliases"

    assert href(path, 1.5, known=False) == path


def test_the_name_of_an_application_is_looked_up_once():
    asked = []

    def find(application_id):
        asked.append(application_id)
        return "test", "web"

    links = {str(number): link(f"application/{APPLICATION_ID}/{number}") for number in range(3)}
    shown_in(1.5, "things", [{"links": links}, {"links": links}], None, Names(find))

    assert asked == [APPLICATION_ID]


@given(
    st.sampled_from(OLDER),
    st.sampled_from(["thing", "things", "boolean", "descriptor", ""]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    ).filter(lambda tree: not isinstance(tree, list)),
)
def test_what_no_step_knows_passes_through(version, kind, data):
    before = copy.deepcopy(data)
    if isinstance(data, dict):
        data.pop("links", None)
        before.pop("links", None)

    assert shown_in(version, kind, data, None, names()) == before


APPLICATION = {
    "id": APPLICATION_ID,
    "name": "web",
    "domain_id": "test",
    "ha": True,
    "aliases": [{"id": "www.foo.com", "links": {"GET": link(f"application/{APPLICATION_ID}/alias/www.foo.com")}}],
    "members": [{"id": "1", "links": {}}],
    "initial_git_url": None,
    "cartridges": [
        {"name": "php-5.4", "type": "standalone", "current_scale": 1, "properties": []},
        {"name": "mysql-5.5", "type": "embedded", "current_scale": 1, "properties": [{"name": "u", "value": "x"}]},
    ],
    "links": {
        "GET": link(f"application/{APPLICATION_ID}"),
        "ADD_CARTRIDGE": link(
            f"application/{APPLICATION_ID}/cartridges", "POST", ("name",), ("gear_size", "url", "scales_from")
        ),
        "LIST_MEMBERS": link(f"application/{APPLICATION_ID}/members"),
        "MAKE_HA": link(f"application/{APPLICATION_ID}/events", "POST", ("event",)),
    },
}


@pytest.mark.parametrize("data", [["a", 1, None], [], "text", True, [["a"]]])
def test_what_is_no_object_passes_through(data):
    assert shown_in(1.0, "things", data, None, names()) == data


def test_nothing_that_is_given_is_changed():
    given_data = copy.deepcopy(APPLICATION)

    for version in OLDER:
        shown_in(version, "application", given_data, None, names())

    assert given_data == APPLICATION


def test_without_links_there_are_none_in_older_versions_either():
    bare = {name: value for name, value in APPLICATION.items() if name != "links"}

    for version in OLDER:
        assert "links" not in shown_in(version, "application", bare, None, names())


def test_adding_a_cartridge_has_the_parameters_of_its_time():
    def parameters(version):
        shown = shown_in(version, "application", APPLICATION, None, names())["links"]["ADD_CARTRIDGE"]
        return tuple([each["name"] for each in shown[kind]] for kind in ("required_params", "optional_params"))

    assert parameters(1.4) == (["name"], ["gear_size", "url", "scales_from"])
    assert parameters(1.3) == (["name"], ["scales_from"])
    assert parameters(1.0) == (["cartridge"], ["scales_from"])


def test_the_oldest_version_has_values_of_cartridges_by_name_and_no_web_framework_among_them():
    shown = shown_in(1.0, "application", APPLICATION, None, names())

    assert shown["cartridges"] == [
        {"name": "mysql-5.5", "type": "embedded", "properties": {"u": "x"}, "status_messages": None}
    ]


@pytest.mark.parametrize("kind", ["domain", "team"])
def test_members_are_changed_by_post_until_1_5(kind):
    data = {"id": "1", "name": "test", "links": {"UPDATE_MEMBERS": link("domain/test/members", "PATCH")}}

    def verb(version):
        return shown_in(version, kind, data, None, names())["links"]["UPDATE_MEMBERS"]["method"]

    assert (verb(1.6), verb(1.5)) == ("PATCH", "POST")


def test_a_domain_has_no_links_to_members_before_1_3():
    data = {
        "id": "1",
        "name": "test",
        "members": [],
        "links": {name: link("domain/test/members") for name in ("GET", "LIST_MEMBERS", "UPDATE_MEMBERS", "LEAVE")},
    }

    assert set(shown_in(1.3, "domain", data, None, names())["links"]) == set(data["links"])
    assert set(shown_in(1.2, "domain", data, None, names())["links"]) == {"GET"}


def test_tokens_are_in_the_entry_from_1_2_on():
    entry = {"LIST_AUTHORIZATIONS": link("user/authorizations"), "API": link("api")}

    assert set(shown_in(1.2, "links", entry, None, names())) == set(entry)
    assert set(shown_in(1.1, "links", entry, None, names())) == {"API"}


def test_templates_of_the_entry_are_the_same_in_every_version():
    entry = {"SHOW_DOMAIN": link("domain/:name", required=(":name",))}

    assert shown_in(1.0, "links", entry, None, names()) == entry


@pytest.mark.parametrize(
    ("version", "method", "codes", "status"),
    [(1.3, "DELETE", [128], 400), (1.4, "DELETE", [128], 422), (1.3, "PUT", [128], 422), (1.0, "DELETE", [1], 422)],
)
def test_to_delete_a_domain_with_applications_was_a_bad_request(version, method, codes, status):
    assert older_status(version, method, 422, codes) == status


def test_a_result_had_its_name_as_field():
    message = {"severity": "result", "text": "x", "exit_code": 0, "field": None, "index": None}

    assert older_messages(1.6, [message]) == [message]
    assert older_messages(1.5, [message]) == [{**message, "field": "result"}]
