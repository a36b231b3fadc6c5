"""Operations that run until a test lets them go, and what their owner sees of them."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest
from scenarios.world import World

from broker.core.errors import StorageUnavailable
from broker.core.ids import OperationId
from broker.core.scaling import ScaleDirection
from broker.interfaces import Accepted, Json, OperationEntry, Origin, Platform, UnitOfWork
from broker.process.turns import LocalTurns
from broker.usecases.scaling import scale


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


def grow_by_one(platform: Platform, world: World) -> None:
    scale(platform, world.demo, "shop", ScaleDirection.UP, by=1)


class AwayAfter:
    """The way to the database, which does not answer any more after so many openings."""

    def __init__(self, opening: Callable[[], UnitOfWork], answered: int) -> None:
        self._opening = opening
        self._left = answered

    def __call__(self) -> UnitOfWork:
        self._left -= 1
        if self._left < 0:
            raise StorageUnavailable
        return self._opening()
