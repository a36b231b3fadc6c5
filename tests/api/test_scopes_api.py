"""Scopes: what a token of each kind is let do, and in which words it is refused the rest."""

import pytest
from api.credentials import token_client

from broker.usecases.accounts import change_user

# What each scope lets a request do that its account could do: status by method and path, with the domain `test` and
# the application `testha` in it, and the domain `more` with the application `spare`.
ASKED = {
    "see the account": ("GET", "/user", None),
    "list keys": ("GET", "/user/keys", None),
    "add a key": ("POST", "/user/keys", {"name": "n", "type": "ssh-rsa", "content": "AAAA"}),
    "list tokens": ("GET", "/user/authorizations", None),
    "make a token": ("POST", "/user/authorizations", {}),
    "see the domain": ("GET", "/domain/test", None),
    "rename the domain": ("PUT", "/domain/test", {"name": "renamed"}),
    "see another domain": ("GET", "/domain/more", None),
    "make a domain": ("POST", "/domains", {"name": "new"}),
    "see the application": ("GET", "/domain/test/application/testha", None),
    "see another application": ("GET", "/domain/more/application/spare", None),
    "restart": ("POST", "/domain/test/application/testha/events", {"event": "restart"}),
    "scale": ("POST", "/domain/test/application/testha/events", {"event": "scale-up"}),
    "name": ("POST", "/domain/test/application/testha/aliases", {"id": "www.shop.org"}),
    "make an application": ("POST", "/domain/test/applications", {"name": "third", "cartridge": "php-5.4"}),
    "delete the application": ("DELETE", "/domain/test/application/testha", None),
    "see the catalogue": ("GET", "/cartridges", None),
}
NARROWLY = {"see the catalogue"}
ONE_DOMAIN = {*NARROWLY, "see the domain", "see the application"}
ONE_APPLICATION = {*NARROWLY, "see the application"}
CHANGES = {"restart", "scale", "name"}
ALLOWED = {
    "session": set(ASKED),
    "read": {name for name, (method, _, _) in ASKED.items() if method == "GET"} - {"list tokens"},
    "userinfo": {*NARROWLY, "see the account"},
    "domain/{domain}/view": ONE_DOMAIN,
    "domain/{domain}/edit": {*ONE_DOMAIN, *CHANGES, "make an application", "delete the application"},
    "domain/{domain}/admin": {
        *ONE_DOMAIN,
        *CHANGES,
        "make an application",
        "delete the application",
        "rename the domain",
    },
    "application/{application}/view": ONE_APPLICATION,
    "application/{application}/edit": {*ONE_APPLICATION, *CHANGES},
    "application/{application}/admin": {*ONE_APPLICATION, *CHANGES, "delete the application"},
}


@pytest.mark.parametrize("scope", ALLOWED)
def test_a_scope_allows_what_it_says_and_nothing_else(demo, scope):
    demo("POST", "/domains", json_body={"name": "more"})
    for name, namespace in (("testha", "test"), ("spare", "more")):
        assert (
            demo("POST", f"/domain/{namespace}/applications", f"name={name}&cartridge=php-5.4&scale=true").status == 201
        )
    domain = demo("GET", "/domain/test").data["id"]
    application = demo("GET", "/domain/test/application/testha").data["id"]
    client = token_client(demo, scope=scope.format(domain=domain, application=application))
    # A domain with applications cannot be renamed, which is said to whoever may.
    fine = {200, 201, 422}

    # What deletes comes last.
    answers = {name: client(*asked[:2], json_body=asked[2]) for name, asked in ASKED.items()}

    assert {name for name, answer in answers.items() if answer.status in fine} == ALLOWED[scope]
    for name, answer in answers.items():
        if answer.status not in fine:
            assert answer.status in {403, 404}, (name, answer.texts)


def refusal(answer):
    return answer.status, answer.first["exit_code"], answer.first["field"], answer.texts


def test_a_scope_that_does_not_allow_something_says_so(testha):
    application = testha("GET", "/application/testha").data["id"]
    narrow = token_client(testha, scope=f"application/{application}/view")
    userinfo = token_client(testha, scope="userinfo")
    scope = f"application/{application}/view"

    permission = narrow("POST", f"/application/{application}/events", json_body={"event": "make-ha"})
    action = userinfo("GET", "/domains")

    assert refusal(permission) == (
        403,
        1,
        None,
        [f"You are not permitted to perform this action with the scopes {scope} (make_ha on application)"],
    )
    assert refusal(action) == (403, 1, None, ["This action is not allowed with your current authorization."])


@pytest.mark.parametrize(("kind", "sees_domain"), [("domain", True), ("application", False)])
def test_a_narrow_token_finds_in_every_list_only_what_it_is_for(demo, kind, sees_domain):
    demo("POST", "/domains", json_body={"name": "more"})
    made = {}
    for name, namespace in (("testha", "test"), ("spare", "more")):
        form = f"name={name}&cartridge=php-5.4&scale=true"
        made[name] = demo("POST", f"/domain/{namespace}/applications", form).data["id"]
    subject = demo("GET", "/domain/test").data["id"] if kind == "domain" else made["testha"]
    client = token_client(demo, scope=f"{kind}/{subject}/view")

    applications = client("GET", "/applications")
    domains = client("GET", "/domains")

    assert [each["name"] for each in applications.data] == ["testha"]
    assert client("GET", f"/application/{made['testha']}/operations").status == 200
    for path in ("/operations", "/routing/snapshot", "/routing/events"):
        assert client.send("GET", path).status_code == 403, path
    assert client("GET", f"/application/{made['spare']}/operations").status == 404
    assert client("GET", f"/application/{made['spare']}/routing_table").status == 404
    assert [each["name"] for each in domains.data or ()] == (["test"] if sees_domain else [])


def test_a_narrow_token_of_a_router_does_not_see_other_applications(world, testha):
    change_user(world.embedded.platform, "other", may_follow_all_routing=True)
    world.other("POST", "/domains", json_body={"name": "routers"})
    domain = world.other("GET", "/domain/routers").data["id"]
    table = f"/application/{testha('GET', '/application/testha').data['id']}/routing_table"

    narrow = token_client(world.other, scope=f"domain/{domain}/view")
    reading = token_client(world.other, scope="read")

    assert (narrow("GET", table).status, reading("GET", table).status) == (404, 200)
    assert reading("GET", "/routing/snapshot").status == 200
