import ose2_messages
import pytest

from routing_spi.codec import MalformedMessage, NotInDialect, PrivateKey, decode_ose2_yaml, encode_ose2_yaml
from routing_spi.conformance_story import FIRST_GEAR, Story
from routing_spi.events import ORIGINAL_ACTIONS, Action, own_fields


def first_line(text):
    return " ".join(text.splitlines()[1:2])


@pytest.mark.parametrize("message", ose2_messages.ALL, ids=first_line)
def test_the_field_s_messages_are_written_byte_for_byte(message):
    assert encode_ose2_yaml(decode_ose2_yaml(message)) == message


def test_a_created_application_is_told_as_the_field_told_it():
    assert encode_ose2_yaml(Story("testha").create()) == ose2_messages.CREATE


def test_an_added_endpoint_is_told_without_our_own_fields():
    story = Story("testha")
    story.create()

    text = encode_ose2_yaml(story.add("53c6c74fe659c57659000021", "203.0.113.17", 56432))

    assert text == ose2_messages.ADD_LOAD_BALANCER


def test_a_removed_endpoint_is_told_as_the_field_told_it():
    event = Story("testha").remove(FIRST_GEAR, "203.0.113.17", 56432)

    assert encode_ose2_yaml(event) == ose2_messages.REMOVE_ENDPOINT


def certificate_added():
    text = "-----BEGIN CERTIFICATE-----\nMIIB...\n-----END CERTIFICATE-----\n"
    return Story("testha").tell(Action.ADD_SSL, alias="www.example.org", ssl=text, private_key_reference="key/1")


def test_a_private_key_is_written_only_when_it_is_handed_in():
    key = PrivateKey(private_key="-----BEGIN RSA PRIVATE KEY-----\nMIIE...\n-----END RSA PRIVATE KEY-----")

    assert encode_ose2_yaml(certificate_added(), key=key) == ose2_messages.ADD_SSL


def test_without_the_key_neither_key_nor_reference_is_written():
    text = encode_ose2_yaml(certificate_added())

    assert text.endswith(":private_key: ''\n:pass_phrase: ''\n")
    assert "key/1" not in text


@pytest.mark.parametrize("action", sorted(set(Action) - ORIGINAL_ACTIONS))
def test_an_action_the_field_does_not_know_is_not_in_the_dialect(action):
    values = {
        "ha_dns_name": None, "managed_dns": True, "router_hostname": "", "gear_id": FIRST_GEAR,
        "state": "started", "node": None, "region": None, "zone": None, "reason": "",
        "previous_gear_id": None, "verdict": "ha", "reasons": [], "previous_address": "a",
        "previous_port": 1, "public_address": "b", "public_port": 2,
    }  # fmt: skip
    event = Story("testha").tell(action, **{name: values[name] for name in own_fields(action)})

    with pytest.raises(NotInDialect, match=action):
        encode_ose2_yaml(event)


def test_a_quoted_action_key_is_no_notification():
    quoted = ose2_messages.CREATE.replace(":action:", "':action':")

    with pytest.raises(MalformedMessage, match="has no action"):
        decode_ose2_yaml(quoted)


def test_names_are_folded_to_lower_case():
    mixed = ose2_messages.ADD_ALIAS.replace("testha", "TestHA").replace("namespace: test", "namespace: Test")

    read = decode_ose2_yaml(mixed)

    assert (read.app_name, read.namespace) == ("testha", "test")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (":pass_phrase: ''", ""),
        (":pass_phrase:", ""),  # Ruby's nil
        (":pass_phrase: secret", "secret"),
        (":pass_phrase:\n- secret", "secret"),  # the field declared it a list
        (":pass_phrase: []", ""),
    ],
)
def test_a_pass_phrase_may_be_null_a_text_or_a_list(written, read):
    message = ose2_messages.ADD_SSL.replace(":pass_phrase: ''", written)

    assert decode_ose2_yaml(message).data["pass_phrase"] == read


@pytest.mark.parametrize("text", ["a\rb", "a\x85", "a\u2028b\nc", "\u2029"])
def test_other_line_breaks_come_back_as_they_were(text):
    event = Story("testha").tell(Action.ADD_ALIAS, alias=text)

    assert decode_ose2_yaml(encode_ose2_yaml(event)).data["alias"] == text


def test_null_mappings_are_none_at_all():
    message = ose2_messages.ADD_DATABASE.replace(":mappings: []", ":mappings:")

    assert decode_ose2_yaml(message).data["mappings"] == []


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("123", "'123'"),
        ("null", "'null'"),
        ("on", "'on'"),
        ("true", "'true'"),
        ("08", "'08'"),  # PyYAML would leave it plain
        ("0x1f", "'0x1f'"),
        ("y", '"y"'),  # PyYAML would leave it plain
        ("1e3", "1e3"),
        ("5e10", "5e10"),
    ],
)
def test_a_name_that_looks_like_something_else_is_quoted_as_ruby_does(name, written):
    text = encode_ose2_yaml(Story(name).create())

    assert f":app_name: {written}\n" in text
    assert decode_ose2_yaml(text).app_name == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just a text",
        "- a list",
        ":action: [",
        ":action: :explode\n:app_name: a\n:namespace: b\n",
        ":action: :add_alias\n:app_name: a\n:namespace: b\n",  # no alias
        ":action: :add_alias\n:app_name: 3\n:namespace: b\n:alias: c\n",
        "--- !ruby/object:Gem::Installer\n:action: :add_alias\n",
        ":action: !!python/object/apply:os.system ['true']\n:app_name: a\n:namespace: b\n:alias: c\n",
        ose2_messages.CREATE + ose2_messages.CREATE,  # one message, one document
        ose2_messages.REMOVE_ENDPOINT.replace("56432", "99999"),
        "[" * 5000,
        ":action: &a [x, x]\n:b: &b [*a, *a]\n:c: &c [*b, *b]\n:d: [*c, *c]\n",
    ],
)
def test_what_is_no_notification_is_refused(text):
    with pytest.raises(MalformedMessage):
        decode_ose2_yaml(text)
