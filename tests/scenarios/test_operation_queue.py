"""Operations wait their turn, are cancelled, and are carried out by workers where nobody waits for them."""

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from scenarios.held import Held, HeldChannel, accepted, another_process, detached, grow_by_one, history, queued, states
from scenarios.world import eventually

from broker.core.errors import (
    ApplicationBusy,
    ApplicationNotFound,
    OperationCancelled,
    OperationNotCancellable,
    OperationNotFound,
)
from broker.core.ids import OperationId
from broker.core.scaling import ScaleDirection
from broker.interfaces import Json
from broker.usecases import operations
from broker.usecases.aliases import add_alias
from broker.usecases.applications import create_application
from broker.usecases.cancelling import cancel
from broker.usecases.environment import add_variable
from broker.usecases.open_operations import let_go_of_forgotten, resume_operations
from broker.usecases.processes import beat, this_process
from broker.usecases.scaling import scale
from broker.usecases.state import StateEvent, change_state
from broker.usecases.wishes import ApplicationWish, CartridgeWish
from broker.workers.operations import OperationRunner


@pytest.fixture
def threads():
    with ThreadPoolExecutor(8) as pool:
        yield pool


def test_later_operations_wait_and_run_in_the_order_in_which_they_came(world, threads):
    world.create()
    held = Held(world, threads)
    later = []
    for number, to in enumerate((3, 4, 5), 1):
        later.append(threads.submit(world.scale, to))
        eventually(queued(world, number), "the queue")

    assert held.let_go() == 2
    for each in later:
        each.result(20)

    assert [(entry.wish["to"], entry.state) for entry in history(world)[1:]] == [
        (to, "completed") for to in (2, 3, 4, 5)
    ]
    assert len(world.gears()) == 5
    world.check()


def test_who_waits_too_long_is_refused_and_leaves_nothing_behind(found, threads):
    world = found(APPLICATION_WAIT_SECONDS="0.05")
    world.create()
    held = Held(world, threads)

    with pytest.raises(ApplicationBusy):
        world.scale(3)
    held.let_go()

    assert states(world)[-1] == "scale_up failed"
    assert len(world.gears()) == 2
    world.check()


def test_a_queue_has_an_end(world, threads, monkeypatch):
    monkeypatch.setattr(operations, "MOST_QUEUED", 2)
    world.create()
    held = Held(world, threads)
    for _ in range(2):
        accepted(lambda: grow_by_one(detached(world.platform), world))

    with pytest.raises(ApplicationBusy, match="2 operations wait"):
        world.scale(9)
    cancel(world.platform, history(world)[-2].operation_id)
    accepted(lambda: grow_by_one(detached(world.platform), world))
    held.let_go()
    resume_operations(world.platform)

    assert len(world.gears()) == 4
    world.check()


def test_a_change_that_needs_no_node_waits_for_nobody(world, threads):
    world.create()
    held = Held(world, threads)

    add_alias(world.platform, world.demo, "shop", "www.shop.org")
    add_variable(world.platform, world.demo, "shop", "COLOUR", "blue")

    assert not held.result.done()
    assert held.let_go() == 2
    world.check()


def test_a_queued_operation_is_cancelled_before_it_has_done_anything(world, threads):
    world.create()
    held = Held(world, threads)
    waiting = threads.submit(world.scale, 9)
    eventually(queued(world, 1), "the queue")

    state = cancel(world.platform, history(world)[-1].operation_id)

    with pytest.raises(OperationCancelled):
        waiting.result(20)
    assert (state, held.let_go(), len(world.gears())) == ("cancelled", 2, 2)
    world.check()


def test_a_running_operation_that_is_cancelled_is_undone(world, threads):
    world.create()
    held = Held(world, threads, to=4)

    state = cancel(world.platform, history(world)[-1].operation_id)

    with pytest.raises(OperationCancelled):
        held.let_go()
    assert (state, states(world)[-1], len(world.gears())) == ("running", "scale_up cancelled", 1)
    assert world.demo.consumed_gears == 1
    world.heal()
    world.check()


def test_a_creation_that_is_cancelled_leaves_no_application(world, threads):
    channel = HeldChannel(world)
    wish = ApplicationWish(name="shop", namespace="demo", cartridges=(CartridgeWish(name="php-5.4"),), scale=True)
    creating = threads.submit(create_application, replace(world.platform, channel=channel), world.demo, wish)
    assert channel.begun.wait(20)

    cancel(world.platform, history(world)[-1].operation_id)
    channel.opened.set()

    with pytest.raises(OperationCancelled):
        creating.result(20)
    assert not world.exists()
    world.heal()
    world.check()


@pytest.mark.parametrize("ending", ["completed", "a deletion"])
def test_what_has_ended_or_cannot_be_undone_is_not_cancelled(world, threads, ending):
    world.create()
    channel = HeldChannel(world)
    if ending == "a deletion":
        stopped = replace(world.platform, channel=channel)
        threads.submit(change_state, stopped, world.demo, "shop", StateEvent.STOP)
        assert channel.begun.wait(20)

    with pytest.raises(OperationNotCancellable):
        cancel(world.platform, history(world)[-1].operation_id)
    channel.opened.set()


def test_what_is_no_operation_is_not_cancelled(world):
    with pytest.raises(OperationNotFound):
        cancel(world.platform, OperationId("0" * 24))


def test_what_waits_for_an_application_that_is_deleted_is_told_that_it_is_gone(world, threads):
    world.create()
    held = Held(world, threads)
    deleting = threads.submit(world.delete)
    eventually(queued(world, 1), "the deletion")
    scaling = threads.submit(world.scale, 5)
    eventually(queued(world, 2), "the scale-up")

    held.let_go()
    deleting.result(20)

    with pytest.raises(ApplicationNotFound):
        scaling.result(20)
    assert states(world)[-2:] == ["delete_application completed", "scale_up failed"]
    world.check()


def test_who_does_not_wait_is_told_the_operation_and_a_worker_carries_it_out(world):
    world.create()

    operation_id = accepted(lambda: grow_by_one(detached(world.platform), world))
    before = history(world)[-1]
    resume_operations(world.platform)

    assert (before.operation_id, before.state, before.driver) == (operation_id, "running", None)
    assert (states(world)[-1], len(world.gears())) == ("scale_up completed", 2)
    world.check()


def test_what_is_queued_and_nobody_waits_for_runs_when_it_is_its_turn(world, threads):
    world.create()
    held = Held(world, threads)
    for _ in range(2):
        accepted(lambda: grow_by_one(detached(world.platform), world))
    while_it_runs = resume_operations(world.platform)
    held.let_go()

    resume_operations(world.platform)

    assert (while_it_runs, len(world.gears())) == (0, 4)
    world.check()


def test_a_wish_that_cannot_be_fulfilled_when_its_turn_comes_has_failed_with_the_reason(world, threads):
    world.create()
    held = Held(world, threads, to=2)
    accepted(lambda: scale(detached(world.platform), world.demo, "shop", ScaleDirection.DOWN, by=5))
    held.let_go()

    resume_operations(world.platform)

    entry = history(world)[-1]
    assert (entry.state, entry.error_code) == ("failed", "below_minimum")
    world.check()


def test_what_a_worker_has_begun_is_in_its_hands_until_it_ends(world, threads):
    world.create()
    held = Held(world, threads)
    accepted(lambda: grow_by_one(detached(world.platform), world))
    held.let_go()
    channel = HeldChannel(world)
    first, second = another_process(world), another_process(world)
    for platform in (first, second):
        beat(platform, this_process(platform, "work", "here"))
    carrying = threads.submit(resume_operations, replace(first, channel=channel))
    assert channel.begun.wait(20)

    taken = resume_operations(second)
    channel.opened.set()

    assert (taken, carrying.result(20), len(world.gears())) == (0, 1, 3)
    world.check()


def test_the_runner_carries_out_several_applications_operations_at_once(world):
    names = [f"shop{number}" for number in range(4)]
    for name in names:
        world.create(name)
    barrier = threading.Barrier(len(names), timeout=20)

    class MeetingChannel:
        def call(self, commands: Sequence[Json], deadline_seconds: float) -> Mapping[str, Json]:
            barrier.wait()
            return world.fleet.call(commands, deadline_seconds)

    platform = replace(world.platform, channel=MeetingChannel())
    for name in names:
        accepted(lambda name=name: scale(detached(platform), world.demo, name, ScaleDirection.UP, by=1))
    worker = OperationRunner(platform).worker()
    worker.start()

    eventually(lambda: all(entry.state == "completed" for entry in history(world)), "the end of all")
    worker.stop()
    assert not barrier.broken
    world.check()


def test_an_operation_that_its_process_has_dropped_is_free_for_others(world):
    world.create()

    class Dropped(BaseException):
        """What no handler of errors may catch."""

    class DroppingChannel:
        def call(self, _commands: Sequence[Json], _deadline_seconds: float) -> Mapping[str, Json]:
            raise Dropped

    with pytest.raises(Dropped):
        grow_by_one(replace(world.platform, channel=DroppingChannel()), world)

    assert let_go_of_forgotten(world.platform) == 1
    assert let_go_of_forgotten(world.platform) == 0
    resume_operations(world.platform)
    assert len(world.gears()) == 2
    world.check()
