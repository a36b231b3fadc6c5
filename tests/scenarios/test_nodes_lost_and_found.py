"""A node that is not heard of: what is shown, what routers are told, and what the node is told when it is back."""

import json

import pytest
from scenarios.world import World, eventually
from sqlalchemy import select

from broker.core.ids import NodeId
from broker.core.node import Liveness
from broker.simulator.embedded import simulated_nodes
from broker.store import tables
from broker.usecases import aliases, applications, groups
from broker.usecases.nodes import change_liveness, register_nodes
from broker.usecases.open_operations import resume_operations
from broker.usecases.reports import find_reports
from broker.usecases.state import StateEvent, change_state
from node_agent.protocol import Command


def _shown(world: World) -> list[str]:
    _, found = groups.list_groups(world.platform, world.demo, "shop")
    return [gear.state for gear in found[0].gears]


def _verdict(world: World) -> str:
    return find_reports(world.platform, name="shop")[0].verdict.state


def test_gears_of_a_lost_node_are_shown_unresponsive_and_started_when_it_is_back(world):
    world.create(gears=3)

    world.lose(world.gears()[1].node_id)
    during = _shown(world)
    world.heal()

    assert (during, _shown(world)) == (["started", "unresponsive", "started"], ["started"] * 3)
    world.check()


def test_a_node_that_missed_no_more_heartbeats_than_allowed_is_not_lost(world):
    world.create(gears=3)
    world.fleet.kill(world.gears()[1].node_id)

    world.beat(0.9)
    world.beat(0.9)

    assert _shown(world) == ["started"] * 3


def test_a_node_that_is_cut_off_is_lost_although_its_gears_serve(world):
    world.create(gears=3)
    gear = world.gears()[1]
    world.fleet.node(gear.node_id).faults.cut_off = True

    for _ in range(4):
        world.beat()

    assert _shown(world)[1] == "unresponsive"
    assert world.fleet.node(gear.node_id).serves(gear.gear_id)


def test_routers_are_told_of_the_loss_and_of_the_return(world):
    world.create(gears=2, ha=True)
    position = world.position

    world.lose(world.gears()[1].node_id)
    lost = world.actions(position)
    world.heal()

    assert lost == ["gear_state_changed", "ha_verdict_changed"]
    assert world.actions(position)[2:] == ["gear_state_changed", "ha_verdict_changed"]


def test_an_ha_application_that_lost_a_proxy_is_degraded_and_ha_again_with_it(world):
    world.create(ha=True)
    before = _verdict(world)

    world.lose(world.gears()[0].node_id)
    during = _verdict(world)
    world.heal()

    assert (before, during, _verdict(world)) == ("ha", "degraded", "ha")
    world.check()


def test_an_application_all_of_whose_nodes_are_lost_is_not_ha(world):
    world.create(ha=True)

    for gear in world.gears():
        world.lose(gear.node_id)

    assert _verdict(world) == "not_ha"
    world.check(healed=False)


def test_no_gear_is_placed_on_a_lost_node(world):
    lost = world.node_ids[0]
    world.lose(lost)

    world.create(gears=10)

    assert lost not in {gear.node_id for gear in world.gears()}
    world.check(healed=False)


def test_a_gear_scaled_away_while_its_node_was_lost_is_destroyed_when_it_is_back(world):
    world.create(gears=6)
    gone = [gear for gear in world.gears() if not gear.is_head][-1]
    for gear in world.gears()[1:]:
        world.lose(gear.node_id)

    world.scale(1)
    left = world.fleet.node(gone.node_id).book.find(gone.gear_id)
    world.heal()

    assert left is not None
    assert world.fleet.node(gone.node_id).book.find(gone.gear_id) is None
    world.check()


def test_a_stop_that_a_lost_node_missed_is_told_and_shown_when_it_is_back(world):
    world.create(gears=3)
    world.lose(world.gears()[1].node_id)

    change_state(world.platform, world.demo, "shop", StateEvent.STOP)
    world.heal()

    assert _shown(world) == ["stopped"] * 3
    world.check()


def test_only_the_last_wish_is_told_to_a_node_that_missed_several(world):
    world.create(gears=3)
    lost = world.gears()[1].node_id
    world.lose(lost)

    for event in (StateEvent.STOP, StateEvent.START, StateEvent.STOP, StateEvent.RESTART):
        change_state(world.platform, world.demo, "shop", event)
    owed = world.owed()
    world.heal()

    assert (owed, _shown(world)) == (1, ["started"] * 3)
    world.check()


def copies(world, kind):
    """What nodes were told of this kind, as it would come late, and what they answer to it."""
    with world.platform.reading() as work:
        rows = work._connection.execute(select(tables.commands.c.body).where(tables.commands.c.kind == kind))
        told = [Command.from_wire(body) for (body,) in rows]
    return [world.fleet.node(each.node_id).handle(each).reply.error_code for each in told]


@pytest.mark.parametrize("lost", [1, 3])
def test_a_stop_that_comes_after_the_start_that_took_its_place_is_refused(world, lost):
    world.create(gears=3)
    for gear in world.gears()[:lost]:
        world.lose(gear.node_id)
    for event in (StateEvent.STOP, StateEvent.RESTART):
        change_state(world.platform, world.demo, "shop", event)
    world.heal()

    answers = copies(world, "stop_gear")

    assert answers == ["superseded"] * lost + [None] * (3 - lost)
    assert _shown(world) == ["started"] * 3
    world.check()


def test_a_stop_that_is_still_owed_comes_too_late_once_its_node_was_started(world):
    world.create(gears=3)
    lost = world.gears()[1].node_id
    world.lose(lost)
    change_state(world.platform, world.demo, "shop", StateEvent.STOP)
    world.fleet.revive(lost)
    world.beat()
    change_state(world.platform, world.demo, "shop", StateEvent.START)

    assert copies(world, "stop_gear").count("superseded") == 1
    world.heal()
    assert _shown(world) == ["started"] * 3
    world.check()


def test_a_restart_that_comes_after_a_stop_that_took_its_place_is_refused(world):
    world.create(gears=3)
    for gear in world.gears():
        world.lose(gear.node_id)
    for event in (StateEvent.RESTART, StateEvent.STOP):
        change_state(world.platform, world.demo, "shop", event)
    world.heal()

    assert copies(world, "restart_gear") == ["superseded"] * 3
    assert _shown(world) == ["stopped"] * 3
    world.check()


def test_a_promotion_that_failed_and_was_undone_is_refused_when_a_copy_of_it_comes_late(world):
    world.create(gears=2)
    other = world.gears()[1].node_id
    world.fleet.node(other).faults.fail_every = 1
    world.enable()
    world.heal()

    assert (copies(world, "add_cartridge"), copies(world, "expose_endpoints")) == (["undone"], ["cartridge_absent"])
    world.check()


def test_a_stop_that_a_slow_node_did_later_is_not_repeated_after_a_start(world):
    world.create(gears=3)
    slow = world.gears()[1].node_id
    world.fleet.node(slow).faults.slow_seconds = 1.0
    with pytest.raises(Exception, match="did not answer"):
        change_state(world.platform, world.demo, "shop", StateEvent.STOP)
    world.fleet.revive(slow)

    change_state(world.platform, world.demo, "shop", StateEvent.START)
    world.heal()

    assert _shown(world) == ["started"] * 3
    world.check()


def test_an_application_that_is_wholly_out_of_reach_is_stopped_when_it_is_back(world):
    world.create(ha=True)
    for gear in world.gears():
        world.lose(gear.node_id)

    change_state(world.platform, world.demo, "shop", StateEvent.STOP)
    world.check(healed=False)
    world.heal()

    assert _shown(world) == ["stopped", "stopped"]
    world.check()


def test_a_gear_that_still_has_to_lose_the_proxy_is_not_promoted_before(world):
    world.create(gears=2)
    others = [node_id for node_id in world.node_ids if node_id != world.gears()[0].node_id]
    for node_id in others:
        world.fleet.node(node_id).faults.cut_off = True
    with pytest.raises(Exception, match="did not answer"):
        world.enable()
    for node_id in others:
        world.fleet.revive(node_id)

    world.enable()
    world.heal()

    assert len(world.proxies()) == 2
    world.check()


def test_an_application_deleted_while_all_nodes_were_lost_leaves_nothing(world):
    world.create(gears=6, ha=True)
    for node_id in world.node_ids:
        world.lose(node_id)

    world.delete()
    world.check(healed=False)
    world.heal()

    world.check()


def test_a_loss_while_an_ha_application_is_being_built_comes_before_no_creation(world):
    """The loss of a node is told of applications that routers know, and of no others."""
    told: list[str] = []
    whole = world.fleet.call

    def call(commands, deadline_seconds):
        replies = whole(commands, deadline_seconds)
        change_liveness(world.platform, world.node_ids, Liveness.UNRESPONSIVE)
        told.extend(world.actions())
        return replies

    world.fleet.call = call
    world.create(ha=True)
    world.fleet.call = whole

    assert told == []
    world.check(healed=False)


def test_a_loss_while_an_application_is_being_deleted_is_not_told_after_its_end(world):
    world.create(ha=True)
    whole = world.fleet.call

    def call(commands, deadline_seconds):
        change_liveness(world.platform, world.node_ids, Liveness.UNRESPONSIVE)
        return whole(commands, deadline_seconds)

    world.fleet.call = call
    world.delete()
    world.fleet.call = whole

    assert world.actions()[-1] == "delete_application"
    world.check(healed=False)


def test_gears_that_are_being_built_do_not_take_the_proxies_out_of_rotation(world):
    world.create(ha=True)
    rotations: list[str] = []
    whole = world.fleet.call

    def call(commands, deadline_seconds):
        change_liveness(world.platform, [world.gears()[0].node_id], Liveness.UNRESPONSIVE)
        rotations.extend(gear.rotation for gear in world.gears() if gear.carries_proxy)
        return whole(commands, deadline_seconds)

    world.fleet.call = call
    world.scale(8)
    world.fleet.call = whole

    assert rotations == ["in", "in"]
    world.check(healed=False)


def test_registering_nodes_again_does_not_wake_the_lost(world):
    world.create(gears=3)
    world.lose(world.gears()[1].node_id)

    register_nodes(world.platform, simulated_nodes("example.com", zones="abc", nodes_per_zone=2))

    assert _shown(world)[1] == "unresponsive"
    world.check(healed=False)


def test_routers_are_told_when_nodes_have_other_addresses(world):
    world.create(gears=6, ha=True)
    position = world.position

    register_nodes(world.platform, simulated_nodes("example.com", zones="cba", nodes_per_zone=2))

    moved = [event for event in world.events(position) if event.action == "application_moved"]
    assert {json.loads(event.data)["zone"] for event in moved} == {"a", "c"}
    world.check()


def test_scaling_goes_on_after_nodes_have_changed_their_zones(world):
    world.create(gears=6)
    nodes = simulated_nodes("example.com", zones="abc", nodes_per_zone=2)
    swapped = [type(node)(**{**_fields(node), "zone": {"a": "b", "b": "a"}.get(node.zone, "c")}) for node in nodes]

    register_nodes(world.platform, swapped)
    world.scale(2)
    world.scale(8)

    world.check()


def _fields(node):
    return {name: getattr(node, name) for name in type(node).__slots__}


def test_a_liveness_change_that_fails_leaves_memory_as_it_was(world):
    world.create(gears=3)
    lost = world.gears()[1].node_id

    class _Stop(Exception):
        pass

    def fail() -> None:
        with world.platform.unit_of_work() as work:
            work.nodes.set_liveness([lost], "unresponsive")
            assert lost in work.nodes.unresponsive()
            work.nodes.fleet()
            raise _Stop

    with pytest.raises(_Stop):
        fail()

    world.check()
    world.lose(lost)
    assert _shown(world)[1] == "unresponsive"
    world.check(healed=False)


def test_a_started_platform_notices_a_loss_and_a_return_by_itself(found):
    world = found(HEARTBEAT_INTERVAL_SECONDS="0.02")
    world.embedded.start()
    world.create(ha=True)
    node_id = world.gears()[1].node_id

    world.fleet.kill(node_id)
    eventually(lambda: _verdict(world) == "degraded", "the loss")
    world.fleet.revive(node_id)
    eventually(lambda: _verdict(world) == "ha", "the return")

    aliases.add_alias(world.platform, world.demo, "shop", "www.shop.org")
    assert applications.show_application(world.platform, world.demo, "shop").aliases == ("www.shop.org",)
    assert resume_operations(world.platform) == 0
    world.check()


def test_an_unknown_node_changes_nothing(world):
    assert change_liveness(world.platform, [NodeId("nowhere.example.com")], Liveness.UNRESPONSIVE) == 0

    world.check()
