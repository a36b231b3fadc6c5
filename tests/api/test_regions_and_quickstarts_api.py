import pytest


def test_regions_need_no_login_and_show_the_zones_of_the_nodes(world):
    listed = world.nobody("GET", "/broker/rest/regions")

    assert (listed.status, listed.body["type"], listed.texts) == (200, "regions", ["Listing 1 region(s)"])
    assert listed.data == [
        {
            "id": "307b72585b8d36954210e423",
            "name": "r1",
            "zones": [{"name": "a"}, {"name": "b"}, {"name": "c"}],
            "default": False,
            "allow_selection": True,
        }
    ]


def test_a_region_is_found_by_its_id_and_not_by_its_name(world):
    (region,) = world.nobody("GET", "/regions").data
    found = world.nobody("GET", f"/broker/rest/region/{region['id']}")
    refused = world.nobody("GET", "/broker/rest/region/r1")

    assert (found.body["type"], found.texts) == ("region", [f"Showing region {region['id']}"])
    assert found.data == region
    assert (refused.status, refused.first["exit_code"], refused.texts) == (404, 1, ["Region 'r1' not found."])


def test_a_region_says_whether_it_is_the_default_and_can_be_asked_for(make_world):
    world = make_world(default_region_name="r1", allow_region_selection=False)

    (region,) = world.nobody("GET", "/regions").data

    assert (region["default"], region["allow_selection"]) == (True, False)


def test_without_nodes_there_is_no_region(make_world):
    assert make_world(nodes_per_zone=0).nobody("GET", "/regions").data == []


def test_quickstarts_need_no_login_and_come_one_in_a_wrapping(world):
    listed = world.nobody("GET", "/broker/rest/quickstarts")

    assert (listed.status, listed.body["type"], listed.texts) == (200, "quickstarts", ["Showing all quickstarts"])
    assert {
        "quickstart": {
            "id": "cakephp",
            "name": "CakePHP",
            "website": "https://cakephp.org",
            "initial_git_url": "https://github.com/openshift/cakephp-example.git",
            "cartridges": ["php-5.4", "mysql-5.5"],
            "summary": "A web framework for PHP, with a database and a page to begin with.",
            "tags": ["php", "cakephp", "framework"],
            "admin_tags": [],
        }
    } in listed.data


@pytest.mark.parametrize("path", ["/broker/rest/quickstart/cakephp", "/broker/rest/quickstarts/cakephp"])
def test_a_quickstart_is_shown_as_a_list_of_one(world, path):
    shown = world.nobody("GET", path)

    assert (shown.body["type"], shown.texts) == ("quickstarts", ["Showing quickstart for 'cakephp'"])
    assert [each["quickstart"]["id"] for each in shown.data] == ["cakephp"]


def test_a_quickstart_that_is_not_there_is_refused(world):
    refused = world.nobody("GET", "/broker/rest/quickstart/nothing")

    assert (refused.status, refused.first["exit_code"]) == (404, 118)
    assert refused.texts == ["Quickstart 'nothing' not found"]


def test_the_operators_quickstarts_take_the_place_of_the_shipped_ones(make_world, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("quickstarts: [{id: one, name: One, initial_git_url: https://example.com/one.git}]")

    listed = make_world(quickstarts_file=str(file)).nobody("GET", "/quickstarts")

    assert [each["quickstart"]["name"] for each in listed.data] == ["One"]


def test_quickstarts_can_be_used_as_they_are(world, demo):
    for each in demo("GET", "/quickstarts").data:
        quickstart = each["quickstart"]
        wish = {"name": quickstart["id"], "cartridges": quickstart["cartridges"], "scale": True}
        made = demo("POST", "/domain/test/applications", json_body=wish)

        assert made.status == 201, made.texts
