"""Who is asking: every kind of credential, the order in which they count, and what is said where none does."""

from dataclasses import replace

import pytest
from api.credentials import AUTHORIZATIONS, at_noon, token_client, with_token
from api.test_statement_counts_api import counted

from broker.api.fronting import Fronting
from broker.api.throttle import ADDRESS, PAIR
from broker.core.ids import ApplicationId
from broker.usecases.accounts import change_user, find_user, set_password
from broker.usecases.gear_credentials import issue_gear_credentials

USER = "/broker/rest/user"
APPLICATION = "/broker/rest/domain/test/application/testha"
PROXY = Fronting(proxy="127.0.0.1", user_header="X-Remote-User")


def fronted(world, fronting=PROXY):
    """The client of nobody, over an API that believes the proxy on this machine."""
    client, _ = at_noon(world, fronting=fronting)
    return replace(client, login=None)


def proxied(client, login):
    return replace(client, headers={**client.headers, "X-Remote-User": login})


def gear_headers(world, application_id):
    made = issue_gear_credentials(world.embedded.platform, ApplicationId(application_id))
    return {"broker_auth_key": made.key, "broker_auth_iv": made.iv}


def denied(response, challenge='Basic realm="gearbroker"'):
    word = challenge.partition(" ")[0]
    return (
        response.status_code == 401
        and response.text == f"HTTP {word}: Access denied.\n"
        and response.headers["WWW-Authenticate"] == challenge
        and response.headers["Content-Type"] == "text/plain; charset=utf-8"
    )


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic ???",
        "Basic ZGVtbw==",  # demo
        "Basic OnBhc3N3b3Jk",  # :password
        "Basic ZGVtbzp3cm9uZw==",  # demo:wrong
        "Basic bm9ib2R5OnBhc3N3b3Jk",  # nobody:password
        "Basic //8=",
        "Digest username=demo",
        "Something else",
    ],
)
def test_without_a_login_that_is_right_the_basic_challenge_comes(world, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    client = replace(world.nobody, headers=headers)

    assert denied(client.send("GET", USER))


@pytest.mark.parametrize("token", ["", "f" * 64, "x", "f" * 5000, "two words"])
def test_a_token_that_is_not_known_is_no_login_and_no_other_way_is_tried(world, token):
    client = replace(world.demo, login=None, headers={"Authorization": f"Bearer {token}"})

    response = client.send("GET", USER)

    assert response.status_code == 401
    if token:
        assert denied(response, 'Bearer error="invalid_token" "The access token is not recognized"')


def test_a_request_that_is_not_let_in_is_read_to_its_end_and_not_done(world):
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        response = world.nobody.send(method, "/broker/rest/domains", json={"name": "test"})
        assert response.status_code in {401, 405}, method
    assert world.demo("GET", "/broker/rest/domains").data == []


def test_a_problem_is_given_to_who_asks_for_one(world):
    client = replace(world.nobody, headers={"Accept": "application/problem+json"})

    response = client.send("GET", USER)

    assert (response.status_code, response.get_json()["status"]) == (401, 401)
    assert response.headers["WWW-Authenticate"] == 'Basic realm="gearbroker"'


@pytest.mark.parametrize("path", ["/api", "/environment", "/cartridges", "/cartridge/php-5.4", "/openapi.json"])
def test_what_is_for_everybody_asks_nobody_and_minds_no_wrong_login(world, path):
    wrong = replace(world.demo, login=("demo", "wrong"))
    stranger = with_token(world.demo, "f" * 64)

    for client in (world.nobody, wrong, stranger):
        assert client.send("GET", f"/broker/rest{path}").status_code == 200


def test_who_logs_in_without_need_is_shown_what_they_may_use(make_world):
    world = make_world(
        valid_gear_sizes=("small", "large"), cartridge_gear_sizes=(("php-5.4", ("large",)), ("ruby-1.9", ("small",)))
    )

    def names(client):
        return {each["name"] for each in client("GET", "/broker/rest/cartridges").data} & {"php-5.4", "ruby-1.9"}

    everything, usable = {"php-5.4", "ruby-1.9"}, {"ruby-1.9"}
    assert names(world.nobody) == everything
    assert names(replace(world.demo, login=("demo", "wrong"))) == everything
    assert names(with_token(world.demo, "f" * 64)) == everything
    assert names(world.demo) == usable
    assert names(token_client(world.demo, scope="userinfo")) == usable


def test_a_gear_acts_for_its_application_alone(world, testha):
    application = testha("GET", APPLICATION).data["id"]
    testha("POST", "/broker/rest/domains/test/applications", "name=other&cartridge=php-5.4")
    gear = replace(world.nobody, headers=gear_headers(world, application))

    shown = gear.send("GET", APPLICATION)

    assert (shown.status_code, shown.headers["X-OpenShift-Identity"]) == (200, "demo")
    assert shown.headers["X-OAuth-Scopes"] == (
        f"application/{application}/scale application/{application}/report_deployments"
    )
    assert gear("POST", f"{APPLICATION}/events", "event=scale-up").status == 200
    assert gear("GET", "/broker/rest/domain/test/application/other").status == 404
    assert gear("GET", "/broker/rest/domain/test").status == 403
    assert gear("GET", USER).status == 403
    assert gear("GET", AUTHORIZATIONS).status == 403
    assert gear("POST", f"{APPLICATION}/aliases", "id=www.shop.org").status == 403
    assert gear("DELETE", APPLICATION).status == 403


def test_a_gear_may_give_its_credentials_in_the_body_even_of_a_get(world, testha):
    application = testha("GET", APPLICATION).data["id"]
    headers = gear_headers(world, application)
    form = "&".join(f"{name}={value}" for name, value in headers.items())

    old = replace(world.nobody, headers={"Accept": "application/json;version=1.0", "User-Agent": "OpenShift"})
    read = old("GET", "/broker/rest/domains/test/applications/testha", form)
    scaled = world.nobody("POST", "/domains/test/applications/testha/events", f"event=scale-up&{form}")
    groups = old("GET", "/broker/rest/domains/test/applications/testha/gear_groups.json", form)

    assert (read.status, read.data["scale_min"], read.data["scale_max"]) == (200, 1, -1)
    assert (scaled.status, groups.status) == (200, 200)


def test_a_gears_credentials_are_worth_nothing_apart_changed_or_after_the_application(world, testha):
    application = testha("GET", APPLICATION).data["id"]
    one, two = gear_headers(world, application), gear_headers(world, application)
    mixed = {"broker_auth_key": one["broker_auth_key"], "broker_auth_iv": two["broker_auth_iv"]}
    alone = {"broker_auth_key": one["broker_auth_key"]}
    long = {"broker_auth_key": "k" * 5000, "broker_auth_iv": "i"}

    for headers in (mixed, alone, long):
        assert denied(replace(world.nobody, headers=headers).send("GET", APPLICATION)), headers
    testha("DELETE", APPLICATION)
    assert denied(replace(world.nobody, headers=one).send("GET", APPLICATION))


def test_a_gears_credentials_come_before_everything_else(world, testha):
    application = testha("GET", APPLICATION).data["id"]
    both = {**gear_headers(world, application), "Authorization": "Bearer unknown"}

    assert replace(world.nobody, headers=both).send("GET", APPLICATION).status_code == 200


def test_what_a_token_says_counts_before_what_the_proxy_says(world):
    client = fronted(world)
    token = token_client(replace(client, login=("demo", "password")), scope="session")

    assert proxied(token, "other")("GET", USER).data["login"] == "demo"
    assert proxied(with_token(client, "f" * 64), "other").send("GET", USER).status_code == 401


def test_what_the_proxy_says_counts_before_a_password(world):
    wrong = replace(fronted(world), login=("demo", "wrong"))

    response = proxied(wrong, "other").send("GET", USER)

    assert (response.status_code, response.get_json()["data"]["login"]) == (200, "other")
    assert response.headers["X-OAuth-Scopes"] == "session"


def test_whom_the_proxy_names_gets_an_account(world):
    client = fronted(world)

    first, second = proxied(client, "newcomer")("GET", USER), proxied(client, "newcomer")("GET", USER)

    assert (first.status, first.data["login"], first.data["max_gears"]) == (200, "newcomer", 100)
    assert second.data["id"] == first.data["id"]
    assert denied(client.send("GET", USER))


def test_whom_the_proxy_names_gets_none_where_the_operator_wants_no_new_accounts(world):
    client = fronted(world, replace(PROXY, creates_users=False))

    known, refused = proxied(client, "demo")("GET", USER), proxied(client, "newcomer")("GET", USER)

    assert (known.status, refused.status, refused.first["field"]) == (200, 403, "new_users_blocked")
    assert refused.texts == ["You have no account here, and none is made by logging in. Ask the administrator for one."]


def test_a_name_in_the_proxys_header_is_nothing_from_elsewhere(world):
    client = fronted(world, replace(PROXY, proxy="10.0.0.1"))

    assert denied(proxied(client, "demo").send("GET", USER))
    assert denied(proxied(world.nobody, "demo").send("GET", USER))


def test_wrong_passwords_are_slowed_down_and_so_is_a_right_one_among_them(world):
    wrong = replace(world.demo, login=("demo", "wrong"))
    for _ in range(PAIR.free):
        assert wrong.send("GET", USER).status_code == 401

    tried, right = wrong("GET", USER), world.demo("GET", USER)

    for answer in (tried, right):
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
        assert answer.body["status"] == "too_many_requests"
        assert (answer.first["exit_code"], answer.texts) == (
            1,
            ["There were too many wrong logins. Try again in 1 second."],
        )
    assert world.other("GET", USER).status == 200


def test_a_token_is_not_slowed_down_by_wrong_passwords(world):
    client = token_client(world.demo, scope="session")
    wrong = replace(world.demo, login=("demo", "wrong"))
    for _ in range(PAIR.free + 1):
        wrong.send("GET", USER)

    assert (wrong.send("GET", USER).status_code, client("GET", USER).status) == (429, 200)


def test_wrong_passwords_at_what_is_for_everybody_count_too(make_world):
    world = make_world(valid_gear_sizes=("small", "large"), cartridge_gear_sizes=(("php-5.4", ("large",)),))
    wrong = replace(world.demo, login=("demo", "wrong"))

    for _ in range(PAIR.free + 1):
        assert wrong("GET", "/broker/rest/cartridges").status == 200

    assert world.demo("GET", USER).status == 429


def test_an_address_that_tries_many_logins_is_slowed_down(world):
    statuses = [
        replace(world.nobody, login=(f"somebody{number}", "password")).send("GET", USER).status_code
        for number in range(ADDRESS.free + 1)
    ]

    assert statuses == [401] * ADDRESS.free + [429]


def test_a_new_password_ends_the_old_one_at_once(world):
    assert world.demo("GET", USER).status == 200
    set_password(world.embedded.platform, "demo", "another")

    assert denied(world.demo.send("GET", USER))
    assert replace(world.demo, login=("demo", "another"))("GET", USER).status == 200


def acting(client, login):
    return replace(client, headers={**client.headers, "X-Impersonate-User": login})


@pytest.fixture
def parent(world):
    """The client of `demo`, who may have sub-accounts."""
    change_user(world.embedded.platform, "demo", may_have_subaccounts=True)
    return world.demo


def test_one_who_may_acts_as_a_sub_account_that_is_made_by_that(world, parent):
    child = acting(parent, "demo-shop")
    first, second = child("GET", USER), child("GET", USER)
    made = child("POST", "/broker/rest/domains", json_body={"name": "shop"})

    assert (first.status, first.data["login"], second.data["id"]) == (200, "demo-shop", first.data["id"])
    assert first.headers["X-OpenShift-Identity"] == "demo-shop"
    assert made.status == 201
    assert parent("GET", "/broker/rest/domain/shop").status == 404
    assert find_user(world.embedded.platform, "demo-shop").parent_id == parent("GET", USER).data["id"]


def test_one_who_may_not_and_another_ones_account_are_refused_alike(world, parent):
    acting(parent, "child")("GET", USER)
    change_user(world.embedded.platform, "other", may_have_subaccounts=True)

    for client, login in (
        (acting(replace(world.other, headers={}), "child"), "child"),
        (acting(parent, "other"), "other"),
        (acting(parent, "demo"), "demo"),
    ):
        answer = client("GET", USER)
        assert (answer.status, answer.body["status"], answer.first["exit_code"]) == (401, "unauthorized", 1)
        assert answer.texts == [f"Insufficient privileges to access user {login}"]
    change_user(world.embedded.platform, "demo", may_have_subaccounts=False)
    assert acting(parent, "child")("GET", USER).texts == ["Insufficient privileges to access user child"]


def test_a_sub_account_has_none_of_its_own(parent):
    child = token_client(acting(parent, "child"), scope="session")

    alone = replace(child, headers={"Authorization": child.headers["Authorization"]})

    assert alone("GET", USER).data["login"] == "child"
    assert acting(alone, "grandchild")("GET", USER).status == 401


@pytest.mark.parametrize("login", ["a:b", "n" * 256])
def test_what_is_no_login_makes_no_sub_account(parent, login):
    assert acting(parent, login)("GET", USER).status == 422


def test_a_sub_account_may_not_do_what_the_callers_scopes_do_not_allow(world, parent):
    acting(parent, "child")("POST", "/broker/rest/domains", json_body={"name": "shop"})
    domain = parent("POST", "/broker/rest/domains", json_body={"name": "mine"}).data["id"]
    reading = acting(token_client(parent, scope="read"), "child")
    narrow = acting(token_client(parent, scope=f"domain/{domain}/admin"), "child")

    assert reading("GET", USER).data["login"] == "child"
    assert reading("GET", "/broker/rest/domain/shop").status == 200
    assert reading("DELETE", "/broker/rest/domain/shop").status == 403
    assert reading("DELETE", USER).status == 403
    assert narrow("GET", "/broker/rest/domain/shop").status == 404
    assert narrow("GET", USER).status == 403
    assert acting(token_client(parent, scope="read"), "new")("GET", USER).status == 401


def test_a_request_with_a_token_takes_as_few_statements_as_one_with_a_password(world):
    client = token_client(world.demo, scope="session")
    world.demo("GET", USER)
    taken = []
    for each in (world.demo, client):
        with counted(world) as seen:
            each("GET", USER)
        taken.append(len([statement for statement in seen if statement.lstrip().upper().startswith("SELECT")]))

    assert taken == [1, 2]
