"""Manifests from strangers: what becomes of a good one, and that a bad one costs a sentence and nothing else."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from broker.catalogue import DownloadedCartridges
from broker.catalogue.manifest import READ_KEYS
from broker.catalogue.untrusted import UnusableManifest, untrusted_cartridge
from broker.core.errors import Invalid

URL = "https://example.com/thing.yml"
GOOD = """\
Name: thing
Version: "1.0"
Cartridge-Vendor: acme
Categories: [service, web_framework]
Source-Url: https://example.com/thing.zip
Endpoints:
  - {Private-IP-Name: IP, Private-Port-Name: PORT, Private-Port: 8080, Public-Port-Name: PROXY_PORT}
"""


def parse(text, url=URL):
    return DownloadedCartridges().parse(text, url)


def refusal(text):
    with pytest.raises(Invalid) as caught:
        parse(text)
    assert (caught.value.field, caught.value.exit_code) == ("cartridge", 109)
    start = f"The url '{URL}' does not hold the manifest of a cartridge: "
    assert caught.value.text.startswith(start)
    assert "\n" not in caught.value.text
    return caught.value.text.removeprefix(start)


def test_a_manifest_becomes_a_cartridge_with_its_vendor_in_front_and_its_url():
    cartridge = parse(GOOD)

    assert (cartridge.name, cartridge.base_name, cartridge.version) == ("acme-thing-1.0", "thing", "1.0")
    assert (cartridge.url, cartridge.is_web_framework) == (URL, True)


def test_the_name_is_in_lower_case_since_paths_are():
    assert parse(GOOD.replace("thing", "Thing").replace("acme", "Acme")).name == "acme-thing-1.0"


def test_the_same_name_from_two_urls_has_two_ids():
    assert parse(GOOD).cartridge_id != parse(GOOD, "https://example.com/other.yml").cartridge_id
    assert parse(GOOD).cartridge_id == parse(GOOD).cartridge_id


def test_the_same_text_is_read_once():
    assert parse(GOOD) is parse(GOOD)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "expected keys and values, found None."),
        ("<html>no</html>", "expected keys and values, found '<html>no</html>'."),
        (GOOD.replace("acme", "''"), "Cartridge-Vendor: missing."),
        (GOOD.replace("acme", "RedHat"), "Cartridge-Vendor: RedHat is reserved for cartridges of the catalogue."),
        (GOOD.replace("acme", "ac me"), "Cartridge-Vendor: 'ac me' does not have the form"),
        (GOOD.replace("thing", "../thing"), "Name: '../thing' does not have the form"),
        (GOOD.replace("thing", "x" * 64).replace("acme", "y" * 64), "Name: with vendor and version it is longer"),
        (GOOD.replace("service", "web_proxy"), "Categories: web_proxy is the broker's own"),
        (GOOD + "Scaling: {Multiplier: -1}", "Scaling.Multiplier: only 1 is taken"),
        (GOOD + "Scaling: {Min: 5000000}", "Scaling.Min: 5000000 is not 1 or more, up to 1000000."),
        (GOOD + f"Scaling: {{Min: {'9' * 5000}}}", "it is not readable as YAML"),
        (GOOD + f"Scaling: {{Min: 0x{'f' * 9000}}}", "Scaling.Min: a number of very many digits is not 1 or more"),
        (GOOD + f"Description: [{'a, ' * 500}]", "Description: expected a text, found ['a', 'a'"),
        (GOOD + "Description: 2001-99-99", "it is not readable as YAML"),
        (GOOD + 'Description: "\\e[2J"', "it has control characters in a text."),
        (GOOD + "Description: &a text", "anchors and aliases of YAML are not taken."),
        (GOOD + "Help-Topics: *a", "anchors and aliases of YAML are not taken."),
        (GOOD + "Tags: " + "[" * 9000 + "]" * 9000, "it is nested more than 16 deep."),
        (GOOD + "Tags: " + "[" * 9000, "it is nested more than 16 deep."),
        (GOOD + "? {a: b}\n: c", "it is not readable as YAML"),
        (GOOD + "---\nName: another", "it is not readable as YAML near line"),
        (GOOD + "Name: [", "it is not readable as YAML near line"),
        (GOOD + "Name: !!python/object:os.system {}", "it is not readable as YAML near line"),
        (GOOD + "Versions: ['1.0', '2.0']", "Versions: a manifest is one cartridge, here 1.0"),
        (GOOD + "Website: javascript:alert(1)", "Website: an address that begins with http:// or https:// is expec"),
        (GOOD + f"Provides: [{'a, ' * 33}]", "Provides: more than 32 entries are not taken."),
        (GOOD + "Group-Overrides:" + "\n- components: [a]" * 33, "Group-Overrides: more than 32 entries"),
        (GOOD + "Help-Topics: {Read: 'data:text/html,x'}", "Read: an address that begins with http:// or https://"),
        (GOOD + "Nonsense: 1", "Nonsense: this key is not known."),
        (GOOD + '? "two\nlines"\n: 1', "two lines: this key is not known."),
        (GOOD + f"? 0x{'f' * 9000}\n: 1", "a number of very many digits: this key is not known."),
        (GOOD + f"Help-Topics:\n  ? 0x{'f' * 9000}\n  : 1", "Help-Topics.a number of very many digits: expected"),
        (GOOD + "#" * 20480, "it is longer than 20480 bytes."),
        (GOOD + "Description: " + "ä" * 10240, "it is longer than 20480 bytes."),
    ],
)  # fmt: skip
def test_what_could_hurt_is_refused_in_a_sentence_that_says_why(text, problem):
    assert problem in refusal(text)


def test_a_gear_has_only_so_many_ports():
    ports = [{"Private-Port": 1000 + n, "Public-Port-Name": f"P{n}"} for n in range(6)]
    text = yaml.safe_dump({"Name": "thing", "Version": "1.0", "Cartridge-Vendor": "acme", "Endpoints": ports})

    assert refusal(text) == "Endpoints: a gear has no more than 5 public ports."


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
KEYS = st.sampled_from(sorted(READ_KEYS))


def holds(text):
    """Whatever the text is, it is a harmless cartridge or refused, and nothing else happens."""
    try:
        cartridge = untrusted_cartridge(text, URL)
    except UnusableManifest as refused:
        assert "\n" not in str(refused)  # noqa: PT017 it need not be refused
        return
    assert cartridge.name.startswith(cartridge.vendor.lower() + "-")
    assert not cartridge.is_web_proxy
    assert not cartridge.is_sparse


@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_whatever_a_manifest_holds_it_is_harmless_or_refused(content):
    holds(GOOD + yaml.safe_dump(content, allow_unicode=True))


@given(st.text())
def test_any_text_is_harmless_or_refused(text):
    holds(text)
