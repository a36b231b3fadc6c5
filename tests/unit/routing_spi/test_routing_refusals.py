"""A listener that cannot take one application: the others flow, and it is offered again."""

import json

import pytest
from routing_fakes import TableListener, ToldBroker

from routing_spi import cli
from routing_spi.conformance_story import FIRST_GEAR, Story, a_life, tables_after
from routing_spi.events import Action
from routing_spi.follower import RETRY_SECONDS, Follower, ListenerFailed
from routing_spi.snapshot import Snapshot
from routing_spi.state import MemoryState, StateDirectory
from routing_spi.telling import TRIES


class PickyListener(TableListener):
    """Takes nothing in which an alias of `poison` is."""

    def __init__(self, *poison):
        super().__init__()
        self.poison = set(poison)

    def apply(self, event):
        if event.data.get("alias") in self.poison:
            raise ValueError(f"cannot route {event.data['alias']}")
        super().apply(event)

    def resync(self, snapshot):
        for table in snapshot.tables.values():
            if self.poison.intersection(table.aliases):
                raise ValueError(f"cannot route {table.app_name}")
        super().resync(snapshot)


class Clock:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


class World:
    def __init__(self, *poison, state=None, listener=None):
        self.clock, self.reports = Clock(), []
        self.listener = listener or PickyListener(*poison)
        self.state = state or MemoryState()
        self.broker = ToldBroker()
        self.follower = Follower(
            listener=self.listener, source=self.broker, state=self.state, report=self.reports.append, now=self.clock
        )

    def receive(self, event):
        """As a transport does: what failed comes again."""
        failures = 0
        while True:
            try:
                self.follower.receive(event)
            except ListenerFailed:
                failures += 1
            else:
                return failures


def poisoned():
    """`good` and `bad` are there; then `bad` gets an alias that nobody can route, and both go on."""
    good, bad = Story("good", position=0), Story("bad", position=10)
    before = [good.create(), bad.create()]
    poison = bad.tell(Action.ADD_ALIAS, alias="poison.example.org")
    after = [good.add(FIRST_GEAR, "203.0.113.17", 1), bad.add(FIRST_GEAR, "203.0.113.18", 2)]
    return before, poison, after, bad


def test_after_some_tries_the_event_is_put_aside_and_the_others_flow():
    before, poison, after, bad = poisoned()
    world = World("poison.example.org")
    for event in before:
        world.receive(event)

    failures = world.receive(poison)
    for event in after:
        world.receive(event)

    truth = tables_after([*before, poison, *after])
    told = tables_after([*before, after[0]])
    assert failures == TRIES - 1
    assert world.listener.tables == told
    assert world.follower.known.tables == truth
    assert list(world.follower.refused) == [bad.application_id]
    assert len(world.state.parked) == 1
    body, reason = world.state.parked[0]
    assert json.loads(body)["id"] == poison.event_id
    assert "cannot route poison.example.org" in reason
    assert any("put aside" in report for report in world.reports)


def test_it_is_offered_again_after_a_while_and_once_it_is_taken_nothing_is_refused():
    before, poison, after, _ = poisoned()
    world = World("poison.example.org")
    for event in [*before, poison, *after]:
        world.receive(event)
    world.listener.poison.clear()

    world.follower.retry()
    too_early = dict(world.listener.tables)
    world.clock.seconds += RETRY_SECONDS
    world.follower.retry()

    assert too_early != world.follower.known.tables
    assert world.listener.tables == world.follower.known.tables
    assert not world.follower.refused


def test_while_it_is_still_refused_everything_else_is_told_again_and_again():
    before, poison, after, bad = poisoned()
    world = World("poison.example.org")
    for event in [*before, poison, *after]:
        world.receive(event)

    for _ in range(3):
        world.clock.seconds += RETRY_SECONDS
        world.follower.retry()

    assert list(world.follower.refused) == [bad.application_id]
    assert len(world.state.parked) == 1
    assert world.listener.tables == tables_after([*before, after[0]])


def test_a_snapshot_with_one_bad_application_is_taken_but_for_that_one():
    world = World("www.example.org")  # what `a_life` ends with
    stories = [a_life(f"bad{n}") if n == 3 else (Story(f"good{n}").create(),) for n in range(8)]
    tables = tables_after(event for story in stories for event in story)
    snapshot = Snapshot(position=9, tables=tables)

    for _ in range(TRIES - 1):
        with pytest.raises(ListenerFailed):
            world.follower.offer(snapshot)
    world.follower.offer(snapshot)

    bad = stories[3][0].application_id
    assert list(world.follower.refused) == [bad]
    assert set(world.listener.tables) == set(tables) - {bad}
    assert world.follower.known.tables == tables


def test_a_listener_that_takes_nothing_at_all_blames_no_application():
    class Broken:
        def apply(self, _event):
            raise OSError("disk full")

        def resync(self, _snapshot):
            raise OSError("disk full")

    world = World(listener=Broken())
    snapshot = Snapshot(position=2, tables=tables_after([Story("one").create(), Story("two").create()]))

    for _ in range(3 * TRIES):
        with pytest.raises(ListenerFailed, match="disk full"):
            world.follower.offer(snapshot)

    assert not world.follower.refused


def test_what_is_refused_is_known_after_a_restart_and_stops_nobody(tmp_path):
    before, poison, after, bad = poisoned()
    with StateDirectory(tmp_path) as state:
        world = World("poison.example.org", state=state)
        for event in [*before, poison, *after]:
            world.receive(event)

    with StateDirectory(tmp_path) as state:
        again = World("poison.example.org", state=state)
        again.follower.start()

        assert again.listener.tables == tables_after([*before, after[0]])
        assert list(again.follower.refused) == [bad.application_id]
        again.listener.poison.clear()
        again.clock.seconds += RETRY_SECONDS
        again.follower.retry()
        assert again.listener.tables == tables_after([*before, poison, *after])

    with StateDirectory(tmp_path) as state:
        assert not state.load().refused


def test_a_kept_table_that_a_new_listener_refuses_does_not_stop_it_from_starting(tmp_path):
    before, poison, after, bad = poisoned()
    with StateDirectory(tmp_path) as state:
        world = World(state=state)
        for event in [*before, poison, *after]:
            world.receive(event)

    with StateDirectory(tmp_path) as state:
        again = World("poison.example.org", state=state)
        assert again.follower.start()

    assert list(again.follower.refused) == [bad.application_id]
    assert [table.app_name for table in again.listener.kept] == ["good"]


def test_a_refused_application_that_is_deleted_is_forgotten_once_the_listener_takes_everything():
    before, poison, after, bad = poisoned()
    world = World("poison.example.org")
    for event in [*before, poison, *after, bad.delete()]:
        world.receive(event)

    world.clock.seconds += RETRY_SECONDS
    world.follower.retry()

    assert not world.follower.refused
    assert [table.app_name for table in world.listener.kept] == ["good"]


def test_a_gap_whose_table_is_refused_is_put_aside_too():
    before, poison, after, bad = poisoned()
    world = World("poison.example.org")
    for event in before:
        world.receive(event)
    world.broker.told = [*before, poison, *after]

    world.receive(after[1])
    world.receive(after[0])

    assert list(world.follower.refused) == [bad.application_id]
    assert world.follower.known.tables == tables_after([*before, poison, *after])
    assert world.listener.tables == tables_after([*before, after[0]])


def test_the_status_of_a_listener_shows_what_it_refuses_and_what_was_put_aside(tmp_path, capsys):
    before, poison, after, _ = poisoned()
    with StateDirectory(tmp_path) as state:
        world = World("poison.example.org", state=state)
        for event in [*before, poison, *after]:
            world.receive(event)
        world.follower.park("{", "message is not JSON")
        world.follower.settle()

        while_it_runs = cli.main(["status", "--state-dir", str(tmp_path)], {})
    shown = capsys.readouterr().out
    as_json = cli.main(["status", "--state-dir", str(tmp_path), "--json"], {})
    wire = json.loads(capsys.readouterr().out)

    assert (while_it_runs, as_json) == (0, 0)
    assert shown.splitlines() == [
        "position 2, 2 applications, 2 endpoints",
        "refused by the listener: test/bad: ValueError('cannot route poison.example.org')",
        "2 messages put aside, the last because message is not JSON",
    ]
    assert (wire["parked"], list(wire["refused"])) == (2, ["test/bad"])


class BrokenListener(TableListener):
    """Takes nothing for as long as it is broken."""

    broken = True

    def resync(self, snapshot):
        if self.broken:
            raise OSError("no route to the router")
        super().resync(snapshot)


def test_the_status_of_a_listener_that_takes_nothing_at_all_says_why_until_it_does(tmp_path, capsys):
    def status():
        assert cli.main(["status", "--state-dir", str(tmp_path)], {}) == 0
        return capsys.readouterr().out.splitlines()

    with StateDirectory(tmp_path) as state:
        world = World(state=state, listener=BrokenListener())
        world.broker.told = a_life(position=0)[:3]
        for _ in range(TRIES + 1):
            with pytest.raises(ListenerFailed):
                world.follower.resync()
        broken = status()
        world.listener.broken = False
        world.follower.resync()

    why = "the listener failed on the snapshot at position 3: OSError('no route to the router')"
    assert broken == ["position 0, 0 applications, 0 endpoints", f"nothing goes on: {why}"]
    assert status() == ["position 3, 1 applications, 2 endpoints"]


def test_what_kept_a_listener_from_starting_is_forgotten_once_it_has_started(tmp_path, capsys):
    with StateDirectory(tmp_path) as state:
        world = World(state=state)
        for event in a_life(position=0)[:3]:
            world.receive(event)
        world.follower.settle()
    with StateDirectory(tmp_path) as state, pytest.raises(ListenerFailed):
        World(state=state, listener=BrokenListener()).follower.start()
    cli.main(["status", "--json", "--state-dir", str(tmp_path)], {})
    broken = json.loads(capsys.readouterr().out)
    with StateDirectory(tmp_path) as state:
        World(state=state).follower.start()
    cli.main(["status", "--json", "--state-dir", str(tmp_path)], {})

    assert "no route to the router" in broken["failing"]
    assert json.loads(capsys.readouterr().out)["failing"] is None


def test_the_status_of_a_directory_without_a_listener_says_what_to_name(tmp_path, capsys):
    assert cli.main(["status", "--state-dir", str(tmp_path)], {}) == 1
    assert "name the --state-dir of a listener that has run" in capsys.readouterr().err
