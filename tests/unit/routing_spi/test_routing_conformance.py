import json
import runpy
from dataclasses import replace
from pathlib import Path

import pytest

from routing_spi.codec import event_from_wire
from routing_spi.conformance import CHECKS, ConformanceFailure, Subject, check_listener, routes_of
from routing_spi.listeners.recording import RecordingListener
from routing_spi.listeners.template import TemplateListener
from routing_spi.snapshot import Snapshot
from routing_spi.tables import Tables

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"

ROUTES = """\
{% for table in tables %}{% for name in table | pool_aliases %}{% for endpoint in table | pool_members %}
{{ name }} {{ endpoint.public_address }}:{{ endpoint.public_port }}
{% endfor %}{% endfor %}{% endfor %}
"""


def routes_in(path):
    for line in filter(None, path.read_text().splitlines()):
        name, _, where = line.partition(" ")
        address, _, port = where.partition(":")
        yield name, address, int(port)


def recorded_routes(path):
    tables = Tables()
    for line in map(json.loads, path.read_text().splitlines()):
        if "event" in line:
            tables.apply(event_from_wire(line["event"]))
        else:
            tables.resync(Snapshot.from_wire(line["snapshot"]))
    return routes_of(tables)


def recording(directory):
    listener = RecordingListener({"file": str(directory / "events.jsonl")})
    return Subject(
        listener=listener,
        routes=lambda: recorded_routes(directory / "events.jsonl"),
        close=listener.close,
    )


def template(directory):
    (directory / "routes.j2").write_text(ROUTES)
    options = {"template": str(directory / "routes.j2"), "output": str(directory / "routes")}
    return Subject(listener=TemplateListener(options), routes=lambda: routes_in(directory / "routes"))


def custom(directory):
    router = runpy.run_path(str(EXAMPLES / "custom_router.py"))["CustomRouter"]
    return Subject(listener=router({"file": str(directory / "routes")}), routes=lambda: routes_in(directory / "routes"))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", [recording, template, custom], ids=lambda make: make.__name__)
def test_our_listeners_conform(make, check):
    check(make)


class Wrong:
    """A listener that counts one kind of event as done without doing it, or does not empty itself."""

    def __init__(self, fault):
        self.fault, self.tables = fault, Tables()

    def apply(self, event):
        if event.action != self.fault:
            self.tables.apply(event)
            return
        known = {table.application_id: table for table in self.tables}
        known[event.application_id] = replace(known[event.application_id], sequence=event.sequence)
        self.tables.resync(Snapshot(position=0, tables=known))

    def resync(self, snapshot):
        if self.fault != "resync" or snapshot.tables:
            self.tables.resync(snapshot)


@pytest.mark.parametrize(
    "fault",
    [
        "add_public_endpoint", "remove_alias", "delete_application", "gear_state_changed",
        "application_moved", "ha_enabled", "resync",
    ],
)  # fmt: skip
def test_a_listener_with_a_fault_does_not_conform(fault):
    def make(_directory):
        listener = Wrong(fault)
        return Subject(listener=listener, routes=lambda: routes_of(listener.tables))

    with pytest.raises(ConformanceFailure, match="routes"):
        check_listener(make)
