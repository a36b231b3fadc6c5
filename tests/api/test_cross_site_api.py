"""Pages of other sites have a browser change nothing with the password or the session that it remembers."""

from dataclasses import replace

import pytest
from api.credentials import at_noon, token_client

from broker.api.fronting import Fronting
from broker.core.ids import ApplicationId
from broker.usecases.accounts import UserNotFound, find_user
from broker.usecases.gear_credentials import issue_gear_credentials

USER, DOMAINS, KEYS = "/broker/rest/user", "/broker/rest/domains", "/broker/rest/user/keys"
TEXT = (
    "This would change something, and a page of another site has your browser send it."
    " Send it from the broker's own address, or with a token."
)
ELSEWHERE = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "https://localhost"},
    {"Origin": "http://localhost:8080"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://apps.localhost"},
    {"Sec-Fetch-Site": "something-new", "Origin": "https://evil.example"},
]
HERE = [
    {},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Origin": "http://localhost"},
    {"Origin": "http://LOCALHOST"},
]


def sent_with(client, headers):
    return replace(client, headers={**client.headers, **headers})


def is_refused(answer):
    first = answer.first
    return (answer.status, answer.body["status"], first["exit_code"], answer.texts) == (403, "forbidden", 1, [TEXT])


@pytest.mark.parametrize("headers", ELSEWHERE)
def test_another_sites_form_changes_nothing_with_a_password(world, headers):
    answer = sent_with(world.demo, headers)("POST", DOMAINS, "name=test")

    assert is_refused(answer)
    assert world.demo("GET", DOMAINS).data == []


@pytest.mark.parametrize("headers", HERE)
def test_the_brokers_own_pages_and_other_clients_change_what_they_want(world, headers):
    assert sent_with(world.demo, headers)("POST", DOMAINS, "name=test").status == 201


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
def test_no_method_that_changes_something_gets_through(demo, method):
    foreign = sent_with(demo, {"Sec-Fetch-Site": "cross-site"})

    assert is_refused(foreign(method, "/broker/rest/user/authorizations" if method == "POST" else DOMAINS + "/test"))
    assert demo("GET", DOMAINS + "/test").status == 200


@pytest.mark.parametrize("headers", ELSEWHERE)
def test_what_changes_nothing_is_answered_wherever_the_link_was(world, headers):
    assert [sent_with(world.demo, headers).send(method, USER).status_code for method in ("GET", "HEAD")] == [200, 200]


def test_another_sites_form_makes_nobody_an_account_by_the_proxy(world):
    client, _ = at_noon(world, fronting=Fronting(proxy="127.0.0.1", user_header="X-Remote-User"))
    proxied = replace(client, login=None, headers={"X-Remote-User": "newcomer"})

    refused = sent_with(proxied, {"Sec-Fetch-Site": "cross-site"})("POST", DOMAINS, "name=test")

    assert is_refused(refused)
    with pytest.raises(UserNotFound):
        find_user(world.embedded.platform, "newcomer")
    assert proxied("POST", DOMAINS, "name=test").status == 201


def test_a_token_is_nothing_that_a_browser_adds(world):
    client = sent_with(token_client(world.demo, scope="session"), {"Sec-Fetch-Site": "cross-site", "Origin": "null"})

    assert client("POST", DOMAINS, "name=test").status == 201


def test_neither_are_the_credentials_of_a_gear(world, testha):
    application_id = testha("GET", "/application/testha").data["id"]
    given = issue_gear_credentials(world.embedded.platform, ApplicationId(application_id))
    headers = {"broker_auth_key": given.key, "broker_auth_iv": given.iv, "Sec-Fetch-Site": "cross-site"}

    answer = sent_with(world.nobody, headers)("POST", f"/application/{application_id}/events", "event=scale-up")

    assert answer.status == 200, answer.texts


def test_without_a_login_there_is_the_usual_challenge(world):
    response = sent_with(world.nobody, {"Sec-Fetch-Site": "cross-site"}).send("POST", DOMAINS, data="name=test")

    assert (response.status_code, response.text) == (401, "HTTP Basic: Access denied.\n")


def test_a_wrong_password_from_another_site_is_not_even_tried(world):
    wrong = sent_with(replace(world.demo, login=("demo", "wrong")), {"Sec-Fetch-Site": "cross-site"})
    for _ in range(20):
        assert is_refused(wrong("POST", DOMAINS, "name=test"))

    assert world.demo("GET", USER).status == 200


@pytest.mark.parametrize(
    ("base", "origin", "status"),
    [
        ("https://broker.example.com", "https://broker.example.com", 201),
        ("https://broker.example.com:8443", "https://broker.example.com:8443", 201),
        ("https://broker.example.com:8443", "https://broker.example.com", 403),
        ("https://broker.example.com", "http://broker.example.com", 403),
        ("https://xn--brkr-qua.example.com", "https://xn--brkr-qua.example.com", 201),
    ],
)
def test_the_origin_is_compared_with_the_address_that_the_client_used(world, base, origin, status):
    response = sent_with(world.demo, {"Origin": origin}).send("POST", DOMAINS, data={"name": "test"}, base_url=base)

    assert response.status_code == status
