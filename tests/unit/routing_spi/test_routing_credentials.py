import base64

import pytest

from routing_spi.credentials import Credentials, CredentialsRefused


def file_with(tmp_path, text, mode=0o600):
    path = tmp_path / "credentials"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_login_and_a_password_are_basic(tmp_path):
    path = file_with(tmp_path, "# ours\nlogin = demo\npassword = a=b\n")

    credentials = Credentials.of_file(path)

    assert base64.b64decode(credentials.authorization.removeprefix("Basic ")) == b"demo:a=b"


def test_a_token_is_bearer(tmp_path):
    assert Credentials.of_file(file_with(tmp_path, "token = abc\n")).authorization == "Bearer abc"


def test_the_environment_gives_the_same():
    environment = {"GEARBROKER_LOGIN": "demo", "GEARBROKER_PASSWORD": "secret"}

    assert Credentials.of_environment(environment) == Credentials.basic("demo", "secret")
    assert Credentials.of_environment({"GEARBROKER_TOKEN": "abc"}) == Credentials.bearer("abc")
    assert Credentials.of_environment({}).authorization is None


def test_a_secret_is_in_no_representation():
    assert "abc" not in repr(Credentials.bearer("abc"))


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        ("token = abc\n", 0o640, "chmod 600"),
        ("token = abc\n", 0o604, "chmod 600"),
        ("", 0o600, "holds no credentials"),
        ("login = demo\n", 0o600, "password"),
        ("password = secret\n", 0o600, "login"),
        ("abc\n", 0o600, "line 1"),
        ("tokne = abc\n", 0o600, "line 1"),
    ],
)
def test_credentials_that_cannot_be_used_say_what_to_do(tmp_path, text, mode, said):
    with pytest.raises(CredentialsRefused, match=said):
        Credentials.of_file(file_with(tmp_path, text, mode))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CredentialsRefused, match="nowhere"):
        Credentials.of_file(tmp_path / "nowhere")


def test_a_line_break_cannot_be_smuggled_into_a_header():
    with pytest.raises(CredentialsRefused, match="line breaks"):
        Credentials.of_environment({"GEARBROKER_TOKEN": "abc\r\nX-Other: 1"})
