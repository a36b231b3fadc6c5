"""A broker that is killed between a plan and its conclusion goes on, or undoes it, when it starts again."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from scenarios import crashing
from scenarios.world import World, eventually

from broker.core.errors import NodeFailed
from broker.interfaces import Json, Platform
from broker.process.turns import LocalTurns
from broker.usecases.open_operations import resume_operations
from broker.usecases.processes import beat, leave, this_process
from broker.usecases.scaling import ScaleDirection, scale

TESTS = Path(__file__).parents[1]


def _is_running(world: World) -> bool:
    with world.platform.reading() as work:
        return bool(work.operation_history.open())


def _kill_in_the_middle(world: World, directory: Path, what: str) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{TESTS}:{TESTS.parent}"}
    command = [sys.executable, str(TESTS / "scenarios" / "crashing.py"), str(directory), what]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        eventually(lambda: _is_running(world), "the operation's plan")
        process.send_signal(signal.SIGKILL)


@pytest.mark.parametrize("what", crashing.PREPARED)
def test_a_killed_process_goes_on_when_it_starts_again(found, tmp_path, what):
    world = found()
    _kill_in_the_middle(world, tmp_path / "platform0", what)

    world.reopen()

    world.check()
    gears = 0 if what == "delete" else len(world.gears())
    assert gears == {"create": 2, "scale-up": 6, "scale-down": 1, "delete": 0}.get(what, 3)


def another_process(world: World) -> Platform:
    """The same platform as a second process would have it."""
    return replace(world.platform, process_id=world.platform.new_id(), turns=LocalTurns())


class _PowerCut(BaseException):
    """What no handler of errors may catch."""


class CutChannel:
    """Carries commands, or not, and then the power goes."""

    def __init__(self, world: World, *, delivers: bool) -> None:
        self._world = world
        self._delivers = delivers

    def call(self, commands: Sequence[Json], deadline_seconds: float) -> Mapping[str, Json]:
        if self._delivers:
            self._world.fleet.call(commands, deadline_seconds)
        raise _PowerCut


def _cut(world: World, what: str, *, delivers: bool) -> None:
    whole = world.embedded.built.platform
    object.__setattr__(world.embedded.built, "platform", replace(whole, channel=CutChannel(world, delivers=delivers)))
    with pytest.raises(_PowerCut):
        crashing.act(world, what)
    object.__setattr__(world.embedded.built, "platform", whole)


@pytest.mark.parametrize("delivers", [False, True], ids=["before the nodes heard", "after the nodes answered"])
@pytest.mark.parametrize("what", crashing.PREPARED)
def test_an_operation_whose_power_was_cut_is_carried_to_its_end(world, what, delivers):
    crashing.prepare(world, what)
    _cut(world, what, delivers=delivers)

    resumed = resume_operations(world.platform)

    assert resumed == 1
    world.check()


@pytest.mark.parametrize("what", crashing.PREPARED)
def test_an_operation_that_cannot_be_gone_on_with_is_undone(world, what):
    crashing.prepare(world, what)
    _cut(world, what, delivers=True)
    for node_id in world.node_ids:
        world.fleet.kill(node_id)

    resume_operations(world.platform)

    world.check(healed=False)
    world.heal()
    world.check()


def test_an_operation_is_taken_over_only_when_its_own_process_is_gone(world):
    world.create(gears=3)
    _cut(world, "scale-up", delivers=False)
    other = another_process(world)
    beat(world.platform, this_process(world.platform, "embedded", "here"))

    while_it_lives = resume_operations(other)
    leave(world.platform)
    when_it_is_gone = resume_operations(other)

    assert (while_it_lives, when_it_is_gone) == (0, 1)
    assert not _is_running(world)


def test_a_restart_after_a_cut_scale_down_knows_the_fleet_it_gives_room_back_to(world):
    world.create(gears=3)
    _cut(world, "scale-down", delivers=False)

    world.reopen()
    world.scale(6)

    world.check()


def test_a_uid_that_was_given_away_while_its_gear_was_being_destroyed_stops_no_restart(found):
    world = found(zones="a", nodes_per_zone=1)
    world.create("old")
    _cut_deletion(world, "old")
    world.create("young")

    world.reopen()

    world.check()
    assert not world.exists("old")


def _cut_deletion(world: World, name: str) -> None:
    whole = world.embedded.built.platform
    object.__setattr__(world.embedded.built, "platform", replace(whole, channel=CutChannel(world, delivers=True)))
    with pytest.raises(_PowerCut):
        world.delete(name)
    object.__setattr__(world.embedded.built, "platform", whole)


def test_a_promoted_gear_with_a_plugin_comes_back_after_a_restart(world):
    world.create(gears=2, cartridges=("php-5.4", "cron-1.4"))
    world.enable()

    world.reopen()

    world.check()


def test_an_operation_that_another_has_concluded_is_not_concluded_again(world):
    """A process that was taken for dead answers late: here the channel of the first resumes before it answers."""

    class LateChannel:
        def call(self, commands: Sequence[Json], deadline_seconds: float) -> Mapping[str, Json]:
            replies = world.fleet.call(commands, deadline_seconds)
            resume_operations(another_process(world))
            return replies

    late = replace(world.platform, channel=LateChannel())
    world.create()
    world.tell_positions()

    scaled = scale(late, world.demo, "shop", ScaleDirection.UP, to=3)

    assert scaled.gears == 3
    world.check()


def test_who_comes_late_to_an_operation_that_was_undone_is_told_so(world):
    class LateChannel:
        def call(self, commands: Sequence[Json], deadline_seconds: float) -> Mapping[str, Json]:
            replies = world.fleet.call(commands, deadline_seconds)
            for node_id in world.node_ids:
                world.fleet.kill(node_id)
            resume_operations(another_process(world))
            return replies

    late = replace(world.platform, channel=LateChannel())
    world.create()

    with pytest.raises(NodeFailed, match="did not answer"):
        scale(late, world.demo, "shop", ScaleDirection.UP, to=3)
    world.heal()

    assert world.demo.consumed_gears == 1
    world.check()


def test_a_way_to_the_nodes_that_breaks_is_silence_and_leaves_the_application_free(world):
    class BrokenChannel:
        def call(self, commands: Sequence[Json], deadline_seconds: float) -> Mapping[str, Json]:
            raise ConnectionError(f"{len(commands)} commands in {deadline_seconds} seconds")

    world.create()

    with pytest.raises(NodeFailed):
        scale(replace(world.platform, channel=BrokenChannel()), world.demo, "shop", ScaleDirection.UP, to=3)
    world.heal()

    assert world.scale(2) == 2
    world.check()
