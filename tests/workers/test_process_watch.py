"""Who is taken for dead, and what becomes of what they had in hand; every clock here is the test's own."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from broker.bootstrap import Settings, build
from broker.interfaces import OperationRecord
from broker.usecases.processes import list_processes
from broker.workers.processes import ProcessWatch

DEAD_AFTER = 5.0


class Member:
    """One process of those that share a database, with a clock of its own."""

    def __init__(self, settings, *, alone=False, now=0.0):
        self.built = build(settings)
        self.platform = self.built.platform
        self.now = now
        self.watch = ProcessWatch(self.platform, "work", dead_after_seconds=DEAD_AFTER, now=lambda: self.now)
        self.watch.begin(alone=alone)

    def later(self, seconds=1.0):
        self.now += seconds
        self.watch.tick()

    def takes(self, number):
        """An operation in the hands of this process."""
        record = OperationRecord(
            operation_id=f"{number:024x}",
            application_id=f"{number:024x}",
            owner_id=None,
            actor_id=None,
            app_name=None,
            namespace=None,
            kind="scale-up",
            wish={},
            ending=None,
            arguments={},
            state="running",
            turn=1,
            attempt=1,
            driver=self.platform.process_id,
            created_at="2026-01-01T00:00:00Z",
            started_at=None,
        )
        with self.platform.unit_of_work() as work:
            work.operations.add(record)
            work.commit()

    def driver(self, number):
        with self.platform.reading() as work:
            return work.operations.by_id(f"{number:024x}").driver

    def known(self):
        return {each.process_id for each in list_processes(self.platform)}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services("postgresql"))])
def settings(request, tmp_path):
    made = Settings(data_dir=tmp_path)
    if request.param == "postgresql":
        made = replace(made, database_url=request.getfixturevalue("postgresql_url"))
        build(made, create=True).close()
    else:
        (tmp_path / "gearbroker.db").write_bytes(empty_database())
    return made


@cache
def empty_database():
    """The file of one, which takes longer to make than a test."""
    with TemporaryDirectory() as directory:
        build(Settings(data_dir=Path(directory)), create=True).close()
        return Path(directory, "gearbroker.db").read_bytes()


@pytest.fixture
def member(settings):
    """Makes a process of that database."""
    made = []

    def make(**options):
        made.append(Member(settings, **options))
        return made[-1]

    yield make
    for each in made:
        each.built.close()


@pytest.fixture
def two(member):
    """Two that have seen each other."""
    observer, other = member(), member()
    observer.later()
    return observer, other


def test_who_beats_is_never_taken_for_dead(two):
    observer, other = two

    for _ in range(20):
        other.later()
        observer.later()

    assert observer.known() == {observer.platform.process_id, other.platform.process_id}


def test_who_has_not_beaten_for_the_whole_time_is_buried_with_its_operations(two):
    observer, other = two
    other.takes(1)
    observer.takes(2)

    for _ in range(5):
        observer.later()
    before = observer.known(), observer.driver(1)
    observer.later()

    assert before == ({observer.platform.process_id, other.platform.process_id}, other.platform.process_id)
    assert observer.known() == {observer.platform.process_id}
    assert (observer.driver(1), observer.driver(2)) == (None, observer.platform.process_id)


def test_who_comes_back_after_its_burial_is_known_again_and_has_nothing_in_hand(two):
    observer, other = two
    other.takes(1)
    for _ in range(10):
        observer.later()

    other.later(100.0)

    assert other.known() == {observer.platform.process_id, other.platform.process_id}
    assert observer.driver(1) is None


def test_an_observer_that_was_stopped_itself_gives_everybody_the_whole_time_again(two):
    observer, other = two

    observer.later(DEAD_AFTER * 3)
    for _ in range(5):
        observer.later()

    assert other.platform.process_id in observer.known()
    observer.later()
    assert other.platform.process_id not in observer.known()


def test_how_far_the_clocks_of_machines_are_apart_does_not_matter(member):
    observer, other = member(now=1_000_000.0), member(now=5.0)

    for _ in range(10):
        observer.later()
        other.later()

    assert observer.known() == {observer.platform.process_id, other.platform.process_id}


def test_who_beats_between_the_look_and_the_burial_is_not_buried(two):
    observer, other = two
    other.takes(1)
    with observer.platform.unit_of_work() as work:
        seen = {each.process_id: each.beats for each in work.processes.all()}
    other.later()

    with observer.platform.unit_of_work() as work:
        released = work.processes.bury({other.platform.process_id: seen[other.platform.process_id]})
        work.commit()

    assert released == 0
    assert other.platform.process_id in observer.known()
    assert observer.driver(1) == other.platform.process_id


def test_who_ends_well_is_forgotten_at_once(two):
    observer, other = two
    other.takes(1)

    other.watch.end()

    assert observer.known() == {observer.platform.process_id}
    assert observer.driver(1) is None


def test_who_is_alone_takes_everybody_for_dead_when_it_begins(member):
    crashed = member()
    crashed.takes(1)

    alone = member(alone=True)

    assert alone.known() == {alone.platform.process_id}
    assert alone.driver(1) is None
