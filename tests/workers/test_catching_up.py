"""A node that does nothing of what it is told is left alone for longer and longer, and told in the end."""

from dataclasses import replace

import pytest
from scenarios.world import World

from broker.core.errors import Refusal
from broker.usecases.state import StateEvent, change_state
from broker.workers.catching_up import LONGEST_PAUSE_SECONDS, CatchingUp

SECONDS = 60


@pytest.fixture
def world(tmp_path):
    made = World.founded(tmp_path / "platform")
    yield made
    made.close()


class Noting:
    """Passes calls on to the nodes, and notes who was called."""

    def __init__(self, channel):
        self._channel = channel
        self.nodes = []

    def call(self, commands, deadline_seconds):
        self.nodes += sorted({command["node_id"] for command in commands})
        return self._channel.call(commands, deadline_seconds)


def test_a_node_that_does_not_answer_is_asked_less_and_less_often_and_told_when_it_does(world):
    world.create(gears=3)
    silent = world.gears()[1].node_id
    world.fleet.node(silent).faults.cut_off = True
    with pytest.raises(Refusal):
        change_state(world.platform, world.demo, "shop", StateEvent.STOP)
    noting = Noting(world.fleet)
    now = 100.0
    catching_up = CatchingUp(replace(world.platform, channel=noting), now=lambda: now)

    for _ in range(SECONDS):
        catching_up.tick()
        now += 1.0
    asked = len(noting.nodes)
    world.fleet.revive(silent)
    now += LONGEST_PAUSE_SECONDS
    catching_up.tick()

    # At 0, 2, 6, 14, 29, 44 and 59 seconds.
    assert (asked, set(noting.nodes), world.owed()) == (7, {silent}, 0)
