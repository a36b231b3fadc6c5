import re
from pathlib import Path

import pytest

from broker.catalogue import MalformedManifest, read_catalogue, shipped_manifests
from broker.core.cartridge import EndpointType, Mapping

PLAIN = """\
Name: thing
Version: "1.0"
"""


def written(directory: Path, text: str, name: str = "thing.yaml") -> Path:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def shipped(name: str):
    return next(cartridge for cartridge in read_catalogue([shipped_manifests()]) if cartridge.name == name)


def refusal(directory: Path, text: str) -> str:
    written(directory, text)
    with pytest.raises(MalformedManifest) as caught:
        read_catalogue([directory])
    return caught.value.text


def test_the_shipped_catalogue_is_sorted_by_base_name_and_newest_version_first():
    names = [cartridge.name for cartridge in read_catalogue([shipped_manifests()])]

    assert names == [
        "cron-1.4",
        "haproxy-1.4",
        "jbossews-2.0",
        "mongodb-2.4",
        "mysql-5.5",
        "nodejs-0.10",
        "perl-5.10",
        "php-5.4",
        "postgresql-9.2",
        "python-3.3",
        "python-2.7",
        "ruby-2.0",
        "ruby-1.9",
    ]


def test_every_shipped_file_is_named_after_its_cartridge():
    files = {path.stem for path in shipped_manifests().iterdir()}

    assert files == {cartridge.name for cartridge in read_catalogue([shipped_manifests()])}


def test_an_id_is_24_hex_digits_and_no_two_cartridges_share_one():
    ids = [cartridge.cartridge_id for cartridge in read_catalogue([shipped_manifests()])]

    assert all(re.fullmatch(r"[0-9a-f]{24}", each) for each in ids)
    assert len(set(ids)) == len(ids)


def test_the_proxy_is_sparse_and_shares_its_gears_with_the_framework():
    proxy = shipped("haproxy-1.4")

    assert proxy.is_web_proxy
    assert proxy.is_sparse
    assert (proxy.scales_from, proxy.scales_to, proxy.multiplier) == (1, 1, -1)
    assert proxy.group_overrides == (("web_framework", "web_proxy"),)


def test_the_status_page_of_the_proxy_is_not_a_public_endpoint():
    (endpoint,) = shipped("haproxy-1.4").endpoints

    assert endpoint.port_name == "PROXY_PORT"
    assert endpoint.mappings == (
        Mapping(frontend="", backend=""),
        Mapping(frontend="/health", backend="/configuration/health"),
    )


@pytest.mark.parametrize(
    ("name", "kind", "port", "protocols"),
    [
        ("haproxy-1.4", EndpointType.LOAD_BALANCER, 8080, ("http", "ws")),
        ("php-5.4", EndpointType.WEB_FRAMEWORK, 8080, ("http", "ws")),
        ("mysql-5.5", EndpointType.DATABASE, 3306, ("mysql",)),
        ("postgresql-9.2", EndpointType.DATABASE, 5432, ("postgresql",)),
        ("mongodb-2.4", EndpointType.DATABASE, 27017, ("mongodb",)),
    ],
)
def test_a_shipped_cartridge_offers_the_endpoint_the_field_knows(name, kind, port, protocols):
    cartridge = shipped(name)
    (endpoint,) = cartridge.endpoints

    assert cartridge.endpoint_type is kind
    assert endpoint.internal_port == port
    assert endpoint.protocols == protocols


def test_a_manifest_of_two_keys_is_enough(tmp_path):
    written(tmp_path, PLAIN)

    (cartridge,) = read_catalogue([tmp_path])

    assert cartridge.name == "thing-1.0"
    assert (cartridge.scales_from, cartridge.scales_to, cartridge.multiplier) == (1, -1, 1)
    assert cartridge.endpoints == ()


def test_another_vendor_is_part_of_the_name_and_comes_after_redhat(tmp_path):
    written(tmp_path, PLAIN + "Cartridge-Vendor: acme\n", "a.yaml")
    written(tmp_path, PLAIN + "Cartridge-Vendor: redhat\n", "b.yaml")

    assert [each.name for each in read_catalogue([tmp_path])] == ["thing-1.0", "acme-thing-1.0"]


def test_versions_are_compared_as_numbers(tmp_path):
    for version in ("9.2", "10.0", "9.10"):
        written(tmp_path, PLAIN.replace("1.0", version), f"{version}.yaml")

    assert [each.version for each in read_catalogue([tmp_path])] == ["10.0", "9.10", "9.2"]


def test_web_paths_get_a_leading_slash_unless_they_are_empty(tmp_path):
    endpoint = "{Private-Port: 80, Public-Port-Name: P, Mappings: [{Frontend: status, Backend: ''}]}"
    written(tmp_path, PLAIN + f"Endpoints: [{endpoint}]\n")

    (cartridge,) = read_catalogue([tmp_path])

    assert cartridge.endpoints[0].mappings == (Mapping(frontend="/status", backend=""),)
    assert cartridge.endpoints[0].protocols == ("http",)


def test_an_endpoint_without_mappings_speaks_tcp(tmp_path):
    written(tmp_path, PLAIN + "Endpoints: [{Private-Port: 80, Public-Port-Name: P}]\n")

    assert read_catalogue([tmp_path])[0].endpoints[0].protocols == ("tcp",)


def test_files_of_other_kinds_are_left_alone(tmp_path):
    written(tmp_path, "not a manifest: [", "README.md")

    assert read_catalogue([tmp_path]) == ()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('Version: "1.0"', "Name: missing"),
        (
            "Name: thing\nVersion: 1.0",
            "Version: expected a text",
        ),  # 1.0 is a number to YAML; 1.10 would be 1.1
        (PLAIN.replace('"1.0"', '"latest"'), "Version: 'latest'"),
        (PLAIN + "Scalling: {Min: 2}", "Scalling: this key is not known"),
        (PLAIN + "Scaling: {Min: two}", "Scaling.Min: expected a whole number"),
        (PLAIN + "Scaling: {Min: 0}", "Scaling.Min: 0"),
        (PLAIN + "Scaling: {Min: 3, Max: 2}", "Scaling.Max: 2 is less than Min"),
        (PLAIN + "Scaling: [1, 2]", "Scaling: expected keys and values"),
        (PLAIN + "Categories: web_framework", "Categories: expected a list"),
        (PLAIN + "Categories: [1]", "Categories: expected a list of texts"),
        (PLAIN + "Endpoints: [{Public-Port-Name: P}]", "Endpoints[0].Private-Port: missing"),
        (PLAIN + "Endpoints: [{Private-Port: 65536}]", "Endpoints[0].Private-Port: 65536"),
        (
            PLAIN + "Endpoints: [{Private-Port: 1, Mappings: [{Frontend: a}]}]",
            "Endpoints[0].Mappings[0].Backend",
        ),
        (PLAIN + "Obsolete: 'yes'", "Obsolete: expected true or false"),
        ("- a list", "expected keys and values"),
        ("", "expected keys and values"),
        ("Name: [", "not readable as YAML"),
        ("Name: !!python/object:os.system {}", "not readable as YAML"),
    ],
)
def test_a_malformed_manifest_is_refused_by_file_and_key(tmp_path, text, key):
    said = refusal(tmp_path, text)

    assert "thing.yaml: " in said
    assert key in said


def test_the_same_cartridge_in_two_files_is_refused(tmp_path):
    written(tmp_path, PLAIN, "first.yaml")

    assert "first.yaml" in refusal(tmp_path, PLAIN)


def test_a_directory_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(MalformedManifest, match="absent"):
        read_catalogue([tmp_path / "absent"])
