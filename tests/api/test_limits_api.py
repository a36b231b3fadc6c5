"""Names and limits of the contract: what is just allowed is done, and one more is refused with the code that it has."""

from collections.abc import Iterator

import pytest
from api.conftest import Client, World, opened_world

from broker.usecases.accounts import change_user, create_user

WEB = "/domain/test/application/web"
ALIASES, VARIABLES, DEPLOYMENTS = f"{WEB}/aliases", f"{WEB}/environment-variables", f"{WEB}/deployments"
KEYS, AUTHORIZATIONS = "/user/keys", "/user/authorizations"
LABEL = "a" * 62 + "."


@pytest.fixture(scope="module")
def limited(tmp_path_factory, empty_database) -> Iterator[Client]:
    with opened_world(tmp_path_factory.mktemp("limits"), empty_database) as world:
        change_user(world.embedded.platform, "demo", max_namespaces=-1, max_teams=-1)
        done(world.demo, "/domains", {"name": "test"})
        done(world.demo, "/domain/test/applications", {"name": "web", "cartridges": ["php-5.4"]})
        yield world.demo


def done(client: Client, path: str, body: object) -> None:
    answered = client("POST", path, json_body=body)
    assert answered.status < 300, answered.texts


def key(**given: str) -> dict[str, str]:
    return {"name": "k", "type": "ssh-rsa", "content": "AAAA", **given}


def app(name: str) -> dict[str, object]:
    return {"name": name, "cartridges": ["diy-0.1"]}


@pytest.mark.parametrize(
    ("path", "allowed", "refused", "code", "field"),
    [
        ("/domains", {"name": "a" * 16}, {"name": "a" * 17}, 106, "name"),
        ("/domains", {"name": "Z9"}, {"name": "z-9"}, 106, "name"),
        ("/domains", {"name": "x"}, {"name": "\u00e4"}, 106, "name"),
        ("/domain/test/applications", app("b" * 32), app("b" * 33), 105, "name"),
        ("/domain/test/applications", app("B9"), app("b_9"), 105, "name"),
        ("/domain/test/applications", app("0"), app("\u0661"), 105, "name"),  # a digit, but not of ours
        (KEYS, key(name="n" * 256, content="AAA1"), key(name="n" * 257, content="AAA2"), 117, "name"),
        (KEYS, key(name="a.b_c-d@e+f", content="AAA3"), key(name="a b", content="AAA4"), 117, "name"),
        (KEYS, key(name="a.", content="AAA5"), key(name=".a", content="AAA6"), 117, "name"),
        (KEYS, key(name="json", content="AAA7"), key(name="a.xhtml", content="AAA8"), None, None),
        (KEYS, key(name="t", type="ssh-dss", content="AAA9"), key(name="u", type="ssh-ed25519"), 116, "type"),
        (KEYS, key(name="c", content="az/+09AZ=="), key(name="d", content="ssh-rsa AAAA"), 108, "content"),
        (KEYS, key(name="e", type="krb5-principal", content="a@B"), key(name="f", content="#a"), 108, "content"),
        (VARIABLES, {"name": "N" * 128, "value": "x"}, {"name": "N" * 129, "value": "x"}, 188, "name"),
        (VARIABLES, {"name": "_a1", "value": "x"}, {"name": "1a", "value": "x"}, 188, "name"),
        (VARIABLES, {"name": "V", "value": "v" * 512}, {"name": "W", "value": "v" * 513}, 190, "environment_variables"),
        (VARIABLES, {"name": "X", "value": ""}, {"name": "Y", "value": "a\\000b"}, 190, "value"),
        (VARIABLES, {"name": "Z", "value": "\\00"}, {"name": "Y", "value": "a\0b"}, 190, "value"),
        (ALIASES, {"id": LABEL * 4 + "org"}, {"id": LABEL * 4 + "info"}, 105, "id"),
        (ALIASES, {"id": "1.2.3.4.org"}, {"id": "1.2.3.4"}, 105, "id"),
        (ALIASES, {"id": "WWW.A-B.org"}, {"id": "-a.org"}, 105, "id"),
        (ALIASES, {"id": "a.jsonp"}, {"id": "www.json"}, 105, "id"),
        (ALIASES, {"id": "aexample.com"}, {"id": "a.example.com"}, 105, "id"),
        ("/teams", {"name": "ab"}, {"name": "a"}, -1, "name"),
        ("/teams", {"name": "t" * 250}, {"name": "t" * 251}, -1, "name"),
        (DEPLOYMENTS, {"ref": "r" * 256}, {"ref": "r" * 257}, -1, "ref"),
        *((DEPLOYMENTS, {"ref": "a/b"}, {"ref": wrong}, -1, "ref") for wrong in (
            "/a", "a/.b", "a..b", "a//b", "a@{b", "a\\b", "a b", "a~b", "a^b", "a:b", "a?b", "a*b", "a[b", "a;b",
            "a\x7fb", "a.lock", "a/", "a.",
        )),
        (AUTHORIZATIONS, {"note": "n" * 4096}, {"note": "n" * 4097}, 1, "note"),
    ],
)  # fmt: skip
def test_what_is_just_allowed_is_done_and_what_is_one_beyond_is_refused(limited, path, allowed, refused, code, field):
    first = limited("POST", path, json_body=allowed)
    beyond = limited("POST", path, json_body=refused)

    assert first.status == 201, first.texts
    assert (beyond.status, beyond.first["exit_code"], beyond.first["field"]) == (422, code, field), beyond.texts


@pytest.mark.parametrize("number", [1, 1000])
def test_so_many_deployments_are_kept(limited, number):
    assert limited("PUT", WEB, json_body={"keep_deployments": number}).data["keep_deployments"] == number


@pytest.mark.parametrize("number", [0, 1001, -1, "x", 10**30])
def test_no_other_number_of_deployments_is_kept(limited, number):
    refused = limited("PUT", WEB, json_body={"keep_deployments": number})

    assert (refused.status, refused.first["exit_code"], refused.first["field"]) == (422, 1, "keep_deployments")


def test_a_branch_has_at_most_256_characters(limited):
    assert limited("PUT", WEB, json_body={"deployment_branch": "b" * 256}).status == 200

    refused = limited("PUT", WEB, json_body={"deployment_branch": "b" * 257})

    assert (refused.status, refused.first["exit_code"], refused.first["field"]) == (422, 1, "deployment_branch")


def test_a_variable_is_set_once_in_a_request(limited):
    twice = {"environment_variables": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}

    refused = limited("PATCH", VARIABLES, json_body=twice)

    assert (refused.status, refused.first["exit_code"], refused.first["field"]) == (422, 188, "environment_variables")


@pytest.mark.parametrize("name", ["php", "php-", "php-5.", "-5.4x", "php-5.4.json5", "5.4"])
def test_a_cartridge_of_an_application_has_a_name_with_a_version(limited, name):
    refused = limited("GET", f"{WEB}/cartridge/{name}")

    assert (refused.status, refused.texts, refused.first["exit_code"]) == (
        404,
        ["The requested cartridge was not found."],
        129,
    )


def counted(world: World, login: str, **limits: int) -> Client:
    create_user(world.embedded.platform, login, "password")
    change_user(world.embedded.platform, login, **limits)
    return Client(world.wsgi_app, (login, "password"))


def test_one_has_as_many_domains_gears_and_teams_as_one_may(world):
    client = counted(world, "few", max_namespaces=2, max_gears=1, max_teams=1)

    domains = [client("POST", "/domains", json_body={"name": f"few{number}"}) for number in range(3)]
    gears = [client("POST", "/domain/few0/applications", json_body=app(name)) for name in ("one", "two")]
    teams = [client("POST", "/teams", json_body={"name": name}) for name in ("first", "second")]

    assert [(each.status, each.first["exit_code"]) for each in domains] == [(201, 0), (201, 0), (409, 103)]
    assert [(each.status, each.first["exit_code"]) for each in gears] == [(201, 0), (422, 104)]
    assert [(each.status, each.first["exit_code"]) for each in teams] == [(201, 0), (403, 193)]
    assert domains[2].texts == ["You may not have more than 2 domains."]
    assert client("GET", "/user").data["consumed_gears"] == 1


def test_a_domain_has_a_hundred_members_beside_its_owner(world):
    logins = [f"crowd{number}" for number in range(101)]
    for login in logins:
        create_user(world.embedded.platform, login)
    done(world.demo, "/domains", {"name": "test"})
    members = [{"login": login, "role": "view"} for login in logins]

    many = world.demo("POST", "/domain/test/members", json_body={"members": members})
    just = world.demo("POST", "/domain/test/members", json_body={"members": members[:100]})
    one_more = world.demo("POST", "/domain/test/members", json_body=members[100])

    assert [(each.status, each.first["exit_code"]) for each in (many, just, one_more)] == [
        (422, 222),
        (200, 0),
        (422, 222),
    ]
    assert just.texts == ["Added 100 members."]


def test_duplicates_have_the_status_of_their_kind(limited):
    cases = {
        "/domains": ({"name": "twice"}, 422, 103),
        "/domain/test/applications": (app("twice"), 422, 100),
        ALIASES: ({"id": "twice.example.org"}, 422, 140),
        VARIABLES: ({"name": "TWICE", "value": "x"}, 422, 188),
        f"{WEB}/cartridges": ({"name": "cron-1.4"}, 422, 136),
        "/teams": ({"name": "twice"}, 422, -1),
        KEYS: (key(name="twice", content="BBBB"), 409, 120),
    }

    answered = {path: [limited("POST", path, json_body=body) for _ in range(2)] for path, (body, _, _) in cases.items()}

    assert {path: first.status for path, (first, _) in answered.items()} == dict.fromkeys(cases, 201)
    assert {path: (again.status, again.first["exit_code"]) for path, (_, again) in answered.items()} == {
        path: (status, code) for path, (_, status, code) in cases.items()
    }


def test_what_is_created_shown_changed_and_deleted_is_answered_with_the_status_of_that(world):
    demo = world.demo
    created = demo("POST", "/domains", json_body={"name": "test"})
    shown = demo("GET", "/domain/test")
    changed = demo("PUT", "/domain/test", json_body={"name": "other1"})
    done(demo, "/domain/other1/applications", app("web"))
    event = demo("POST", "/domain/other1/application/web/events", json_body={"event": "stop"})
    bulk = {"environment_variables": [{"name": "A", "value": "1"}]}
    patched = demo("PATCH", "/domain/other1/application/web/environment-variables", json_body=bulk)
    deleted = demo("DELETE", "/domain/other1?force=true")

    answered = (created, shown, changed, event, patched, deleted)
    assert [(each.status, each.body["status"]) for each in answered] == [
        (201, "created"),
        (200, "ok"),
        (200, "ok"),
        (200, "ok"),
        (201, "created"),
        (200, "ok"),
    ]
    assert (deleted.data, deleted.body["type"]) == (None, None)
