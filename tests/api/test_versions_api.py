"""Answers in the older versions 1.0 to 1.6, whole where they differ."""

import re
from xml.etree import ElementTree as ET

import pytest

BASE = "http://localhost/broker/rest"
OLDER = ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6"]
FOO = "www.foo.com"


def asked(client, version, method, path, form=None):
    client.headers = {"Accept": f"application/json;version={version}"}
    answer = client(method, f"/broker/rest{path}", form)
    assert (answer.body["api_version"], answer.body["version"]) == (float(version), version)
    return answer


def brief(links):
    """Each link as its method, path and required parameters."""
    return {
        name: " ".join(
            [link["method"], link["href"].removeprefix(f"{BASE}/"), *(each["name"] for each in link["required_params"])]
        )
        for name, link in links.items()
    }


@pytest.fixture
def aliased(testha):
    """The application `testha` with an alias."""
    assert testha("POST", "/broker/rest/application/testha/aliases", f"id={FOO}").status == 201
    return testha


def test_an_application_in_1_0_whole(aliased):
    newest = asked(aliased, "1.7", "GET", "/domains/test/applications/testha").data
    shown = asked(aliased, "1.0", "GET", "/domains/test/applications/testha").data

    links = brief(shown.pop("links"))
    application_id = newest["id"]
    assert shown == {
        "uuid": application_id,
        "name": "testha",
        "domain_id": "test",
        "creation_time": newest["creation_time"],
        "framework": "ruby-1.9",
        "embedded": newest["embedded"],
        "scalable": True,
        "gear_count": 1,
        "gear_profile": "small",
        "app_url": "http://testha-test.example.com/",
        "git_url": f"ssh://{application_id}@testha-test.example.com/~/git/testha.git/",
        "ssh_url": f"ssh://{application_id}@testha-test.example.com",
        "health_check_path": "health",
        "aliases": [FOO],
        "scale_min": 1,
        "scale_max": -1,
        "building_with": None,
        "building_app": None,
        "build_job_url": None,
        "auto_deploy": True,
        "deployment_branch": "master",
        "keep_deployments": 1,
        "deployment_type": "git",
    }
    path = "domains/test/applications/testha"
    assert links["GET"] == f"GET {path}"
    assert links["GET_GEARS"] == f"GET {path}/gears"
    assert links["ADD_ALIAS"] == links["REMOVE_ALIAS"] == f"POST {path}/events event alias"
    assert not {"MAKE_HA", "DISABLE_HA", "LIST_ALIASES", "LIST_MEMBERS", "ADD_ENVIRONMENT_VARIABLE"} & set(links)


def test_an_application_between_1_1_and_1_6(aliased):
    def shown(version):
        return asked(aliased, version, "GET", "/application/testha").data

    newest = shown("1.7")
    assert {**shown("1.6"), "links": None} == {**newest, "links": None}
    since = {
        name: [version for version in OLDER if name in shown(version)]
        for name in ("id", "uuid", "ha", "members", "initial_git_url", "scale_min", "scale_max")
    }
    assert since == {
        "id": ["1.6"],
        "uuid": ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5"],
        "ha": ["1.6"],
        "members": ["1.4", "1.5", "1.6"],
        "initial_git_url": ["1.1", "1.2", "1.3", "1.4", "1.5", "1.6"],
        "scale_min": ["1.0"],
        "scale_max": ["1.0"],
    }
    assert [shown(version)["aliases"] for version in ("1.0", "1.3")] == [[FOO], [FOO]]
    (alias,) = shown("1.4")["aliases"]
    assert (alias["id"], alias["links"]["DELETE"]["href"]) == (
        FOO,
        f"{BASE}/domain/test/application/testha/alias/{FOO}",
    )


def test_the_links_of_an_application_in_each_version(aliased):
    links = {version: brief(asked(aliased, version, "GET", "/application/testha").data["links"]) for version in OLDER}
    application_id = asked(aliased, "1.7", "GET", "/application/testha").data["id"]

    for version in ("1.1", "1.2", "1.3", "1.4", "1.5"):
        paths = {link.split()[1] for link in links[version].values()}
        assert all(path.startswith("domain/test/application/testha") for path in paths), version
    assert links["1.6"]["GET"] == f"GET application/{application_id}"
    events = "POST domain/test/application/testha/events event alias"
    assert links["1.3"]["ADD_ALIAS"] == links["1.3"]["REMOVE_ALIAS"] == events
    assert links["1.4"]["ADD_ALIAS"] == "POST domain/test/application/testha/aliases id"
    assert "REMOVE_ALIAS" not in links["1.4"]
    verbs = [links[version]["SET_UNSET_ENVIRONMENT_VARIABLES"].split()[0] for version in ("1.5", "1.6")]
    assert verbs == ["POST", "PATCH"]


def test_links_of_ha_come_with_1_6(testha):
    having = [
        version
        for version in OLDER
        if {"MAKE_HA", "DISABLE_HA"} <= set(asked(testha, version, "GET", "/application/testha").data["links"])
    ]

    assert having == ["1.6"]


def test_high_availability_is_made_and_kept_in_any_version(testha):
    made = asked(testha, "1.0", "POST", "/domains/test/applications/testha/events", "event=make-ha")

    assert (made.status, made.texts[0]) == (200, "Application testha is now ha")
    assert (made.data["scale_min"], made.data["scale_max"], made.data["gear_count"]) == (2, -1, 2)


@pytest.mark.parametrize("version", OLDER)
def test_every_link_of_every_version_leads_somewhere(aliased, version):
    for path in ("/domain/test", "/application/testha?include=cartridges", "/application/testha/aliases", "/user"):
        found = asked(aliased, version, "GET", path).data
        found = found if isinstance(found, list) else [found, *found.get("cartridges", ())]
        for name, link in (pair for each in found for pair in each["links"].items()):
            if link["method"] == "GET":
                response = aliased.send("GET", link["href"].removeprefix("http://localhost"))
                assert response.status_code in {200, 301}, (path, name, link["href"])


def test_nothing_that_can_be_read_breaks_in_an_older_version_or_in_xml(aliased, world):
    names = {"domain_id": "test", "application_id": "testha", "application_name": "testha", "alias": FOO}
    names |= {"cartridge_name": "ruby-1.9", "cartridge": "php-5.4", "feature": "php"}
    rules = [rule for rule in world.wsgi_app.url_map.iter_rules() if "GET" in rule.methods]
    paths = {re.sub(r"<(\w+)>", lambda found: names.get(found[1], "missing"), rule.rule) for rule in rules}

    for path in sorted(paths - {"/routing/events"}):
        for version in ("1.0", "1.3", "1.5", "1.6"):
            aliased.headers = {"Accept": f"application/xml;version={version}, */*;q=0.1"}
            answer = aliased.send("GET", path)
            assert answer.status_code < 500, (path, version, answer.text)
            if answer.mimetype == "application/xml":
                shown = ET.fromstring(answer.text)  # noqa: S314 our own
                assert shown.findtext("version") == version, path


def test_a_domain_in_each_version(aliased):
    def shown(version):
        return asked(aliased, version, "GET", "/domain/test?include=application_info").data

    rich = {"id", "suffix", "creation_time", "members", "allowed_gear_sizes", "application_count", "gear_counts"}
    newest = shown("1.7")
    assert (newest["name"], len(newest["id"])) == ("test", 24)
    assert shown("1.6") == newest
    for version in ("1.3", "1.4", "1.5"):
        assert set(shown(version)) == rich | {"links"}
        assert shown(version)["id"] == "test"
    for version in ("1.1", "1.2"):
        assert {**shown(version), "links": None} == {
            "id": "test",
            "suffix": "example.com",
            "application_count": 1,
            "links": None,
        }
    oldest = shown("1.0")
    assert {**oldest, "links": None} == {"id": "test", "suffix": "example.com", "links": None}
    assert brief(oldest["links"])["UPDATE"] == "PUT domains/test id"
    assert brief(shown("1.5")["links"])["UPDATE"] == "PUT domain/test id"
    assert brief(newest["links"])["UPDATE"] == "PUT domain/test name"


def test_an_account_in_1_0_and_after(world):
    oldest = asked(world.demo, "1.0", "GET", "/user").data

    assert set(oldest) == {
        "login",
        "consumed_gears",
        "max_gears",
        "capabilities",
        "plan_id",
        "usage_account_id",
        "links",
    }
    newest = asked(world.demo, "1.7", "GET", "/user").data
    assert {**asked(world.demo, "1.1", "GET", "/user").data, "links": None} == {**newest, "links": None}


def test_gear_groups_until_1_5(testha):
    newest = asked(testha, "1.7", "GET", "/application/testha/gear_groups?include=endpoints").data[0]
    older = asked(testha, "1.5", "GET", "/application/testha/gear_groups?include=endpoints").data[0]

    (gear,), (gear_before,) = newest.pop("gears"), older.pop("gears")
    assert older == {**{name: value for name, value in newest.items() if name != "id"}, "uuid": newest["id"]}
    assert (gear_before.pop("port_interfaces"), {"region", "zone"} & set(gear_before)) == (gear["endpoints"], set())
    assert gear_before == {name: gear[name] for name in gear if name not in {"region", "zone", "endpoints"}}


def test_the_region_of_a_gear_is_shown_from_1_6_on(testha):
    def gear(version):
        return asked(testha, version, "GET", "/application/testha/gear_groups").data[0]["gears"][0]

    assert gear("1.6") == gear("1.7")
    assert set(gear("1.6")) - set(gear("1.5")) == {"region", "zone"}


def test_a_result_is_in_the_field_result_until_1_5(testha):
    def result(version):
        messages = asked(testha, version, "GET", "/application/testha/gear_groups").body["messages"]
        return next(message for message in messages if message["severity"] == "result")

    assert (result("1.5")["field"], result("1.6")["field"]) == ("result", None)


def test_the_cartridges_of_an_application_in_each_version(testha):
    def shown(version):
        return {each["name"]: each for each in asked(testha, version, "GET", "/application/testha/cartridges").data}

    assert set(shown("1.0")) == {"haproxy-1.4"}
    oldest = shown("1.0")["haproxy-1.4"]
    assert {**oldest, "links": None} == {
        "name": "haproxy-1.4",
        "type": "embedded",
        "properties": {},
        "status_messages": None,
        "links": None,
    }
    for version in ("1.1", "1.5"):
        php = shown(version)["ruby-1.9"]
        assert php["id"] == asked(testha, "1.7", "GET", "/cartridge/ruby-1.9").data["id"]
        assert php["properties"] == []
        assert php["links"]["GET"]["href"] == f"{BASE}/domain/test/application/testha/cartridge/ruby-1.9"
    assert shown("1.6") == shown("1.7")
    assert "id" not in shown("1.7")["ruby-1.9"]


def test_the_catalogue_in_1_0(world):
    shown = asked(world.nobody, "1.0", "GET", "/cartridge/php-5.4").data

    assert shown == {"name": "php-5.4", "type": "standalone", "properties": {}, "status_messages": None}
    listed = asked(world.nobody, "1.0", "GET", "/cartridges").data
    assert {"php-5.4", "haproxy-1.4"} <= {each["name"] for each in listed}


def test_the_catalogue_shows_gear_sizes_from_1_7_on_and_what_is_obsolete_until_then(make_world):
    limits = (("php-5.4", ("small",)),)
    world = make_world(cartridge_gear_sizes=limits)

    def shown(version):
        return {each["name"]: each for each in asked(world.nobody, version, "GET", "/cartridges").data}

    assert shown("1.7")["php-5.4"]["valid_gear_sizes"] == ["small"]
    assert "valid_gear_sizes" not in shown("1.6")["php-5.4"]
    assert "ruby-1.8" not in shown("1.7")
    assert shown("1.6")["ruby-1.8"]["obsolete"] is True


@pytest.mark.parametrize("version", ["1.0", "1.3", "1.4"])
def test_until_1_4_a_delete_is_answered_without_a_body(testha, version):
    testha.headers = {"Accept": f"application/json;version={version}"}

    for path in ("/application/testha", "/domain/test"):
        response = testha.send("DELETE", f"/broker/rest{path}", data="{}", content_type="application/json")
        assert (response.status_code, response.data) == (204, b"")
        assert "Content-Type" not in response.headers


def test_from_1_5_on_a_delete_is_told(demo):
    gone = asked(demo, "1.5", "DELETE", "/domain/test")

    assert (gone.status, gone.body["status"], gone.data, gone.texts) == (200, "ok", None, ["Domain test deleted."])


def test_a_delete_that_is_repeated_under_its_key_is_answered_without_a_body_again(demo):
    demo.headers = {"Accept": "application/json;version=1.3", "Idempotency-Key": "0e03978e-40d5-43e8-bc93-6894a57f9324"}

    first = demo.send("DELETE", "/broker/rest/domain/test")
    again = demo.send("DELETE", "/broker/rest/domain/test")

    assert [(each.status_code, each.data) for each in (first, again)] == [(204, b""), (204, b"")]
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(("version", "status"), [("1.0", 400), ("1.3", 400), ("1.4", 422), ("1.7", 422)])
def test_a_domain_with_applications_is_not_deleted(testha, version, status):
    refused = asked(testha, version, "DELETE", "/domain/test")

    assert (refused.status, refused.first["exit_code"]) == (status, 128)
    assert refused.body["status"] == {400: "bad_request", 422: "unprocessable_entity"}[status]
    assert refused.texts == ["Domain contains applications. Delete applications first or set force to true."]


@pytest.mark.parametrize(("version", "field"), [("1.0", "id"), ("1.5", "id"), ("1.6", "name"), ("1.7", "name")])
def test_the_field_of_a_bad_namespace(world, version, field):
    refused = asked(world.demo, version, "POST", "/domains", "id=not-good")

    assert (refused.status, refused.first["exit_code"], refused.first["field"]) == (422, 106, field)


def test_clients_before_1_2_have_one_domain(world):
    assert asked(world.demo, "1.1", "POST", "/domains", "id=one").status == 201

    refused = asked(world.demo, "1.1", "POST", "/domains", "id=two")

    assert (refused.status, refused.first["exit_code"]) == (409, 103)
    assert refused.texts == ["You may not have more than 1 domain."]
    assert asked(world.demo, "1.2", "POST", "/domains", "id=two").status == 201
    assert asked(world.demo, "1.1", "GET", "/user").data["max_domains"] == 10


def test_the_entry_has_each_link_since_its_version(world):
    since = {"LIST_APPLICATIONS": "1.5", "LIST_APPLICATIONS_BY_OWNER": "1.5", "SHOW_APPLICATION": "1.5"}
    tokens = dict.fromkeys(("LIST_AUTHORIZATIONS", "SHOW_AUTHORIZATION", "ADD_AUTHORIZATION"), "1.2")
    newest = asked(world.nobody, "1.7", "GET", "/api").data

    for version in OLDER:
        shown = asked(world.nobody, version, "GET", "/api").data
        assert set(shown) == {name for name in newest if (since | tokens).get(name, "1.0") <= version}
        required = [each["name"] for each in shown["ADD_DOMAIN"]["required_params"]]
        optional = [each["name"] for each in shown["ADD_DOMAIN"]["optional_params"]]
        assert required == (["name"] if version == "1.6" else ["id"])
        assert optional == (["allowed_gear_sizes"] if version in {"1.5", "1.6"} else [])


def test_rhc_begins_with_1_3_and_goes_on_with_1_7(world):
    world.nobody.headers = {
        "Accept": "application/json",
        "User-Agent": "rhc/1.38.7 (ruby 2.4.6; x86_64-linux) (API [1.1])",
    }
    first = world.nobody("GET", "/broker/rest/api")
    world.nobody.headers["Accept"] = "application/json;version=1.7"
    second = world.nobody("GET", "/broker/rest/api")

    assert (first.body["api_version"], second.body["api_version"]) == (1.3, 1.7)
    assert first.body["supported_api_versions"][-1] == 1.7
    assert brief(first.data)["ADD_DOMAIN"] == "POST domains id"
    assert brief(second.data)["ADD_DOMAIN"] == "POST domains name"


def test_without_links_older_versions_have_none(testha):
    for version in OLDER:
        assert "links" not in asked(testha, version, "GET", "/application/testha?nolinks=true").data


def test_an_older_version_is_written_in_xml_as_well(aliased):
    aliased.headers = {"Accept": "application/xml;version=1.3"}

    text = aliased.send("GET", "/broker/rest/application/testha").text

    assert "<response><api-version>1.3</api-version><version>1.3</version>" in text
    assert f"<aliases><alias>{FOO}</alias></aliases>" in text
    assert re.search(r"<application><uuid>[0-9a-f]{24}</uuid>", text)


def test_lists_are_in_the_older_version_too(aliased):
    (application,) = asked(aliased, "1.3", "GET", "/domain/test/applications").data
    (domain,) = asked(aliased, "1.5", "GET", "/domains").data
    (alias,) = asked(aliased, "1.5", "GET", "/application/testha/aliases").data

    assert (application["aliases"], "uuid" in application, domain["id"]) == ([FOO], True, "test")
    assert alias["links"]["GET"]["href"] == f"{BASE}/domain/test/application/testha/alias/{FOO}"
