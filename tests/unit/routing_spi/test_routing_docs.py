import json
import re
from pathlib import Path

import pytest

from routing_spi.codec import decode_json, decode_ose2_yaml, encode_ose2_yaml
from routing_spi.events import Action, own_fields

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "routing-spi.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_json_example_is_an_event():
    (example,) = blocks("json")

    assert decode_json(example).position == json.loads(example)["data"]["position"]


def test_the_yaml_example_is_written_as_we_write_it():
    (example,) = blocks("yaml")

    assert encode_ose2_yaml(decode_ose2_yaml(example)) == example


@pytest.mark.parametrize("action", Action)
def test_each_action_is_in_the_table_with_its_own_fields(action):
    rows = [line.split("|") for line in PAGE.splitlines() if line.startswith("|")]
    (row,) = [row for row in rows if f"`{action}`" in row[1]]

    assert tuple(re.findall(r"`(\w+)`", row[2])) == own_fields(action)


def test_the_conformance_example_runs(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS / "examples"))
    (example,) = [block for block in blocks("python") if "check_listener" in block]
    namespace = {}

    exec(example, namespace)  # noqa: S102 - the page's own code

    namespace["test_the_custom_router_conforms"]()
