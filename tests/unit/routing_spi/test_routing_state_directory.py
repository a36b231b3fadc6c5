import errno
import json
import os

import pytest
from routing_fakes import TableListener, ToldBroker

from routing_spi.conformance_story import Story, a_life, tables_after
from routing_spi.delivery import Decision
from routing_spi.follower import Follower
from routing_spi.state import StateDirectory, StateUnusable


def follower_on(state, events=()):
    listener = TableListener()
    follower = Follower(listener=listener, source=ToldBroker(events), state=state, report=lambda _: None)
    return follower, listener


def test_a_new_directory_holds_nothing(tmp_path):
    with StateDirectory(tmp_path / "new") as state:
        assert state.load() is None


def test_a_restart_goes_on_from_what_was_noted(tmp_path):
    events = a_life(position=0)
    with StateDirectory(tmp_path) as state:
        follower, _ = follower_on(state)
        for event in events[:10]:
            follower.receive(event)

    with StateDirectory(tmp_path) as state:
        follower, listener = follower_on(state)
        started = follower.start()

        assert started
        assert follower.position == 10
        assert listener.tables == tables_after(events[:10])
        assert follower.receive(events[9]) is Decision.REPEAT
        assert follower.receive(events[10]) is Decision.APPLY


def test_an_application_that_was_deleted_stays_deleted_over_a_restart(tmp_path):
    story = Story("testha")
    created, deleted = story.create(), story.delete()
    with StateDirectory(tmp_path) as state:
        follower, _ = follower_on(state)
        follower.receive(created)
        follower.receive(deleted)

    with StateDirectory(tmp_path) as state:
        follower, _ = follower_on(state)
        follower.start()

        assert follower.receive(created) is Decision.REPEAT


def test_a_line_torn_by_a_crash_is_as_if_never_written(tmp_path):
    events = a_life(position=0)
    with StateDirectory(tmp_path) as state:
        follower, _ = follower_on(state)
        for event in events[:5]:
            follower.receive(event)
    (journal,) = tmp_path.glob("journal-*.jsonl")
    whole = journal.read_text()

    for cut in range(0, len(whole), 97):
        journal.write_text(whole[:cut])
        with StateDirectory(tmp_path) as state:
            knowledge = state.load()

        lines = whole[:cut].count("\n")
        assert knowledge.positions.through == 1 + lines
        assert knowledge.tables == tables_after(events[: 1 + lines])


def test_the_journal_does_not_grow_for_ever(tmp_path):
    story = Story("testha", position=0)
    longest = 0
    with StateDirectory(tmp_path) as state:
        follower, _ = follower_on(state)
        follower.receive(story.create())
        for number in range(12):
            follower.receive(story.state("53c6c74fe659c57659000021", f"{number}-{'x' * 1_000_000}"))
            (journal,) = tmp_path.glob("journal-*.jsonl")
            longest = max(longest, journal.stat().st_size)

    assert longest < 6_000_000
    assert json.loads((tmp_path / "state.json").read_text())["position"] > 5


def test_what_follows_an_unreadable_line_had_not_been_kept_for_sure(tmp_path):
    events = a_life(position=0)
    with StateDirectory(tmp_path) as state:
        follower, _ = follower_on(state)
        for event in events[:5]:
            follower.receive(event)
    (journal,) = tmp_path.glob("journal-*.jsonl")
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text(lines[0] + "\0" * len(lines[1]) + "".join(lines[2:]))

    with StateDirectory(tmp_path) as state:
        follower, listener = follower_on(state, events)
        follower.start()
        assert listener.tables == tables_after(events[:2])
        for event in events:
            follower.receive(event)

    assert listener.tables == tables_after(events)


def test_a_directory_that_cannot_be_written_confirms_nothing_and_loses_nothing(tmp_path, monkeypatch):
    events = a_life(position=0)
    with StateDirectory(tmp_path) as state:
        follower, _ = follower_on(state)
        follower.receive(events[0])
        follower.settle()
        with monkeypatch.context() as full:
            full.setattr(os, "fsync", _no_space)
            follower.receive(events[1])
            with pytest.raises(StateUnusable, match="No space left"):
                follower.settle()
            with pytest.raises(StateUnusable, match="No space left"):
                follower.settle()
        follower.settle()

    with StateDirectory(tmp_path) as state:
        assert state.load().tables == tables_after(events[:2])


def _no_space(_file):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_directory_is_used_by_one_process_at_a_time(tmp_path):
    with StateDirectory(tmp_path), pytest.raises(StateUnusable, match="in use"):
        StateDirectory(tmp_path)


def test_a_place_where_no_directory_can_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(StateUnusable, match="cannot be used"):
        StateDirectory(tmp_path / "file")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"generation": 1, "position": "x", "applications": []}'])
def test_a_state_that_cannot_be_read_says_what_to_do(tmp_path, text):
    (tmp_path / "state.json").write_text(text)

    with StateDirectory(tmp_path) as state, pytest.raises(StateUnusable, match="remove the directory"):
        state.load()


def test_a_parked_message_is_kept_with_its_reason(tmp_path):
    with StateDirectory(tmp_path) as state:
        state.park("not json", "message is not JSON")

    (line,) = (tmp_path / "parked.jsonl").read_text().splitlines()
    assert json.loads(line) == {"reason": "message is not JSON", "body": "not json"}


def test_the_file_accept_confirms_once(tmp_path):
    with StateDirectory(tmp_path) as state:
        assert not state.take_acceptance()
        (tmp_path / "accept").touch()

        assert state.take_acceptance()
        assert not state.take_acceptance()
