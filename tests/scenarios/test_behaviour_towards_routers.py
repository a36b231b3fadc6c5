"""What routers are told and when: rotation, the HA name, the order of events and commands: B5, B6, B7, B8."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from scenarios.world import World

from broker.core.application import ApplicationParts
from broker.core.ids import GearId
from broker.interfaces import Json, Platform
from broker.usecases import aliases, environment
from broker.usecases.applications import ApplicationWish, create_application, delete_application
from broker.usecases.availability import disable_ha, enable_ha
from broker.usecases.scaling import ScaleDirection, scale
from broker.usecases.state import StateEvent, change_state
from broker.usecases.wishes import CartridgeWish

RATIO = "OPENSHIFT_HAPROXY_GEAR_RATIO"
HA_NAME = "ha-shop-demo.example.com"


def _rotations(world: World) -> list[str]:
    return [gear.rotation for gear in world.gears()]


@pytest.mark.parametrize(
    ("gears", "serving"),
    [(2, 2), (3, 3), (4, 4), (5, 3), (6, 4), (8, 6)],  # 5 to 2 rounds to 3
)
def test_two_proxies_rotate_out_at_three_gears_each(world, gears, serving):
    world.create(ha=True, gears=gears)

    assert _rotations(world).count("in") == serving
    world.check()


def test_the_ratio_is_a_setting(found):
    world = found(OPENSHIFT_HAPROXY_GEAR_RATIO="4")
    world.create(ha=True, gears=6)
    before = _rotations(world)

    world.scale(7)

    assert (before.count("out"), _rotations(world).count("out")) == (0, 2)
    world.check()


def test_the_applications_own_ratio_wins_over_the_setting(world):
    world.create(ha=True, gears=6)

    environment.add_variable(world.platform, world.demo, "shop", RATIO, "4")
    with_own = _rotations(world).count("out")
    environment.remove_variable(world.platform, world.demo, "shop", RATIO)

    assert (with_own, _rotations(world).count("out")) == (0, 2)
    world.check()


def test_proxies_stay_in_where_nothing_else_would_serve(found):
    world = found(OPENSHIFT_HAPROXY_GEAR_RATIO="0")
    world.create(ha=True)
    alone = _rotations(world)

    world.scale(3)

    assert (alone, _rotations(world)) == (["in", "in"], ["out", "out", "in"])
    world.check()


def test_proxies_come_back_in_when_all_others_are_lost(found):
    world = found(OPENSHIFT_HAPROXY_GEAR_RATIO="0")
    world.create(ha=True, gears=3)

    world.lose(world.gears()[2].node_id)

    assert _rotations(world)[:2] == ["in", "in"]
    world.check(healed=False)
    world.heal()
    assert _rotations(world)[:2] == ["out", "out"]
    world.check()


def test_proxies_come_back_in_while_a_gear_that_should_serve_is_stopped(found):
    world = found(OPENSHIFT_HAPROXY_GEAR_RATIO="0")
    world.create(ha=True, gears=3)
    last = world.gears()[2].node_id
    change_state(world.platform, world.demo, "shop", StateEvent.STOP)
    world.fleet.node(last).faults.fail_every = 1

    with pytest.raises(Exception, match="on purpose"):
        change_state(world.platform, world.demo, "shop", StateEvent.START)

    assert _rotations(world)[:2] == ["in", "in"]
    world.check()


def test_the_ha_name_leads_to_the_routers_while_the_application_is_ha(world):
    world.create()
    before = world.names().get(HA_NAME)

    world.enable()
    during = world.names().get(HA_NAME)
    world.disable()

    assert (before, during, world.names().get(HA_NAME)) == (None, "www.example.com", None)
    world.check()


def test_the_ha_name_is_made_of_prefix_and_suffix(found):
    world = found(HA_DNS_PREFIX="", HA_DNS_SUFFIX="-hot", CLOUD_DOMAIN="example.com", ROUTER_HOSTNAME="r.example.com")

    world.create(ha=True)

    assert world.names()["shop-demo-hot.example.com"] == "r.example.com"
    world.check()


def test_an_ha_name_that_routers_keep_is_in_the_event_and_not_in_dns(found):
    world = found(MANAGE_HA_DNS="false")

    world.create(ha=True)

    event = next(event for event in world.events() if event.action == "ha_enabled")
    assert json.loads(event.data) == {
        "ha_dns_name": HA_NAME,
        "managed_dns": False,
        "router_hostname": "www.example.com",
    }
    assert HA_NAME not in world.names()
    world.check()


def test_enabling_that_fails_leaves_no_ha_name_and_no_event(world):
    world.create(gears=2)
    for node_id in world.node_ids:
        world.fleet.node(node_id).faults.fail_every = 1
    position = world.position

    with pytest.raises(Exception, match="on purpose"):
        world.enable()
    world.heal()

    assert (HA_NAME in world.names(), world.actions(position)) == (False, [])
    world.check()


class WitnessedChannel:
    """The channel of a platform; it notes what routers and DNS had been told when commands were sent and answered."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.before: list[tuple[str, list[str], set[str]]] = []
        self.after: list[tuple[str, list[str], set[str]]] = []

    def call(self, commands: Sequence[Json], deadline_seconds: float) -> Mapping[str, Json]:
        kinds = str(commands[0]["kind"])
        self.before.append((kinds, self._world.actions(), set(self._world.names())))
        replies = self._world.fleet.call(commands, deadline_seconds)
        self.after.append((kinds, self._world.actions(), set(self._world.names())))
        return replies


@pytest.fixture
def witness(world: World) -> WitnessedChannel:
    return WitnessedChannel(world)


@pytest.fixture
def witnessed(world: World, witness: WitnessedChannel) -> Platform:
    return replace(world.platform, channel=witness)


def _created(world: World, platform: Platform, gears: int, *, ha: bool = False) -> ApplicationParts:
    cartridges = (CartridgeWish(name="php-5.4"),)
    wish = ApplicationWish(name="shop", namespace="demo", cartridges=cartridges, scale=True, ha=ha)
    create_application(platform, world.demo, wish)
    scale(platform, world.demo, "shop", ScaleDirection.UP, to=gears)
    return world.parts()


def test_endpoints_are_added_only_after_the_node_has_answered(world, witness, witnessed):
    _created(world, witnessed, 1)

    assert witness.after[0] == ("create_gear", [], set())
    assert world.actions()[0] == "create_application"


def test_endpoints_are_removed_before_the_node_is_told_to_destroy(world, witness, witnessed):
    _created(world, witnessed, 3)
    position = world.position

    scale(witnessed, world.demo, "shop", ScaleDirection.DOWN, to=1)

    kind, told, _ = witness.before[-1]
    assert kind == "destroy_gear"
    assert told[position:] == ["gear_rotated_in", "remove_public_endpoint", "remove_public_endpoint"]
    assert world.actions(position) == told[position:]


def test_an_application_is_gone_for_routers_and_dns_before_its_gears_are_destroyed(world, witness, witnessed):
    _created(world, witnessed, 2, ha=True)
    aliases.add_alias(witnessed, world.demo, "shop", "www.shop.org")

    delete_application(witnessed, world.demo, "shop")

    kind, told, names = witness.before[-1]
    assert (kind, names) == ("destroy_gear", set())
    assert told[-7:] == [
        "ha_disabled",
        *["remove_public_endpoint"] * 4,
        "remove_alias",
        "delete_application",
    ]


def test_the_ha_name_appears_only_after_the_second_proxy_can_serve(world, witness, witnessed):
    _created(world, witnessed, 2)
    position = world.position

    enable_ha(witnessed, world.demo, "shop")

    kind, told, names = witness.after[-1]
    assert (kind, told[position:], HA_NAME in names) == ("add_cartridge", [], False)
    assert world.actions(position) == ["add_public_endpoint", "ha_enabled", "ha_verdict_changed"]


def test_the_ha_name_goes_before_the_second_proxy_does(world, witness, witnessed):
    _created(world, witnessed, 2, ha=True)
    position = world.position

    disable_ha(witnessed, world.demo, "shop", scale_down=True)

    kind, told, names = witness.before[-1]
    assert (kind, HA_NAME in names) == ("destroy_gear", False)
    assert told[position] == "ha_disabled"


def test_events_name_the_namespace_in_lower_case(world):
    wish = ApplicationWish(name="Shop", namespace="DEMO", cartridges=(CartridgeWish(name="php-5.4"),), scale=True)
    create_application(world.platform, world.demo, wish)
    aliases.add_alias(world.platform, world.demo, "SHOP", "WWW.Shop.ORG", "Demo")

    assert {(event.namespace, event.app_name) for event in world.events()} == {("demo", "shop")}
    world.check()


def test_a_database_lives_in_its_own_gear_group_and_is_told_as_one(world):
    parts = world.create(cartridges=("php-5.4", "mysql-5.5"))
    world.scale(3)

    with world.platform.reading() as work:
        gears = work.gears.of_application(parts.application.application_id)
    types = {tuple(json.loads(event.data)["types"]) for event in world.events() if event.action.startswith("add_p")}
    assert sorted(group.gear_count for group in world.parts().groups) == [1, 3]
    assert types == {("web_framework",), ("load_balancer",), ("database",)}
    assert len({GearId(gear.gear_id) for gear in gears}) == 4
    world.check()


def test_an_application_that_does_not_scale_is_one_gear_without_public_endpoints(world):
    world.create(cartridges=("php-5.4", "mysql-5.5"), scale=False)

    assert [group.gear_count for group in world.parts().groups] == [1]
    assert world.actions() == ["create_application", "head_changed"]
    with pytest.raises(Exception, match="is not scalable"):
        world.scale(2)
    world.check()


def test_an_application_that_does_not_scale_stops_starts_and_goes(world):
    world.create(scale=False)

    change_state(world.platform, world.demo, "shop", StateEvent.STOP)
    world.check()
    world.reopen()
    change_state(world.platform, world.demo, "shop", StateEvent.START)
    world.check()
    world.delete()

    world.check()
