"""A router that was away longer than the log is kept, at the outer door: the API, and `oo-router` as a process."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from scenarios.world import eventually

from broker.core.errors import LogUnavailable
from broker.usecases import accounts, aliases, routing
from broker.usecases.retention import DAY_SECONDS, Keeping, prune
from broker.wsgi import WebServer

ROOT = Path(__file__).parents[2]
KEEPING = Keeping(log_days=7, operations_days=30)


class Later:
    """The clock of so many days later."""

    def __init__(self, clock, days):
        self._clock, self._days = clock, days

    def now(self):
        return self._clock.now() + self._days * DAY_SECONDS


def days_later(world, days):
    return replace(world.platform, clock=Later(world.platform.clock, days))


def extent(world):
    with world.platform.reading() as work:
        return work.log.extent()


@pytest.fixture
def url(world):
    accounts.create_user(world.platform, "router", "password")
    accounts.change_user(world.platform, "router", may_follow_all_routing=True)
    server = WebServer(world.embedded.built)
    server.start()
    yield server.url
    server.stop()


@contextmanager
def router(url, directory):
    """`oo-router run` with the listener that writes down what it is told."""
    command = [
        sys.executable, "-m", "routing_spi.cli", "run", "--broker", url, "--state-dir", str(directory / "state"),
        "--listener", "routing_spi.listeners.recording:RecordingListener", "--option", f"file={directory / 'told'}",
    ]  # fmt: skip
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "GEARBROKER_LOGIN": "router", "GEARBROKER_PASSWORD": "password",
    }  # fmt: skip
    with (directory / "reports").open("a") as reports:
        process = subprocess.Popen(command, env=environment, stderr=reports)
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def told(directory):
    """What the listener was told, in order: the digests of a snapshot's tables, or an event's position."""
    path = directory / "told"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [
        {table["digest"] for table in line["snapshot"]["applications"]}
        if "snapshot" in line
        else line["event"]["data"]["position"]
        for line in lines
    ]


def digests(world):
    return {table.digest for table in routing.take_snapshot(world.platform, world.other).tables}


def test_a_router_that_was_away_for_too_long_takes_a_snapshot_by_itself_and_goes_on(world, url, tmp_path):
    world.create()
    with router(url, tmp_path):
        eventually((tmp_path / "state" / "state.json").exists, "the first snapshot")
    world.create("books")
    assert prune(days_later(world, 8), KEEPING) > 0
    floor, last = extent(world)
    assert floor == last

    with router(url, tmp_path):
        eventually(lambda: digests(world) in told(tmp_path), "the snapshot after the pruned log")
        aliases.add_alias(world.platform, world.demo, "books", "www.books.org")
        eventually(lambda: last + 1 in told(tmp_path), "the event after it")

    assert "no longer has the events after this position" in (tmp_path / "reports").read_text()


def test_a_new_router_on_a_pruned_log_is_told_everything(world, url, tmp_path):
    world.create()
    prune(days_later(world, 8), KEEPING)

    with router(url, tmp_path):
        eventually(lambda: digests(world) in told(tmp_path), "the snapshot")


def test_who_asks_for_events_that_are_no_longer_kept_is_told_to_take_a_snapshot(world):
    world.create()
    prune(days_later(world, 8), KEEPING)
    floor, _ = extent(world)

    with pytest.raises(LogUnavailable, match=r"no longer kept.* Take a snapshot"):
        routing.read_events(world.platform, world.other, floor - 1)
    assert routing.read_events(world.platform, world.other, floor) == ((), floor)


def test_what_is_young_stays_and_for_ever_is_for_ever(world):
    world.create()

    assert prune(days_later(world, 6), KEEPING) == 0
    assert prune(days_later(world, 10_000), Keeping(log_days=0, operations_days=0)) == 0
    assert extent(world)[0] == 0


def test_what_the_bus_has_not_confirmed_is_kept_through_an_outage_of_any_length(world):
    class Down:
        destination = "bus/json"

    world.create()

    assert prune(replace(days_later(world, 400), publishers=(Down(),)), Keeping(log_days=7, operations_days=0)) == 0

    assert len(routing.read_events(world.platform, world.other, 0)[0]) == extent(world)[1]


def test_finished_operations_are_forgotten_after_their_days_and_later_ones_are_shown(world):
    world.create()
    removed = prune(days_later(world, 31), Keeping(log_days=0, operations_days=30))
    world.scale(2)

    with world.platform.reading() as work:
        application_id = world.parts().application.application_id
        kept = work.operation_history.of_application(application_id, limit=10, after=None)

    assert removed > 0
    assert len(kept) == 1
    world.check()
