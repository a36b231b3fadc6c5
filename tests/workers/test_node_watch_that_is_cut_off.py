"""A watch that could not have heard a heartbeat takes no node for lost."""

import math

import pytest

from broker.bootstrap import Settings
from broker.bus.hearing import BREAK_SECONDS, Hearing
from broker.simulator.embedded import add_nodes, open_embedded, simulated_nodes
from broker.usecases.nodes import list_nodes
from broker.workers.node_watch import NodeWatch

INTERVAL, MISSED = 1.0, 3


class Watched:
    """Two nodes, a watch and what it hears; time passes second by second."""

    def __init__(self, embedded):
        self.platform = embedded.platform
        self.now = 100.0
        self.hearing = Hearing(now=lambda: self.now)
        self.connected = True
        self.alive = {node.node_id for node in list_nodes(self.platform)}
        self.watch = NodeWatch(
            self.platform,
            lambda: self.alive if self.connected else (),
            interval_seconds=INTERVAL,
            missed_allowed=MISSED,
            now=lambda: self.now,
            listening=self.hearing.span,
        )

    def pass_seconds(self, count):
        for _ in range(count):
            self.now += 1.0
            if self.connected:
                self.hearing.hears(self.hearing.pulse())
            self.watch.tick()

    def lost(self):
        return {node.node_id for node in list_nodes(self.platform) if node.liveness != "responsive"}


@pytest.fixture
def watched(tmp_path):
    embedded = open_embedded(Settings(data_dir=tmp_path, dns_port=0))
    add_nodes(embedded, simulated_nodes("example.com", zones="ab", nodes_per_zone=1))
    yield Watched(embedded)
    embedded.stop()


def test_a_node_that_is_silent_while_the_watch_listens_is_lost(watched):
    watched.hearing.begin()
    watched.pass_seconds(3)
    silent = watched.alive.pop()

    watched.pass_seconds(4)
    before = watched.lost()
    watched.pass_seconds(1)

    assert (before, watched.lost()) == (set(), {silent})


def test_words_of_nodes_that_nobody_has_registered_hide_no_silent_one(watched):
    watched.hearing.begin()
    dead = min(watched.alive)
    watched.alive = {"nobody-1.example.com", "nobody-2.example.com"} | watched.alive - {dead}

    watched.pass_seconds(8)

    assert watched.lost() == {dead}


def test_a_watch_that_has_no_connection_yet_takes_nobody_for_lost(watched):
    watched.connected = False

    watched.pass_seconds(60)

    assert watched.lost() == set()


def test_a_watch_that_was_cut_off_gives_every_node_the_whole_time_again(watched):
    watched.hearing.begin()
    watched.pass_seconds(3)
    watched.connected = False
    watched.pass_seconds(60)
    cut_off = watched.lost()

    watched.connected = True
    silent = watched.alive.pop()
    watched.pass_seconds(4)

    assert (cut_off, watched.lost()) == (set(), set())
    watched.pass_seconds(2)
    assert watched.lost() == {silent}


def test_nothing_is_heard_before_there_is_a_connection():
    since, until = Hearing(now=lambda: 5.0).span()

    assert (since, until) == (math.inf, 0.0)


def test_a_short_pause_between_pulses_is_no_break_and_a_long_one_is():
    now = [10.0]
    hearing = Hearing(now=lambda: now[0])
    hearing.begin()

    now[0] += BREAK_SECONDS
    hearing.hears(hearing.pulse())
    short = hearing.span()
    now[0] += BREAK_SECONDS + 0.1
    hearing.hears(hearing.pulse())

    assert (short, hearing.span()) == ((10.0, 12.5), (15.1, 15.1))


def test_what_comes_with_a_pulse_that_was_long_under_way_is_no_news():
    now = [10.0]
    hearing = Hearing(now=lambda: now[0])
    hearing.begin()
    late, span = hearing.pulse(), hearing.span()

    now[0] += BREAK_SECONDS + 0.1

    assert hearing.hears(late) is False
    assert hearing.span() == span
    assert hearing.hears(hearing.pulse()) is True


@pytest.mark.parametrize("text", ["", "pulse", "pulse x", "pulse -1.0", "pulse 1e9", '{"node_id": "pulse 1.0"}'])
def test_what_is_no_pulse_is_a_heartbeat_for_others_to_judge(text):
    assert Hearing().hears(text) is None


def test_a_pulse_of_the_future_is_nobody_s():
    assert Hearing(now=lambda: 5.0).hears("pulse 6.0") is False
