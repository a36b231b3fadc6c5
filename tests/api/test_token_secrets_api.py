"""A token is shown to its owner again, and is otherwise nowhere: in no table, no kept answer and no line of the log."""

import io
import logging
from dataclasses import replace
from pathlib import Path

from api.credentials import AUTHORIZATIONS, token_client, with_token
from sqlalchemy import select

from broker.api.factory import make_wsgi_app
from broker.log import set_up_logging
from broker.process.vault import FileVault
from broker.store.tables import metadata

ONE = "/broker/rest/user/authorization"


def keyed(client):
    return replace(client, headers={**client.headers, "Idempotency-Key": "one"})


def test_a_repeat_under_a_key_is_shown_the_same_token(world):
    first = keyed(world.demo)("POST", AUTHORIZATIONS, json_body={"scope": "session"})
    second = keyed(world.demo)("POST", AUTHORIZATIONS, json_body={"scope": "session"})

    assert (first.status, second.status, second.headers["Idempotency-Replayed"]) == (201, 201, "true")
    assert (second.data["token"], second.texts) == (first.data["token"], ["Create authorization"])
    assert len(world.demo("GET", AUTHORIZATIONS).data) == 1


def test_a_repeat_of_a_refusal_is_refused_alike(world):
    first = keyed(world.demo)("POST", AUTHORIZATIONS, json_body={"scope": "everything"})
    second = keyed(world.demo)("POST", AUTHORIZATIONS, json_body={"scope": "everything"})

    assert (first.status, second.status, second.body == first.body) == (422, 422, True)


def test_a_token_is_kept_nowhere_and_logged_nowhere(world):
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    set_up_logging(level="debug", stream=stream)
    try:
        made = keyed(world.demo)("POST", AUTHORIZATIONS, json_body={"scope": "session", "reuse": True}).data
        token, path = made["token"], f"{ONE}/{made['token']}"
        keyed(world.demo)("POST", AUTHORIZATIONS, json_body={"scope": "session", "reuse": True})
        client = with_token(world.demo, token)
        client("GET", path)
        client("GET", f"/nothing/authorization/{token}")
        replace(client, headers={**client.headers, "Idempotency-Key": "two"})("PUT", path, json_body={"note": "n"})
        client("GET", f"{ONE}s/{token}.json")
        client("GET", f"/user//authorization//{token}")
        client("GET", f"/broker/rest/a{token}")
        client.send("GET", f"{path}/x?token={token}")
        replace(client, headers={**client.headers, "Idempotency-Key": "three"})("DELETE", path)
        client.send("GET", "/user")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)

    with world.embedded.built.database.reading() as connection:
        kept = [str(row) for table in metadata.tables.values() for row in connection.execute(select(table))]
    assert "authorization/***" in stream.getvalue()
    assert token not in stream.getvalue()
    assert [row for row in kept if token in row] == []


def test_a_token_outlives_the_key_that_it_was_made_with_but_can_be_shown_no_more(world, tmp_path):
    first = world.demo("POST", AUTHORIZATIONS, json_body={"scope": "session", "reuse": True})
    secret = Path(world.embedded.built.settings.secret_key_file).read_text()

    def with_keys(*lines):
        file = tmp_path / f"{len(lines)}.key"
        file.write_text("\n".join(lines))
        file.chmod(0o600)
        return make_wsgi_app(replace(world.embedded.platform, vault=FileVault(file)), world.options)

    rotated, without = with_keys("a" * 64, secret), with_keys("a" * 64)
    client = with_token(world.demo, first.data["token"])

    for wsgi_app, token in ((rotated, first.data["token"]), (without, None)):
        (shown,) = replace(client, wsgi_app=wsgi_app)("GET", AUTHORIZATIONS).data
        assert (shown["id"], shown["token"]) == (first.data["id"], token)
    again = replace(client, wsgi_app=without)("POST", AUTHORIZATIONS, json_body={"scope": "session", "reuse": True})
    assert (again.status, len(again.data["token"])) == (201, 64)


def test_two_platforms_give_tokens_of_their_own(make_world):
    one, two = make_world(), make_world()

    client = token_client(one.demo, scope="session")

    assert replace(client, wsgi_app=two.wsgi_app).send("GET", "/user").status_code == 401
