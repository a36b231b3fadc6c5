from dataclasses import replace

from broker.core.application import InstalledCartridge
from broker.usecases.accounts import find_user
from broker.usecases.applications import show_application

MINE = """\
Name: lua
Version: "5.1"
Cartridge-Vendor: acme
Categories: [service, lua, web_framework]
Endpoints:
  - Private-IP-Name: IP
    Private-Port-Name: PORT
    Private-Port: 8080
    Public-Port-Name: PROXY_PORT
    Protocols: [http]
    Mappings: [{Frontend: "", Backend: ""}]
"""


def test_the_catalogue_needs_no_login_and_has_no_links(world):
    listed = world.nobody("GET", "/broker/rest/cartridges")

    assert (listed.status, listed.body["type"], listed.texts) == (200, "cartridges", ["Listing cartridges"])
    names = [each["name"] for each in listed.data]
    assert {"php-5.4", "haproxy-1.4", "mysql-5.5"} <= set(names)
    assert [name for name in names if name.startswith("python")] == ["python-3.3", "python-2.7", "python-2.6"]
    assert "ruby-1.8" not in names
    assert all("links" not in each for each in listed.data)


def test_the_catalogue_is_searched_by_category_name_and_feature(world):
    proxies = world.nobody("GET", "/cartridges?category=web_proxy")
    named = world.nobody("GET", "/cartridges?name=php-5.4")
    featured = world.nobody("GET", "/cartridges/php")
    standalone = world.nobody("GET", "/cartridges/standalone")

    assert ([each["name"] for each in proxies.data], proxies.texts) == (["haproxy-1.4"], ["Searching cartridges"])
    assert [each["name"] for each in named.data] == ["php-5.4"]
    assert [each["name"] for each in featured.data] == ["php-5.4", "php-5.3"]
    assert {each["type"] for each in standalone.data} == {"standalone"}


def test_a_cartridge_is_found_by_name_and_by_id(world):
    by_name = world.nobody("GET", "/broker/rest/cartridge/php-5.4")
    by_id = world.nobody("GET", f"/broker/rest/cartridge/{by_name.data['id']}")

    assert (by_name.body["type"], by_name.texts) == ("cartridge", ["Cartridge php-5.4 found"])
    assert by_id.data == by_name.data


def test_a_base_name_is_no_cartridge(world):
    refused = world.nobody("GET", "/broker/rest/cartridge/php")

    assert (refused.status, refused.first["exit_code"], refused.texts) == (404, 1, ["Cartridge 'php' not found."])


def test_a_cartridge_is_shown_with_what_its_manifest_says(world):
    shown = world.nobody("GET", "/broker/rest/cartridge/phpmyadmin-4")

    assert shown.data == {
        "id": "bc22b97435f2d0ccaf8dcec2",
        "name": "phpmyadmin-4",
        "type": "embedded",
        "version": "4",
        "display_name": "phpMyAdmin 4",
        "description": "Pages to administer the application's MySQL database, on the gear of that database.",
        "license": "GPL-2.0-only",
        "license_url": "https://www.gnu.org/licenses/old-licenses/gpl-2.0.html",
        "website": "https://www.phpmyadmin.net",
        "tags": ["administration", "plugin", "embedded"],
        "help_topics": {},
        "requires": [["mysql-5.5", "mysql-5.1"]],
        "maintained_by": "redhat",
        "supported_scales_from": 1,
        "supported_scales_to": 1,
        "usage_rates": [],
        "automatic_updates": True,
        "creation_time": "2014-01-01T00:00:00Z",
        "activation_time": "2014-01-01T00:00:00Z",
    }


def test_an_obsolete_cartridge_is_listed_nowhere_and_shown_by_name(world):
    assert world.nobody("GET", "/cartridges/ruby-1.8").data == []
    assert world.nobody("GET", "/cartridges?name=ruby-1.8").data == []
    assert world.nobody("GET", "/cartridge/ruby-1.8").data["obsolete"] is True
    assert "obsolete" not in world.nobody("GET", "/cartridge/ruby-1.9").data


def test_a_cartridge_for_some_gear_sizes_is_hidden_from_those_who_have_none_of_them(make_world):
    limits = (("php-5.4", ("large",)), ("ruby-1.9", ("small", "large")))
    world = make_world(valid_gear_sizes=("small", "large"), cartridge_gear_sizes=limits)

    def names(client, path="/cartridges"):
        return {each["name"] for each in client("GET", path).data}

    assert {"php-5.4", "ruby-1.9", "perl-5.10"} <= names(world.nobody)
    assert names(world.nobody) - names(world.demo) == {"php-5.4"}
    assert names(world.demo, "/cartridges/php") == {"php-5.3"}
    assert world.nobody("GET", "/cartridge/ruby-1.9").data["valid_gear_sizes"] == ["small", "large"]
    assert "valid_gear_sizes" not in world.nobody("GET", "/cartridge/perl-5.10").data


def test_who_gives_a_wrong_password_is_shown_what_everybody_is(make_world):
    limits = (("php-5.4", ("large",)),)
    world = make_world(valid_gear_sizes=("small", "large"), cartridge_gear_sizes=limits)
    stranger = replace(world.demo, login=("demo", "wrong"))

    assert stranger("GET", "/cartridges").data == world.nobody("GET", "/cartridges").data


def test_a_cartridge_of_the_operators_can_be_listed_and_used(make_world, tmp_path):
    directory = tmp_path / "cartridges"
    directory.mkdir()
    (directory / "mine.yaml").write_text(MINE)
    world = make_world(cartridges_dir=str(directory))
    world.demo("POST", "/domains", "name=test")

    listed = world.nobody("GET", "/cartridges?category=web_framework&feature=acme-lua-5.1")
    created = world.demo("POST", "/domain/test/applications", "name=lua&cartridge=acme-lua-5.1")

    assert [each["name"] for each in listed.data] == ["acme-lua-5.1"]
    assert "maintained_by" not in listed.data[0]
    assert (created.status, created.data["framework"]) == (201, "acme-lua-5.1")


def test_an_application_has_what_it_has_downloaded_beside_the_catalogue(world, testha):
    platform = world.embedded.platform
    user = find_user(platform, "demo")
    parts = show_application(platform, user, "testha").parts
    downloaded = InstalledCartridge(
        name="acme-lua-5.1",
        group_id=parts.groups[0].group_id,
        ordinal=9,
        added_at="2026-01-01T00:00:00Z",
        url="https://example.com/lua.yml",
        manifest=MINE,
    )
    more = replace(parts, cartridges=(*parts.cartridges, downloaded))

    assert platform.catalogue_of(parts) is platform.catalogue
    assert set(platform.catalogue_of(more)) - set(platform.catalogue) == {"acme-lua-5.1"}
    assert platform.catalogue_of(more)["acme-lua-5.1"].url == "https://example.com/lua.yml"
    assert platform.catalogue_of(more)["php-5.4"] is platform.catalogue["php-5.4"]
