from dataclasses import replace

import pytest

from routing_spi.conformance_story import FIRST_GEAR, Story, a_life
from routing_spi.events import ORIGINAL_ACTIONS, Action, MalformedMessage, own_fields


def test_a_life_has_every_action_but_delete_in_it():
    actions = {event.action for event in a_life()}

    assert actions == set(Action) - {Action.DELETE_APPLICATION}


def test_the_eight_originals_are_marked():
    assert {
        "create_application", "delete_application", "add_public_endpoint", "remove_public_endpoint",
        "add_alias", "remove_alias", "add_ssl", "remove_ssl",
    } == ORIGINAL_ACTIONS  # fmt: skip


def test_own_fields_come_in_the_order_of_the_contract():
    event = Story("testha").create()

    shuffled = replace(event, data=dict(reversed(event.data.items())))

    assert tuple(shuffled.data) == own_fields(Action.CREATE_APPLICATION) == ("scalable", "ha", "dns_name")


def test_an_event_has_one_id_and_routing_key():
    event = Story("testha").create()

    assert event.event_id == f"{event.application_id}/1"
    assert event.routing_key == "test.testha.create_application"


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("app_name", "TestHA", "lower-case"),  # one application must not become two pools
        ("namespace", "Test", "lower-case"),
        ("sequence", 0, "sequence"),  # counts from 1
        ("sequence", True, "sequence"),  # a boolean is no number
        ("position", 0, "position"),
        ("occurred_at", "2026-01-01 00:00:00", "2026-01-01 00:00:00"),
        ("application_id", "", "application_id"),
        ("data", {}, "scalable"),
        ("data", {"scalable": True, "ha": "no", "dns_name": "x"}, "'no'"),
        ("data", {"scalable": True, "ha": True, "dns_name": "x", "private_key": "k"}, "private_key"),
    ],
)
def test_what_no_event_may_be_is_refused_and_named(field, value, named):
    event = Story("testha").create()

    with pytest.raises(MalformedMessage, match=named):
        replace(event, **{field: value})


def test_the_data_of_an_event_cannot_be_changed():
    event = Story("testha").add(FIRST_GEAR, "203.0.113.17", 1001)

    with pytest.raises(TypeError):
        event.data["public_port"] = 1
