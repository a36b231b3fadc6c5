"""The description of the interface to be browsed: complete, with links that lead somewhere and examples that run."""

import re

import pytest
from api.conftest import QUICK_HASH, Client
from api.test_pages_api import Page, send_curl

from broker.api.curl import curl_line
from broker.api.examples import BODIES
from broker.api.openapi import Description
from broker.api.options import ApiOptions
from broker.api.paths import PREFIX
from broker.api.reference import Kind, chapters_of, kind_of, reference_page, shapes_of
from broker.api.urls import urls
from broker.usecases.accounts import change_user, create_user

DESCRIPTION = Description(urls(), ApiOptions(version="1.2.3"))
ENTRIES = [entry for chapter in chapters_of(DESCRIPTION) for entry in chapter.entries]


def test_every_resource_has_one_entry_with_all_its_paths():
    paths = {(entry.method, path) for entry in ENTRIES for path in (entry.path, *entry.others)}
    documented = {
        (method.upper(), path) for path, methods in DESCRIPTION.document["paths"].items() for method in methods
    }

    assert paths == documented
    assert len(ENTRIES) == len(DESCRIPTION.urls)


def test_an_entry_is_found_by_its_method_and_path():
    anchors = [entry.anchor for entry in ENTRIES]

    assert len(anchors) == len(set(anchors))
    assert {"get-api", "post-applications", "delete-application-application_id"} <= set(anchors)
    assert all(re.fullmatch(r"[\w.-]+", anchor) for anchor in anchors)


def test_every_link_of_the_page_leads_to_a_place_on_it():
    page = Page(reference_page(DESCRIPTION))
    ids = {attributes.get("id") for _, attributes in page.tags}

    assert page.wrong == []
    assert {each for each in page.hrefs if each.startswith("#") and each[1:] not in ids} == set()


def test_every_field_has_a_type_and_statuses_are_in_order():
    for entry in ENTRIES:
        assert all(field.kind.words or field.kind.shape for field in entry.fields), entry.path
        assert [status for status, _ in entry.statuses] == sorted(status for status, _ in entry.statuses)
    for shape in shapes_of(DESCRIPTION.document):
        assert shape.description or shape.name in {"Link", "Message"}
        assert shape.fields, shape.name
        assert all(field.kind.words or field.kind.shape for field in shape.fields), shape.name


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, Kind("string")),
        ({"type": ["string", "null"]}, Kind("string or null")),
        ({"type": "array"}, Kind("list")),
        ({"type": "array", "items": {"type": "string"}}, Kind("list of string")),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Gear"}}, Kind("list of ", "Gear")),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, Kind("by name: integer")),
        ({"$ref": "#/components/schemas/Gear"}, Kind("", "Gear")),
        ({"anyOf": [{"$ref": "#/components/schemas/Gear"}, {"type": "null"}]}, Kind("Gear or null")),
        ({"enum": ["a", "b"]}, Kind("string")),
        ({}, Kind("anything")),
    ],
)
def test_a_type_is_told_in_words(schema, kind):
    assert kind_of(schema) == kind


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        (("GET", "http://b/x"), "curl -u me http://b/x"),
        (("POST", "http://b/x", [("a", "b c")]), "curl -u me -d 'a=b c' http://b/x"),
        (("POST", "http://b/x"), "curl -u me -X POST http://b/x"),
        (("PUT", "http://b/x", [("a[]", "1")]), "curl -u me -X PUT -d 'a[]=1' http://b/x"),
        (("PUT", "http://b/x", [("a", "@f")]), "curl -u me -X PUT --data-urlencode a@f http://b/x"),
        (("DELETE", "http://b/$(x)"), "curl -u me -X DELETE 'http://b/$(x)'"),
    ],
)
def test_a_request_is_a_line_for_a_shell(request_, line):
    assert curl_line(*request_, login="me") == line


def test_everything_that_takes_a_body_has_an_example():
    taking = {f"{url.method} {url.paths.current[0]}" for url in DESCRIPTION.urls if url.form and url.changes}

    assert {each for each in taking if not each.startswith("DELETE")} == set(BODIES)


def test_the_examples_run(world):
    """In their order, each on what those before it have made."""
    platform = world.embedded.platform
    for login in ("me", "colleague"):
        create_user(platform, login)
        change_user(platform, login, password_hash=QUICK_HASH, max_teams=2)
    me, things = Client(world.wsgi_app, ("me", "password")), {"key_name": "laptop", "domain_id": "mydomain"}
    examples = {f"{entry.method} {entry.path}": entry.example for entry in ENTRIES}
    for request, body in BODIES.items():
        if any(value == "cancel" or value.startswith("@") for _, value in body):
            continue  # nothing is under way that could be cancelled, and there is no file
        line = examples[request.replace("<", "{").replace(">", "}")]
        for name, value in things.items():
            line = line.replace(f"/{name.upper()}", f"/{value}")

        answered = send_curl(me, line)

        assert answered.status in {200, 201}, (line, answered.texts)
        things |= named(me, request, answered.data)


def named(me: Client, request: str, data) -> dict[str, str]:
    """What later examples name of what this one has made."""
    match request:
        case "POST /user/authorizations":
            return {"authorization": data["id"]}
        case "PUT /domain/<domain_id>":
            return {"domain_id": data["name"]}
        case "POST /teams":
            return {"team_id": data["id"]}
        case "POST /domain/<domain_id>/members" | "POST /team/<team_id>/members":
            members = data if isinstance(data, list) else [data]
            return {"member_id": next(each["id"] for each in members if each["login"] == "colleague")}
        case "POST /applications":
            groups = me("GET", f"{PREFIX}/application/{data['id']}/gear_groups").data
            return {
                "application_id": data["id"],
                "cartridge_name": "php-5.4",
                "gear_id": groups[0]["gears"][0]["id"],
                "alias": "www.example.org",
                "name": "STAGE",
            }
    return {}
