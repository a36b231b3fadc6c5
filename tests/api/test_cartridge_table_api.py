"""The table of PUT on a cartridge, members of a domain, cartridges by URL: what the REST contract says of each."""

import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import pytest

from broker.usecases.accounts import change_user

APP = "/broker/rest/domain/test/application/testha"
RUBY = f"{APP}/cartridge/ruby-1.9"
STORAGE = "additional_gear_storage"
LOWER = (
    "The scales_to factor currently provided cannot be lower than the scales_from factor previously provided."
    " Please specify both scales_(from|to) factors together to override."
)
HIGHER = (
    "The scales_from factor currently provided cannot be higher than the scales_to factor previously provided."
    " Please specify both scales_(from|to) factors together to override."
)
NOTHING = f"No update parameters specified.  Valid update parameters are: scales_from, scales_to, {STORAGE}"
ROWS = [
    ("ruby-1.9", "", 422, 168, None, NOTHING),
    ("mysql-5.5", "", 422, 168, None, NOTHING),
    ("mysql-5.5", f"{STORAGE}=some", 422, 165, "additional_storage", "Invalid storage value provided."),
    ("ruby-1.9", f"{STORAGE}=-1&scales_from=0", 422, 165, "additional_storage", "Invalid storage value provided."),
    ("mysql-5.5", "scales_from=0", 422, 168, "scales_from", "Invalid scales_from factor 0 provided"),
    ("mysql-5.5", "scales_to=0", 422, 168, "scales_to", "Invalid scales_to factor 0 provided"),
    ("mysql-5.5", "scales_to=-2", 422, 168, "scales_to", "Invalid scales_to factor -2 provided"),
    (
        "mysql-5.5",
        "scales_from=3&scales_to=2",
        422,
        168,
        "scales_to",
        "Invalid scales_(from|to) factor provided",
    ),
    ("mysql-5.5", "scales_from=2", 404, 129, None, "Cartridge 'mysql-5.5' not found."),
    ("haproxy-1.4", "scales_to=2", 422, 168, "scales_to", "The cartridge haproxy-1.4 cannot be scaled."),
    ("ruby-1.9", "scales_to=1", 422, 168, "scales_to", LOWER),
    ("ruby-1.9", "scales_from=9", 422, 168, "scales_from", HIGHER),
    (
        "ruby-1.9",
        f"{STORAGE}=1&scales_from=1&scales_to=1",
        422,
        164,
        None,
        "This application is not allowed to have additional gear storage",
    ),
    (
        "ruby-1.9",
        "scales_from=1&scales_to=1",
        422,
        None,
        None,
        "Cannot set the max gear limit to '1' if the application is HA (highly available)",
    ),
    (
        "cron-1.4",
        "scales_to=3",
        422,
        None,
        None,
        (
            "You can not set scaling policies for cron-1.4."
            " Generally, you can set it only for web_framework or service cartridges."
        ),
    ),
]


@pytest.mark.parametrize(("cartridge", "form", "status", "exit_code", "field", "text"), ROWS)
def test_an_update_is_refused_by_the_first_rule_it_breaks(testha, cartridge, form, status, exit_code, field, text):
    testha("POST", f"{APP}/cartridges", "name=cron-1.4")
    testha("POST", f"{APP}/events", "event=make-ha")
    testha("PUT", RUBY, "scales_to=8")

    refused = testha("PUT", f"{APP}/cartridge/{cartridge}", form)

    first = refused.first
    assert (refused.status, first["exit_code"], first["field"], refused.texts) == (status, exit_code, field, [text])


@pytest.mark.parametrize("form", ["scales_from=1&scales_to=5", "scales_from=2&scales_to=-1", "scales_from=1"])
def test_a_plugin_is_refused_as_such_whatever_its_manifest_supports(testha, form):
    testha("POST", f"{APP}/cartridges", "cartridges[]=mysql-5.5&cartridges[]=phpmyadmin-4")

    refused = testha("PUT", f"{APP}/cartridge/phpmyadmin-4", form)

    assert (refused.status, refused.first["exit_code"], refused.first["field"]) == (422, None, None)
    assert refused.texts[0].startswith("You can not set scaling policies for phpmyadmin-4. Generally, you can set it")


def test_an_application_that_does_not_scale_has_no_limits_but_may_have_storage(world, demo):
    change_user(world.embedded.platform, "demo", max_untracked_storage=2)
    demo("POST", "/domain/test/applications", "name=testha&cartridge=ruby-1.9")

    refused = demo("PUT", RUBY, "scales_to=2")
    given = demo("PUT", RUBY, f"{STORAGE}=2&scales_from=1&scales_to=-1")

    assert (refused.status, refused.first["exit_code"], refused.first["field"]) == (422, 100, "name")
    assert refused.texts == ["Application 'testha' is not scalable"]
    assert (given.status, given.data[STORAGE]) == (200, 2)


def test_storage_is_asked_for_at_creation_within_what_the_owner_may_have(world, demo):
    change_user(world.embedded.platform, "demo", max_untracked_storage=2)
    wish = {"name": "testha", "cartridges": [{"name": "ruby-1.9", STORAGE: 3}]}

    refused = demo("POST", "/domain/test/applications", json_body=wish)
    wish["cartridges"][0][STORAGE] = 2
    created = demo("POST", "/domain/test/applications?include=cartridges", json_body=wish)

    assert (refused.status, refused.first["exit_code"]) == (422, 166)
    assert refused.texts == ["demo has requested more additional gear storage than allowed (max: 2 GB)"]
    assert [each[STORAGE] for each in created.data["cartridges"]] == [2]


@pytest.mark.parametrize(
    ("method", "path", "form", "permission"),
    [
        ("POST", "/cartridges", "name=cron-1.4", "create_cartridge"),
        ("DELETE", "/cartridge/mysql-5.5", "", "destroy_cartridge"),
        ("PUT", "/cartridge/ruby-1.9", "scales_from=2", "scale_cartridge"),
        ("PUT", "/cartridge/ruby-1.9", f"{STORAGE}=x", "change_gear_quota"),
        ("POST", "/cartridge/ruby-1.9/events", "event=stop", "change_cartridge_state"),
        ("POST", "/events", "event=reload", "change_cartridge_state"),
        ("POST", "/events", "event=tidy", "change_cartridge_state"),
        ("POST", "/events", "event=thread-dump", "view_code_details"),
    ],
)
def test_who_may_only_look_changes_nothing_and_sees_no_credentials(world, testha, method, path, form, permission):
    testha("POST", f"{APP}/cartridges", "name=mysql-5.5")
    testha("POST", "/domain/test/members", json_body={"login": "other", "role": "view"})

    refused = world.other(method, f"{APP}{path}", form)
    shown = world.other("GET", f"{APP}/cartridge/mysql-5.5")
    groups = world.other("GET", f"{APP}/gear_groups")

    text = f"You are not permitted to perform this action ({permission} on application)"
    assert (refused.status, refused.first["exit_code"], refused.texts) == (403, 1, [text])
    assert [set(each) for each in shown.data["properties"]] == [{"name", "type", "description"}] * 4
    assert world.other("GET", APP).data["embedded"]["mysql-5.5"] == {}
    assert "password" not in groups.data[1]["cartridges"][0]


MANIFEST = """
Name: searcher
Version: "2.0"
Cartridge-Version: "1.0"
Cartridge-Vendor: acme
Display-Name: A search engine
Categories: [service, embedded]
Provides: [searcher]
Scaling: {Min: 1, Max: 1}
Endpoints:
  - Private-IP-Name: IP
    Private-Port-Name: PORT
    Private-Port: 8080
    Public-Port-Name: PROXY_PORT
    Protocols: [http]
"""


class Shelf(BaseHTTPRequestHandler):
    """A server with one manifest on it."""

    def do_GET(self):
        is_there = self.path == "/searcher.yml"
        self.send_response(200 if is_there else 404)
        self.end_headers()
        self.wfile.write(MANIFEST.encode() if is_there else b"")

    def log_message(self, *given):
        del given


@pytest.fixture
def shelf():
    """The URL of a manifest on a real server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Shelf) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/searcher.yml"
        server.shutdown()
        thread.join()


@pytest.fixture
def near(make_world):
    """The client of a platform that may read manifests from this host."""
    world = make_world(download_from=(ip_network("127.0.0.0/8"),))
    world.demo("POST", "/broker/rest/domains", "name=test")
    return world.demo


def test_a_cartridge_is_added_from_a_url_and_lives_on_what_was_read_there(shelf, near):
    near("POST", "/domain/test/applications", "name=testha&cartridge=ruby-1.9&scale=true")

    added = near("POST", f"{APP}/cartridges", json_body={"url": shelf})
    name = added.data["name"]
    groups = near("GET", f"{APP}/gear_groups?include=endpoints").data
    removed = near("DELETE", f"{APP}/cartridge/{name}")

    assert (added.status, added.data["url"], added.data["current_scale"]) == (201, shelf, 1)
    assert [each["cartridge_name"] for each in groups[1]["gears"][0]["endpoints"]] == [name]
    assert (removed.status, removed.texts) == (200, [f"Removed {name} from application testha"])


def test_an_application_is_created_with_a_cartridge_from_a_url(shelf, near):
    wish = {"name": "testha", "scale": True, "cartridges": [{"name": "ruby-1.9"}, {"url": shelf}]}

    created = near("POST", "/domain/test/applications?include=cartridges", json_body=wish)

    assert (created.status, created.data["gear_count"]) == (201, 2)
    assert [each.get("url") for each in created.data["cartridges"]] == [None, None, shelf]


def test_a_url_with_nothing_behind_it_is_refused(shelf, near):
    near("POST", "/domain/test/applications", "name=testha&cartridge=ruby-1.9&scale=true")

    refused = near("POST", f"{APP}/cartridges", json_body={"url": f"{shelf}.none"})

    assert (refused.status, refused.first["exit_code"]) == (422, 109)
    assert refused.texts[0].startswith(f"The url '{shelf}.none' cannot be read: ")


@pytest.fixture
def asked_for(monkeypatch):
    """The paths that the shelf is asked for."""
    asked, answer = [], Shelf.do_GET

    def noting(self):
        asked.append(self.path)
        answer(self)

    monkeypatch.setattr(Shelf, "do_GET", noting)
    return asked


@pytest.mark.parametrize(
    ("path", "more", "status", "exit_code"),
    [
        ("/domain/test/applications", {"name": "new"}, 403, 1),
        ("/domain/test/application/testha/cartridges", {}, 403, 1),
        ("/domain/test/application/none/cartridges", {}, 404, 101),
        ("/domain/a-b/applications", {"name": "new"}, 422, 106),
    ],
)
def test_nobody_makes_the_broker_fetch_for_what_they_may_not_do(shelf, near, asked_for, path, more, status, exit_code):
    near("POST", "/domain/test/applications", "name=testha&cartridge=ruby-1.9&scale=true")
    near("POST", "/domain/test/members", "login=other&role=view")
    viewer = replace(near, login=("other", "password"))

    refused = viewer("POST", f"/broker/rest{path}", json_body={"cartridges": [{"url": shelf}], **more})

    assert (refused.status, refused.first["exit_code"]) == (status, exit_code)
    assert asked_for == []


@pytest.mark.parametrize("name", ["no_name", "testha"])
def test_only_a_name_that_breaks_no_rule_of_form_is_fetched_for(shelf, near, asked_for, name):
    near("POST", "/domain/test/applications", "name=testha&cartridge=ruby-1.9&scale=true")
    wish = {"name": name, "cartridges": [{"name": "ruby-1.9"}, {"url": shelf}]}

    refused = near("POST", "/domain/test/applications", json_body=wish)

    assert (refused.first["exit_code"], asked_for) == ((105, []) if name == "no_name" else (100, ["/searcher.yml"]))


def test_a_manifest_that_cannot_be_had_now_is_asked_for_again_under_the_same_key(shelf, near, monkeypatch):
    near("POST", "/domain/test/applications", "name=testha&cartridge=ruby-1.9&scale=true")
    answer = Shelf.do_GET
    near.headers["Idempotency-Key"] = "once"
    monkeypatch.setattr(Shelf, "do_GET", lambda self: self.send_error(503))

    refused = near("POST", f"{APP}/cartridges", json_body={"url": shelf})
    monkeypatch.setattr(Shelf, "do_GET", answer)
    added = near("POST", f"{APP}/cartridges", json_body={"url": shelf})

    assert (refused.status, refused.first["exit_code"], refused.first["field"]) == (503, 109, "cartridge")
    assert refused.texts == [f"The url '{shelf}' cannot be read: the server answers with status 503."]
    assert (added.status, added.data["url"]) == (201, shelf)


def test_no_more_than_a_few_cartridges_are_downloaded_at_once(shelf, near):
    near("POST", "/domain/test/applications", "name=testha&cartridge=ruby-1.9&scale=true")
    urls = [{"url": f"{shelf}?{number}"} for number in range(6)]

    refused = near("POST", f"{APP}/cartridges", json_body={"cartridges": urls})

    assert (refused.status, refused.texts) == (422, ["At most 5 cartridges can be downloaded at once."])


@pytest.mark.parametrize(
    ("form", "exit_code", "field", "text"),
    [
        (
            "cartridges[]=diy-0.1&scale=true",
            109,
            "scalable",
            "The cartridge 'diy-0.1' does not support being made scalable.",
        ),
        (
            "cartridges[]=php-5.4&cartridges[]=mysql-5.1&cartridges[]=mysql-5.5",
            136,
            "cartridge",
            "mysql-5.1 cannot co-exist with mysql-5.5 in the same application",
        ),
        (
            "cartridges[]=php-5.4&cartridges[]=rockmongo-1.1",
            109,
            "cartridges",
            "Unable to create application: rockmongo-1.1 requires mongodb-2.4",
        ),
        ("cartridges[]=ruby-1.8", 109, "cartridges", "The following cartridges are no longer available: ruby-1.8"),
    ],
)
def test_a_set_of_cartridges_that_makes_no_application(demo, form, exit_code, field, text):
    refused = demo("POST", "/domain/test/applications", f"name=testha&{form}")

    assert (refused.status, refused.first["exit_code"], refused.first["field"]) == (422, exit_code, field)
    assert refused.texts == [text]


def test_cartridges_that_cannot_live_together_are_not_added(testha):
    testha("POST", f"{APP}/cartridges", "name=mysql-5.5")

    refused = testha("POST", f"{APP}/cartridges", "name=mysql-5.1")

    assert (refused.status, refused.first["exit_code"]) == (422, 136)
    assert refused.texts == ["mysql-5.1 cannot co-exist with cartridge mysql-5.5 in your application"]
