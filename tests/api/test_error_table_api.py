"""Every exit code of the contract that a request can reach, with the request, the status and the messages in full."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from api.conftest import QUICK_HASH, Client, World, opened_world
from api.error_table import FIRST_ROWS, GOOD_KEY, KEYS, PLAIN, WEB, Row
from api.error_table_onward import ELSEWHERE, MORE_ROWS

from broker.usecases.accounts import change_user, create_user

ROWS = FIRST_ROWS + MORE_ROWS
# Section 9.1 of the contract, without 0.
CODES = {
    None, -1, 1, 99, 100, 101, 103, 104, 105, 106, 107, 108, 109, 110, 112, 116, 117, 118, 120, 121, 126, 127, 128, 129,
    132, 133, 134, 135, 136, 137, 138, 139, 140, 141, 142, 143, 146, 164, 165, 166, 167, 168, 170, 171, 172, 173, 174,
    175, 180, 185, 186, 188, 190, 193, 197, 216, 222,
}  # fmt: skip


@pytest.fixture(scope="module")
def peopled(tmp_path_factory, empty_database) -> Iterator[World]:
    place = tmp_path_factory.mktemp("errors")
    sizes = {"valid_gear_sizes": ("small", "medium", "large"), "default_gear_capabilities": ("small", "medium")}
    with opened_world(place, empty_database, **sizes) as world:
        _accounts(world)
        _things(world.demo)
        child = replace(client(world, "parent"), headers={"X-Impersonate-User": "child"})
        done(child, "POST", "/domains", {"name": "child"})
        done(child, "POST", "/domain/child/applications", {"name": "web", "cartridges": ["php-5.4"]})
        done(child, "POST", "/domain/child/application/web/aliases", {"id": "child.example.org"})
        done(client(world, "poor"), "POST", "/domains", {"name": "poor"})
        yield world


def _accounts(world: World) -> None:
    platform = world.embedded.platform
    change_user(platform, "demo", max_teams=5, may_use_private_ssl=True)
    for login in ("viewer", "editor", "poor", "parent", *(f"crowd{number}" for number in range(101))):
        create_user(platform, login)
    for login in ("viewer", "editor", "poor", "parent"):
        change_user(platform, login, password_hash=QUICK_HASH)
    change_user(platform, "poor", max_namespaces=1, max_gears=0)
    change_user(platform, "parent", may_have_subaccounts=True)


def _things(demo: Client) -> None:
    done(demo, "POST", "/domains", {"name": "test"})
    done(demo, "POST", "/domains", {"name": "nosizes", "allowed_gear_sizes": []})
    cartridges = ["php-5.4", "cron-1.4"]
    done(demo, "POST", "/domain/test/applications", {"name": "web", "cartridges": cartridges, "scale": True})
    done(demo, "POST", "/domain/test/applications", {"name": "plain", "cartridges": ["php-5.4"]})
    done(demo, "POST", f"{WEB}/aliases", {"id": "www.example.org"})
    done(demo, "POST", f"{WEB}/environment-variables", {"name": "STAGE", "value": "test"})
    done(demo, "POST", KEYS, {**GOOD_KEY, "name": "mine", "content": "AAAAmine"})
    done(demo, "POST", "/teams", {"name": "crew"})
    done(demo, "POST", "/domain/test/members", {"login": "viewer", "role": "view"})
    done(demo, "POST", "/domain/test/members", {"login": "editor", "role": "edit"})


def client(world: World, login: str) -> Client:
    return Client(world.wsgi_app, (login, "password"))


def done(asking: Client, method: str, path: str, body: object) -> None:
    answered = asking(method, path, json_body=body)
    assert answered.status < 300, answered.texts


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.code} {row.request}")
def test_a_refusal_has_the_status_and_the_messages_of_the_contract(peopled, row: Row):
    method, _, path = row.request.partition(" ")
    asking = replace(client(peopled, row.who), headers=row.headers)

    refused = asking(method, path, json_body=row.body)

    reference = refused.headers["X-Request-Id"]
    assert (refused.status, refused.data, refused.body["type"]) == (row.status, None, None), refused.texts
    assert refused.body["messages"] == [
        {
            "severity": "error",
            "text": text.replace("{reference}", reference),
            "exit_code": row.code,
            "field": about,
            "index": None,
        }
        for text, about in row.said
    ]


def test_every_code_of_the_contract_is_in_the_table_or_has_a_reason_not_to_be():
    assert {row.code for row in ROWS} | set(ELSEWHERE) == CODES
    assert {row.code for row in ROWS} & set(ELSEWHERE) == set()


def test_a_refusal_is_the_same_as_a_form_and_as_problem_details(peopled):
    row = next(each for each in ROWS if each.code == 136)
    asking = client(peopled, "demo")

    form = asking("POST", f"{WEB}/cartridges", "name=cron-1.4")
    problem = replace(asking, headers={"Accept": "application/problem+json"}).send(
        "POST", f"{WEB}/cartridges", json=row.body
    )

    assert form.texts == [text for text, _ in row.said]
    assert json.loads(problem.data)["messages"] == form.body["messages"]


def test_gears_have_moved(peopled):
    refused = peopled.demo("GET", f"{PLAIN}/gears")

    application_id = peopled.demo("GET", PLAIN).data["id"]
    where = f"http://localhost/broker/rest/application/{application_id}/gear_groups"
    assert (refused.status, refused.headers["Location"], refused.body["status"]) == (301, where, "moved_permanently")
    assert refused.body["messages"] == [
        {
            "severity": "error",
            "text": f"Please use this URL instead {where}",
            "exit_code": 112,
            "field": None,
            "index": None,
        }
    ]


def test_no_node_is_a_refusal_with_an_advice_to_the_operator(peopled):
    wish = {"name": "new", "cartridges": ["php-5.4"], "gear_size": "medium"}

    refused = peopled.demo("POST", "/domain/test/applications", json_body=wish)

    text = (
        "Unable to complete the requested operation due to: No nodes available for the specified gear size."
        " Please try again and contact support if the issue persists. \n"
        f"Reference ID: {refused.headers['X-Request-Id']}"
    )
    said = {"exit_code": 140, "field": None, "index": None}
    assert (refused.status, refused.body["status"]) == (500, "internal_server_error")
    assert refused.body["messages"] == [
        {"severity": "error", "text": text, **said},
        {"severity": "warning", "text": "Add nodes of the gear profile (6 refused).", **said},
    ]
    assert peopled.demo("GET", "/domain/test/application/new").status == 404
