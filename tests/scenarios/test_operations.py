"""Operations: they wait their turn, try other nodes, are cancelled, and are carried on by whoever is there."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest
from scenarios.world import World, eventually

from broker.core.errors import (
    ApplicationBusy,
    ApplicationNotFound,
    NodeFailed,
    OperationCancelled,
    OperationNotCancellable,
    OperationNotFound,
)
from broker.core.ids import OperationId
from broker.core.operation import MOST_ATTEMPTS
from broker.core.scaling import ScaleDirection
from broker.interfaces import Accepted, Json, OperationEntry, Origin, Platform
from broker.process.turns import LocalTurns
from broker.usecases import operations
from broker.usecases.aliases import add_alias
from broker.usecases.applications import create_application
from broker.usecases.cancelling import cancel
from broker.usecases.environment import add_variable
from broker.usecases.open_operations import let_go_of_forgotten, resume_operations
from broker.usecases.scaling import scale
from broker.usecases.state import StateEvent, change_state
from broker.usecases.wishes import ApplicationWish, CartridgeWish
from broker.workers.operations import OperationRunner


class HeldChannel:
    """The way to the nodes, which lets nothing through until it is opened."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.opened = threading.Event()
        self.begun = threading.Event()

    def call(self, commands: Sequence[Json], deadline_seconds: float) -> Mapping[str, Json]:
        self.begun.set()
        assert self.opened.wait(20)
        return self._world.fleet.call(commands, deadline_seconds)


@pytest.fixture
def threads():
    with ThreadPoolExecutor(8) as pool:
        yield pool


class Held:
    """A scale-up of the application `shop` that runs, and waits for its nodes until it is let go."""

    def __init__(self, world: World, threads: ThreadPoolExecutor, to: int = 2) -> None:
        self.channel = HeldChannel(world)
        self.platform = replace(world.platform, channel=self.channel)
        self.result: Future[int] = threads.submit(
            lambda: scale(self.platform, world.demo, "shop", ScaleDirection.UP, to=to).gears
        )
        assert self.channel.begun.wait(20)

    def let_go(self) -> int:
        self.channel.opened.set()
        return self.result.result(20)


def history(world: World, platform: Platform | None = None) -> list[OperationEntry]:
    """Every operation of the owner, oldest first."""
    with (platform or world.platform).reading() as work:
        return list(reversed(work.operation_history.of_owner(world.demo.user_id, limit=100, after=None)))


def states(world: World) -> list[str]:
    return [f"{entry.kind} {entry.state}" for entry in history(world)]


def queued(world: World, count: int) -> Callable[[], bool]:
    return lambda: sum(entry.state == "queued" for entry in history(world)) == count


def detached(platform: Platform) -> Platform:
    return replace(platform, origin=Origin(respond_async=True))


def accepted(act: Callable[[], object]) -> OperationId:
    with pytest.raises(Accepted) as caught:
        act()
    return caught.value.operation_id


def another_process(world: World) -> Platform:
    return replace(world.platform, process_id=world.platform.new_id(), turns=LocalTurns())


def test_every_change_is_recorded_with_what_was_wanted(world):
    world.create()
    world.scale(3)
    add_alias(world.platform, world.demo, "shop", "www.shop.org")
    world.enable()
    world.scale(4)
    world.delete()

    assert [(entry.kind, entry.wish) for entry in history(world)] == [
        ("create_application", {"cartridges": ["php-5.4", "haproxy-1.4"], "ha": False}),
        ("scale_up", {"by": None, "to": 3}),
        ("add_alias", {"alias": "www.shop.org"}),
        ("enable_ha", {}),
        ("scale_up", {"by": None, "to": 4}),
        ("delete_application", {}),
    ]
    assert {entry.state for entry in history(world)} == {"completed"}


def test_the_values_of_variables_are_in_no_operation(world):
    world.create()

    add_variable(world.platform, world.demo, "shop", "DATABASE_PASSWORD", "s3cret")

    assert history(world)[-1].wish == {"set": ["DATABASE_PASSWORD"], "unset": []}
    assert "s3cret" not in str(history(world))


def test_gears_that_a_node_cannot_build_are_built_on_others(world):
    world.create(gears=2)
    used = {gear.node_id for gear in world.gears()}
    broken = [node_id for node_id in world.node_ids if node_id not in used][:2]
    for node_id in broken:
        world.fleet.node(node_id).faults.fail_every = 1

    assert world.scale(6) == 6

    assert not {gear.node_id for gear in world.gears()} & set(broken)
    assert history(world)[-1].attempt == 2
    world.heal()
    world.check()


def test_an_application_is_created_although_a_node_does_not_answer(world):
    silent = world.node_ids[:2]
    for node_id in silent:
        world.fleet.node(node_id).faults.cut_off = True

    for number in range(4):
        world.create(f"shop{number}")

    assert not {world.gears(f"shop{number}")[0].node_id for number in range(4)} & set(silent)
    assert max(entry.attempt for entry in history(world)) > 1
    world.heal()
    world.check()


def test_ha_is_enabled_by_a_new_gear_where_one_cannot_be_promoted(world):
    world.create(gears=2)
    world.fleet.node(world.gears()[1].node_id).faults.cut_off = True

    world.enable()

    assert world.proxies() == [1, 3]
    world.heal()
    world.check()


def test_an_operation_is_undone_when_no_node_is_left_to_try(world):
    world.create(gears=2)
    for node_id in world.node_ids:
        world.fleet.node(node_id).faults.fail_every = 1

    with pytest.raises(NodeFailed, match="on purpose"):
        world.scale(3)

    entry = history(world)[-1]
    assert (entry.state, entry.error_code) == ("failed", "node_failed")
    world.heal()
    world.check()
    assert len(world.gears()) == 2


def test_an_operation_tries_no_more_often_than_the_rule_says(found):
    world = found(nodes_per_zone=4)
    world.create()
    calls: list[int] = []

    class DeafChannel:
        def call(self, commands: Sequence[Json], _deadline_seconds: float) -> Mapping[str, Json]:
            calls.append(len(commands))
            return {}

    with pytest.raises(NodeFailed, match="did not answer"):
        scale(replace(world.platform, channel=DeafChannel()), world.demo, "shop", ScaleDirection.UP, by=1)

    assert len(calls) == MOST_ATTEMPTS
    world.heal()
    world.check()


@pytest.mark.parametrize("ended", [1, 2])
def test_a_process_that_dies_between_attempts_leaves_an_operation_that_ends_well(found, ended):
    world = found()
    world.create(gears=2)
    broken = next(each for each in world.node_ids if each not in {gear.node_id for gear in world.gears()})
    world.fleet.node(broken).faults.fail_every = 1
    calls: list[int] = []

    class PowerCut(BaseException):
        """What no handler of errors may catch."""

    class CutChannel:
        def call(self, commands: Sequence[Json], deadline_seconds: float) -> Mapping[str, Json]:
            calls.append(len(commands))
            if len(calls) > ended:
                raise PowerCut
            return world.fleet.call(commands, deadline_seconds)

    with pytest.raises(PowerCut):
        scale(replace(world.platform, channel=CutChannel()), world.demo, "shop", ScaleDirection.UP, to=6)
    assert resume_operations(another_process(world)) == 1

    assert (len(world.gears()), history(world)[-1].state) == (6, "completed")
    world.heal()
    world.check()


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
    monkeypatch.setattr(operations, "MOST_QUEUED", 1)
    world.create()
    held = Held(world, threads)
    for _ in range(2):
        accepted(lambda: world_scale(detached(world.platform), world))

    with pytest.raises(ApplicationBusy):
        world.scale(9)
    held.let_go()
    resume_operations(world.platform)

    assert len(world.gears()) == 4
    world.check()


def world_scale(platform: Platform, world: World) -> None:
    scale(platform, world.demo, "shop", ScaleDirection.UP, by=1)


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

    operation_id = accepted(lambda: world_scale(detached(world.platform), world))
    before = history(world)[-1]
    resume_operations(world.platform)

    assert (before.operation_id, before.state, before.driver) == (operation_id, "running", None)
    assert (states(world)[-1], len(world.gears())) == ("scale_up completed", 2)
    world.check()


def test_what_is_queued_and_nobody_waits_for_runs_when_it_is_its_turn(world, threads):
    world.create()
    held = Held(world, threads)
    for _ in range(2):
        accepted(lambda: world_scale(detached(world.platform), world))
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
        world_scale(replace(world.platform, channel=DroppingChannel()), world)

    assert let_go_of_forgotten(world.platform) == 1
    assert let_go_of_forgotten(world.platform) == 0
    resume_operations(world.platform)
    assert len(world.gears()) == 2
    world.check()
