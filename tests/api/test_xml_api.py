from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from broker.api.factory import ApiOptions, make_wsgi_app

XML = "application/xml; charset=utf-8"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<response><api-version>1.7</api-version><version>1.7</version>'
VERSIONS = "".join(f"<supported-api-version>1.{minor}</supported-api-version>" for minor in range(8))
SUPPORTED = f"<supported-api-versions>{VERSIONS}</supported-api-versions>"
BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE bomb [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">
<!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;"><!ENTITY g SYSTEM "file:///etc/passwd">]>
<domain><name>&f;&g;</name></domain>"""


def asked(client, method, path, accept="application/xml", **request):
    client.headers = {"Accept": accept}
    return client.send(method, f"/broker/rest{path}", **request)


def read(response):
    assert response.headers["Content-Type"] == XML
    return ET.fromstring(response.text)  # noqa: S314 our own


def test_the_environment_as_xml_letter_by_letter(world):
    shown = asked(world.nobody, "GET", "/environment")

    assert (shown.status_code, shown.headers["Content-Type"]) == (200, XML)
    enabled = world.nobody.wsgi_app.test_client().get("/environment").json["data"]["download_cartridges_enabled"]
    assert shown.text == (
        f"{HEAD}{SUPPORTED}<status>ok</status><type>environment</type><data><environment>"
        f"<domain-suffix>example.com</domain-suffix>"
        f"<download-cartridges-enabled>{str(enabled).lower()}</download-cartridges-enabled></environment></data>"
        "<messages><message><severity>info</severity><text>Showing broker environment</text><exit-code>0</exit-code>"
        '<field nil="true"/><index nil="true"/></message></messages></response>\n'
    )


def test_one_thing_and_many_things_are_both_inside_the_data(demo):
    one = read(asked(demo, "GET", "/domain/test"))
    many = read(asked(demo, "GET", "/domains"))

    assert [each.tag for each in one.find("data")] == [each.tag for each in many.find("data")] == ["domain"]
    assert one.findtext("data/domain/name") == many.findtext("data/domain/name") == "test"
    assert one.findtext("data/domain/allowed-gear-sizes/allowed-gear-size") == "small"


def test_the_entry_names_its_links_with_hyphens(world):
    entry = read(asked(world.nobody, "GET", "/api"))

    assert entry.findtext("data/datum/LIST-DOMAINS/href") == "http://localhost/broker/rest/domains"
    (name,) = entry.findall("data/datum/ADD-DOMAIN/required-params/required-param")
    assert name.findtext("name") == "name"


def test_an_application_has_its_gears_endpoints_and_flags_as_xml(testha):
    application = read(asked(testha, "GET", "/application/testha")).find("data/application")
    gear = read(asked(testha, "GET", "/application/testha/gear_groups?include=endpoints")).find(
        "data/gear-group/gears/gear"
    )

    assert (application.findtext("scalable"), application.findtext("ha")) == ("true", "false")
    assert application.findtext("gear-count") == "1"
    assert application.find("embedded/haproxy-1.4") is not None
    assert application.find("build-job-url").attrib == {"nil": "true"}
    assert gear.findtext("endpoints/endpoint/types/type") == "web_framework"
    assert gear.findtext("endpoints/endpoint/protocols/protocol") == "http"


@pytest.mark.parametrize("path", ["/user.xml", "/user"])
def test_the_suffix_asks_for_xml_as_the_header_does(world, path):
    accept = "application/json" if path.endswith("xml") else "application/xml"

    assert read(asked(world.demo, "GET", path, accept)).findtext("data/user/login") == "demo"


def test_json_is_sent_where_both_are_named_and_json_first(world):
    assert asked(world.nobody, "GET", "/api", "application/json, application/xml").json["type"] == "links"


def test_a_thing_is_made_and_taken_away_in_xml(demo):
    made = read(asked(demo, "POST", "/domains", data="name=other"))
    gone = read(asked(demo, "DELETE", "/domain/other"))

    assert (made.findtext("status"), made.findtext("data/domain/name")) == ("created", "other")
    assert (gone.findtext("status"), gone.find("data").attrib) == ("ok", {"nil": "true"})
    assert gone.findtext("messages/message/text") == "Domain other deleted."


@pytest.mark.parametrize(
    ("method", "path", "status", "name", "code"),
    [
        ("GET", "/domain/missing", 404, "not_found", "127"),
        ("GET", "/nothing/at/all", 404, "not_found", "1"),
        ("DELETE", "/api", 405, "method_not_allowed", "1"),
        ("POST", "/domains", 422, "unprocessable_entity", "106"),
        ("GET", "/domains?owner=x", 400, "bad_request", None),
    ],
)
def test_a_refusal_is_xml_too(world, method, path, status, name, code):
    refused = asked(world.demo, method, path)

    document = read(refused)
    assert (refused.status_code, document.findtext("status")) == (status, name)
    assert document.find("data").attrib == {"nil": "true"}
    first = document.find("messages/message")
    assert (first.findtext("severity"), first.findtext("exit-code") or None) == ("error", code)


def test_a_fault_of_the_brokers_is_xml_too(world):
    def broken():
        raise ZeroDivisionError

    wsgi_app = make_wsgi_app(replace(world.embedded.platform, reading=broken), ApiOptions())

    failed = asked(replace(world.demo, wsgi_app=wsgi_app), "GET", "/user")

    assert failed.status_code == 500
    assert "Reference ID: " in read(failed).findtext("messages/message/text")


def test_who_takes_only_xml_is_told_in_xml_that_a_version_does_not_exist(world):
    refused = asked(world.nobody, "GET", "/api", "application/xml;version=9")

    assert (refused.status_code, read(refused).findtext("status")) == (406, "not_acceptable")


def test_a_version_that_does_not_exist_is_refused_in_json_to_who_takes_both(world):
    refused = asked(world.nobody, "GET", "/api", "application/xml;version=9, */*;q=0.1")

    assert (refused.status_code, refused.json["status"]) == (406, "not_acceptable")


@pytest.mark.parametrize("suffix", ["yml", "yaml", "xhtml"])
def test_no_other_suffix_is_offered(world, suffix):
    refused = asked(world.nobody, "GET", f"/api.{suffix}", "*/*")

    assert (refused.status_code, refused.json["messages"][0]["text"]) == (
        406,
        f"The format '{suffix}' is not offered. Leave the suffix out, or use .json or .xml.",
    )


def test_the_description_of_the_interface_is_json_only(world):
    assert asked(world.nobody, "GET", "/openapi.xml", "*/*").status_code == 406
    assert asked(world.nobody, "GET", "/openapi.json").status_code == 200


def test_without_a_login_xml_clients_are_challenged_in_plain_text_as_all_are(world):
    response = asked(world.nobody, "GET", "/user")

    assert (response.status_code, response.mimetype) == (401, "text/plain")
    assert response.headers["WWW-Authenticate"] == 'Basic realm="gearbroker"'


def test_characters_that_xml_cannot_hold_do_not_break_it(testha):
    body = {"name": "STRANGE", "value": "a\u0001<b>&\r\n\U0001f600"}
    testha.headers = {}
    assert testha("POST", "/broker/rest/application/testha/environment-variables", json_body=body).status == 201

    shown = read(asked(testha, "GET", "/application/testha/environment-variable/STRANGE"))

    assert shown.findtext("data/environment-variable/value") == "a\ufffd<b>&\r\n\U0001f600"


@pytest.mark.parametrize("kind", ["application/xml", "text/xml", "application/xml; charset=utf-8"])
@pytest.mark.parametrize("body", [BOMB, b"<domain><name>test</name></domain>", b"<not <even <xml"])
def test_a_body_in_xml_is_refused_unread_whatever_is_in_it(world, kind, body):
    refused = asked(world.demo, "POST", "/domains", "*/*", data=body, content_type=kind)

    assert refused.status_code == 415
    assert refused.json["messages"][0]["text"].startswith("The body must be application/json or ")
    assert b"root:" not in refused.data
    assert b"aaaa" not in refused.data
    assert asked(world.demo, "GET", "/domains", "*/*").json["data"] == []
