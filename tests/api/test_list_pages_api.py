"""Lists of applications a page at a time."""

import re

import pytest
from api.test_statement_counts_api import counted

PATHS = ["/broker/rest/applications", "/broker/rest/domain/test/applications"]
NEXT = re.compile(r'<http://localhost(/broker/rest/[^>]+)>; rel="next"')


def create(client, domain, *names):
    for name in names:
        made = client("POST", f"/domain/{domain}/applications", f"name={name}&cartridge=php-5.4")
        assert made.status == 201, made.texts


def names(answer):
    return [each["name"] for each in answer.data]


def pages(client, path):
    """The names of each page, as a client follows the links."""
    found = []
    while path is not None:
        answer = client("GET", path)
        assert answer.status == 200, answer.texts
        found.append(names(answer))
        link = answer.headers.get("Link")
        path = None if link is None else NEXT.fullmatch(link)[1]
    return found


@pytest.mark.parametrize("path", PATHS)
def test_pages_follow_each_other_by_their_links(demo, path):
    create(demo, "test", "echo", "alpha", "delta", "bravo", "charlie")

    assert names(demo("GET", path)) == ["alpha", "bravo", "charlie", "delta", "echo"]
    assert "Link" not in demo("GET", path).headers
    assert pages(demo, f"{path}?limit=2") == [["alpha", "bravo"], ["charlie", "delta"], ["echo"]]
    assert pages(demo, f"{path}?limit=5") == [["alpha", "bravo", "charlie", "delta", "echo"], []]
    assert demo("GET", f"{path}?limit=2").texts == ["Found 2 applications."]


def test_applications_of_the_same_name_are_each_on_one_page(world, demo):
    world.demo("POST", "/domains", "name=second")
    create(demo, "test", "web", "api")
    create(demo, "second", "web", "api")
    ids = [
        each["id"]
        for page in ("", f"&after={after_first(demo)}")
        for each in demo("GET", f"{PATHS[0]}?limit=3{page}").data
    ]

    assert pages(demo, f"{PATHS[0]}?limit=1") == [["api"], ["api"], ["web"], ["web"], []]
    assert len(set(ids)) == 4


def after_first(client):
    return re.search(r"after=([^>&]+)", client("GET", f"{PATHS[0]}?limit=3").headers["Link"])[1]


def test_a_page_goes_on_with_what_was_asked_for(world, demo):
    create(demo, "test", "api", "web")
    world.other("POST", "/domains", "name=mine")
    world.other("POST", "/domain/mine/members", "login=demo&role=view")
    create(world.other, "mine", "blog")

    first = demo("GET", f"{PATHS[0]}?limit=1&owner=%40self&include=cartridges")

    path = NEXT.fullmatch(first.headers["Link"])[1]
    assert "owner=%40self" in path
    assert "include=cartridges" in path
    assert names(demo("GET", path)) == ["web"]
    assert "cartridges" in demo("GET", path).data[0]
    assert pages(demo, f"{PATHS[0]}?limit=1") == [["api"], ["blog"], ["web"], []]


def test_nothing_is_twice_or_left_out_where_others_come_and_go(demo):
    create(demo, "test", "alpha", "bravo", "delta")
    link = NEXT.fullmatch(demo("GET", f"{PATHS[0]}?limit=2").headers["Link"])[1]

    create(demo, "test", "aardvark", "charlie")
    demo("DELETE", "/domain/test/application/bravo")

    assert names(demo("GET", link)) == ["charlie", "delta"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "limit=many", "after=nothing", "after=YQ%3D%3D", "after=%2B%2B"]
)
def test_what_is_no_page_is_refused_by_name(demo, query):
    refused = demo("GET", f"{PATHS[0]}?{query}")

    assert (refused.status, refused.first["field"]) == (422, query.partition("=")[0])


def test_a_list_takes_as_many_statements_for_many_as_for_few(make_world):
    def statements(applications):
        world = make_world(default_max_gears=-1)
        world.demo("POST", "/domains", "name=test")
        world.other("POST", "/domains", "name=mine")
        world.other("POST", "/domain/mine/members", "login=demo&role=view")
        for client, domain in ((world.demo, "test"), (world.other, "mine")):
            create(client, domain, *(f"app{number}" for number in range(applications)))
        found = {}
        for path in (*PATHS, f"{PATHS[0]}?limit=2", "/broker/rest/domains?include=application_info"):
            with counted(world) as seen:
                assert world.demo("GET", path).status == 200
            found[path] = len(seen)
        return found

    assert statements(2) == statements(6)


def test_domains_and_their_members_take_as_many_statements_however_many_there_are(make_world):
    def statements(domains):
        world = make_world(default_max_domains=-1)
        for number in range(domains):
            world.other("POST", "/domains", f"name=d{number}")
            world.other("POST", f"/domain/d{number}/members", "login=demo&role=view")
        with counted(world) as seen:
            assert len(world.demo("GET", "/domains").data) == domains
        return len(seen)

    assert statements(2) == statements(8)
