"""A platform of three zones with two nodes each, for every scenario."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from scenarios.world import World

Founder = Callable[..., World]


@pytest.fixture
def found(tmp_path: Path) -> Iterator[Founder]:
    """Makes platforms, each with its own settings; they end with the test."""
    worlds: list[World] = []

    def make(**given: object) -> World:
        worlds.append(World.founded(tmp_path / f"platform{len(worlds)}", **given))
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()


@pytest.fixture
def world(found: Founder) -> World:
    return found()
