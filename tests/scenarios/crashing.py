"""A process that begins one operation and is meant to be killed in the middle of it: `crashing.py DIRECTORY WHAT`.

It prints `ready` before, and the operation then waits for nodes that are too slow to answer in its life.
"""

import sys
from pathlib import Path

from scenarios.world import World

from broker.usecases.state import StateEvent, change_state

SLOW_SECONDS = 300.0
PREPARED = {"create": False, "scale-up": True, "scale-down": True, "enable-ha": True, "stop": True, "delete": True}


def act(world: World, what: str) -> None:
    match what:
        case "create":
            world.create(ha=True)
        case "scale-up":
            world.scale(6)
        case "scale-down":
            world.scale(1)
        case "enable-ha":
            world.enable()
        case "stop":
            change_state(world.platform, world.demo, "shop", StateEvent.STOP)
        case _:
            world.delete()


def main(directory: str, what: str) -> None:
    world = World(Path(directory), COMMAND_DEADLINE_SECONDS=str(SLOW_SECONDS))
    world.open()
    if PREPARED[what]:
        world.create(gears=3)
    for node_id in world.node_ids:
        world.fleet.node(node_id).faults.slow_seconds = SLOW_SECONDS / 2
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    act(world, what)


if __name__ == "__main__":
    main(*sys.argv[1:])
