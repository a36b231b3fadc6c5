"""The settings of an application changed, its descriptor, and whether its name is in DNS."""

from dataclasses import replace

import pytest

from broker.api.factory import make_wsgi_app
from broker.interfaces import RemoteDnsUnavailable

APPLICATION = "/broker/rest/domain/test/application/testha"
SETTINGS = ("auto_deploy", "deployment_branch", "keep_deployments", "deployment_type")
NOTHING = (
    "You must specify at least one of the following for an update:"
    " auto_deploy, deployment_branch, keep_deployments and/or deployment_type"
)


def info(text):
    return [{"severity": "info", "text": text, "exit_code": 0, "field": None, "index": None}]


def error(text, exit_code, field=None):
    return [{"severity": "error", "text": text, "exit_code": exit_code, "field": field, "index": None}]


def settings(answer):
    return {name: answer.data[name] for name in SETTINGS}


USUAL = {"auto_deploy": True, "deployment_branch": "master", "keep_deployments": 1, "deployment_type": "git"}


@pytest.mark.parametrize(
    "given",
    [
        {"auto_deploy": False},
        {"auto_deploy": "FALSE"},
        {"deployment_branch": "stable"},
        {"keep_deployments": 7},
        {"keep_deployments": "1000"},
        {"deployment_type": "binary"},
        {"auto_deploy": False, "deployment_branch": "b", "keep_deployments": 2, "deployment_type": "binary"},
        {"name": "other", "keep_deployments": 3, "deployment_branch": None, "deployment_type": " "},
    ],
)
def test_only_what_is_given_changes(testha, given):
    before = testha("GET", APPLICATION)

    done = testha("PUT", APPLICATION, json_body=given)

    expected = {name: given[name] for name in SETTINGS if given.get(name) not in {None, " "}}
    if "auto_deploy" in expected:
        expected["auto_deploy"] = False
    if "keep_deployments" in expected:
        expected["keep_deployments"] = int(expected["keep_deployments"])
    assert (done.status, done.body["type"]) == (200, "application")
    assert done.body["messages"] == info("Application testha was updated.")
    assert done.data == {**before.data, **expected}
    assert settings(testha("GET", APPLICATION)) == {**USUAL, **expected}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, error(NOTHING, 1)),
        ({"name": "other", "deployment_branch": ""}, error(NOTHING, 1)),
        (
            {"deployment_type": "svn"},
            error("Invalid deployment type: svn. Acceptable values are: git, binary", 1, "deployment_type"),
        ),
        *(
            (
                {"keep_deployments": value},
                error(
                    f"Invalid number of deployments to keep: {value}."
                    " Keep deployments must be greater than 0 and no greater than 1000.",
                    1,
                    "keep_deployments",
                ),
            )
            for value in (0, -1, 1001, "abc", 1.5)
        ),
        (
            {"deployment_branch": "b" * 257},
            error(
                f"Invalid deployment_branch: {'b' * 100}. Deployment branches are limited to 256 characters",
                1,
                "deployment_branch",
            ),
        ),
        (
            {"deployment_branch": "a..b"},
            error(
                "Invalid application configuration: [deployment_branch 'a..b' is no git branch]", 1, "deployment_branch"
            ),
        ),
        ({"auto_deploy": "maybe"}, error("Invalid value 'maybe'. Valid options: [true, false]", 167)),
        ({"auto_deploy": ""}, error("Invalid value ''. Valid options: [true, false]", 167)),
    ],
)
def test_what_is_no_setting_is_refused_and_nothing_changes(testha, given, expected):
    refused = testha("PUT", APPLICATION, json_body=given)

    assert (refused.status, refused.body["messages"]) == (422, expected)
    assert settings(testha("GET", APPLICATION)) == USUAL


def test_an_update_shows_cartridges_where_they_are_asked_for(testha):
    done = testha("PUT", f"{APPLICATION}?include=cartridges", "keep_deployments=2")

    assert [each["name"] for each in done.data["cartridges"]] == ["ruby-1.9", "haproxy-1.4"]


def test_an_update_is_an_operation_and_needs_that_nothing_has_changed_where_it_says_so(testha):
    seen = testha("GET", APPLICATION).headers["ETag"]
    conditional = replace(testha, headers={"If-Match": seen})

    done = conditional("PUT", APPLICATION, "keep_deployments=2")
    refused = conditional("PUT", APPLICATION, "keep_deployments=3")

    last = testha("GET", f"{APPLICATION}/operations").data[0]
    assert (done.status, refused.status) == (200, 412)
    assert (last["kind"], last["state"], last["wish"]) == ("update_application", "completed", {"keep_deployments": 2})


def test_who_does_not_see_the_application_cannot_change_it(world, testha):
    for method, below in (("PUT", ""), ("GET", "/descriptor"), ("GET", "/dns_resolvable")):
        refused = world.other(method, f"{APPLICATION}{below}", "keep_deployments=2" if method == "PUT" else None)
        assert (refused.status, refused.first["exit_code"]) == (404, 127)


def test_the_descriptor_is_one_text_of_yaml(testha):
    shown = testha("GET", f"{APPLICATION}/descriptor")

    assert (shown.status, shown.body["type"]) == (200, "descriptor")
    assert shown.data == "---\nName: testha\nRequires:\n- ruby-1.9\n- haproxy-1.4\n"
    assert shown.body["messages"] == info("Show descriptor for application 'testha' for domain 'test'")


def test_the_descriptor_has_what_the_owner_wants_of_gear_groups(testha):
    testha("PUT", f"{APPLICATION}/cartridge/ruby-1.9", "scales_from=2&scales_to=5")

    shown = testha("GET", f"{APPLICATION}/descriptor")

    overrides = "Group-Overrides:\n- components:\n  - ruby-1.9\n  - haproxy-1.4\n  min_gears: 2\n  max_gears: 5\n"
    assert shown.data == f"---\nName: testha\nRequires:\n- ruby-1.9\n- haproxy-1.4\n{overrides}"


def test_the_descriptor_is_the_same_as_xml(testha):
    shown = testha.send("GET", f"{APPLICATION}/descriptor.xml")

    assert b"<descriptor>---\nName: testha\n" in shown.data


def test_the_plural_by_id_has_no_descriptor(testha):
    application_id = testha("GET", APPLICATION).data["id"]

    assert testha("GET", f"/broker/rest/applications/{application_id}/descriptor").status == 404
    assert testha("GET", f"/broker/rest/application/{application_id}/descriptor").status == 200
    assert testha("GET", "/broker/rest/domains/test/applications/testha/descriptor").status == 200


def test_the_name_of_an_application_is_in_dns(testha):
    shown = testha("GET", f"{APPLICATION}/dns_resolvable")

    assert (shown.status, shown.body["type"], shown.data) == (200, "boolean", True)
    assert shown.body["messages"] == info("Resolved DNS testha-test.example.com")


class _Server:
    """A DNS server beside the broker that has these records, or does not answer."""

    def __init__(self, records):
        self._records = records

    def lookup(self, name):
        if self._records is None:
            raise RemoteDnsUnavailable("The DNS server 192.0.2.1:53 knows no key our-key of this algorithm (BADKEY).")
        return self._records.get(name, ())


def beside(world, records):
    platform = replace(world.embedded.platform, remote_dns=_Server(records))
    return replace(world.demo, wsgi_app=make_wsgi_app(platform, world.options))


@pytest.mark.parametrize(
    ("records", "reason"),
    [({}, "the DNS server does not have it yet"), (None, "the DNS server does not answer")],
)
def test_a_name_that_the_dns_server_does_not_give_is_said_with_the_reason(world, testha, records, reason):
    refused = beside(world, records)("GET", f"{APPLICATION}/dns_resolvable")

    assert (refused.status, refused.body["type"], refused.data) == (404, None, None)
    assert refused.body["messages"] == error(f"Could not resolve DNS testha-test.example.com: {reason}", 170)


def test_a_dns_server_beside_the_broker_is_asked_itself(world, testha):
    client = beside(world, {"testha-test.example.com": (("CNAME", "node-a1.example.com."),)})

    assert client("GET", f"{APPLICATION}/dns_resolvable").data is True


def test_a_name_that_is_nowhere_is_said_so(world, testha):
    with world.embedded.platform.unit_of_work() as work:
        work.names.remove(["testha-test.example.com"])
        work.commit()

    refused = testha("GET", f"{APPLICATION}/dns_resolvable")

    text = "Could not resolve DNS testha-test.example.com: there is no such name"
    assert (refused.status, refused.body["messages"]) == (404, error(text, 170))
