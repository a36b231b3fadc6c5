"""Settings of the secret and of the proxy that logs users in: their defaults, and what is refused."""

from pathlib import Path

import pytest

from broker.config import load_settings
from broker.core.errors import ConfigurationError


def test_the_secret_is_in_the_data_directory_unless_it_is_put_elsewhere():
    assert load_settings({"GEARBROKER_DATA_DIR": "/var/broker"}).secret_key_file == "/var/broker/secret.key"
    assert load_settings({"SECRET_KEY_FILE": "/etc/secret.key"}).secret_key_file == "/etc/secret.key"
    assert Path(load_settings({}).secret_key_file) == Path("gearbroker-data/secret.key")


def test_a_header_is_believed_of_nobody_until_both_settings_are_there():
    settings = load_settings({})

    assert (settings.trusted_proxy, settings.remote_user_header) == ("", "")


def test_a_header_that_anybody_could_send_is_refused():
    with pytest.raises(ConfigurationError) as refused:
        load_settings({"REMOTE_USER_HEADER": "X-Remote-User"})

    assert refused.value.text == (
        "REMOTE_USER_HEADER: anybody could send it: set TRUSTED_PROXY to the address of the proxy that does."
    )


@pytest.mark.parametrize("name", ["Authorization", "X_Remote_User", "Host", "X-", "X-Remote User", "X-Forwarded-For:"])
def test_a_header_that_cannot_be_one_for_users_is_refused(name):
    with pytest.raises(ConfigurationError, match="the name of a header such as X-Remote-User"):
        load_settings({"REMOTE_USER_HEADER": name, "TRUSTED_PROXY": "192.0.2.1"})


@pytest.mark.parametrize("name", ["X-Forwarded-For", "x-forwarded-host", "X-FORWARDED-PROTO", "X-Forwarded-Port"])
def test_a_header_that_says_something_else_is_refused(name):
    with pytest.raises(ConfigurationError, match="the name of a header such as X-Remote-User"):
        load_settings({"REMOTE_USER_HEADER": name, "TRUSTED_PROXY": "192.0.2.1"})


@pytest.mark.parametrize("name", ["X-Remote-User", "X-Forwarded-User", "x-auth-request-email"])
def test_any_other_header_of_a_proxy_s_own_will_do(name):
    assert load_settings({"REMOTE_USER_HEADER": name, "TRUSTED_PROXY": "192.0.2.1"}).remote_user_header == name
