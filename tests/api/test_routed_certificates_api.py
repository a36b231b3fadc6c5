"""Certificates as routers have them: in events and tables, and fetched with their private keys by who may."""

import json
import logging
from dataclasses import replace

import pytest
from api.certified import (
    ALIAS,
    ALIASES,
    APPLICATION,
    NAME,
    PREFIX,
    allow,
    events,
    member,
    reference,
    refusal,
    router,
    secure,
    table,
)
from api.conftest import Client
from api.credentials import token_client
from made_certificates import made_certificate
from sqlalchemy import select

from broker.api.factory import make_wsgi_app
from broker.process.vault import FileVault
from broker.store.tables.columns import metadata
from routing_spi.conformance_story import tables_after


@pytest.fixture
def secured(world, testha):
    """The client `demo` with `testha`, an alias of which has a certificate."""
    allow(world)
    secure(testha)
    return testha


def test_followers_the_table_and_the_snapshot_agree_and_the_certificate_goes_before_its_alias(world, secured):
    told = events(world)
    (followed,) = tables_after(told).values()
    shown = table(secured)
    (snapshot,) = router(world)("GET", f"{PREFIX}/routing/snapshot").data["applications"]

    assert followed.to_wire() == shown == snapshot
    assert shown["certificates"] == [
        {"alias": NAME, "ssl": made_certificate().chain, "private_key_reference": reference(secured)}
    ]
    assert dict(told[-1].data) == shown["certificates"][0]

    secured("DELETE", ALIAS)
    after = events(world)[len(told) :]
    assert [each.action.value for each in after] == ["remove_ssl", "remove_alias"]
    assert "certificates" not in table(secured)
    (followed,) = tables_after([*told, *after]).values()
    assert followed.to_wire() == table(secured)


def test_an_application_that_goes_takes_its_certificates_with_it(world, secured):
    held = reference(secured)
    known = len(events(world))
    listener = router(world)

    secured("DELETE", APPLICATION)

    assert world.embedded.platform.signal.wait_numbered(known + 4, 10)
    lines = listener.send("GET", f"{PREFIX}/routing/events?after={known}").data.splitlines()
    actions = [json.loads(line)["data"]["action"] for line in lines]
    assert actions[-3:] == ["remove_ssl", "remove_alias", "delete_application"]
    assert listener("GET", f"{PREFIX}/routing/certificate/{held}").status == 404


def test_a_router_fetches_a_certificate_with_its_key(world, secured, caplog):
    held, made = reference(secured), made_certificate()
    caplog.set_level(logging.INFO)
    answer = router(world)("GET", f"{PREFIX}/routing/certificate/{held}")

    assert (answer.status, answer.body["type"]) == (200, "routing_certificate")
    assert answer.texts == [f"Showing the certificate of alias {NAME}"]
    assert answer.data == {
        "private_key_reference": held,
        "application_id": secured("GET", APPLICATION).data["id"],
        "alias": NAME,
        "ssl": made.chain,
        "private_key": made.private_key,
    }
    assert answer.headers["Cache-Control"] == "no-store"
    (record,) = [each for each in caplog.records if each.name == "broker.usecases.alias_certificates"]
    assert (record.getMessage(), record.login, record.alias, record.certificate_id) == (
        "the private key of a certificate was given out", "other", NAME, held,
    )  # fmt: skip


def test_a_certificate_can_be_fetched_as_xml(world, secured):
    other = replace(router(world), headers={"Accept": "application/xml"})

    answer = other.send("GET", f"{PREFIX}/routing/certificate/{reference(secured)}")

    assert answer.mimetype == "application/xml"
    assert f"<private-key>{made_certificate().private_key}</private-key>" in answer.text


def test_nobody_else_learns_that_there_is_a_certificate(world, secured):
    held = reference(secured)
    path = f"{PREFIX}/routing/certificate/{held}"
    unknown = (404, 173, None, [f"Certificate '{held}' not found."])

    assert refusal(world.other("GET", path)) == unknown
    assert refusal(member(world, "view")("GET", path)) == unknown
    assert refusal(token_client(world.demo, scope="read")("GET", path)) == unknown
    assert world.nobody.send("GET", path).status_code == 401
    assert member(world, "edit")("GET", path).status == 200
    assert world.demo("GET", path).status == 200


def test_a_router_may_use_a_token_that_only_reads(world, secured):
    path = f"{PREFIX}/routing/certificate/{reference(secured)}"
    listener = router(world)

    assert token_client(listener, scope="read")("GET", path).status == 200
    assert token_client(listener, scope="userinfo")("GET", path).status == 403


@pytest.mark.parametrize("unknown", ["0" * 24, "x", "A" * 24, "..", "x" * 500])
def test_a_reference_that_leads_nowhere_is_not_found(world, secured, unknown):
    assert router(world).send("GET", f"{PREFIX}/routing/certificate/{unknown}").status_code == 404


def test_a_certificate_that_was_replaced_is_given_out_no_more(world, secured):
    held = reference(secured)
    secured("PUT", ALIAS, json_body=made_certificate("second").form())

    assert router(world)("GET", f"{PREFIX}/routing/certificate/{held}").status == 404
    assert world.other("GET", f"{PREFIX}/routing/certificate/{reference(secured)}").status == 200


def test_a_key_that_was_sealed_before_a_rotation_opens_and_one_of_another_platform_does_not(world, secured):
    settings = world.embedded.built.settings
    file, old = settings.data_dir / "secret.key", (settings.data_dir / "secret.key").read_text()
    path = f"{PREFIX}/routing/certificate/{reference(secured)}"

    def fetched(*keys):
        """The answer of a process that begins with these keys."""
        file.write_text("".join(keys))
        return _begun_anew(world)("GET", path)

    rotated = fetched("f" * 64 + "\n", old)
    lost = fetched("f" * 64 + "\n")

    assert (rotated.status, rotated.data["private_key"]) == (200, made_certificate().private_key)
    assert lost.status == 500
    assert "Its operator has to add the key that it was sealed with." in lost.texts[0]
    assert made_certificate().private_key.splitlines()[3] not in json.dumps(lost.body)
    without = _begun_anew(world)
    assert without("GET", ALIAS).data["has_private_ssl_certificate"] is True
    assert without("PUT", ALIAS, json_body=made_certificate("second").form()).status == 200
    assert without("GET", f"{PREFIX}/routing/certificate/{reference(without)}").status == 200
    assert without("DELETE", ALIAS).status == 200


def _begun_anew(world):
    """The owner's client of a process on the same database that has read the secret as it is now."""
    vault = FileVault(world.embedded.built.settings.data_dir / "secret.key")
    return Client(make_wsgi_app(replace(world.embedded.platform, vault=vault), world.options))


def test_a_key_put_in_the_place_of_another_does_not_open(world, secured):
    secured("POST", ALIASES, json_body=made_certificate().form(id="other.example.org"))
    first, second = (each["private_key_reference"] for each in table(secured)["certificates"])
    aliases = metadata.tables["aliases"]
    with world.embedded.built.database.engine.begin() as connection:
        sealed = connection.execute(select(aliases.c.private_key).where(aliases.c.certificate_id == first)).scalar_one()
        connection.execute(aliases.update().where(aliases.c.certificate_id == second).values(private_key=sealed))

    assert secured("GET", f"{PREFIX}/routing/certificate/{second}").status == 500
