"""Whatever is wrong with a node during an operation, records, nodes, routers and memory agree afterwards."""

from collections.abc import Callable
from itertools import cycle

import pytest
from scenarios.world import DEADLINE_SECONDS, World

from broker.core.errors import Refusal
from broker.usecases.state import StateEvent, change_state


def _state(event: StateEvent) -> Callable[[World], object]:
    return lambda world: change_state(world.platform, world.demo, "shop", event)


OPERATIONS: dict[str, tuple[Callable[[World], object], Callable[[World], object]]] = {
    # name: what there is before, and the operation
    "create": (lambda _: None, lambda world: world.create(ha=True)),
    "create with a database": (lambda _: None, lambda world: world.create(cartridges=("php-5.4", "mysql-5.5"))),
    "scale-up": (lambda world: world.create(ha=True), lambda world: world.scale(8)),
    "scale-down": (lambda world: world.create(gears=8), lambda world: world.scale(2)),
    "enable-ha by promotion": (lambda world: world.create(gears=2), lambda world: world.enable()),
    "enable-ha by adding": (lambda world: world.create(), lambda world: world.enable()),
    "disable-ha with scale-down": (
        lambda world: world.create(gears=4, ha=True),
        lambda world: world.disable(scale_down=True),
    ),
    "stop": (lambda world: world.create(gears=4, ha=True), _state(StateEvent.STOP)),
    "start": (
        lambda world: (world.create(gears=4, ha=True), _state(StateEvent.STOP)(world)),
        _state(StateEvent.START),
    ),
    "restart": (lambda world: world.create(gears=4, ha=True), _state(StateEvent.RESTART)),
    "delete": (lambda world: world.create(gears=4, ha=True), lambda world: world.delete()),
}


def _kill(world: World, node_id: str) -> None:
    world.fleet.kill(node_id)


def _cut_off(world: World, node_id: str) -> None:
    world.fleet.node(node_id).faults.cut_off = True


def _slow(world: World, node_id: str) -> None:
    world.fleet.node(node_id).faults.slow_seconds = DEADLINE_SECONDS / 10


def _too_slow(world: World, node_id: str) -> None:
    world.fleet.node(node_id).faults.slow_seconds = DEADLINE_SECONDS * 10


def _failing(every: int) -> Callable[[World, str], None]:
    def fail(world: World, node_id: str) -> None:
        world.fleet.node(node_id).faults.fail_every = every

    return fail


def _lose(world: World, node_id: str) -> None:
    world.lose(node_id)


def _healthy(_world: World, _node_id: str) -> None:
    pass


# What is wrong with the first node concerned, and with the second.
FAULTS = {
    "one killed": (_healthy, _kill),
    "lost": (_lose, _lose),
    "cut off": (_cut_off, _cut_off),
    "slow": (_slow, _slow),
    "one too slow": (_too_slow, _healthy),
    "failing always": (_failing(1), _failing(1)),
    "failing every second": (_failing(2), _failing(2)),
    # What the second has done must be undone, and it refuses that at first.
    "failing always and every second": (_failing(1), _failing(2)),
}


def _concerned(world: World) -> list[str]:
    """Nodes that the operation will need: two that carry gears of the application, else half the fleet."""
    if not world.exists():
        return [str(node_id) for node_id in world.node_ids[::2]]
    newest_first = [gear.node_id for gear in reversed(world.gears())]
    return [str(node_id) for node_id in dict.fromkeys(newest_first)][:2]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("fault", FAULTS)
def test_records_nodes_routers_and_memory_agree(world: World, operation: str, fault: str) -> None:
    before, act = OPERATIONS[operation]
    before(world)
    for wrong, node_id in zip(cycle(FAULTS[fault]), _concerned(world), strict=False):
        wrong(world, node_id)

    try:
        act(world)
    except Refusal:
        assert fault != "slow"
    world.check(healed=False)
    world.heal()

    world.check()
