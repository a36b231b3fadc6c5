"""What stories of deployments ask for and look at; the application is `shop`."""

from scenarios.world import World

from broker.core.deployment import Deployment
from broker.core.ids import NodeId
from broker.interfaces import Platform
from broker.usecases.deployment_wishes import DeploymentWish
from broker.usecases.deployments import (
    activate_deployment,
    deploy,
    list_deployments,
)
from broker.usecases.updating import update_application


def deploy_code(world: World, ref: str = "next", platform: Platform | None = None) -> str:
    _, made = deploy(platform or world.platform, world.demo, "shop", DeploymentWish(ref=ref))
    return made.deployment_id


def activate(world: World, deployment_id: str) -> None:
    activate_deployment(world.platform, world.demo, "shop", deployment_id)


def keep(world: World, number: int) -> None:
    update_application(world.platform, world.demo, "shop", {"keep_deployments": number})


def known(world: World) -> list[Deployment]:
    return list(list_deployments(world.platform, world.demo, "shop")[1])


def refs(world: World) -> list[str | None]:
    return [each.ref for each in known(world)]


def wanted(world: World) -> str | None:
    return world.parts().application.deployment_id


def running(world: World) -> list[str | None]:
    return [gear.deployment_id for gear in world.gears()]


def on_nodes(world: World) -> list[str | None]:
    """What the gears really run, whatever is recorded."""
    books = [world.fleet.node(gear.node_id).book.find(gear.gear_id) for gear in world.gears()]
    return [None if each is None else each.deployment_id for each in books]


def refuse(world: World, node_id: NodeId) -> None:
    world.fleet.node(node_id).faults.fail_every = 1
