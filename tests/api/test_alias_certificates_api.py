"""Certificates of aliases over REST: who may have one, what is taken, what is shown, and what never is."""

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
from made_certificates import PAST, elliptic_certificate, made_certificate
from sqlalchemy import String, select

from broker.store.tables.columns import metadata
from broker.usecases.accounts import change_user

WRONG = "Invalid private key or pass phrase: "


@pytest.fixture
def allowed(world, testha):
    """The client `demo` with `testha`, who may give aliases certificates."""
    allow(world)
    return testha


@pytest.fixture
def secured(allowed):
    """The same, with an alias that has a certificate."""
    secure(allowed)
    return allowed


def today(world):
    with world.embedded.platform.reading() as work:
        (found,) = work.certificates.added_at([parts.application.application_id for parts in work.applications.all()])
        return work.certificates.added_at([found])[found][NAME].partition("T")[0]


def test_an_alias_with_a_certificate_is_shown_so_everywhere(world, secured):
    application_id = secured("GET", APPLICATION).data["id"]
    href = f"http://localhost/broker/rest/application/{application_id}/alias/{NAME}"
    param = {"type": "string", "valid_options": []}
    expected = {
        "id": NAME,
        "has_private_ssl_certificate": True,
        "certificate_added_at": f"{today(world)}T00:00:00Z",
        "links": {
            "GET": {
                "rel": "Show the alias", "method": "GET", "href": href,
                "required_params": [], "optional_params": [],
            },
            "UPDATE": {
                "rel": "Give the alias a certificate, or take it away", "method": "PUT", "href": href,
                "required_params": [
                    {**param, "name": "ssl_certificate", "invalid_options": [],
                     "description": "Its certificate as PEM, with the chain behind it"},
                    {**param, "name": "private_key", "invalid_options": [],
                     "description": "The private key of the certificate as PEM"},
                ],
                "optional_params": [
                    {**param, "name": "pass_phrase", "default_value": None,
                     "description": "What opens the private key, if it is encrypted"},
                ],
            },
            "DELETE": {
                "rel": "Remove the alias", "method": "DELETE", "href": href,
                "required_params": [], "optional_params": [],
            },
        },
    }  # fmt: skip

    assert secured("GET", ALIAS).data == expected
    assert secured("GET", ALIASES).data == [expected]
    assert secured("GET", APPLICATION).data["aliases"] == [expected]
    assert [each["aliases"] for each in secured("GET", f"{PREFIX}/applications").data] == [[expected]]


def test_the_link_to_add_an_alias_names_what_a_certificate_is_made_of(testha):
    link = testha("GET", APPLICATION).data["links"]["ADD_ALIAS"]

    assert [each["name"] for each in link["required_params"]] == ["id"]
    assert [each["name"] for each in link["optional_params"]] == ["ssl_certificate", "private_key", "pass_phrase"]


def test_an_alias_is_given_another_certificate_and_loses_it(world, secured):
    first = reference(secured)
    changed = secured("PUT", ALIAS, json_body=made_certificate("second").form())
    second = reference(secured)
    removed = secured("PUT", ALIAS, json_body={})
    again = secured("PUT", ALIAS, json_body={})

    assert (changed.status, changed.body["type"], changed.texts) == (
        200, "alias", [f"Updated {NAME} to application testha"],
    )  # fmt: skip
    assert changed.data["has_private_ssl_certificate"] is True
    assert second != first
    assert (removed.status, removed.texts) == (200, [f"Updated {NAME} to application testha"])
    assert (removed.data["has_private_ssl_certificate"], removed.data["certificate_added_at"]) == (False, None)
    assert again.status == 200
    told = [(each.action.value, each.data.get("private_key_reference")) for each in events(world)]
    assert told[-4:] == [("add_alias", None), ("add_ssl", first), ("add_ssl", second), ("remove_ssl", None)]
    kinds = [each["kind"] for each in secured("GET", f"{APPLICATION}/operations").data]
    assert kinds[:4] == ["update_alias", "update_alias", "update_alias", "add_alias"]


def test_an_encrypted_key_is_opened_by_its_pass_phrase_and_a_chain_is_kept(world, allowed):
    made = made_certificate("chained", issued=True)
    form = made.form(id=NAME, private_key=made.encrypted, pass_phrase="geheim")

    assert allowed("POST", ALIASES, json_body=form).status == 201

    fetched = router(world)("GET", f"{PREFIX}/routing/certificate/{reference(allowed)}").data
    assert (fetched["ssl"], fetched["private_key"]) == (made.chain, made.private_key)


def test_an_expired_certificate_is_taken_as_it_always_was(allowed):
    form = made_certificate("expired", end=PAST).form(id=NAME)

    assert allowed("POST", ALIASES, json_body=form).status == 201


def test_without_the_capability_there_are_no_certificates(world, testha):
    form = made_certificate().form(id=NAME)
    added = testha("POST", ALIASES, json_body=form)
    testha("POST", ALIASES, f"id={NAME}")
    updated = testha("PUT", ALIAS, json_body=form)

    assert refusal(added) == (403, 175, None, ["User is not authorized to add private SSL certificates"])
    assert refusal(updated) == (403, 175, None, ["User is not authorized to update private SSL certificates"])
    assert testha("PUT", ALIAS, json_body={}).status == 200


def test_what_counts_is_the_capability_of_the_domain_s_owner(world, allowed):
    editor = member(world, "edit")
    path = f"{PREFIX}/domain/test/application/testha"

    assert editor("POST", f"{path}/aliases", json_body=made_certificate().form(id=NAME)).status == 201
    change_user(world.embedded.platform, "demo", may_use_private_ssl=False)
    change_user(world.embedded.platform, "edit", may_use_private_ssl=True)
    assert editor("PUT", f"{path}/alias/{NAME}", json_body=made_certificate().form()).status == 403


def test_who_only_sees_the_application_gives_no_certificates(world, secured):
    viewer = member(world, "view")

    refused = viewer("PUT", ALIAS, json_body=made_certificate().form())

    assert refusal(refused) == (
        403, 1, None, ["You are not permitted to perform this action (update_alias on application)"],
    )  # fmt: skip
    assert viewer("GET", ALIAS).data["has_private_ssl_certificate"] is True


REFUSED = {
    "no key": (
        {"ssl_certificate": "garbage"},
        (422, 172, "private_key", ["Private key is required"]),
    ),
    "garbage": (
        {"ssl_certificate": "garbage", "private_key": "garbage"},
        (422, 174, "ssl_certificate", [
            "Invalid certificate: there is none in PEM form in it (-----BEGIN CERTIFICATE-----)",
        ]),
    ),
    "a key alone": (
        {"private_key": made_certificate().private_key},
        (422, 174, "ssl_certificate", [
            "Invalid certificate: there is none in PEM form in it (-----BEGIN CERTIFICATE-----)",
        ]),
    ),
    "a huge certificate": (
        {"ssl_certificate": "x" * 100_000, "private_key": "x"},
        (422, 174, "ssl_certificate", ["Invalid certificate: it is longer than 65536 characters"]),
    ),
    "a garbage key": (
        made_certificate().form(private_key="garbage"),
        (422, 172, "private_key", [f"{WRONG}there is none in PEM form (-----BEGIN PRIVATE KEY-----)"]),
    ),
    "a huge key": (
        made_certificate().form(private_key="x" * 100_000),
        (422, 172, "private_key", [f"{WRONG}it is longer than 65536 characters"]),
    ),
    "another's key": (
        made_certificate().form(private_key=made_certificate("second").private_key),
        (422, 172, "private_key", ["Private key/certificate mismatch"]),
    ),
    "an elliptic key": (
        elliptic_certificate().form(),
        (422, 172, "private_key", ["Key must be RSA or DSA for Apache mod_ssl"]),
    ),
    "no pass phrase": (
        made_certificate().form(private_key=made_certificate().encrypted),
        (422, 172, "private_key", [f"{WRONG}it needs its pass phrase"]),
    ),
    "a wrong pass phrase": (
        made_certificate().form(private_key=made_certificate().encrypted, pass_phrase="falsch"),
        (422, 172, "private_key", [f"{WRONG}it does not open with this pass phrase"]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_certificate_is_refused_and_nothing_has_changed(world, allowed, case):
    form, expected = REFUSED[case]
    before = table(allowed)
    added = allowed("POST", ALIASES, json_body={"id": NAME, **form})
    unchanged = table(allowed)
    allowed("POST", ALIASES, f"id={NAME}")
    updated = allowed("PUT", ALIAS, json_body=form)

    assert (refusal(added), refusal(updated)) == (expected, expected)
    assert unchanged == before
    assert allowed("GET", ALIAS).data["has_private_ssl_certificate"] is False


def test_the_name_is_judged_before_its_certificate_and_taken_names_after(allowed, world):
    allowed("POST", ALIASES, f"id={NAME}")
    garbage = {"ssl_certificate": "garbage", "private_key": "garbage"}

    assert allowed("POST", ALIASES, json_body={"id": "1.2.3.4", **garbage}).first["exit_code"] == 105
    assert allowed("POST", ALIASES, json_body={"id": NAME, **garbage}).first["exit_code"] == 174
    assert allowed("POST", ALIASES, json_body=made_certificate().form(id=NAME)).first["exit_code"] == 140
    assert [each.action.value for each in events(world)][-1] == "add_alias"


def test_an_alias_that_is_not_there_is_not_found(allowed):
    for form in ({}, made_certificate().form()):
        assert refusal(allowed("PUT", ALIAS, json_body=form)) == (404, 173, None, [f"Alias '{NAME}' not found."])


def test_a_change_on_a_condition_that_does_not_hold_is_not_made(secured):
    careful = replace(secured, headers={"If-Match": '"0000000000000000"'})
    held = replace(secured, headers={"If-Match": secured("GET", ALIAS).headers["ETag"]})

    assert careful("PUT", ALIAS, json_body={}).status == 412
    assert secured("GET", ALIAS).data["has_private_ssl_certificate"] is True
    assert held("PUT", ALIAS, json_body={}).status == 200


def test_a_repeat_is_done_once_and_a_caller_that_does_not_wait_is_given_the_operation(world, allowed):
    allowed("POST", ALIASES, f"id={NAME}")
    repeating = replace(allowed, headers={"Idempotency-Key": '"one"', "Prefer": "respond-async"})

    first = repeating("PUT", ALIAS, json_body=made_certificate().form())
    second = repeating("PUT", ALIAS, json_body=made_certificate().form())

    assert (first.status, first.data["kind"], first.data["id"]) == (202, "update_alias", second.data["id"])
    assert [each.action.value for each in events(world)].count("add_ssl") == 1


def test_the_key_is_in_no_table_no_event_no_answer_and_no_log(world, allowed, caplog):
    caplog.set_level(logging.DEBUG)
    made = made_certificate()
    keyed = replace(allowed, headers={"Idempotency-Key": '"k"'})
    form = made.form(id=NAME, private_key=made.encrypted, pass_phrase="geheim")
    answers = [
        keyed("POST", ALIASES, json_body=form),
        allowed("PUT", ALIAS, json_body=made.form()),
        allowed("PUT", ALIAS, json_body=made.form(ssl_certificate="garbage")),
        allowed("PUT", ALIAS, json_body=form | {"pass_phrase": "falsch"}),
        allowed("GET", f"{APPLICATION}/operations"),
    ]
    router(world)("GET", f"{PREFIX}/routing/certificate/{reference(allowed)}")

    secrets = [*made.private_key.splitlines()[1:-1], *made.encrypted.splitlines()[1:-1], "geheim", "falsch"]
    places = {
        "answers": json.dumps([each.body for each in answers]),
        "events": "".join(json.dumps(dict(each.data)) for each in events(world)),
        "log": "".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records),
        **stored_texts(world),
    }
    found = {name for name, text in places.items() for secret in secrets if secret in text}
    assert found == set()
    assert made.chain.splitlines()[1] in places["aliases"]


def stored_texts(world):
    """All that is stored as text, by table; of a sealed key too."""
    with world.embedded.built.database.engine.connect() as connection:
        return {
            name: repr(connection.execute(select(*columns)).all())
            for name, table in metadata.tables.items()
            if (columns := [each for each in table.c if isinstance(each.type, String)])
        }
