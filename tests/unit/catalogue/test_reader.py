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
        "10gen-mms-agent-0.1",
        "cron-1.4",
        "diy-0.1",
        "haproxy-1.4",
        "jbossas-7",
        "jbosseap-6",
        "jbossews-2.0",
        "jbossews-1.0",
        "jenkins-1",
        "jenkins-client-1",
        "mongodb-2.4",
        "mysql-5.5",
        "mysql-5.1",
        "nodejs-0.10",
        "nodejs-0.6",
        "perl-5.10",
        "php-5.4",
        "php-5.3",
        "phpmyadmin-4",
        "postgresql-9.2",
        "postgresql-8.4",
        "python-3.3",
        "python-2.7",
        "python-2.6",
        "rockmongo-1.1",
        "ruby-2.0",
        "ruby-1.9",
        "ruby-1.8",
    ]


def test_every_shipped_file_is_named_after_its_cartridge():
    files = {path.stem for path in shipped_manifests().iterdir()}

    assert files == {cartridge.name for cartridge in read_catalogue([shipped_manifests()])}


def test_an_id_is_24_hex_digits_and_no_two_cartridges_share_one():
    ids = [cartridge.cartridge_id for cartridge in read_catalogue([shipped_manifests()])]

    assert all(re.fullmatch(r"[0-9a-f]{24}", each) for each in ids)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("name", "cartridge_id"),
    [
        ("haproxy-1.4", "ec6d9032eb9196c74ca0cc8f"),
        ("mysql-5.5", "2885fa66134d211d9506c207"),
        ("php-5.4", "955ce3576ade5d48dd698ea2"),
    ],
)
def test_the_id_of_a_cartridge_is_the_same_for_ever(name, cartridge_id):
    assert shipped(name).cartridge_id == cartridge_id


def test_whatever_a_shipped_cartridge_requires_or_conflicts_with_is_shipped():
    catalogue = read_catalogue([shipped_manifests()])
    named = {feature for each in catalogue for group in (*each.requires, each.conflicts) for feature in group}

    assert named == {feature for feature in named if any(each.answers_to(feature) for each in catalogue)}
    assert "mysql-5.1" in named


def test_a_database_says_what_it_will_tell_of_itself():
    assert [each.name for each in shipped("mysql-5.5").properties] == [
        "username",
        "password",
        "database_name",
        "connection_url",
    ]
    assert {each.kind for each in shipped("mysql-5.5").properties} == {"cart_data"}


def test_pages_for_a_database_need_one_of_two_and_share_its_gear():
    pages, php, old, new = shipped("phpmyadmin-4"), shipped("php-5.4"), shipped("mysql-5.1"), shipped("mysql-5.5")

    assert pages.unmet([php]) == (("mysql-5.5", "mysql-5.1"),)
    assert pages.unmet([php, old]) == pages.unmet([new]) == ()
    assert pages.group_overrides == (("phpmyadmin-4", "mysql-5.5"), ("phpmyadmin-4", "mysql-5.1"))


def test_two_versions_of_a_database_exclude_one_another():
    assert shipped("mysql-5.1").conflicts_with(shipped("mysql-5.5"))
    assert shipped("mysql-5.5").conflicts_with(shipped("mysql-5.1"))
    assert not shipped("mysql-5.5").conflicts_with(shipped("postgresql-9.2"))


def test_an_exclusion_that_one_of_the_two_names_counts_for_both(tmp_path):
    written(tmp_path, PLAIN + "Conflicts: [other]\n", "thing.yaml")
    written(tmp_path, PLAIN.replace("thing", "other"), "other.yaml")
    other, thing = read_catalogue([tmp_path])

    assert thing.conflicts_with(other)
    assert other.conflicts_with(thing)


def test_servers_that_can_be_asked_for_their_threads_say_so():
    asked = [each.name for each in read_catalogue([shipped_manifests()]) if "threaddump" in each.control_actions]

    assert asked == ["jbossas-7", "jbosseap-6", "jbossews-2.0", "jbossews-1.0", "ruby-2.0", "ruby-1.9", "ruby-1.8"]


def test_what_runs_on_one_gear_only_cannot_scale():
    one_gear = [each.name for each in read_catalogue([shipped_manifests()]) if not each.can_scale]

    assert {"diy-0.1", "jenkins-1", "mysql-5.5"} <= set(one_gear)
    assert not {"php-5.4", "haproxy-1.4", "cron-1.4"} & set(one_gear)


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
        (PLAIN + "Versions: ['1.0', '1.1']", "Versions: a manifest is one cartridge, here 1.0"),
        (PLAIN + "Requires: [[mysql, 5]]", "Requires: expected a list of texts"),
        (PLAIN + "Cart-Data: [{Key: user name}]", "Cart-Data[0].Key: 'user name' does not have the form"),
        (PLAIN + "Cart-Data: [{Key: login, Type: secret}]", "Cart-Data[0].Type: 'secret' does not have the form"),
        (PLAIN + "Additional-Control-Actions: [Dump it]", "Additional-Control-Actions: 'Dump it'"),
        (PLAIN + "Scaling: {Max: 10000000}", "Scaling.Max: 10000000 is not -1 or more, up to 1000000"),
        (PLAIN + "Endpoints: [{Private-Port: 1, Public-Port-Name: 'a b'}]", "Endpoints[0].Public-Port-Name: 'a b'"),
        (
            PLAIN + "Endpoints: [{Private-Port: 1, Public-Port-Name: P, Mappings: [{Frontend: 'a;b', Backend: ''}]}]",
            "Endpoints[0].Mappings[0].Frontend: 'a;b'",
        ),
        (
            PLAIN + "Endpoints: [{Private-Port: 1, Public-Port-Name: P}, {Private-Port: 2, Public-Port-Name: P}]",
            "Endpoints[1].Public-Port-Name: P is another endpoint's already",
        ),
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
