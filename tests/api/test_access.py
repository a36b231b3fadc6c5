"""Who may ask what: every route, as nobody, as a stranger, in each role, and with each kind of narrow token.

The table below is written by hand, apart from the code. A route that is not in it fails.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from api.conftest import QUICK_HASH, Client, World, opened_world
from made_certificates import made_certificate
from sqlalchemy import update

from broker.api.openapi import Description
from broker.api.options import ApiOptions
from broker.api.paths import PREFIX
from broker.api.url import Url
from broker.api.urls import urls
from broker.core.ids import ApplicationId
from broker.store.tables import authorizations
from broker.usecases.accounts import change_user, create_user
from broker.usecases.events import APPLICATION_EVENTS, CARTRIDGE_EVENTS
from broker.usecases.gear_credentials import issue_gear_credentials
from broker.usecases.gear_events import GEAR_EVENTS

ROLES = ("stranger", "view", "edit", "admin", "owner")
TOKENS = (
    "read",
    "userinfo",
    "domain/view",
    "domain/edit",
    "domain/admin",
    "application/view",
    "application/edit",
    "application/admin",
    "gear",
)
PUBLIC = "nobody"
# Not even by the owner: this one is for accounts that another account has made.
NEVER = "never"


@dataclass(frozen=True, kw_only=True)
class Row:
    """Who may: the lowest `role`, and which tokens of the owner's are enough; `body` is a request that could be done.

    A role of None is one's own: whoever is logged in may. `hides` says that others are told it does not exist.
    """

    role: str | None
    tokens: tuple[str, ...] = ()
    body: str = ""


DOMAIN_TOKENS = ("domain/view", "domain/edit", "domain/admin")
ANY = (*DOMAIN_TOKENS, "application/view", "application/edit", "application/admin", "gear")
EDITS = ("domain/edit", "domain/admin", "application/edit", "application/admin")
SEES = Row(role="view", tokens=("read", *ANY))
CHANGES = Row(role="edit", tokens=EDITS)
OWN = Row(role=None)
OPEN = Row(role=PUBLIC)

ACCESS: dict[str, Row] = {
    "GET /api": OPEN,
    "GET /environment": OPEN,
    "GET /cartridges": OPEN,
    "GET /cartridges/<feature>": OPEN,
    "GET /cartridge/<cartridge>": OPEN,
    "GET /quickstarts": OPEN,
    "GET /quickstart/<quickstart>": OPEN,
    "GET /regions": OPEN,
    "GET /region/<region>": OPEN,
    "GET /openapi.json": OPEN,
    # One's own account.
    "GET /user": replace(OWN, tokens=("read", "userinfo")),
    "DELETE /user": Row(role=NEVER),
    "GET /user/keys": replace(OWN, tokens=("read",)),
    "POST /user/keys": replace(OWN, body="name=other&type=ssh-rsa&content=AAAAB4"),
    "GET /user/key/<key_name>": Row(role="owner", tokens=("read",)),
    "PUT /user/key/<key_name>": Row(role="owner", body="type=ssh-rsa&content=AAAAB5"),
    "DELETE /user/key/<key_name>": Row(role="owner"),
    "GET /user/authorizations": OWN,
    "POST /user/authorizations": replace(OWN, body="scope=userinfo"),
    "DELETE /user/authorizations": replace(OWN, body="scope=sso"),
    "GET /user/authorization/<authorization>": Row(role="owner"),
    "PUT /user/authorization/<authorization>": Row(role="owner", body="note=x"),
    "DELETE /user/authorization/<authorization>": OWN,
    # Domains.
    "GET /domains": replace(OWN, tokens=("read", *DOMAIN_TOKENS)),
    "POST /domains": replace(OWN, body="name=new"),
    "GET /domain/<domain_id>": Row(role="view", tokens=("read", *DOMAIN_TOKENS)),
    "PUT /domain/<domain_id>": Row(role="owner", tokens=("domain/admin",), body="name=renamed"),
    "DELETE /domain/<domain_id>": Row(role="owner", tokens=("domain/admin",)),
    "GET /domain/<domain_id>/members": Row(role="view", tokens=("read", *DOMAIN_TOKENS)),
    "POST /domain/<domain_id>/members": Row(role="admin", tokens=("domain/admin",), body="login=someone&role=view"),
    "PATCH /domain/<domain_id>/members": Row(role="admin", tokens=("domain/admin",), body="login=someone&role=view"),
    "DELETE /domain/<domain_id>/members": Row(role="admin", tokens=("domain/admin",)),
    "GET /domain/<domain_id>/member/<member_id>": Row(role="view", tokens=("read", *DOMAIN_TOKENS)),
    "PUT /domain/<domain_id>/member/<member_id>": Row(role="admin", tokens=("domain/admin",), body="role=edit"),
    "DELETE /domain/<domain_id>/member/<member_id>": Row(role="admin", tokens=("domain/admin",)),
    "DELETE /domain/<domain_id>/members/self": Row(role="view", tokens=("domain/admin",)),
    # Teams: the domain's members are strangers to them.
    "GET /teams": replace(OWN, tokens=("read",)),
    "POST /teams": replace(OWN, body="name=new team"),
    "GET /team/<team_id>": Row(role="owner", tokens=("read",)),
    "DELETE /team/<team_id>": Row(role="owner"),
    "GET /team/<team_id>/members": Row(role="owner", tokens=("read",)),
    "POST /team/<team_id>/members": Row(role="owner", body="login=someone&role=view"),
    "PATCH /team/<team_id>/members": Row(role="owner", body="login=someone&role=view"),
    "DELETE /team/<team_id>/members": Row(role="owner"),
    "GET /team/<team_id>/member/<member_id>": Row(role="owner", tokens=("read",)),
    "PUT /team/<team_id>/member/<member_id>": Row(role="owner", body="role=view"),
    "DELETE /team/<team_id>/member/<member_id>": Row(role="owner"),
    "DELETE /team/<team_id>/members/self": Row(role="owner"),
    # Applications.
    "GET /applications": replace(OWN, tokens=("read", *ANY)),
    "POST /applications": Row(
        role="edit", tokens=("domain/edit", "domain/admin"), body="domain_id={domain_id}&name=new&cartridges[]=cron-1.4"
    ),
    "GET /application/<application_id>": SEES,
    "GET /application/<application_id>/members": SEES,
    "PUT /application/<application_id>": replace(CHANGES, body="auto_deploy=false"),
    "DELETE /application/<application_id>": Row(
        role="edit", tokens=("domain/edit", "domain/admin", "application/admin")
    ),
    "POST /application/<application_id>/events": replace(CHANGES, body="event=make-ha"),
    "GET /application/<application_id>/cartridges": SEES,
    "POST /application/<application_id>/cartridges": replace(CHANGES, body="name=cron-1.4"),
    "GET /application/<application_id>/cartridge/<cartridge_name>": SEES,
    "PUT /application/<application_id>/cartridge/<cartridge_name>": Row(
        role="edit", tokens=(*EDITS, "gear"), body="scales_from=1"
    ),
    "DELETE /application/<application_id>/cartridge/<cartridge_name>": CHANGES,
    "POST /application/<application_id>/cartridge/<cartridge_name>/events": replace(CHANGES, body="event=restart"),
    "GET /application/<application_id>/gear_groups": SEES,
    "GET /application/<application_id>/gear_group/<group_id>": SEES,
    "GET /application/<application_id>/gears": SEES,
    "POST /application/<application_id>/gear/<gear_id>/events": replace(CHANGES, body="event=rotate-in"),
    "DELETE /application/<application_id>/gear/<gear_id>": CHANGES,
    "GET /application/<application_id>/ha": SEES,
    "GET /application/<application_id>/aliases": SEES,
    "POST /application/<application_id>/aliases": replace(CHANGES, body="id=new.example.org"),
    "GET /application/<application_id>/alias/<alias>": SEES,
    "PUT /application/<application_id>/alias/<alias>": CHANGES,
    "DELETE /application/<application_id>/alias/<alias>": CHANGES,
    "GET /application/<application_id>/environment-variables": Row(role="edit", tokens=("read", *EDITS)),
    "POST /application/<application_id>/environment-variables": replace(CHANGES, body="name=NEW&value=x"),
    "PATCH /application/<application_id>/environment-variables": replace(CHANGES, body="name=NEW&value=x"),
    "GET /application/<application_id>/environment-variable/<name>": Row(role="edit", tokens=("read", *EDITS)),
    "PUT /application/<application_id>/environment-variable/<name>": replace(CHANGES, body="value=y"),
    "DELETE /application/<application_id>/environment-variable/<name>": CHANGES,
    "GET /application/<application_id>/deployments": SEES,
    "POST /application/<application_id>/deployments": replace(CHANGES, body="ref=master"),
    "GET /application/<application_id>/deployment/<deployment_id>": SEES,
    "GET /application/<application_id>/descriptor": SEES,
    "GET /application/<application_id>/dns_resolvable": SEES,
    "GET /application/<application_id>/operations": SEES,
    "GET /operations": replace(OWN, tokens=("read",)),
    "GET /operation/<operation_id>": SEES,
    "POST /operation/<operation_id>/events": Row(role="edit", tokens=(*EDITS, "gear"), body="event=cancel"),
    # What routers read.
    "GET /application/<application_id>/routing_table": SEES,
    "GET /routing/snapshot": replace(OWN, tokens=("read",)),
    "GET /routing/events": replace(OWN, tokens=("read",)),
    # With a private key in it; beside these only a router's login.
    "GET /routing/certificate/<reference>": Row(role="edit"),
    # What people read.
    "GET /console": replace(OWN, tokens=("read", *ANY)),
    "GET /console/application/<application_id>": SEES,
}
# What the events of one route need is not the same for each: which permission, and which tokens beside EDITS have it.
GEARS_TOO = ("gear", "application/scale")
HIDDEN_TOKENS = ("application/scale", "application/report_deployments")
EVENTS_OF_APPLICATION = "POST /application/<application_id>/events"
EVENTS_OF_CARTRIDGE = "POST /application/<application_id>/cartridge/<cartridge_name>/events"
EVENTS_OF_GEAR = "POST /application/<application_id>/gear/<gear_id>/events"
EVENTS: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {
    (EVENTS_OF_APPLICATION, "event=start"): ("change_state", GEARS_TOO),
    (EVENTS_OF_APPLICATION, "event=stop"): ("change_state", GEARS_TOO),
    (EVENTS_OF_APPLICATION, "event=force-stop"): ("change_state", GEARS_TOO),
    (EVENTS_OF_APPLICATION, "event=restart"): ("change_state", GEARS_TOO),
    (EVENTS_OF_APPLICATION, "event=reload"): ("change_cartridge_state", ()),
    (EVENTS_OF_APPLICATION, "event=tidy"): ("change_cartridge_state", ()),
    (EVENTS_OF_APPLICATION, "event=thread-dump"): ("view_code_details", ()),
    (EVENTS_OF_APPLICATION, "event=scale-up"): ("scale_cartridge", GEARS_TOO),
    (EVENTS_OF_APPLICATION, "event=scale-down"): ("scale_cartridge", GEARS_TOO),
    (EVENTS_OF_APPLICATION, "event=make-ha"): ("make_ha", ()),
    (EVENTS_OF_APPLICATION, "event=enable-ha"): ("make_ha", ()),
    (EVENTS_OF_APPLICATION, "event=disable-ha"): ("disable_ha", ()),
    (EVENTS_OF_APPLICATION, "event=add-alias&alias=event.example.org"): ("create_alias", ()),
    (EVENTS_OF_APPLICATION, "event=remove-alias&alias={alias}"): ("destroy_alias", ()),
    (EVENTS_OF_APPLICATION, "event=activate&deployment_id={deployment_id}"): ("create_deployment", ()),
    (EVENTS_OF_CARTRIDGE, "event=start"): ("change_cartridge_state", ()),
    (EVENTS_OF_CARTRIDGE, "event=stop"): ("change_cartridge_state", ()),
    (EVENTS_OF_CARTRIDGE, "event=restart"): ("change_cartridge_state", ()),
    (EVENTS_OF_CARTRIDGE, "event=reload"): ("change_cartridge_state", ()),
    (EVENTS_OF_CARTRIDGE, "event=scale-up"): ("scale_cartridge", GEARS_TOO),
    (EVENTS_OF_CARTRIDGE, "event=scale-down"): ("scale_cartridge", GEARS_TOO),
    (EVENTS_OF_GEAR, "event=restart"): ("change_state", GEARS_TOO),
    (EVENTS_OF_GEAR, "event=rotate-out"): ("rotate_gear", ()),
    (EVENTS_OF_GEAR, "event=rotate-in"): ("rotate_gear", ()),
}
ROUTES = {f"{url.method} {url.paths.current[0]}": url for url in Description(urls(), ApiOptions()).urls}
REFUSED = {401, 403, 404}


def test_every_route_has_a_row_and_every_row_a_route():
    assert set(ROUTES) == set(ACCESS)


@pytest.fixture(scope="module")
def shared(tmp_path_factory, empty_database) -> Iterator["Shared"]:
    with opened_world(tmp_path_factory.mktemp("access"), empty_database, nodes_per_zone=6) as world:
        yield Shared(world)


@dataclass
class Shared:
    """A domain that `demo` owns, with a member in each role, and everything in it that a path can name."""

    world: World
    numbers: Iterator[int] = field(default_factory=itertools.count)
    kept: dict[str, str] | None = None

    def __post_init__(self) -> None:
        platform = self.world.embedded.platform
        change_user(platform, "demo", max_namespaces=-1, max_gears=-1, max_teams=-1, may_use_private_ssl=True)
        for login in ("view", "edit", "admin", "stranger", "someone"):
            create_user(platform, login)
            change_user(platform, login, password_hash=QUICK_HASH, max_teams=-1, max_namespaces=-1)

    def same_things(self) -> dict[str, str]:
        """Things that are there for every test that leaves them as they are."""
        self.kept = self.kept or self.things()
        return self.kept

    def things(self) -> dict[str, str]:
        """A new domain with an application, and the ids of all that is in it."""
        demo, number = self.world.demo, next(self.numbers)
        domain = f"domain{number}"
        domain_id = made(demo("POST", f"{PREFIX}/domains", f"name={domain}"))["id"]
        wish = "name=web&cartridges[]=php-5.4&cartridges[]=cron-1.4&scale=true"
        application = made(demo("POST", f"{PREFIX}/domain/{domain}/applications", wish))["id"]
        path = f"{PREFIX}/application/{application}"
        made(demo("POST", f"{path}/aliases", json_body=made_certificate().form(id=f"www{number}.example.org")))
        made(demo("POST", f"{path}/environment-variables", "name=STAGE&value=test"))
        demo("POST", f"{PREFIX}/user/keys", "name=mine&type=ssh-rsa&content=AAAAB3")
        team = made(demo("POST", f"{PREFIX}/teams", f"name=team {number}"))["id"]
        member = demo("POST", f"{PREFIX}/team/{team}/members", "login=someone&role=view")
        assert member.status == 200, member.texts
        for role in ("view", "edit", "admin"):
            given = demo("POST", f"{PREFIX}/domain/{domain}/members", f"login={role}&role={role}")
            assert given.status == 200, given.texts
            in_domain = given.data["id"]
        group = demo("GET", f"{path}/gear_groups").data[0]
        return {
            "domain_id": domain,
            "application_id": application,
            "cartridge_name": "cron-1.4",
            "group_id": group["id"],
            "gear_id": group["gears"][0]["id"],
            "alias": f"www{number}.example.org",
            "reference": demo("GET", f"{path}/routing_table").data["certificates"][0]["private_key_reference"],
            "name": "STAGE",
            "deployment_id": demo("GET", f"{path}/deployments").data[0]["id"],
            "operation_id": demo("GET", f"{path}/operations").data[0]["id"],
            "key_name": "mine",
            "authorization": made(demo("POST", f"{PREFIX}/user/authorizations", "scope=userinfo"))["id"],
            "team_id": team,
            "member_id": member.data["id"],
            "in_domain": in_domain,
            "domain": domain_id,
            "feature": "php",
            "cartridge": "php-5.4",
            "quickstart": "x",
            "region": "x",
        }


def made(answered: Any) -> dict[str, str]:
    assert answered.status == 201, answered.texts
    return answered.data


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_a_route_is_open_to_whom_the_table_says_and_to_nobody_else(shared, route):
    row, url = ACCESS[route], ROUTES[route]
    # What changes nothing, or only on a condition that does not hold, can be asked of the same things again.
    things = shared.same_things() if url.conditional or url.method == "GET" else shared.things()

    opened = {who for who, client in clients(shared, things) if is_open(client, url, row, things)}

    assert opened == expected(row), route


def test_every_event_has_a_row_and_every_row_an_event():
    known = {
        EVENTS_OF_APPLICATION: set(APPLICATION_EVENTS),
        EVENTS_OF_CARTRIDGE: set(CARTRIDGE_EVENTS),
        EVENTS_OF_GEAR: set(GEAR_EVENTS),
    }

    assert known == {
        route: {body.split("&")[0].removeprefix("event=") for each, body in EVENTS if each == route} for route in known
    }


@pytest.mark.parametrize(("route", "body"), EVENTS)
def test_an_event_is_open_to_whom_the_table_says_and_to_nobody_else(shared, route, body):
    permission, gears_too = EVENTS[route, body]
    row, url, things = Row(role="edit", tokens=(*EDITS, *gears_too), body=body), ROUTES[route], shared.same_things()
    if route == EVENTS_OF_CARTRIDGE:
        things = {**things, "cartridge_name": "php-5.4"}  # the one that scales
    everybody = dict(clients(shared, things, (*TOKENS, *HIDDEN_TOKENS)))

    opened = {who for who, client in everybody.items() if is_open(client, url, row, things)}

    assert opened == expected(row), body
    refused = asked(everybody["view"], url, row, things)
    assert refused.json["messages"][0]["text"] == (
        f"You are not permitted to perform this action ({permission} on application)"
    )


def clients(shared: Shared, things: dict[str, str], tokens: tuple[str, ...] = TOKENS) -> Iterator[tuple[str, Client]]:
    """Everybody who may ask, the owner last: what they change is there for all others."""
    world = shared.world
    yield PUBLIC, world.nobody
    for role in ROLES[:-1]:
        yield role, Client(world.wsgi_app, (role, "password"))
    for token in tokens:
        yield token, Client(world.wsgi_app, None, credentials(world, token, things))
    yield "owner", world.demo


def credentials(world: World, token: str, things: dict[str, str]) -> dict[str, str]:
    """The headers of a request with that token of the owner's."""
    kind, _, level = token.partition("/")
    scope = f"{kind}/{things['domain' if kind == 'domain' else 'application_id']}/{level}" if level else kind
    if kind == "gear":
        given = issue_gear_credentials(world.embedded.platform, ApplicationId(things["application_id"]))
        return {"broker_auth_key": given.key, "broker_auth_iv": given.iv}
    hidden = token in HIDDEN_TOKENS
    given = made(world.demo("POST", f"{PREFIX}/user/authorizations", f"scope={'session' if hidden else scope}"))
    if hidden:  # nobody can ask for these
        with world.embedded.built.database.writing() as connection:
            this = authorizations.c.authorization_id == given["id"]
            connection.execute(update(authorizations).where(this).values(scopes=scope))
            connection.commit()
    return {"Authorization": f"Bearer {given['token']}"}


def is_open(client: Client, url: Url, row: Row, things: dict[str, str]) -> bool:
    """Whether the resource looks at the request; where it can, it is told to change nothing."""
    response = asked(client, url, row, things)
    if response.status_code == 404 and row.role == PUBLIC:
        return True
    return response.status_code not in REFUSED


def asked(client: Client, url: Url, row: Row, things: dict[str, str]) -> Any:
    path = url.paths.current[0]
    if path.startswith("/domain/"):
        path = path.replace("<member_id>", "<in_domain>")
    for name, value in things.items():
        path = path.replace(f"<{name}>", value)
    if url.conditional:
        client = replace(client, headers={**client.headers, "If-Match": '"0000000000000000"'})
    body = row.body.format(**things)
    return client.send(
        url.method,
        f"{PREFIX}{path}",
        data=body or None,
        content_type="application/x-www-form-urlencoded" if body else None,
    )


def expected(row: Row) -> set[str]:
    if row.role == NEVER:
        return set()
    if row.role == PUBLIC:
        return {PUBLIC, *ROLES, *TOKENS}
    roles = ROLES if row.role is None else ROLES[ROLES.index(row.role) :]
    return {*roles, *row.tokens}
