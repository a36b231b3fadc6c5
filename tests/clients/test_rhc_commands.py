"""Each command of the field's client, as the requests that it sends, over HTTP against a real server."""

import pytest
from clients.rhc import (
    application,
    read_application,
    read_cartridge,
    read_deployments,
    read_groups,
    read_user,
)
from made_certificates import made_certificate


def test_discovery_asks_in_no_version_and_then_in_the_highest(rhc):
    entry = rhc.api()

    assert rhc.wire == [("GET", "/broker/rest/api", False)] * 2
    assert rhc.version == 1.7
    assert {"LIST_REGIONS", "SHOW_APPLICATION", "LIST_APPLICATIONS", "ADD_AUTHORIZATION", "ADD_TEAM"} <= set(entry)
    assert [each["name"] for each in entry["ADD_DOMAIN"]["optional_params"]] == ["allowed_gear_sizes"]


def test_setup_makes_a_token_adds_a_key_and_a_domain(new_rhc):
    rhc = new_rhc()
    entry = rhc.api()
    read_user(rhc.follow(entry, "GET_USER").data)
    assert rhc.wire[-2:] == [("GET", "/broker/rest/user", False), ("GET", "/broker/rest/user", True)]
    wish = {"scope": "session", "note": "RHC/1.38.7 (from host on x86_64-linux)", "reuse": True}
    first = rhc.follow(entry, "ADD_AUTHORIZATION", wish)
    again = rhc.follow(entry, "ADD_AUTHORIZATION", wish)

    assert (first.status, again.status) == (201, 200)
    assert first.data["token"] == again.data["token"]
    assert 0 < first.data["expires_in_seconds"] <= first.data["expires_in"]

    with_token = new_rhc(token=first.data["token"])
    entry = with_token.api()
    user = with_token.follow(entry, "GET_USER").data
    read_user(user)
    assert with_token.follow(user, "LIST_KEYS").data == []
    key = {"name": "default", "type": "ssh-rsa", "content": "AAAAB3NzaC1yc2EAAAADAQABAAABAQ=="}
    assert with_token.follow(user, "ADD_KEY", key).status == 201
    listed = with_token.follow(user, "LIST_KEYS").data
    assert [(each["name"], each["type"], each["content"]) for each in listed] == [tuple(key.values())]
    assert with_token.follow(listed[0], "UPDATE", {"type": "ssh-rsa", "content": "AAAAB3Nz"}).status == 200
    assert with_token.follow(entry, "LIST_DOMAINS").data == []
    assert with_token.follow(entry, "ADD_DOMAIN", {"id": "mine"}).data["name"] == "mine"
    (domain,) = with_token.follow(entry, "LIST_DOMAINS").data
    assert with_token.follow(domain, "LIST_APPLICATIONS").data == []
    catalogue = with_token.follow(entry, "LIST_CARTRIDGES").data
    assert {"php-5.4", "haproxy-1.4"} <= {each["name"] for each in catalogue}
    assert all(each["type"] in {"standalone", "embedded"} and isinstance(each["tags"], list) for each in catalogue)


def test_account(rhc):
    read_user(rhc.follow(rhc.api(), "GET_USER").data)


def test_create_domain_is_refused_in_words_when_it_is_taken(rhc):
    entry = rhc.api()
    assert rhc.follow(entry, "ADD_DOMAIN", {"id": "test", "allowed_gear_sizes": ["small"]}).status == 201

    refused = rhc.follow(entry, "ADD_DOMAIN", {"id": "test"})
    assert (refused.status, refused.error) == (422, "Namespace 'test' is already in use. Please choose another.")


def test_create_app_without_a_domain_option_uses_the_first(rhc):
    entry = rhc.api()
    rhc.follow(entry, "ADD_DOMAIN", {"id": "test"})
    domain, *_ = rhc.follow(entry, "LIST_DOMAINS").data
    offered = {each["name"] for each in domain["links"]["ADD_APPLICATION"]["optional_params"]}
    assert {"environment_variables", "initial_git_url", "cartridges[][url]", "cartridges[][name]"} <= offered
    wish = {
        "name": "testha",
        "scale": True,
        "environment_variables": [{"name": "FOO", "value": "bar"}],
        "cartridges": ["php-5.4"],
    }

    created = rhc.follow(domain, "ADD_APPLICATION", wish)

    assert created.status == 201
    read_application(created.data)
    assert rhc.wire[-2:] == [
        ("POST", "/broker/rest/domain/test/applications", False),
        ("POST", "/broker/rest/domain/test/applications", True),
    ], "the body of the request without a password is not acted upon"


def test_app_show(testha):
    shown = application(testha, include="cartridges")

    assert [each["name"] for each in shown["cartridges"]] == ["php-5.4", "haproxy-1.4"]


@pytest.mark.parametrize("params", [{"include": "endpoints"}, {}], ids=["--gears", "--state"])
def test_app_show_of_gears(testha, params):
    testha.api()
    path = "/broker/rest/domain/test/application/testha/gear_groups"
    shown = testha.call("GET", f"{path}?include=endpoints" if params else path).data

    read_groups(shown)
    assert all(("endpoints" in gear) == bool(params) for group in shown for gear in group["gears"])


def test_app_enable_ha_makes_two_gears_with_a_load_balancer_each(testha):
    shown = application(testha)

    done = testha.follow(shown, "MAKE_HA", {"event": "make-ha"})

    assert (done.status, done.data["ha"], done.data["gear_count"]) == (200, True, 2)
    groups = testha.follow(done.data, "GET_GEAR_GROUPS", include="endpoints").data
    proxies = [
        gear["id"]
        for group in groups
        for gear in group["gears"]
        if any(each["cartridge_name"] == "haproxy-1.4" for each in gear["endpoints"])
    ]
    assert len(proxies) == 2


def test_cartridge_scale(testha):
    shown = application(testha, include="cartridges")
    php = next(each for each in shown["cartridges"] if each["name"] == "php-5.4")

    done = testha.follow(php, "UPDATE", {"scales_from": 3, "scales_to": 3})

    read_cartridge(done.data)
    assert (done.status, done.data["current_scale"]) == (200, 3)


def test_cartridge_scale_to_one_of_an_ha_application_is_refused_in_the_words_of_ha(testha):
    shown = application(testha, include="cartridges")
    testha.follow(shown, "MAKE_HA", {"event": "make-ha"})
    php = next(each for each in shown["cartridges"] if each["name"] == "php-5.4")

    refused = testha.follow(php, "UPDATE", {"scales_from": 1, "scales_to": 1})

    assert refused.status == 422
    assert refused.error == "Cannot set the max gear limit to '1' if the application is HA (highly available)"


def test_cartridge_status(testha):
    php = application(testha, include="cartridges")["cartridges"][0]

    shown = testha.follow(php, "GET", include="status_messages").data

    assert all(each["message"] for each in shown["status_messages"])
    assert len(shown["status_messages"]) == 1


@pytest.mark.parametrize(
    ("link", "event", "text"),
    [
        ("START", "start", "Started php-5.4 on testha"),
        ("STOP", "stop", "Stopped php-5.4 on testha"),
        ("RESTART", "restart", "Restarted php-5.4 on testha"),
        ("RESTART", "reload", "Reloaded php-5.4 on testha"),
    ],
)
def test_cartridge_events_even_where_the_client_posts_reload_to_the_link_of_restart(testha, link, event, text):
    php = application(testha, include="cartridges")["cartridges"][0]

    done = testha.follow(php, link, {"event": event})

    assert (done.status, done.body["messages"][0]["text"]) == (200, text)


def test_cartridge_add_and_remove(testha):
    testha.call("GET", "/broker/rest/cartridges")
    shown = application(testha, include="cartridges")
    offered = {each["name"] for each in shown["links"]["ADD_CARTRIDGE"]["optional_params"]}
    assert {"url", "environment_variables", "gear_size"} <= offered

    added = testha.follow(shown, "ADD_CARTRIDGE", {"name": "mysql-5.5"})
    assert added.status == 201
    read_cartridge(added.data)
    assert any("Password" in text or "password" in text for text in added.results), "generated credentials are printed"

    assert testha.follow(added.data, "DELETE").status == 200
    after = application(testha, include="cartridges")
    assert [each["name"] for each in after["cartridges"]] == ["php-5.4", "haproxy-1.4"]


def test_cartridge_storage(testha, world):
    php = application(testha, include="cartridges")["cartridges"][0]

    refused = testha.follow(php, "UPDATE", {"additional_gear_storage": 3})

    assert refused.status == 422
    assert refused.error == "This application is not allowed to have additional gear storage"


def test_alias_add_list_and_remove(testha):
    shown = application(testha)

    added = testha.follow(shown, "ADD_ALIAS", {"event": "add-alias", "alias": "www.foo.com"})
    assert (added.status, added.data["id"]) == (201, "www.foo.com")
    (alias,) = application(testha)["aliases"]
    assert testha.follow(alias, "DELETE").status == 200
    assert application(testha)["aliases"] == []


def test_env_set_list_and_unset(testha):
    shown = application(testha)

    put = testha.follow(
        shown, "SET_UNSET_ENVIRONMENT_VARIABLES", {"environment_variables": [{"name": "K", "value": "V"}]}
    )
    assert (testha.wire[-1][0], put.status) == ("PATCH", 201)
    listed = testha.follow(shown, "LIST_ENVIRONMENT_VARIABLES").data
    assert [(each["name"], each["value"]) for each in listed] == [("K", "V")]
    testha.follow(shown, "SET_UNSET_ENVIRONMENT_VARIABLES", {"environment_variables": [{"name": "K"}]})
    assert testha.follow(shown, "LIST_ENVIRONMENT_VARIABLES").data == []


def test_app_delete(testha):
    shown = application(testha)

    gone = testha.follow(shown, "DELETE")

    assert (gone.status, gone.data) == (200, None)
    assert gone.body["messages"][0]["text"] == f"Application {shown['id']} is deleted."
    again = testha.follow(shown, "GET")
    assert (again.status, again.body["messages"][0]["exit_code"], len(again.body["messages"])) == (404, 101, 1)


@pytest.mark.parametrize(
    ("link", "event"),
    [
        ("STOP", "stop"),
        ("START", "start"),
        ("RESTART", "restart"),
        ("STOP", "force-stop"),
        ("TIDY", "tidy"),
        ("RELOAD", "reload"),
        ("SCALE_UP", "scale-up"),
    ],
)
def test_app_events(testha, link, event):
    done = testha.follow(application(testha), link, {"event": event})

    assert done.status == 200
    read_application(done.data)


def test_scale_down_at_the_minimum_is_refused_in_words(testha):
    refused = testha.follow(application(testha), "SCALE_DOWN", {"event": "scale-down"})

    assert (refused.status, refused.error) == (422, "Cannot scale down below gear limit of 1.")


def test_apps_and_domain_show(testha):
    entry = testha.api()

    listed = testha.follow(entry, "LIST_APPLICATIONS", include="cartridges").data
    for each in listed:
        read_application(each)
    domain = testha.follow(entry, "SHOW_DOMAIN", name="test").data
    shown = testha.follow(domain, "LIST_APPLICATIONS", include="cartridges").data
    assert [each["name"] for each in shown] == [each["name"] for each in listed] == ["testha"]


def test_region_list(rhc):
    regions = rhc.follow(rhc.api(), "LIST_REGIONS").data

    assert [each["name"] for each in regions] == ["r1"]
    assert [zone["name"] for zone in regions[0]["zones"]] == ["a", "b", "c"]
    assert rhc.wire[-1][2] is False, "regions need no password"


def test_deployment_list(testha):
    shown = application(testha)

    listed = testha.follow(shown, "LIST_DEPLOYMENTS").data

    read_deployments(listed)
    assert {"DEPLOY", "UPDATE"} <= set(shown["links"])


def test_configure_app(testha):
    shown = application(testha)

    changed = testha.follow(shown, "UPDATE", {"auto_deploy": False, "keep_deployments": 3})

    assert (changed.status, changed.data["auto_deploy"], changed.data["keep_deployments"]) == (200, False, 3)


def test_inside_a_cloned_directory_the_application_is_found_by_its_id(testha):
    shown = application(testha)

    found = testha.follow(testha.api(), "SHOW_APPLICATION", id=shown["id"]).data

    assert found["name"] == "testha"
    path = f"/broker/rest/application/{found['id']}/gear_groups"
    read_groups(testha.call("GET", path).data)


def test_alias_update_cert(testha):
    certificate = made_certificate("www.foo.com")
    shown = application(testha)
    testha.follow(shown, "ADD_ALIAS", {"event": "add-alias", "alias": "www.foo.com"})
    (alias,) = application(testha)["aliases"]
    assert alias["has_private_ssl_certificate"] is False

    done = testha.follow(alias, "UPDATE", certificate.form(pass_phrase=""))

    assert (testha.wire[-1][0], done.status, done.data["has_private_ssl_certificate"]) == ("PUT", 200, True)
    (alias,) = application(testha)["aliases"]
    assert alias["certificate_added_at"]


def test_delete_domain_is_refused_while_there_are_applications_unless_it_is_forced(testha):
    domain = testha.follow(testha.api(), "SHOW_DOMAIN", name="test").data

    refused = testha.follow(domain, "DELETE")
    done = testha.follow(domain, "DELETE", {"force": True})

    assert (refused.status, refused.body["messages"][0]["exit_code"]) == (422, 128)
    assert (done.status, done.data) == (200, None)
    assert testha.follow(testha.api(), "LIST_DOMAINS").data == []


def test_create_app_from_code(testha):
    domain = testha.follow(testha.api(), "SHOW_DOMAIN", name="test").data
    wish = {"name": "coded", "cartridges": ["php-5.4"], "initial_git_url": "https://example.com/code.git#v1"}

    made = testha.follow(domain, "ADD_APPLICATION", wish)

    assert (made.status, made.data["initial_git_url"]) == (201, "https://example.com/code.git#v1")
    read_application(made.data)


def test_cartridge_add_of_a_manifest_by_its_url(testha, manifest_url):
    shown = application(testha, include="cartridges")

    added = testha.follow(shown, "ADD_CARTRIDGE", {"url": manifest_url})

    assert (added.status, added.data["url"]) == (201, manifest_url)
    read_cartridge(added.data)


def test_threaddump_of_a_framework_that_has_it_and_of_one_that_has_not(testha):
    domain = testha.follow(testha.api(), "SHOW_DOMAIN", name="test").data
    ruby = testha.follow(domain, "ADD_APPLICATION", {"name": "ruby", "cartridges": ["ruby-1.9"]}).data

    done = testha.follow(ruby, "THREAD_DUMP", {"event": "thread-dump"})
    refused = testha.follow(application(testha), "THREAD_DUMP", {"event": "thread-dump"})

    assert done.status == 200, done.error
    read_application(done.data)
    assert (refused.status, refused.error) == (422, "The threaddump command is not available for this application")
