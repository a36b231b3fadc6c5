"""A process that begins one operation and is meant to be killed in the middle of it: `crashing.py DIRECTORY WHAT`.

It prints `ready` before, and the operation then waits for nodes that are too slow to answer in its life.
"""

import sys
from pathlib import Path

from scenarios.world import World

from broker.usecases.adding import Addition, add_cartridges
from broker.usecases.cartridge_wishes import CartridgeWish
from broker.usecases.deployment_wishes import DeploymentWish
from broker.usecases.deployments import deploy
from broker.usecases.removing import remove_cartridge
from broker.usecases.state import StateEvent, change_state

SLOW_SECONDS = 300.0
PREPARED = {
    "create": False,
    "scale-up": True,
    "scale-down": True,
    "enable-ha": True,
    "stop": True,
    "deploy": True,
    "delete": True,
    "add cartridges": True,
    "remove a plugin": True,
    "remove a database": True,
}
CARTRIDGES = ("php-5.4", "cron-1.4", "mysql-5.5")


def prepare(world: World, what: str) -> None:
    """What there is before: an application, where it is not created by what is cut short."""
    if PREPARED[what]:
        world.create(gears=3, cartridges=CARTRIDGES if what.startswith("remove") else CARTRIDGES[:1])


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
        case "deploy":
            deploy(world.platform, world.demo, "shop", DeploymentWish(ref="next"))
        case "add cartridges":
            wishes = tuple(CartridgeWish(name=name) for name in CARTRIDGES[1:])
            add_cartridges(world.platform, world.demo, "shop", Addition(cartridges=wishes))
        case "remove a plugin":
            remove_cartridge(world.platform, world.demo, "shop", "cron-1.4")
        case "remove a database":
            remove_cartridge(world.platform, world.demo, "shop", "mysql-5.5")
        case _:
            world.delete()


def main(directory: str, what: str) -> None:
    world = World(Path(directory), COMMAND_DEADLINE_SECONDS=str(SLOW_SECONDS))
    world.open()
    prepare(world, what)
    for node_id in world.node_ids:
        world.fleet.node(node_id).faults.slow_seconds = SLOW_SECONDS / 2
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    act(world, what)


if __name__ == "__main__":
    main(*sys.argv[1:])
