"""The caller's account: what it shows, and how a sub-account ends."""

from dataclasses import replace

import pytest
from api.credentials import at_noon, token_client
from api.test_keys_api import TYPES, required, told

from broker.core.errors import Conflict
from broker.usecases.accounts import UserNotFound, change_user, create_user, find_user
from broker.usecases.authorizations import AuthorizationWish as Wish
from broker.usecases.authorizations import create_authorization, list_authorizations

USER = "/broker/rest/user"


def acting(client, login="child"):
    return replace(client, headers={**client.headers, "X-Impersonate-User": login})


@pytest.fixture
def child(world):
    """The client of `demo` in the part of its sub-account `child`."""
    change_user(world.embedded.platform, "demo", may_have_subaccounts=True)
    client = acting(world.demo)
    assert client("GET", USER).status == 200
    return client


def test_an_account_shows_everything_about_itself(world):
    client, _ = at_noon(world)
    change_user(
        world.embedded.platform,
        "demo",
        created_at="2026-01-01T00:00:00Z",
        may_have_subaccounts=True,
        may_use_private_ssl=True,
        may_view_global_teams=True,
        max_tracked_storage=5,
        max_untracked_storage=2,
        max_teams=3,
        inherited=("gear_sizes",),
    )

    shown = client("GET", USER)

    keys = "http://localhost/broker/rest/user/keys"
    params = [
        required("name", "Name of the SSH key"),
        required("type", "Type of the SSH key", TYPES),
        required("content", "The key itself, without type and comment"),
    ]
    assert shown.body == {
        **told(""),
        "type": "user",
        "messages": [],
        "data": {
            "id": find_user(world.embedded.platform, "demo").user_id,
            "login": "demo",
            "email": None,
            "consumed_gears": 0,
            "max_gears": 100,
            "max_domains": 10,
            "max_teams": 3,
            "capabilities": {
                "ha": True,
                "subaccounts": True,
                "gear_sizes": ["small"],
                "view_global_teams": True,
                "private_ssl_certificates": True,
                "max_storage_per_gear": 7,
                "inherit_on_subaccounts": ["gear_sizes"],
            },
            "plan_id": None,
            "plan_state": None,
            "plan_quantity": 1,
            "plan_expiration_date": None,
            "usage_account_id": None,
            "currency_cd": None,
            "created_at": "2026-01-01T00:00:00Z",
            "usage_rates": {},
            "links": {
                "ADD_KEY": {
                    "rel": "Add an SSH key",
                    "method": "POST",
                    "href": keys,
                    "required_params": params,
                    "optional_params": [],
                },
                "LIST_KEYS": {
                    "rel": "List SSH keys",
                    "method": "GET",
                    "href": keys,
                    "required_params": [],
                    "optional_params": [],
                },
            },
        },
    }


def test_an_account_may_do_little_unless_it_is_given_more(world):
    assert world.other("GET", USER).data["capabilities"] == {
        "ha": False,
        "subaccounts": False,
        "gear_sizes": ["small"],
        "view_global_teams": False,
        "private_ssl_certificates": False,
        "max_storage_per_gear": 0,
    }


def test_the_oldest_clients_are_shown_less(world):
    client = replace(world.demo, headers={"Accept": "application/json;version=1.0"})

    shown = client("GET", USER).data

    assert set(shown) == {
        "login",
        "consumed_gears",
        "max_gears",
        "capabilities",
        "plan_id",
        "usage_account_id",
        "links",
    }


def test_an_account_that_stands_for_itself_cannot_be_deleted(world):
    for form in ("", "?force=true"):
        answer = world.demo("DELETE", f"{USER}{form}")
        assert (answer.status, answer.first["exit_code"], answer.first["field"]) == (403, 138, None)
        assert answer.texts == ["User deletion not permitted. Only applicable for subaccount users."]
    assert world.demo("GET", USER).status == 200


def test_a_sub_account_is_told_how_it_ends(child):
    link = child("GET", USER).data["links"]["DELETE_USER"]

    assert (link["method"], link["href"]) == ("DELETE", "http://localhost/broker/rest/user")
    assert [(each["name"], each["valid_options"], each["default_value"]) for each in link["optional_params"]] == [
        ("force", [True, False], False)
    ]


def test_a_sub_account_without_domains_ends_with_everything_it_has(world, child):
    child("POST", f"{USER}/keys", json_body={"name": "k", "type": "ssh-rsa", "content": "AAAA"})
    own = replace(token_client(child, scope="session"), login=None)
    own.headers.pop("X-Impersonate-User")
    before = child("GET", USER).data["id"]

    gone = own("DELETE", USER, json_body={})

    assert (gone.status, gone.body) == (200, told("User child deleted."))
    assert own.send("GET", USER).headers["WWW-Authenticate"].startswith('Bearer error="invalid_token"')
    assert world.demo("GET", USER).status == 200
    # The next one of that login is another account.
    after = child("GET", USER).data["id"]
    assert (after != before, child("GET", f"{USER}/keys").data) == (True, [])


def test_a_sub_account_with_domains_ends_only_by_force(world, child):
    child("POST", "/broker/rest/domains", "name=shop")
    child("POST", "/broker/rest/domains/shop/applications", "name=web&cartridge=php-5.4")

    refused = child("DELETE", USER)
    wrong = child("DELETE", USER, json_body={"force": "perhaps"})
    done = child("DELETE", USER, json_body={"force": True})

    assert (refused.status, refused.first["exit_code"], refused.texts) == (
        422,
        139,
        [
            "User 'child' has valid domains. Either delete domains and retry the operation or use 'force' option.",
        ],
    )
    assert (wrong.status, wrong.first["exit_code"]) == (422, 167)
    assert (done.status, done.texts) == (200, ["User child deleted."])
    assert world.other("POST", "/broker/rest/domains", "name=shop").status == 201
    with pytest.raises(UserNotFound):
        find_user(world.embedded.platform, "child")


def test_sub_accounts_have_the_gear_sizes_of_their_parent_where_it_lets_them(make_world):
    world = make_world(valid_gear_sizes=("small", "large"))
    platform = world.embedded.platform
    change_user(platform, "demo", may_have_subaccounts=True, inherited=("gear_sizes",), gear_sizes=("large",))

    def sizes(login):
        return acting(world.demo, login)("GET", USER).data["capabilities"]["gear_sizes"]

    assert sizes("one") == ["large"]
    change_user(platform, "demo", gear_sizes=("small", "large"))
    assert (sizes("one"), sizes("two")) == (["small", "large"], ["small", "large"])
    change_user(platform, "one", gear_sizes=("small",), max_gears=7)
    assert (sizes("one"), find_user(platform, "one").max_gears) == (["small", "large"], 7)
    change_user(platform, "demo", inherited=())
    change_user(platform, "demo", gear_sizes=("small",))
    assert sizes("one") == ["small", "large"]


def test_a_login_that_is_taken_is_no_new_sub_account(world):
    platform = world.embedded.platform

    with pytest.raises(Conflict):
        create_user(platform, "other", parent=find_user(platform, "demo"))


def test_what_belongs_to_an_account_that_is_gone_cannot_be_changed(world, child):
    platform = world.embedded.platform
    user = find_user(platform, "child")
    child("DELETE", USER)

    with pytest.raises(UserNotFound):
        create_authorization(platform, user, Wish(scopes=("read",)))
    assert list_authorizations(platform, user) == ()
