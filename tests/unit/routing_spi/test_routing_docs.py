import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from routing_spi.certificate import Certificate, FetchedCertificate
from routing_spi.codec import decode_json, decode_ose2_yaml, encode_ose2_yaml
from routing_spi.conformance_story import a_life, tables_after
from routing_spi.endpoint import Endpoint
from routing_spi.events import Action, RoutingEvent, own_fields
from routing_spi.snapshot import Snapshot
from routing_spi.table import RoutingTable

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


def test_the_listener_of_the_page_shows_what_it_is_told(capsys):
    (example,) = [block for block in blocks("python") if "class Shouting" in block]
    namespace = {}
    exec(example, namespace)  # noqa: S102 - the page's own code
    listener = namespace["Shouting"]({})
    events = a_life(position=0)

    for event in events[:4]:
        listener.apply(event)
    listener.resync(Snapshot(position=4, tables=tables_after(events[:4])))

    told = capsys.readouterr().out.splitlines()
    (table,) = listener.tables
    assert f"{events[0].namespace}/{events[0].app_name}: create_application" in told[0]
    assert told[-1].startswith(table.application_dns)
    assert len(told) == 5


@pytest.mark.parametrize("shown", [RoutingEvent, Snapshot, RoutingTable, Endpoint, Certificate, FetchedCertificate])
def test_each_class_that_a_listener_is_given_is_in_the_table_with_all_its_attributes(shown):
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{shown.__name__}` |")]

    assert {field.name for field in fields(shown)} <= set(re.findall(r"`(\w+)[`(]", row))


def test_the_conformance_example_runs(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS / "examples"))
    (example,) = [block for block in blocks("python") if "check_listener" in block]
    namespace = {}

    exec(example, namespace)  # noqa: S102 - the page's own code

    namespace["test_the_custom_router_conforms"]()
