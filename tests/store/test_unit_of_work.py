"""A unit of work keeps everything or nothing, in the database and in memory, and lets nobody wait for ever after it."""

import threading

import pytest
from store.rows import a_namespace, a_node

from broker.core.errors import StorageUnavailable
from broker.core.ids import ApplicationId, GroupId, NodeId, UserId
from broker.core.placement.draw import Draw
from broker.core.placement.engine import place
from broker.core.placement.model import Request, Rules
from broker.interfaces import OutgoingEvent
from broker.process.signal import LocalSignal
from broker.store.engine import open_database
from broker.store.unit_of_work import SqlUnitOfWork
from broker.usecases.again import again


class _Failure(Exception):
    pass


def _event(sequence: int = 1) -> OutgoingEvent:
    return OutgoingEvent(
        application_id=ApplicationId("a" * 24),
        owner_id=UserId("1" * 24),
        sequence=sequence,
        action="add_alias",
        app_name="shop",
        namespace="demo",
        occurred_at="2026-01-01T00:00:00Z",
        data={"alias": "www.shop.org"},
    )


def _failing(work: SqlUnitOfWork) -> None:
    with work:
        work.namespaces.add(a_namespace(work.users.by_login("demo"), "shop"))
        work.log.add([_event()])
        raise _Failure


def test_leaving_without_commit_keeps_nothing(writing, reading, user):
    with writing() as work:
        work.namespaces.add(a_namespace(user, "shop"))

    with reading() as work:
        assert work.namespaces.by_name("shop") is None


def test_an_error_keeps_nothing_and_lets_the_next_one_in(writing, reading, user):
    with pytest.raises(_Failure):
        _failing(writing())

    with writing() as work:
        work.namespaces.add(a_namespace(user, "blog"))
        work.commit()
    with reading() as work:
        assert [each.name for each in work.namespaces.of_owner(user.user_id)] == ["blog"]
        assert work.log.after(0, 10) == ()


def test_a_reader_has_nothing_to_commit(reading):
    with reading() as work, pytest.raises(RuntimeError, match="nothing to commit"):
        work.commit()


def test_a_reader_holds_no_writer_up(writing, reading, user):
    with reading() as looking:
        before = looking.users.by_login("demo")
        with writing() as work:
            work.users.consume_gears(user.user_id, 2)
            work.commit()
        after = looking.users.by_login("demo")

    assert (before.consumed_gears, after.consumed_gears) == (0, 0)


def test_writers_of_one_process_never_take_more_than_there_is(writing, user):
    def act() -> None:
        with writing() as work:
            work.users.consume_gears(user.user_id, 1)
            work.commit()

    def consume() -> None:
        again(act)

    threads = [threading.Thread(target=consume) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with writing() as work:
        assert work.users.by_login("demo").consumed_gears == 3


def test_room_reserved_and_not_committed_is_given_back_in_memory(writing, cache):
    with writing() as work:
        work.nodes.add([a_node("node-a1.example.com")])
        work.commit()

    with writing() as work:
        spread = work.nodes.spread(GroupId("9" * 24), 0, None)
        requests = [Request(profile="small"), Request(profile="small")]
        placed = place(work.nodes.fleet(), spread, requests, rules=Rules(), draw=Draw.for_application("a" * 24))
        work.nodes.placed(spread, placed)
        full = cache.fleet.node("node-a1.example.com").gears

    assert (full, cache.fleet.node("node-a1.example.com").gears) == (2, 0)


def test_a_changed_liveness_that_is_not_committed_is_not_known(writing, reading):
    with writing() as work:
        work.nodes.add([a_node("node-a1.example.com")])
        work.commit()

    with writing() as work:
        work.nodes.set_liveness([NodeId("node-a1.example.com")], "unresponsive")
        during = work.nodes.unresponsive()

    with reading() as work:
        assert (len(during), work.nodes.unresponsive()) == (1, frozenset())


def test_a_liveness_change_after_one_that_was_given_up_is_known(writing, reading):
    node_ids = [NodeId("node-a1.example.com")]
    with writing() as work:
        work.nodes.add([a_node("node-a1.example.com")])
        work.commit()
    with writing() as work:
        work.nodes.set_liveness(node_ids, "unresponsive")
        work.nodes.fleet()

    with writing() as work:
        work.nodes.set_liveness(node_ids, "unresponsive")
        work.commit()

    with reading() as work:
        assert work.nodes.unresponsive() == frozenset(node_ids)
    with writing() as work:
        assert not work.nodes.fleet().node(node_ids[0]).responsive


def test_a_reader_that_began_before_a_loss_knows_nothing_of_it(writing, reading):
    node_ids = [NodeId("node-a1.example.com")]
    with writing() as work:
        work.nodes.add([a_node("node-a1.example.com")])
        work.commit()

    with reading() as early:
        early.users.by_login("demo")
        with writing() as work:
            work.nodes.set_liveness(node_ids, "unresponsive")
            work.commit()
        with reading() as late:
            known_late = late.nodes.unresponsive()
        known_early = early.nodes.unresponsive()

    assert (known_early, known_late) == (frozenset(), frozenset(node_ids))


def test_a_database_that_cannot_begin_lets_the_next_writer_try(tmp_path, cache):
    broken = open_database(f"sqlite:///{tmp_path / 'missing' / 'gearbroker.db'}")

    for _ in range(2):
        with pytest.raises(StorageUnavailable, match="does not answer"), SqlUnitOfWork(broken, cache, LocalSignal()):
            pytest.fail("it began")

    assert broken.writer.acquire(blocking=False)
    broken.writer.release()


def test_giving_room_back_to_a_fleet_that_was_never_looked_at_is_no_error(writing, cache):
    with writing() as work:
        work.nodes.add([a_node("node-a1.example.com")])
        work.nodes.reserve({NodeId("node-a1.example.com"): 1})
        work.commit()

    with writing() as work:
        work.nodes.free({NodeId("node-a1.example.com"): 1})
        work.commit()

    with writing() as work:
        assert work.nodes.fleet().node("node-a1.example.com").gears == 0
