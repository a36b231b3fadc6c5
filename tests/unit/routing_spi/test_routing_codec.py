import json

import pytest

from routing_spi.codec import MalformedMessage, decode_json, encode_json
from routing_spi.conformance_story import Story, a_life


def test_an_event_is_a_cloudevent_with_the_field_s_notification_as_data():
    event = Story("testha", position=41).create()

    wire = json.loads(encode_json(event))

    assert wire == {
        "specversion": "1.0",
        "id": f"{event.application_id}/1",
        "source": "/gearbroker",
        "type": "gearbroker.routing.create_application",
        "subject": "test/testha",
        "time": "2026-01-01T00:00:00Z",
        "datacontenttype": "application/json",
        "dataschema": "urn:gearbroker:routing-event:1",
        "data": {
            "action": "create_application",
            "app_name": "testha",
            "namespace": "test",
            "application_id": event.application_id,
            "sequence": 1,
            "position": 42,
            "scalable": True,
            "ha": False,
            "dns_name": "testha-test.example.com",
        },
    }


@pytest.mark.parametrize("event", a_life(position=0), ids=lambda event: f"{event.sequence}-{event.action}")
def test_every_action_comes_back_from_the_wire_as_it_was(event):
    assert decode_json(encode_json(event)) == event


def test_an_encoded_event_is_one_line():
    assert all("\n" not in encode_json(event) for event in a_life())


def test_a_field_that_a_newer_sender_added_is_passed_over():
    event = Story("testha").create()
    wire = json.loads(encode_json(event))

    wire["data"]["weight"] = 10

    assert decode_json(json.dumps(wire)) == event


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("specversion",), "0.3", "specversion"),
        (("id",), "somebody-else/1", "id"),
        (("type",), "gearbroker.routing.delete_application", "type"),
        (("time",), "yesterday", "occurred_at"),
        (("data",), None, "data"),
        (("data", "action"), "explode", "explode"),
        (("data", "action"), None, "action"),
        (("data", "sequence"), "1", "sequence"),
        (("data", "app_name"), "TestHA", "lower-case"),
        (("data", "scalable"), None, "scalable"),
    ],
)
def test_a_message_with_a_wrong_field_is_refused_by_name(path, value, named):
    wire = json.loads(encode_json(Story("testha").create()))
    target = wire if len(path) == 1 else wire[path[0]]

    target[path[-1]] = value

    with pytest.raises(MalformedMessage, match=named):
        decode_json(json.dumps(wire))


@pytest.mark.parametrize("text", ["", "{", "[]", "3", b"\xff\xfe", "[" * 100_000, '{"data": {}}', "NaN"])
def test_what_is_no_message_at_all_is_refused(text):
    with pytest.raises(MalformedMessage):
        decode_json(text)
