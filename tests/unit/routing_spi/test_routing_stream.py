import threading
import time
from contextlib import contextmanager

import pytest
from routing_fakes import TableListener

from routing_spi.backoff import Backoff
from routing_spi.conformance_story import Story, a_life, tables_after
from routing_spi.credentials import Credentials
from routing_spi.follower import Follower
from routing_spi.http_source import AccessRefused, HttpBroker
from routing_spi.state import MemoryState
from routing_spi.stream import follow_stream, watch_stream

DEADLINE_SECONDS = 20.0


class Following:
    def __init__(self, broker):
        self.listener, self.state, self.reports = TableListener(), MemoryState(), []
        self.http = HttpBroker(broker.url, credentials=Credentials(), timeout_seconds=0.2)
        self.follower = Follower(
            listener=self.listener,
            source=self.http,
            state=self.state,
            report=self.reports.append,
            every_position=True,
        )
        self.stop = threading.Event()

    @contextmanager
    def running(self):
        backoff = Backoff(first_seconds=0.01, most_seconds=0.05)
        arguments = {"stop": self.stop, "report": self.reports.append, "backoff": backoff}
        thread = threading.Thread(target=follow_stream, args=(self.follower, self.http), kwargs=arguments)
        thread.start()
        try:
            yield
        finally:
            self.stop.set()
            thread.join()

    def until(self, claim):
        end = time.monotonic() + DEADLINE_SECONDS
        while not claim():
            assert time.monotonic() < end, self.reports
            time.sleep(0.005)


def test_a_new_follower_takes_a_snapshot_and_goes_on_from_its_position(broker):
    events = a_life(position=0)
    broker.told = list(events[:5])
    broker.streams = [(200, broker.lines(*events[5:]))]
    following = Following(broker)

    with following.running():
        following.until(lambda: following.follower.position == len(events))

    assert broker.asked[:2] == [
        "/broker/rest/routing/snapshot",
        "/broker/rest/routing/events?after=5&follow=true",
    ]
    assert following.listener.tables == tables_after(events)


def test_after_a_cut_it_goes_on_where_it_was(broker):
    events = a_life(position=0)
    text = broker.lines(*events)
    broker.streams = [(200, text[: len(text) // 3]), (503, ""), (200, broker.lines(*events))]
    following = Following(broker)

    with following.running():
        following.until(lambda: following.follower.position == len(events))

    assert following.listener.tables == tables_after(events)
    told = [told for told in following.listener.told if told != "snapshot"]
    assert told == [event.event_id for event in events]


def test_a_position_that_expired_is_replaced_by_a_snapshot(broker):
    events = a_life(position=0)
    broker.streams = [(200, broker.lines(events[0])), (410, {"messages": []})]
    following = Following(broker)

    with following.running():
        following.until(lambda: following.follower.position == 1)
        broker.told = list(events)
        following.until(lambda: following.follower.position == len(events))

    assert following.listener.tables == tables_after(events)


def test_an_unreadable_line_is_put_aside_and_what_it_said_is_asked_for(broker):
    events = [
        Story("one", position=0).create(),
        Story("two", position=1).create(),
        Story("three", position=2).create(),
    ]
    broker.streams = [(200, broker.lines(events[0]) + "{broken\n" + broker.lines(events[2]))]
    following = Following(broker)

    with following.running():
        following.until(lambda: following.follower.position == 1)
        broker.told = events
        following.until(lambda: broker.streams or following.state.parked)
        broker.streams.append((200, broker.lines(events[2])))
        following.until(lambda: following.listener.tables == tables_after(events))

    assert following.state.parked[0][0] == "{broken"


def test_a_listener_that_failed_is_told_again(broker):
    events = a_life(position=0)
    broker.streams = [(200, broker.lines(*events)), (200, broker.lines(*events))]
    following = Following(broker)
    following.listener.failures.append(OSError("disk full"))

    with following.running():
        following.until(lambda: following.follower.position == len(events))

    assert any("disk full" in report for report in following.reports)


def test_a_held_snapshot_is_asked_for_again_until_the_operator_confirms(broker):
    events = a_life(position=0)
    broker.told = list(events)
    broker.streams = [(410, {"messages": []})]
    following = Following(broker)

    with following.running():
        following.until(lambda: following.listener.tables)
        broker.told = []
        broker.streams += [(410, {"messages": []})]
        following.until(lambda: following.follower.held)
        assert following.listener.tables == tables_after(events)
        following.state.accepted = True
        following.until(lambda: not following.listener.tables)


def test_credentials_that_were_never_accepted_end_it(broker):
    broker.authorization = "Bearer right"
    following = Following(broker)

    with pytest.raises(AccessRefused):
        follow_stream(following.follower, following.http, stop=following.stop, report=following.reports.append)


def test_watching_goes_on_after_a_cut_and_shows_each_event_once(broker):
    events = a_life(position=0)[:4]
    broker.streams = [(200, broker.lines(*events[:2])), (200, broker.lines(*events))]
    http = HttpBroker(broker.url, credentials=Credentials())

    watching = watch_stream(http, 0, report=lambda _: None)

    assert [next(watching).position for _ in range(4)] == [1, 2, 3, 4]
