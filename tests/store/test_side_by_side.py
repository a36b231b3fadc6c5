"""On PostgreSQL units of work go on side by side, and what they count stays right, in the rows and in memory."""

import threading
from dataclasses import replace
from functools import partial

import pytest
from store.rows import a_namespace, a_node, an_application
from store.waiting import DEADLINE_SECONDS, wait_for_locks

from broker.core.ids import ApplicationId, GroupId, NodeId
from broker.core.placement.draw import Draw
from broker.core.placement.engine import place
from broker.core.placement.model import Request, Rules
from broker.interfaces import Collided, FleetMoved
from broker.process.signal import LocalSignal
from broker.store.engine import open_database
from broker.store.fleet_cache import FleetCache
from broker.store.migrate import migrate
from broker.store.unit_of_work import SqlUnitOfWork
from broker.usecases.again import again

pytestmark = pytest.mark.services("postgresql")

NODE = NodeId("node-a1.example.com")
IMPATIENT = "?options=-c%20lock_timeout%3D20000%20-c%20deadlock_timeout%3D50"


@pytest.fixture
def database(postgresql_url):
    """Who would wait for a lock for long fails instead."""
    opened = open_database(f"{postgresql_url}{IMPATIENT}")
    migrate(opened)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def node(writing):
    with writing() as work:
        work.nodes.add([a_node(NODE, capacity=4)])
        work.commit()
    return NODE


@pytest.fixture
def applications(writing, user):
    """Two applications of one owner."""
    made = []
    for number in (1, 2):
        with writing() as work:
            namespace = a_namespace(user, f"ns{number}", number)
            work.namespaces.add(namespace)
            parts = an_application(user, namespace, number)
            work.applications.add(parts.application, parts.groups, parts.cartridges)
            work.commit()
        made.append(parts.application.application_id)
    return made


def _grow(work, user, group: str = "9") -> None:
    """What the plan of a scale-up by one does to what everybody shares."""
    assert work.users.consume_gears(user.user_id, 1)
    spread = work.nodes.spread(GroupId(group * 24), 0, None)
    request = [Request(profile="small")]
    placed = place(work.nodes.fleet(), spread, request, rules=Rules(), draw=Draw.for_application(group * 24))
    work.nodes.placed(spread, placed)
    work.nodes.reserve({NODE: 1})


def _kept(writing, user) -> None:
    with writing() as work:
        _grow(work, user)
        work.commit()


def _gears(reading) -> int:
    with reading() as work:
        return work.nodes.records([NODE])[NODE].gears


def test_growth_waits_for_no_other_growth_of_the_same_owner_on_the_same_node(writing, reading, user, node, cache):
    with writing() as first:
        _grow(first, user, "8")
        with writing() as second:
            _grow(second, user, "9")
            second.commit()
        first.commit()

    assert (_gears(reading), cache.fleet.node(node).gears, cache.reserved) == (2, 2, {})


def test_applications_are_held_one_by_one(writing, applications):
    first, second = applications
    with writing() as one, writing() as other:
        one.applications.locked(first)
        other.applications.locked(second)
        other.commit()
        one.commit()


def test_who_learns_the_fleet_sees_what_others_have_placed_and_not_committed(writing, user, node, cache):
    with writing() as placing:
        _grow(placing, user)
        with writing() as learning:
            learning.nodes.fleet()
            learning.nodes.learn_anew()
        during = cache.fleet.node(node).gears

    assert (during, cache.fleet.node(node).gears, cache.reserved) == (1, 0, {})


def test_room_is_seen_as_free_only_when_the_rows_say_so(writing, user, node, cache):
    with writing() as work:
        _grow(work, user)
        work.commit()

    with writing() as work:
        work.nodes.free({node: 1})
        before = cache.fleet.node(node).gears
        work.commit()

    assert (before, cache.fleet.node(node).gears) == (1, 0)


def test_room_that_another_process_has_taken_is_found_out_at_the_commit(database, writing, reading, user, node, cache):
    theirs = FleetCache()
    with writing() as work:
        work.nodes.fleet()
    with SqlUnitOfWork(database, theirs, LocalSignal()) as work:
        work.nodes.reserve({node: 4})
        work.commit()

    with pytest.raises(FleetMoved):
        _kept(writing, user)

    with writing() as work:
        work.nodes.fleet()
    assert (_gears(reading), cache.fleet.node(node).gears, cache.reserved) == (4, 4, {})
    with reading() as work:
        assert work.users.by_login("demo").consumed_gears == 0


def test_many_threads_that_grow_and_shrink_leave_rows_and_memory_equal(writing, reading, user, node, cache):
    over = threading.Event()
    faults = []

    def grow_and_shrink(group: str) -> None:
        try:
            for number in range(12):
                again(partial(_grown, writing, user, group, commits=number % 3 > 0), attempts=50)
        except Exception as error:  # noqa: BLE001 shown below
            faults.append(error)

    def learn() -> None:
        while not over.is_set():
            with writing() as work:
                work.nodes.fleet()
                work.nodes.learn_anew()

    learner = threading.Thread(target=learn)
    threads = [threading.Thread(target=grow_and_shrink, args=(group,)) for group in "567"]
    for thread in (learner, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    over.set()
    learner.join()

    assert faults == []
    assert (_gears(reading), cache.fleet.node(node).gears, cache.reserved) == (0, 0, {})
    with reading() as work:
        assert work.users.by_login("demo").consumed_gears == 0


def _grown(writing, user, group, *, commits):
    with writing() as work:
        _grow(work, user, group)
        if not commits:
            return
        work.commit()
    again(partial(_shrunk, writing, user), attempts=50)


def _shrunk(writing, user):
    with writing() as work:
        work.nodes.free({NODE: 1})
        work.users.consume_gears(user.user_id, -1)
        work.commit()


def test_a_change_of_nodes_waits_for_those_who_count_on_them_and_they_for_it(writing, node, applications):
    noted = threading.Event()

    def change() -> None:
        with writing() as work:
            work.nodes.set_liveness([node], "unresponsive")
            work.commit()
        noted.set()

    with writing() as work:
        work.applications.locked(applications[0])
        changing = threading.Thread(target=change)
        changing.start()
        wait_for_locks(work)
        seen = work.nodes.unresponsive()
        work.commit()
    changing.join()

    assert (seen, noted.is_set()) == (frozenset(), True)


def test_of_two_that_wait_for_one_another_one_is_asked_to_begin_anew_and_both_are_done(writing, applications):
    meet = threading.Barrier(2, timeout=DEADLINE_SECONDS)
    collisions, done = [], []

    def lock(first: ApplicationId, second: ApplicationId) -> None:
        attempts = iter([meet.wait])

        def act() -> None:
            with writing() as work:
                work.applications.locked(first)
                next(attempts, lambda: None)()
                work.applications.locked(second)
                work.commit()

        try:
            act()
        except Collided as collided:
            collisions.append(collided)
            again(act)
        done.append(first)

    threads = [threading.Thread(target=lock, args=order) for order in (applications, reversed(applications))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (bool(collisions), sorted(done)) == (True, sorted(applications))


def test_a_quota_used_up_by_others_meanwhile_is_no_quota(writing, reading, user):
    with writing() as first:
        assert first.users.consume_gears(user.user_id, user.max_gears)
        with writing() as second:
            assert second.users.consume_gears(user.user_id, 1)
            second.commit()
        with pytest.raises(Collided):
            first.commit()

    with reading() as work:
        assert work.users.by_login("demo").consumed_gears == 1


def _create_in(work, user, namespace) -> None:
    parts = an_application(user, namespace)
    work.applications.add(parts.application, parts.groups, parts.cartridges)


@pytest.fixture
def namespace(writing, user):
    with writing() as work:
        work.namespaces.add(a_namespace(user, "old"))
        work.commit()
    return a_namespace(user, "old")


def test_an_application_does_not_come_into_a_namespace_that_was_renamed_since_it_was_looked_at(
    writing, user, namespace
):
    with writing() as work:
        work.namespaces.save(replace(namespace, name="new"))
        work.commit()

    with writing() as work, pytest.raises(Collided):
        _create_in(work, user, namespace)


def test_nor_into_one_that_was_deleted(writing, user, namespace):
    with writing() as work:
        work.namespaces.delete(namespace.namespace_id)
        work.commit()

    with writing() as work, pytest.raises(Collided):
        _create_in(work, user, namespace)


def test_who_holds_a_namespace_has_seen_every_application_that_is_in_it(writing, user, namespace):
    seen = []

    def hold() -> None:
        with writing() as work:
            work.namespaces.locked(namespace.namespace_id)
            seen.append(work.namespaces.has_applications(namespace.namespace_id))

    with writing() as work:
        _create_in(work, user, namespace)
        holding = threading.Thread(target=hold)
        holding.start()
        wait_for_locks(work)
        work.commit()
    holding.join()

    assert seen == [True]
