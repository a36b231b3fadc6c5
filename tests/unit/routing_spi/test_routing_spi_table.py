import hashlib
import json

import pytest

from routing_spi.conformance_story import FIRST_GEAR, SECOND_GEAR, Story, a_life, tables_after
from routing_spi.events import Action, MalformedMessage
from routing_spi.snapshot import Snapshot
from routing_spi.table import RoutingTable, apply_event


def table_of(*events):
    (table,) = tables_after(events).values()
    return table


def two_gears():
    story = Story("testha")
    return story, [
        story.create(),
        story.add(SECOND_GEAR, "203.0.113.18", 1002, kind="web_framework"),
        story.add(FIRST_GEAR, "203.0.113.17", 1001, kind="web_framework", is_head=True),
    ]


def test_a_created_application_has_no_endpoints_and_no_ha_name():
    table = table_of(Story("testha").create(ha=True))

    assert (table.ha, table.ha_dns, table.verdict, table.head_gear_id) == (True, None, "not_ha", None)
    assert (table.endpoints, table.aliases, table.sequence) == ((), (), 1)


def test_endpoints_are_kept_sorted_and_the_first_head_is_the_head():
    _, events = two_gears()

    table = table_of(*events)

    assert [endpoint.gear_id for endpoint in table.endpoints] == [FIRST_GEAR, SECOND_GEAR]
    assert table.head_gear_id == FIRST_GEAR


def test_an_endpoint_added_again_is_replaced():
    story, events = two_gears()

    table = table_of(*events, story.add(FIRST_GEAR, "203.0.113.17", 1001))

    assert [endpoint.types for endpoint in table.endpoints] == [("load_balancer",), ("web_framework",)]


def test_a_removed_endpoint_is_gone_and_others_stay():
    story, events = two_gears()

    table = table_of(*events, story.remove(FIRST_GEAR, "203.0.113.17", 1001))

    assert [endpoint.gear_id for endpoint in table.endpoints] == [SECOND_GEAR]


def test_ha_is_enabled_with_its_name_and_disabled_without_a_trace():
    story, events = two_gears()
    own = {
        "ha_dns_name": "ha-testha-test.example.com",
        "managed_dns": True,
        "router_hostname": "www.example.com",
    }
    enabled = [*events, story.tell(Action.HA_ENABLED, **own)]

    disabled = [*enabled, story.tell(Action.HA_DISABLED, **own)]

    assert (table_of(*enabled).ha, table_of(*enabled).ha_dns) == (True, "ha-testha-test.example.com")
    assert (table_of(*disabled).ha, table_of(*disabled).ha_dns) == (False, None)


def test_the_state_of_a_gear_is_that_of_all_its_endpoints():
    story, events = two_gears()
    second = story.add(FIRST_GEAR, "203.0.113.17", 1003)

    table = table_of(*events, second, story.state(FIRST_GEAR, "unresponsive"))

    assert [endpoint.state for endpoint in table.endpoints] == ["unresponsive", "unresponsive", "started"]


def test_a_web_gear_that_is_rotated_out_does_not_serve():
    story, events = two_gears()

    table = table_of(*events, story.tell(Action.GEAR_ROTATED_OUT, gear_id=FIRST_GEAR, reason="ratio"))

    assert [endpoint.serving for endpoint in table.endpoints] == [False, True]


def test_a_load_balancer_of_a_gear_that_is_rotated_out_still_serves():
    story, events = two_gears()
    balancer = story.add(FIRST_GEAR, "203.0.113.17", 1003)

    table = table_of(*events, balancer, story.tell(Action.GEAR_ROTATED_OUT, gear_id=FIRST_GEAR, reason="ratio"))

    assert [endpoint.public_port for endpoint in table.serving] == [1003, 1002]


def test_a_new_head_is_the_only_head():
    story, events = two_gears()
    changed = story.tell(Action.HEAD_CHANGED, gear_id=SECOND_GEAR, previous_gear_id=FIRST_GEAR)

    table = table_of(*events, changed)

    assert table.head_gear_id == SECOND_GEAR
    assert [endpoint.is_head for endpoint in table.endpoints] == [False, True]


def test_a_moved_endpoint_has_its_new_address_and_node():
    story, events = two_gears()

    table = table_of(*events, story.move(FIRST_GEAR, ("203.0.113.17", 1001), ("203.0.113.20", 1009)))

    moved = table.endpoints[0]
    assert (moved.public_address, moved.public_port, moved.node) == (
        "203.0.113.20",
        1009,
        "node-c1.example.com",
    )


def test_a_deleted_application_has_no_table():
    story, events = two_gears()

    assert tables_after([*events, story.delete()]) == {}


def test_an_event_without_a_table_to_change_is_refused():
    story = Story("testha")
    story.create()

    with pytest.raises(ValueError, match="add_public_endpoint"):
        apply_event(None, story.add(FIRST_GEAR, "203.0.113.17", 1001))


def test_a_table_comes_back_from_the_wire_as_it_was():
    table = table_of(*a_life())

    assert RoutingTable.from_wire(json.loads(json.dumps(table.to_wire()))) == table


def test_the_digest_is_that_of_the_sorted_json_without_it():
    wire = table_of(*a_life()).to_wire()
    digest = wire.pop("digest")

    text = json.dumps(wire, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

    assert digest == hashlib.sha256(text.encode()).hexdigest()


def test_a_table_whose_digest_does_not_fit_is_refused():
    wire = table_of(*a_life()).to_wire()

    wire["aliases"] = ["other.example.org"]

    with pytest.raises(MalformedMessage, match="digest"):
        RoutingTable.from_wire(wire)


def test_a_snapshot_with_an_application_twice_is_refused():
    table = table_of(*a_life()).to_wire()

    with pytest.raises(MalformedMessage, match="twice"):
        Snapshot.from_wire({"position": 3, "applications": [table, table]})


def certified(reference="key/1", alias="www.example.org"):
    return {"alias": alias, "ssl": "chain", "private_key_reference": reference}


def test_a_certificate_comes_is_replaced_and_goes_with_its_alias():
    story = Story("testha")
    known = [story.create(), story.tell(Action.ADD_ALIAS, alias="www.example.org")]
    first = [*known, story.tell(Action.ADD_SSL, **certified())]
    second = [*first, story.tell(Action.ADD_SSL, **certified("key/2"))]

    assert [each.to_wire() for each in table_of(*first).certificates] == [certified()]
    assert [each.to_wire() for each in table_of(*second).certificates] == [certified("key/2")]
    assert table_of(*second, story.tell(Action.REMOVE_ALIAS, alias="www.example.org")).certificates == ()


def test_a_table_with_certificates_is_read_as_it_was_written_and_its_digest_tells_them():
    story = Story("testha")
    table = table_of(story.create(), story.tell(Action.ADD_SSL, **certified()))

    assert RoutingTable.from_wire(table.to_wire()) == table
    with pytest.raises(MalformedMessage, match="does not fit"):
        RoutingTable.from_wire({**table.to_wire(), "certificates": [certified("key/2")]})


def test_without_certificates_a_table_is_what_it_was_before_there_were_any():
    assert "certificates" not in table_of(Story("testha").create()).to_wire()
