def test_the_catalogue_needs_no_login_and_has_no_links(world):
    listed = world.nobody("GET", "/broker/rest/cartridges")

    assert (listed.status, listed.body["type"], listed.texts) == (200, "cartridges", ["Listing cartridges"])
    names = [each["name"] for each in listed.data]
    assert {"php-5.4", "haproxy-1.4", "mysql-5.5"} <= set(names)
    assert [name for name in names if name.startswith("python")] == ["python-3.3", "python-2.7"]
    assert all("links" not in each for each in listed.data)


def test_the_catalogue_is_searched_by_category_name_and_feature(world):
    proxies = world.nobody("GET", "/cartridges?category=web_proxy")
    named = world.nobody("GET", "/cartridges?name=php-5.4")
    featured = world.nobody("GET", "/cartridges/php")
    standalone = world.nobody("GET", "/cartridges/standalone")

    assert ([each["name"] for each in proxies.data], proxies.texts) == (["haproxy-1.4"], ["Searching cartridges"])
    assert [each["name"] for each in named.data] == ["php-5.4"]
    assert [each["name"] for each in featured.data] == ["php-5.4"]
    assert {each["type"] for each in standalone.data} == {"standalone"}


def test_a_cartridge_is_found_by_name_and_by_id(world):
    by_name = world.nobody("GET", "/broker/rest/cartridge/php-5.4")
    by_id = world.nobody("GET", f"/broker/rest/cartridge/{by_name.data['id']}")

    assert (by_name.body["type"], by_name.texts) == ("cartridge", ["Cartridge php-5.4 found"])
    assert by_id.data == by_name.data


def test_a_base_name_is_no_cartridge(world):
    refused = world.nobody("GET", "/broker/rest/cartridge/php")

    assert (refused.status, refused.first["exit_code"], refused.texts) == (404, 1, ["Cartridge 'php' not found."])
