import hashlib
import json
import threading

import pytest

from broker.api.factory import ApiOptions, make_wsgi_app
from broker.usecases.accounts import change_user

EVENTS = "/broker/rest/routing/events"
SNAPSHOT = "/broker/rest/routing/snapshot"


@pytest.fixture
def settled(world, testha):
    """The application `testha`, once all its events have a position."""
    wait_for_position(world, 3)
    return testha


def wait_for_position(world, position):
    assert world.embedded.platform.signal.wait_numbered(position - 1, 10)


def lines(response):
    return [json.loads(line) for line in response.data.splitlines() if line]


def test_the_routing_table_of_an_application_has_its_digest_and_position(settled):
    shown = settled("GET", "/broker/rest/domain/test/application/testha/routing_table")

    table = dict(shown.data)
    assert (shown.status, shown.body["type"]) == (200, "routing_table")
    assert table.pop("position") == 3
    assert table["dns"] == {"application": "testha-test.example.com", "ha": None}
    digest = table.pop("digest")
    text = json.dumps(table, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    assert hashlib.sha256(text.encode()).hexdigest() == digest


def test_a_snapshot_has_the_tables_of_the_caller_and_the_position_to_go_on_from(world, settled):
    snapshot = settled("GET", SNAPSHOT)
    foreign = world.other("GET", SNAPSHOT)

    assert (snapshot.data["position"], [each["app_name"] for each in snapshot.data["applications"]]) == (3, ["testha"])
    assert foreign.data["applications"] == []


def test_a_router_listener_sees_what_all_users_have(world, settled):
    change_user(world.embedded.platform, "other", may_follow_all_routing=True)

    snapshot = world.other("GET", SNAPSHOT)
    events = world.other.send("GET", f"{EVENTS}?after=0")

    assert [each["app_name"] for each in snapshot.data["applications"]] == ["testha"]
    assert len(lines(events)) == 3


def test_a_router_listener_that_fills_a_gap_is_shown_any_application_s_table(world, settled):
    application_id = settled("GET", "/broker/rest/applications/testha").data["id"]
    path = f"/broker/rest/application/{application_id}/routing_table"
    hidden = world.other("GET", path)
    change_user(world.embedded.platform, "other", may_follow_all_routing=True)

    shown = world.other("GET", path)

    assert (hidden.status, hidden.first["exit_code"]) == (404, 101)
    assert (shown.status, shown.data["app_name"]) == (200, "testha")
    assert world.other("GET", path.removesuffix("/routing_table")).status == 404


@pytest.mark.parametrize("accept", ["", "*/*", "application/jsonl", "application/x-ndjson"])
def test_the_log_is_read_as_json_lines_to_its_end(settled, accept):
    settled.headers = {"Accept": accept}

    response = settled.send("GET", f"{EVENTS}?after=1")

    assert response.mimetype == ("application/x-ndjson" if "ndjson" in accept else "application/jsonl")
    assert [each["data"]["position"] for each in lines(response)] == [2, 3]
    assert lines(response)[0]["data"]["action"] == "add_public_endpoint"
    assert response.headers["X-Accel-Buffering"] == "no"
    assert response.headers["Cache-Control"] == "no-store"


def test_a_limit_ends_the_answer_and_the_next_goes_on_after_it(settled):
    first = lines(settled.send("GET", f"{EVENTS}?limit=2"))
    rest = lines(settled.send("GET", f"{EVENTS}?after={first[-1]['data']['position']}&limit=2"))

    assert [each["data"]["position"] for each in first + rest] == [1, 2, 3]


def test_another_users_events_are_not_told(world, settled):
    assert lines(world.other.send("GET", EVENTS)) == []


def test_a_position_that_the_log_has_not_reached_asks_for_a_snapshot(settled):
    for path in (f"{EVENTS}?after=4", f"{EVENTS}?after=4&follow=true"):
        refused = settled("GET", path)
        assert (refused.status, refused.body["status"]) == (410, "gone"), path
        assert "Take a snapshot" in refused.texts[0], path


@pytest.mark.parametrize("query", ["after=-1", "after=x", "after=1.5", "limit=0", "limit=many", "follow=perhaps"])
def test_a_query_that_is_none_is_refused(settled, query):
    assert settled("GET", f"{EVENTS}?{query}").status == 422


def test_a_follower_is_told_at_once_that_it_is_connected_and_then_what_happens(world, settled):
    response = settled.send("GET", f"{EVENTS}?after=3&follow=true", buffered=False)
    pieces = iter(response.response)

    connected = next(pieces)
    settled("POST", "/application/testha/events", "event=add-alias&alias=www.foo.com")
    told = next(piece for piece in pieces if piece.strip())
    response.close()

    assert connected == b"\n"
    assert (json.loads(told)["data"]["action"], json.loads(told)["data"]["position"]) == ("add_alias", 4)


def test_a_follower_hears_a_heartbeat_while_nothing_happens(settled):
    response = settled.send("GET", f"{EVENTS}?after=3&follow=true", buffered=False)
    pieces = iter(response.response)

    assert [next(pieces), next(pieces), next(pieces)] == [b"\n", b"\n", b"\n"]
    response.close()


def test_server_sent_events_carry_the_position_as_id_and_follow_by_themselves(settled):
    settled.headers = {"Accept": "text/event-stream", "Last-Event-ID": "2"}
    response = settled.send("GET", f"{EVENTS}?after=0", buffered=False)
    pieces = iter(response.response)

    greeting, event = next(pieces).decode(), next(pieces).decode()
    heartbeat = next(pieces)
    response.close()

    assert (response.mimetype, greeting, heartbeat) == ("text/event-stream", ": heartbeat\n\n", b": heartbeat\n\n")
    first, second, end = event.split("\n", 2)
    assert (first, end) == ("id: 3", "\n")
    assert json.loads(second.removeprefix("data: "))["data"]["position"] == 3


def test_a_limit_ends_a_stream_that_follows(settled):
    response = settled.send("GET", f"{EVENTS}?follow=true&limit=2")

    assert [each["data"]["position"] for each in lines(response)] == [1, 2]


def test_streams_beyond_the_limit_are_refused_until_one_is_closed(settled):
    path = f"{EVENTS}?follow=true"
    opened = [settled.send("GET", path, buffered=False) for _ in range(2)]

    refused = settled("GET", path)
    unlimited = settled.send("GET", EVENTS)
    opened[0].close()
    again = settled.send("GET", path, buffered=False)

    assert (refused.status, refused.body["status"]) == (503, "service_unavailable")
    assert unlimited.status_code == 200
    assert again.status_code == 200
    for response in (*opened, again):
        response.close()


def test_one_login_cannot_take_all_streams_but_a_router_may(make_world):
    world = make_world(options=ApiOptions(heartbeat_seconds=0.05, max_streams=4))
    path = f"{EVENTS}?follow=true"
    opened = [world.demo.send("GET", path, buffered=False) for _ in range(2)]

    refused = world.demo("GET", path)
    change_user(world.embedded.platform, "other", may_follow_all_routing=True)
    opened.append(world.other.send("GET", path, buffered=False))
    opened.pop(0).close()
    opened.append(world.demo.send("GET", path, buffered=False))

    assert (refused.status, refused.body["status"]) == (503, "service_unavailable")
    assert refused.texts == [
        "All 2 streams of routing events that demo may have open are in use. Try again, or read without follow."
    ]
    assert [each.status_code for each in opened] == [200, 200, 200]
    for response in opened:
        response.close()


@pytest.mark.parametrize(("most", "given", "each"), [(100, None, 25), (16, None, 4), (4, None, 2), (100, 7, 7)])
def test_a_login_may_have_a_quarter_of_the_streams_and_two_at_least(most, given, each):
    assert ApiOptions(max_streams=most, max_streams_per_login=given).streams_per_login == each


def test_a_head_request_opens_no_stream(settled):
    for _ in range(5):
        response = settled.send("HEAD", f"{EVENTS}?follow=true")
        assert (response.status_code, response.mimetype) == (200, "application/jsonl")


def test_streams_end_when_the_broker_stops(world, settled):
    stopping = threading.Event()
    settled.wsgi_app = make_wsgi_app(world.embedded.platform, world.options, stopping=stopping.is_set)
    response = settled.send("GET", f"{EVENTS}?after=3&follow=true", buffered=False)
    pieces = iter(response.response)
    next(pieces)

    stopping.set()

    assert all(piece == b"\n" for piece in pieces)
    response.close()
