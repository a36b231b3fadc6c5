import json


def test_the_entry_needs_no_login_and_lists_only_what_exists(world):
    entry = world.nobody("GET", "/broker/rest/api")

    assert (entry.status, entry.body["type"], entry.body["messages"]) == (200, "links", [])
    assert sorted(entry.data) == [
        "ADD_AUTHORIZATION",
        "ADD_DOMAIN",
        "ADD_TEAM",
        "API",
        "GET_ENVIRONMENT",
        "GET_ROUTING_SNAPSHOT",
        "GET_USER",
        "LIST_APPLICATIONS",
        "LIST_APPLICATIONS_BY_OWNER",
        "LIST_AUTHORIZATIONS",
        "LIST_CARTRIDGES",
        "LIST_DOMAINS",
        "LIST_DOMAINS_BY_OWNER",
        "LIST_OPERATIONS",
        "LIST_QUICKSTARTS",
        "LIST_REGIONS",
        "LIST_ROUTING_EVENTS",
        "LIST_TEAMS",
        "LIST_TEAMS_BY_OWNER",
        "SEARCH_TEAMS",
        "SHOW_APPLICATION",
        "SHOW_APPLICATION_BY_DOMAIN",
        "SHOW_AUTHORIZATION",
        "SHOW_CARTRIDGE",
        "SHOW_CARTRIDGE_BY_ID",
        "SHOW_DOMAIN",
        "SHOW_OPERATION",
        "SHOW_QUICKSTART",
        "SHOW_TEAM",
    ]


def test_every_link_of_the_entry_that_needs_no_parameter_leads_somewhere(world):
    entry = world.demo("GET", "/broker/rest/api")

    for name, link in entry.data.items():
        if link["method"] == "GET" and ":" not in link["href"].removeprefix("http://"):
            path = link["href"].removeprefix("http://localhost")
            assert world.demo.send("GET", path).status_code == 200, name


def test_links_begin_with_the_address_that_the_client_used(world):
    response = world.demo.send("GET", "/api", base_url="https://broker.example.com:8443")

    assert json.loads(response.data)["data"]["API"]["href"] == "https://broker.example.com:8443/broker/rest/api"


def test_the_root_of_the_interface_leads_to_its_entry(world):
    response = world.nobody.send("GET", "/broker/rest/")

    assert response.status_code == 302
    assert response.headers["Location"] == "http://localhost/broker/rest/api"


def test_the_environment_names_the_domain_of_applications(world):
    shown = world.nobody("GET", "/broker/rest/environment")

    assert shown.data == {"domain_suffix": "example.com", "download_cartridges_enabled": True}
    assert shown.texts == ["Showing broker environment"]


def test_an_account_shows_its_quota_as_integers_and_no_message(world):
    shown = world.demo("GET", "/broker/rest/user")

    assert (shown.status, shown.body["type"], shown.texts) == (200, "user", [])
    assert (shown.data["login"], shown.data["consumed_gears"], shown.data["max_gears"]) == ("demo", 0, 100)
    assert shown.data["capabilities"]["ha"] is True
    assert "password" not in json.dumps(shown.body)


def test_a_person_who_comes_with_a_browser_is_told_where_to_go(world):
    page = world.nobody.send("GET", "/")

    assert page.mimetype == "text/html"
    for path in ("/broker/rest/api", "/broker/rest/openapi.json", "/broker/rest/routing/snapshot"):
        assert f'href="{path}"' in page.text


def test_every_path_works_with_the_prefix_without_it_and_with_a_suffix(world):
    for path in ("/broker/rest/user", "/user", "/user.json", "/broker/rest/user.json", "/user/"):
        assert world.demo("GET", path).data["login"] == "demo", path


def test_a_head_request_has_the_status_of_get_and_no_body(world):
    response = world.demo.send("HEAD", "/broker/rest/user")

    assert (response.status_code, response.data) == (200, b"")


def test_options_name_the_methods_and_ask_for_no_login(world):
    response = world.nobody.send("OPTIONS", "/broker/rest/domains")

    assert response.status_code == 200
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_no_answer_may_be_sniffed_framed_or_kept(world):
    for path in ("/", "/api", "/user", "/nothing"):
        headers = world.nobody.send("GET", path).headers
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["X-Frame-Options"] == "DENY", path
        assert headers["Cache-Control"] == "no-store", path
