import pytest

ALIASES = "/broker/rest/application/testha/aliases"
ALIAS = "/broker/rest/application/testha/alias"


def test_an_alias_is_added_shown_and_removed(testha):
    added = testha("POST", ALIASES, json_body={"event": "add-alias", "alias": "www.Foo.com"})
    shown = testha("GET", f"{ALIAS}/www.foo.com")
    listed = testha("GET", ALIASES)
    removed = testha("DELETE", f"{ALIAS}/www.foo.com", json_body={})

    assert (added.status, added.body["type"], added.data["id"]) == (201, "alias", "www.foo.com")
    assert added.texts == ["Added www.foo.com to application testha"]
    assert shown.texts == ["Showing alias www.foo.com for application testha under domain test"]
    assert (shown.data["has_private_ssl_certificate"], shown.data["certificate_added_at"]) == (False, None)
    assert (listed.body["type"], [each["id"] for each in listed.data]) == ("aliases", ["www.foo.com"])
    assert (removed.status, removed.texts) == (200, ["Removed www.foo.com from application testha"])
    assert testha("GET", ALIASES).data == []


def test_the_link_in_the_application_removes_the_alias(testha):
    testha("POST", ALIASES, "id=www.foo.com")
    (alias,) = testha("GET", "/application/testha").data["aliases"]

    done = testha("DELETE", alias["links"]["DELETE"]["href"].removeprefix("http://localhost"))

    assert done.status == 200


def test_an_alias_that_any_application_has_is_refused(world, testha):
    testha("POST", ALIASES, "id=www.foo.com")
    world.other("POST", "/domain/mine/applications", "name=web&cartridge=php-5.4")

    refused = world.other("POST", "/application/web/aliases", "id=www.foo.com")

    assert (refused.status, refused.first["exit_code"], refused.first["field"]) == (422, 140, "id")
    assert refused.texts == ["Alias www.foo.com is already registered"]


@pytest.mark.parametrize("alias", ["", "1.2.3.4", "-x", "testha-test.example.com", "example.com", "a" * 256])
def test_what_is_no_alias_is_refused(testha, alias):
    refused = testha("POST", ALIASES, f"id={alias}")

    assert (refused.status, refused.first["exit_code"], refused.first["field"]) == (422, 105, "id")
    assert refused.texts[0].startswith("The specified alias is not allowed: '")


def test_a_certificate_is_not_taken_silently(testha):
    refused = testha("POST", ALIASES, "id=www.foo.com&ssl_certificate=x&private_key=y")

    assert (refused.status, refused.first["exit_code"]) == (403, 175)
    assert testha("GET", ALIASES).data == []


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_alias_that_is_not_there_is_not_found(testha, method):
    refused = testha(method, f"{ALIAS}/www.foo.com")

    assert (refused.status, refused.first["exit_code"]) == (404, 173)
    assert refused.texts == ["Alias 'www.foo.com' not found."]
