from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.api.xml import DECLARATION, singular, xml_text

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4), max_leaves=20
)


def body_of(document: str) -> str:
    return document.removeprefix(DECLARATION).removeprefix("<response>").removesuffix("</response>\n")


@pytest.mark.parametrize(
    ("envelope", "body"),
    [
        ({"exit_code": 0}, "<exit-code>0</exit-code>"),
        ({"ha": True, "scalable": False}, "<ha>true</ha><scalable>false</scalable>"),
        ({"exit_code": None}, '<exit-code nil="true"/>'),
        ({"text": ""}, "<text></text>"),
        ({"api_version": 1.0}, "<api-version>1.0</api-version>"),
        (
            {"gear_sizes": ["small", "large"]},
            "<gear-sizes><gear-size>small</gear-size><gear-size>large</gear-size></gear-sizes>",
        ),
        ({"messages": []}, "<messages></messages>"),
        (
            {"requires": [["php", "ruby"]]},
            "<requires><require><require>php</require><require>ruby</require></require></requires>",
        ),
        ({"text": "a < b & \"c\" > 'd'"}, "<text>a &lt; b &amp; &quot;c&quot; &gt; 'd'</text>"),
        ({"embedded": {"haproxy-1.4": {}}}, "<embedded><haproxy-1.4></haproxy-1.4></embedded>"),
        ({"help_topics": {"PHP manual": "x"}}, '<help-topics><entry key="PHP manual">x</entry></help-topics>'),
        (
            {"gear_counts": {"2g": 1, 'a"b': 2}},
            '<gear-counts><entry key="2g">1</entry><entry key="a&quot;b">2</entry></gear-counts>',
        ),
    ],
)
def test_a_value_is_an_element(envelope, body):
    assert body_of(xml_text(envelope)) == body


@pytest.mark.parametrize(
    ("kind", "data", "body"),
    [
        ("domain", {"name": "test"}, "<data><domain><name>test</name></domain></data>"),
        (
            "domains",
            [{"name": "a"}, {"name": "b"}],
            "<data><domain><name>a</name></domain><domain><name>b</name></domain></data>",
        ),
        ("domains", [], "<data></data>"),
        ("gear_groups", [{"id": "1"}], "<data><gear-group><id>1</id></gear-group></data>"),
        (
            "environment-variables",
            [{"name": "A"}],
            "<data><environment-variable><name>A</name></environment-variable></data>",
        ),
        ("aliases", [{"id": "x"}], "<data><alias><id>x</id></alias></data>"),
        ("boolean", True, "<data><boolean>true</boolean></data>"),
        (
            "links",
            {"GET_USER": {"method": "GET"}},
            "<data><datum><GET-USER><method>GET</method></GET-USER></datum></data>",
        ),
        (None, None, '<data nil="true"/>'),
    ],
)
def test_data_is_in_an_element_of_its_kind(kind, data, body):
    kind_element = '<type nil="true"/>' if kind is None else f"<type>{kind}</type>"

    assert body_of(xml_text({"type": kind, "data": data})) == f"{kind_element}{body}"


@pytest.mark.parametrize(
    ("many", "one"),
    [
        ("domains", "domain"),
        ("properties", "property"),
        ("aliases", "alias"),
        ("addresses", "address"),
        ("gear_sizes", "gear_size"),
        ("embedded", "embedded"),
        ("https_address", "https_address"),
    ],
)
def test_one_of_many_has_its_own_name(many, one):
    assert singular(many) == one


def test_what_xml_cannot_hold_is_replaced_and_the_rest_survives():
    (text,) = ET.fromstring(xml_text({"text": "a\0b\x1b[0m\ud800\uffff\r\n\t]]>\U0001f600é"}))  # noqa: S314 our own

    assert text.text == "a\ufffdb\ufffd[0m\ufffd\ufffd\r\n\t]]>\U0001f600é"


@given(st.dictionaries(ANY_TEXT, TREES, max_size=5))
def test_whatever_json_can_hold_becomes_xml_that_can_be_read(tree):
    root = ET.fromstring(xml_text({"type": "domains", "data": [tree], "messages": tree}))  # noqa: S314 our own

    assert root.tag == "response"
    assert [len(root.find("data/domain") or ()), len(root.find("messages") or ())] == [len(tree), len(tree)]
