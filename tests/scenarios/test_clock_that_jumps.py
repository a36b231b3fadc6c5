"""A clock that jumps, forwards and back, costs times of day and nothing else."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle

import pytest
from scenarios.world import World

from broker.interfaces import Accepted, Origin, Platform
from broker.process.turns import LocalTurns
from broker.usecases import aliases, availability, scaling
from broker.usecases.applications import create_application, delete_application
from broker.usecases.open_operations import resume_operations
from broker.usecases.processes import beat, beats_of_others, bury, this_process
from broker.usecases.wishes import ApplicationWish, CartridgeWish

HOUR, YEAR = 3600.0, 365 * 86400.0
NOW = 1_800_000_000.0


class JumpingClock:
    """Says another time whenever it is asked: a year ahead, an hour back, long ago."""

    def __init__(self) -> None:
        self._times: Iterator[float] = cycle((NOW, NOW + YEAR, NOW - HOUR, NOW - 10 * YEAR))

    def now(self) -> float:
        return next(self._times)


@pytest.fixture
def jumping(world: World) -> Platform:
    return replace(world.platform, clock=JumpingClock())


def test_a_whole_life_of_an_application_is_the_same_whatever_the_clock_says(world, jumping):
    wish = ApplicationWish(name="shop", namespace="demo", cartridges=(CartridgeWish(name="php-5.4"),), scale=True)
    create_application(jumping, world.demo, wish)
    scaling.scale(jumping, world.demo, "shop", scaling.ScaleDirection.UP, to=5)
    availability.enable_ha(jumping, world.demo, "shop")
    aliases.add_alias(jumping, world.demo, "shop", "www.shop.org")
    world.check()

    delete_application(jumping, world.demo, "shop")

    world.check()
    assert [event.position for event in world.events()] == list(range(1, world.position + 1))


def test_operations_that_nobody_waits_for_run_in_order_whatever_the_clock_says(world, jumping):
    world.create()
    detached = replace(jumping, origin=Origin(respond_async=True))
    for to in (2, 4, 3):
        now = world.parts().gear_count
        direction = scaling.ScaleDirection.UP if to > now else scaling.ScaleDirection.DOWN
        with pytest.raises(Accepted):
            scaling.scale(detached, world.demo, "shop", direction, to=to)
        resume_operations(replace(jumping, turns=LocalTurns()))

    assert world.parts().gear_count == 3
    world.check()


def test_no_process_is_taken_for_dead_because_of_a_clock(world, jumping):
    other = replace(jumping, process_id=world.platform.new_id())
    beat(other, this_process(other, "work", "elsewhere"))
    seen = beats_of_others(jumping)
    beat(other, this_process(other, "work", "elsewhere"))

    buried = bury(jumping, seen)

    assert (buried, set(beats_of_others(jumping))) == (0, {other.process_id})
