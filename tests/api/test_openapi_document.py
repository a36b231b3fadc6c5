import re

import jsonschema_rs
from flask import Flask
from schemathesis.specs.openapi.definitions import OPENAPI_31


def document(world):
    return world.nobody.send("GET", "/broker/rest/openapi.json").get_json()


def test_every_resource_of_the_application_is_described(world):
    described = {
        (method.upper(), re.sub(r"[{](\w+)[}]", r"<\1>", path).removesuffix(".json"))
        for path, methods in document(world)["paths"].items()
        for method in methods
    }

    assert described == served(world.wsgi_app)


def served(wsgi_app: Flask):
    pages = {"/", "/broker/rest", "/reference"}
    return {
        (method, rule.rule)
        for rule in wsgi_app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule not in pages
    }


def test_every_reference_leads_somewhere(world):
    whole = document(world)
    text = str(whole)

    names = set(re.findall(r"#/components/schemas/(\w+)", text))
    assert names <= set(whole["components"]["schemas"])


def test_every_operation_has_an_id_of_its_own(world):
    ids = [operation["operationId"] for methods in document(world)["paths"].values() for operation in methods.values()]

    assert len(ids) == len(set(ids))


def test_every_capture_of_a_path_is_a_parameter(world):
    for path, methods in document(world)["paths"].items():
        for operation in methods.values():
            captures = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
            assert captures == set(re.findall(r"{(\w+)}", path)), path


def test_a_body_may_be_a_form_or_json(world):
    event = document(world)["paths"]["/domain/{domain_id}/application/{application_name}/events"]["post"]

    assert set(event["requestBody"]["content"]) == {"application/json", "application/x-www-form-urlencoded"}


def test_what_needs_a_login_says_so_and_says_401(world):
    paths = document(world)["paths"]

    assert paths["/user"]["get"]["security"] == [{"basic": []}, {"bearer": []}]
    assert "401" in paths["/user"]["get"]["responses"]
    assert paths["/api"]["get"]["security"] == []
    assert "401" not in paths["/api"]["get"]["responses"]


def test_what_an_application_shows_is_what_the_document_says_it_shows(world, testha):
    shown = testha("GET", "/applications/testha?include=cartridges")
    schemas = document(world)["components"]["schemas"]

    assert set(shown.data) == set(schemas["Application"]["properties"])
    # What says nothing of a cartridge is left out.
    unsaid = {"obsolete", "requires", "url"}
    assert set(shown.data["cartridges"][0]) == set(schemas["Cartridge"]["properties"]) - unsaid


def test_whatever_uses_the_database_may_find_it_away_or_full(world):
    for path, methods in document(world)["paths"].items():
        for method, operation in methods.items():
            told = {"503", "507"} <= set(operation["responses"])
            assert told == bool(operation["security"]), (method, path)


def test_the_lists_of_operations_say_how_long_a_page_is_and_where_the_next_one_is(world, testha):
    paths = document(world)["paths"]
    lists = [paths["/operations"]["get"], paths["/application/{application_id}/operations"]["get"]]

    for each in lists:
        (limit,) = (parameter for parameter in each["parameters"] if parameter["name"] == "limit")
        assert (limit["schema"]["minimum"], limit["schema"]["maximum"], limit["schema"]["default"]) == (1, 500, 50)
        assert "Link" in each["responses"]["200"]["headers"]
    assert 'rel="next"' in testha("GET", "/operations?limit=1").headers["Link"]
    assert [testha("GET", f"/operations?limit={limit}").status for limit in (0, 1, 500, 501)] == [422, 200, 200, 422]


def test_only_what_has_pages_has_the_header_of_the_next_one(world):
    having = {
        path
        for path, methods in document(world)["paths"].items()
        for operation in methods.values()
        if "Link" in operation["responses"].get("200", {}).get("headers", {})
    }

    assert {path.rpartition("/")[2] for path in having} == {"applications", "authorizations", "operations"}


def operations(whole):
    return [operation for methods in whole["paths"].values() for operation in methods.values()]


def test_the_document_is_what_openapi_3_1_says_a_document_is(world):
    whole = document(world)

    assert whole["openapi"] == "3.1.0"
    assert [error.message for error in jsonschema_rs.validator_for(OPENAPI_31).iter_errors(whole)] == []


def test_every_subject_says_what_is_there_and_something_is_there(world):
    whole = document(world)
    subjects = {tag["name"]: tag["description"] for tag in whole["tags"]}

    assert {name for operation in operations(whole) for name in operation["tags"]} == set(subjects)
    assert all(text.endswith(".") for text in subjects.values())


def test_every_parameter_has_a_type_and_says_what_it_means(world):
    whole = document(world)

    for operation in operations(whole):
        for each in operation["parameters"]:
            assert each["schema"].get("type"), (operation["operationId"], each["name"])
            assert each["description"], (operation["operationId"], each["name"])
        for content in operation.get("requestBody", {}).get("content", {}).values():
            name = content["schema"]["$ref"].rpartition("/")[2]
            for field, described in whole["components"]["schemas"][name]["properties"].items():
                assert described["description"], (name, field)


def test_every_field_of_a_schema_has_a_type_and_every_schema_says_what_it_is(world):
    ours = {"Link", "Message", "Problem", "Refusal"}
    for name, schema in document(world)["components"]["schemas"].items():
        assert name in ours or schema["description"], name
        for field, described in schema["properties"].items():
            assert {"type", "$ref", "enum", "allOf", "anyOf"} & set(described), (name, field)


def test_both_ways_to_log_in_are_described(world):
    schemes = document(world)["components"]["securitySchemes"]

    assert {name: scheme["scheme"] for name, scheme in schemes.items()} == {"basic": "basic", "bearer": "bearer"}
    assert all(scheme["description"] for scheme in schemes.values())


def test_pages_are_described_as_pages(world):
    shown = document(world)["paths"]["/console"]["get"]["responses"]

    assert set(shown["200"]["content"]) == {"text/html"}
    assert "text/html" in shown["422"]["content"]
    assert "text/html" not in document(world)["paths"]["/user"]["get"]["responses"]["403"]["content"]
