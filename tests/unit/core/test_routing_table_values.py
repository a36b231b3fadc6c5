import hashlib
import json
from dataclasses import replace

import pytest

from broker.core.ids import ApplicationId, GearId
from broker.core.rotation import Rotation
from broker.core.routing_table import Endpoint, PathMapping, RoutedCertificate, RoutingTable
from broker.core.verdict import VerdictState

HEAD = Endpoint(
    gear_id=GearId("a1"),
    public_port_name="haproxy-1.4",
    public_address="10.0.0.1",
    public_port=38031,
    protocols=("http", "ws"),
    types=("load_balancer",),
    mappings=(PathMapping(frontend="", backend=""),),
    node="node-a1.example.com",
    region="r1",
    zone="a",
    is_head=True,
)
SECOND = replace(HEAD, gear_id=GearId("b2"), is_head=False, rotation=Rotation.OUT, state="stopped", zone=None)
TABLE = RoutingTable(
    application_id=ApplicationId("a1"),
    app_name="testha",
    namespace="test",
    dns_application="testha-test.example.com",
    ha=True,
    dns_ha="ha-testha-test.example.com",
    verdict=VerdictState.DEGRADED,
    sequence=7,
    head_gear_id=GearId("a1"),
    aliases=("www.example.org", "example.org"),
    endpoints=(SECOND, HEAD),
)


def test_the_wire_form_of_a_table():
    wire = TABLE.to_wire()

    del wire["digest"]
    assert wire == {
        "application_id": "a1",
        "app_name": "testha",
        "namespace": "test",
        "scalable": True,
        "ha": True,
        "verdict": "degraded",
        "sequence": 7,
        "dns": {"application": "testha-test.example.com", "ha": "ha-testha-test.example.com"},
        "head_gear_id": "a1",
        "aliases": ["example.org", "www.example.org"],
        "endpoints": [
            {
                "gear_id": "a1",
                "public_port_name": "haproxy-1.4",
                "public_address": "10.0.0.1",
                "public_port": 38031,
                "protocols": ["http", "ws"],
                "types": ["load_balancer"],
                "mappings": [{"frontend": "", "backend": ""}],
                "node": "node-a1.example.com",
                "region": "r1",
                "zone": "a",
                "state": "started",
                "rotation": "in",
                "is_head": True,
            },
            {
                "gear_id": "b2",
                "public_port_name": "haproxy-1.4",
                "public_address": "10.0.0.1",
                "public_port": 38031,
                "protocols": ["http", "ws"],
                "types": ["load_balancer"],
                "mappings": [{"frontend": "", "backend": ""}],
                "node": "node-a1.example.com",
                "region": "r1",
                "zone": None,
                "state": "stopped",
                "rotation": "out",
                "is_head": False,
            },
        ],
    }


def test_the_digest_is_that_of_the_wire_form_without_it():
    wire = TABLE.to_wire()
    digest = wire.pop("digest")

    text = json.dumps(wire, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

    assert digest == hashlib.sha256(text.encode()).hexdigest()


def test_the_order_in_which_endpoints_and_aliases_are_told_does_not_change_the_digest():
    turned = replace(TABLE, endpoints=(HEAD, SECOND), aliases=("example.org", "www.example.org"))

    assert turned.digest == TABLE.digest


def test_any_change_changes_the_digest():
    assert replace(TABLE, sequence=8).digest != TABLE.digest


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"endpoints": (HEAD, HEAD)}, "there twice"),
        ({"endpoints": (HEAD, replace(HEAD, public_port=1, state="stopped"))}, "disagree"),
        ({"endpoints": (HEAD, replace(HEAD, public_port=1, rotation=Rotation.OUT))}, "disagree"),
        ({"head_gear_id": GearId("b2")}, "marked wrongly"),
        ({"ha": False}, "has an HA name"),
    ],
)
def test_a_table_that_contradicts_itself_cannot_be_made(wrong, text):
    with pytest.raises(ValueError, match=text):
        replace(TABLE, **wrong)


def test_an_endpoint_is_in_or_out_never_draining():
    with pytest.raises(ValueError, match="not draining"):
        replace(HEAD, rotation=Rotation.DRAINING)


def test_certificates_are_told_in_the_order_of_their_aliases_and_only_where_there_are_some():
    certified = replace(TABLE, certificates=(_certificate("www.example.org"), _certificate("example.org")))

    assert [each["alias"] for each in certified.to_wire()["certificates"]] == ["example.org", "www.example.org"]
    assert "certificates" not in TABLE.to_wire()
    assert certified.digest != TABLE.digest


@pytest.mark.parametrize("aliases", [("other.org",), ("example.org", "example.org")])
def test_a_certificate_is_that_of_an_alias_and_an_alias_has_one(aliases):
    with pytest.raises(ValueError, match="not those of aliases, one each"):
        replace(TABLE, certificates=tuple(_certificate(alias) for alias in aliases))


def _certificate(alias):
    return RoutedCertificate(alias=alias, ssl="chain", private_key_reference="key")
