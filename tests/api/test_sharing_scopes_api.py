"""A token narrows what a member may do, and never widens it."""

from api.credentials import token_client
from api.sharing import team_of

MEMBERS = "/broker/rest/domain/test/members"
APPLICATION = "/broker/rest/domain/test/application/testha"


def domain_id(client):
    return client("GET", "/domain/test").data["id"]


def share(owner, role):
    assert owner("PATCH", MEMBERS, f"login=other&role={role}").status == 200


def test_a_token_of_a_member_allows_what_the_role_allows_and_no_more(world, testha):
    share(testha, "view")
    token = token_client(world.other, scope=f"domain/{domain_id(testha)}/admin")

    assert token("GET", APPLICATION).status == 200
    assert token("POST", f"{APPLICATION}/events", "event=stop").status == 403
    share(testha, "edit")
    assert token("POST", f"{APPLICATION}/events", "event=stop").status == 200
    assert token("POST", MEMBERS, "login=demo&role=view").status == 403
    share(testha, "admin")
    assert token("POST", MEMBERS, json_body={"members": [{"login": "nobody", "role": "view"}]}).status == 404


def test_a_token_that_only_sees_a_domain_neither_leaves_it_nor_makes_another(world, testha):
    share(testha, "admin")
    token = token_client(world.other, scope=f"domain/{domain_id(testha)}/view")

    refused = [
        token("DELETE", f"{MEMBERS}/self"),
        token("DELETE", MEMBERS),
        token("POST", "/broker/rest/domains", "name=more"),
        token("POST", "/broker/rest/domain/more/applications", "name=web&cartridge=php-5.4"),
    ]

    assert [each.status for each in refused] == [403] * 4
    assert [each["name"] for each in token("GET", "/domains").data] == ["test"]
    assert [each["login"] for each in token("GET", MEMBERS).data] == ["demo", "other"]


def test_a_token_for_one_application_makes_no_domain(world, testha):
    application_id = testha("GET", APPLICATION).data["id"]
    token = token_client(testha, scope=f"application/{application_id}/admin")

    assert token("POST", "/broker/rest/domain/more/applications", "name=web&cartridge=php-5.4").status == 403
    assert [each["name"] for each in testha("GET", "/domains").data] == ["test"]


def test_a_token_that_only_reads_sees_teams_and_changes_none(world):
    team_id = team_of(world, world.demo, "crew")
    token = token_client(world.demo, scope="read")

    assert token("GET", f"/team/{team_id}").status == 200
    assert token("POST", f"/team/{team_id}/members", "login=other&role=view").status == 403
    assert token("DELETE", f"/team/{team_id}").status == 403


def test_pages_lead_on_where_a_token_reaches_nothing_on_one(testha):
    for name in ("alpha", "bravo", "zulu"):
        testha("POST", "/broker/rest/domain/test/applications", f"name={name}&cartridge=php-5.4")
    zulu = testha("GET", "/broker/rest/domain/test/application/zulu").data["id"]
    token = token_client(testha, scope=f"application/{zulu}/view")
    path, found = "/broker/rest/applications?limit=1", []

    while path is not None:
        answer = token("GET", path)
        found += [each["name"] for each in answer.data]
        link = answer.headers.get("Link")
        path = None if link is None else link.partition(">")[0].removeprefix("<http://localhost")

    assert found == ["zulu"]
