"""Cartridges that are added, removed, stopped and started while nodes are well, silent or refuse."""

from dataclasses import replace

import pytest
from scenarios.world import World

from broker.core.application import ApplicationParts
from broker.core.errors import LimitReached, NodeFailed, Refusal
from broker.core.ids import OperationId
from broker.interfaces import Accepted, Origin
from broker.process.turns import LocalTurns
from broker.usecases.accounts import change_user
from broker.usecases.adding import Addition, add_cartridges
from broker.usecases.cancelling import cancel
from broker.usecases.cartridge_state import CartridgeEvent, change_cartridge_state
from broker.usecases.cartridge_wishes import CartridgeWish
from broker.usecases.gear_deletion import delete_gear
from broker.usecases.gears import GearTarget
from broker.usecases.groups import show_cartridge
from broker.usecases.nodes import tell_all_missed
from broker.usecases.open_operations import resume_operations
from broker.usecases.removing import remove_cartridge
from broker.usecases.scaling import set_limits
from broker.usecases.state import StateEvent, change_state


def add(world: World, *names: str) -> ApplicationParts:
    wishes = tuple(CartridgeWish(name=name) for name in names)
    return add_cartridges(world.platform, world.demo, "shop", Addition(cartridges=wishes)).parts


def remove(world: World, name: str) -> None:
    remove_cartridge(world.platform, world.demo, "shop", name)


def turn(world: World, name: str, event: CartridgeEvent) -> None:
    change_cartridge_state(world.platform, world.demo, "shop", name, event)


def names(world: World) -> set[str]:
    return {each.name for each in world.parts().cartridges}


def test_cartridges_come_and_go_and_all_counters_agree(world):
    world.create(gears=3)

    add(world, "mysql-5.5", "cron-1.4")
    world.check()
    came = world.demo.consumed_gears
    remove(world, "mysql-5.5")
    remove(world, "cron-1.4")

    world.check()
    assert (came, world.demo.consumed_gears) == (4, 3)
    assert names(world) == {"php-5.4", "haproxy-1.4"}


def test_a_new_gear_that_nodes_do_not_answer_for_is_built_on_another(world):
    world.create()
    busy = {gear.node_id for gear in world.gears()}
    idle = [each for each in world.node_ids if each not in busy]
    for node_id in idle[:2]:
        world.fleet.kill(node_id)

    add(world, "mysql-5.5")

    world.check(healed=False)
    world.heal()
    world.check()
    assert "mysql-5.5" in names(world)


def test_a_cartridge_that_a_gear_cannot_be_given_is_on_none_of_them(world):
    world.create(gears=3)
    world.fleet.kill(world.gears()[1].node_id)

    with pytest.raises(NodeFailed):
        add(world, "mysql-5.5", "cron-1.4")

    assert names(world) == {"php-5.4", "haproxy-1.4"}
    assert world.demo.consumed_gears == 3
    world.check(healed=False)
    world.heal()
    world.check()
    add(world, "cron-1.4")
    world.check()


def test_a_quota_that_does_not_suffice_leaves_everything_as_it_was(world):
    world.create()
    change_user(world.platform, "demo", max_gears=1)

    with pytest.raises(LimitReached, match="Unable to add cartridge: demo is currently using 1 out of 1 limit"):
        add(world, "cron-1.4", "mysql-5.5")

    assert names(world) == {"php-5.4", "haproxy-1.4"}
    world.check()


def test_a_node_that_is_away_removes_the_cartridge_when_it_is_heard_of_again(world):
    world.create(gears=3)
    add(world, "cron-1.4")
    world.fleet.kill(world.gears()[1].node_id)

    remove(world, "cron-1.4")
    with pytest.raises(Refusal):
        add(world, "cron-1.4")
    world.heal()

    world.check()
    add(world, "cron-1.4")
    world.check()


def test_the_newest_wish_wins_on_a_node_that_was_away(world):
    world.create(gears=3)
    world.lose(world.gears()[1].node_id)

    turn(world, "php-5.4", CartridgeEvent.STOP)
    turn(world, "php-5.4", CartridgeEvent.START)
    turn(world, "haproxy-1.4", CartridgeEvent.STOP)
    world.heal()

    world.check()
    assert [each.running for each in world.parts().cartridges] == [True, False]


@pytest.mark.parametrize("event", [StateEvent.RESTART, StateEvent.START])
def test_a_wish_for_the_application_ends_those_for_its_cartridges(world, event):
    world.create(gears=3)
    turn(world, "php-5.4", CartridgeEvent.STOP)

    change_state(world.platform, world.demo, "shop", event)

    world.check()
    assert all(each.running for each in world.parts().cartridges)


def test_a_stopped_cartridge_stays_so_on_new_gears_and_after_a_restart_of_the_platform(world):
    world.create()
    add(world, "cron-1.4")
    turn(world, "cron-1.4", CartridgeEvent.STOP)

    world.scale(3)
    world.check()
    world.reopen()

    world.check()
    _, messages = show_cartridge(world.platform, world.demo, "shop", "cron-1.4")
    assert [text.split()[-1] for _, text in messages] == ["stopped"] * 3


def test_storage_reaches_gears_that_are_there_that_come_and_that_were_away(world):
    change_user(world.platform, "demo", max_untracked_storage=9)
    world.create(gears=2)
    world.lose(world.gears()[1].node_id)

    set_limits(world.platform, world.demo, "shop", "php-5.4", scales_from=None, scales_to=None, additional_storage="4")
    world.heal()
    world.scale(4)

    world.check()
    assert world.parts().groups[0].additional_storage == 4


def test_storage_is_what_it_was_where_the_gears_that_came_with_it_could_not_be_built(world):
    change_user(world.platform, "demo", max_untracked_storage=9)
    world.create(gears=2)
    for node_id in world.node_ids:
        world.fleet.kill(node_id)

    with pytest.raises(NodeFailed):
        set_limits(world.platform, world.demo, "shop", "php-5.4", scales_from=4, scales_to=None, additional_storage=4)
    world.heal()

    world.check()
    assert world.parts().groups[0].additional_storage == 0


def test_a_restart_after_removing_a_database_has_nothing_left_of_it(world):
    world.create()
    add(world, "mysql-5.5", "phpmyadmin-4")
    remove(world, "phpmyadmin-4")
    remove(world, "mysql-5.5")

    world.reopen()

    world.check()
    assert names(world) == {"php-5.4", "haproxy-1.4"}


def test_a_proxy_that_was_stopped_stays_so_on_gears_that_are_given_it(world):
    world.create(gears=2)
    turn(world, "haproxy-1.4", CartridgeEvent.STOP)

    world.enable()
    tell_all_missed(world.platform)

    world.check()
    assert world.parts().application.verdict == "not_ha"


def test_a_proxy_that_was_stopped_stays_so_on_the_gear_that_takes_the_place_of_another(world):
    world.create(ha=True, gears=3)
    turn(world, "haproxy-1.4", CartridgeEvent.STOP)
    leaving = next(gear for gear in world.gears() if gear.carries_proxy and not gear.is_head)

    delete_gear(GearTarget(platform=world.platform, user=world.demo, reference="shop", gear_id=leaving.gear_id))
    tell_all_missed(world.platform)

    world.check()
    carriers = [gear for gear in world.gears() if gear.carries_proxy]
    books = [world.fleet.node(gear.node_id).book.find(gear.gear_id) for gear in carriers]
    assert [None if each is None else each.stopped_cartridges() for each in books] == [("haproxy-1.4",)] * 2


def _left_alone(world: World, *cartridges: str) -> OperationId:
    """The operation of an addition that its caller does not wait for."""
    detached = replace(world.platform, origin=Origin(respond_async=True))
    wishes = tuple(CartridgeWish(name=name) for name in cartridges)
    addition = Addition(cartridges=wishes, variables=(("MODE", "quiet"),))
    with pytest.raises(Accepted) as accepted:
        add_cartridges(detached, world.demo, "shop", addition)
    return accepted.value.operation_id


def _resume(world: World) -> None:
    resume_operations(replace(world.platform, process_id=world.platform.new_id(), turns=LocalTurns()))


def test_an_addition_that_waits_its_turn_is_planned_by_another_process(world):
    world.create()
    _left_alone(world, "mysql-5.5")
    _left_alone(world, "cron-1.4")

    _resume(world)

    world.check()
    assert names(world) == {"php-5.4", "haproxy-1.4", "mysql-5.5", "cron-1.4"}
    with world.platform.reading() as work:
        assert work.applications.variables(world.parts().application.application_id) == {"MODE": "quiet"}
        history = work.operation_history.of_owner(world.demo.user_id, limit=9, after=None)
    assert [each.kind for each in history] == ["add_cartridge", "add_cartridge", "create_application"]
    assert not any("quiet" in str(each.wish) for each in history)


def test_an_addition_that_is_cancelled_leaves_nothing(world):
    world.create(gears=2)
    operation_id = _left_alone(world, "cron-1.4", "mysql-5.5")

    cancel(world.platform, operation_id)
    _resume(world)
    tell_all_missed(world.platform)

    world.check()
    assert names(world) == {"php-5.4", "haproxy-1.4"}
    assert world.demo.consumed_gears == 2
