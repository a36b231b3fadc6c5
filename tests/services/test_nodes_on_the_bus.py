"""A broker whose nodes are agents in processes of their own, on a real bus."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from node_world import agents_in_processes, until

from broker.config import load_settings
from broker.core.ids import NodeId
from broker.core.scaling import ScaleDirection
from broker.interfaces import NodeRecord
from broker.simulator.embedded import EmbeddedPlatform, open_embedded
from broker.usecases import accounts, applications, availability, groups, namespaces, nodes, scaling
from broker.usecases.wishes import ApplicationWish, CartridgeWish

pytestmark = pytest.mark.services("rabbitmq")


@pytest.fixture
def platform(tmp_path: Path, rabbitmq_url: str) -> Iterator[EmbeddedPlatform]:
    """A broker with nodes on the bus."""
    settings = load_settings(
        {
            "GEARBROKER_DATA_DIR": str(tmp_path),
            "BUS_URL": rabbitmq_url,
            "NODES": "bus",
            "DNS_PORT": "0",
            "HEARTBEAT_INTERVAL_SECONDS": "6",
        }
    )
    embedded = open_embedded(settings)
    embedded.start()
    yield embedded
    embedded.stop()


@pytest.fixture
def agents(rabbitmq_url: str, unique_name: str, tmp_path: Path) -> Iterator[list[str]]:
    """Two agents in processes of their own."""
    ids = [f"{unique_name}-{number}.example.com" for number in (1, 2)]
    with agents_in_processes(rabbitmq_url, ids, tmp_path):
        yield ids


def record(node_id: str, number: int) -> NodeRecord:
    """A node that nobody has heard of yet."""
    return NodeRecord(
        node_id=NodeId(node_id),
        public_address=f"192.0.2.{number}",
        profile="small",
        region="r1",
        zone="ab"[number % 2],
        capacity=10,
        gears=0,
        active=True,
        liveness="unresponsive",
    )


def test_an_application_becomes_ha_on_agents_in_other_processes(platform: EmbeddedPlatform, agents: list[str]) -> None:
    work = platform.platform
    nodes.register_nodes(work, [record(node_id, number) for number, node_id in enumerate(agents)])
    assert until(lambda: all(node.liveness == "responsive" for node in nodes.list_nodes(work)))
    accounts.create_user(work, "demo", "password")
    owner = accounts.change_user(work, "demo", may_use_ha=True)
    namespaces.create_namespace(work, owner, "test")

    wish = ApplicationWish(name="testha", namespace="test", cartridges=(CartridgeWish(name="ruby-1.9"),), scale=True)
    applications.create_application(work, owner, wish)
    availability.enable_ha(work, owner, "testha")
    scaled = scaling.scale(work, owner, "testha", ScaleDirection.UP, by=2)

    _, found = groups.list_groups(work, owner, "testha", with_endpoints=True)
    gears = found[0].gears
    assert scaled.gears == len(gears) == 4
    assert {gear.gear.node_id for gear in gears if gear.gear.carries_proxy} == set(agents)
    assert all(gear.state == "started" and gear.endpoints for gear in gears)
    applications.delete_application(work, owner, "testha")
    assert {node.gears for node in nodes.list_nodes(work)} == {0}
