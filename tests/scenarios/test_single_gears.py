"""Single gears on the whole platform: what a deletion leaves behind, and what rotation by hand does to the rest."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from scenarios.world import World

from broker.core.errors import BelowMinimum, NodeFailed
from broker.core.gear_removal import GearRefused
from broker.core.ids import NodeId
from broker.interfaces import Accepted, Json, Origin, Platform
from broker.usecases.availability import set_multiplier
from broker.usecases.cancelling import cancel
from broker.usecases.gear_deletion import delete_gear
from broker.usecases.gears import GearTarget, rotate_in, rotate_out
from broker.usecases.open_operations import resume_operations


def target(world: World, number: int, platform: Platform | None = None) -> GearTarget:
    """The gear of that number, counted from 1 in order of creation."""
    gear_id = world.gears()[number - 1].gear_id
    return GearTarget(platform=platform or world.platform, user=world.demo, reference="shop", gear_id=gear_id)


class _PowerCut(BaseException):
    """What no handler of errors may catch."""


class _CutChannel:
    """Carries commands, or not, and then the power goes."""

    def __init__(self, world: World, *, delivers: bool) -> None:
        self._world = world
        self._delivers = delivers

    def call(self, commands: Sequence[Json], deadline_seconds: float) -> Mapping[str, Json]:
        if self._delivers:
            self._world.fleet.call(commands, deadline_seconds)
        raise _PowerCut


@pytest.mark.parametrize("multiplier", [0, 1, 2])
@pytest.mark.parametrize("gears", range(2, 7))
def test_after_the_deletion_of_any_gear_an_ha_application_is_ha_still(found, gears, multiplier):
    world = found(nodes_per_zone=3)
    world.create(ha=True)
    set_multiplier(world.platform, world.parts().application.application_id, "haproxy-1.4", multiplier)
    if gears > 2:
        world.scale(gears)
    head = world.gears()[0].gear_id

    for number in range(len(world.gears()), 1, -1):
        before, proxies = len(world.gears()), len(world.proxies())
        delete_gear(target(world, number))
        world.heal()
        world.check()
        assert len(world.gears()) in {before - 1, before}
        assert len(world.proxies()) >= min(proxies, max(2, len(world.gears()) // multiplier if multiplier else 2))
        assert world.parts().application.verdict == "ha"

    assert world.gears()[0].gear_id == head
    assert len(world.gears()) == 2


@pytest.mark.parametrize("gears", [2, 4], ids=["a new gear", "a promoted gear"])
@pytest.mark.parametrize("delivers", [False, True], ids=["before the nodes heard", "after the nodes answered"])
def test_a_replacement_whose_power_was_cut_is_carried_to_its_end(world, gears, delivers):
    world.create(ha=True, gears=gears)
    leaving = target(world, 2, replace(world.platform, channel=_CutChannel(world, delivers=delivers)))
    with pytest.raises(_PowerCut):
        delete_gear(leaving)
    still_there = leaving.gear_id in {gear.gear_id for gear in world.gears()}

    resume_operations(world.platform)

    world.heal()
    world.check()
    assert still_there
    assert leaving.gear_id not in {gear.gear_id for gear in world.gears()}
    assert world.parts().application.verdict == "ha"


@pytest.mark.parametrize("delivers", [False, True], ids=["before the nodes heard", "after the nodes answered"])
def test_a_deletion_whose_power_was_cut_is_carried_to_its_end(world, delivers):
    world.create(gears=3)
    with pytest.raises(_PowerCut):
        delete_gear(target(world, 2, replace(world.platform, channel=_CutChannel(world, delivers=delivers))))

    world.reopen()

    world.check()
    assert len(world.gears()) == 2


@pytest.mark.parametrize("gears", [2, 4], ids=["a new gear", "a promoted gear"])
def test_a_replacement_that_no_node_can_do_is_undone(world, gears):
    world.create(ha=True, gears=gears)
    before = world.gears()
    for node_id in world.node_ids:
        world.fleet.node(node_id).faults.fail_every = 1

    with pytest.raises(NodeFailed):
        delete_gear(target(world, 2))

    for node_id in world.node_ids:
        world.fleet.node(node_id).faults.fail_every = 0
    world.heal()
    world.check()
    assert world.gears() == before


def test_a_replacement_can_be_cancelled(world):
    world.create(ha=True)
    before = world.gears()
    with pytest.raises(Accepted) as accepted:
        delete_gear(target(world, 2, replace(world.platform, origin=Origin(respond_async=True))))

    cancel(world.platform, accepted.value.operation_id)
    resume_operations(world.platform)

    world.heal()
    world.check()
    assert world.gears() == before


def test_a_deletion_ends_undone_where_what_was_to_serve_instead_has_been_rotated_out_meanwhile(world):
    world.create(ha=True, gears=3)
    leaving = target(world, 2, replace(world.platform, origin=Origin(respond_async=True)))
    with pytest.raises(Accepted):
        delete_gear(leaving)
    for number in (1, 3):
        rotate_out(target(world, number))

    resume_operations(world.platform)

    world.heal()
    world.check()
    assert leaving.gear_id in {gear.gear_id for gear in world.gears()}
    assert world.proxies() == [1, 2]


def test_routers_are_told_of_the_new_proxy_before_the_old_one_goes(world):
    world.create(ha=True, gears=3)
    position = world.position

    delete_gear(target(world, 2))

    actions = world.actions(position)
    assert actions.index("add_public_endpoint") < actions.index("remove_public_endpoint")
    assert actions.count("remove_public_endpoint") == 2
    world.heal()
    world.check()


def test_the_proxy_passes_to_another_zone_and_another_node(found):
    world = found(nodes_per_zone=2, ZONES_MIN_PER_GEAR_GROUP="2")
    world.create(ha=True, gears=6)

    delete_gear(target(world, 2))

    proxies = [gear for gear in world.gears() if gear.carries_proxy]
    assert max(Counter(gear.zone for gear in proxies).values()) == 1
    world.heal()
    world.check()


def test_a_gear_that_is_the_last_but_the_required_zones_stays(found):
    world = found(zones="ab", nodes_per_zone=2, ZONES_MIN_PER_GEAR_GROUP="2")
    world.create(gears=2)

    with pytest.raises(GearRefused, match="must have gears in at least 2 zones"):
        delete_gear(target(world, 2))

    world.scale(3)
    world.check()


def test_a_replacement_that_only_another_zone_could_take_is_undone(found):
    world = found(zones="ab", nodes_per_zone=2, ZONES_MIN_PER_GEAR_GROUP="2")
    world.create(ha=True)
    before = world.gears()
    for node_id in _nodes_in(world, before[1].zone):
        world.fleet.node(node_id).faults.fail_every = 1

    with pytest.raises((NodeFailed, GearRefused)):
        delete_gear(target(world, 2))

    world.heal()
    world.check()
    assert world.gears() == before


def test_a_replacement_that_is_tried_again_stays_in_the_zone_that_it_is_needed_in(found):
    world = found(zones="ab", nodes_per_zone=3, ZONES_MIN_PER_GEAR_GROUP="2")
    world.create(ha=True)
    leaving = world.gears()[1]
    first, *_ = (each for each in _nodes_in(world, leaving.zone) if each != leaving.node_id)
    world.fleet.node(first).faults.fail_every = 1

    delete_gear(target(world, 2))

    assert [gear.zone for gear in world.gears()] == [world.gears()[0].zone, leaving.zone]
    world.heal()
    world.check()


def _nodes_in(world: World, zone: str | None) -> list[NodeId]:
    with world.platform.reading() as work:
        return [node.node_id for node in work.nodes.all() if node.zone == zone]


def test_a_node_owes_the_end_of_a_replaced_gear_even_if_the_power_goes_when_it_was_replaced(world):
    world.create(ha=True)
    before = world.gears()
    leaving = before[1]

    delete_gear(target(world, 2))
    owed, there = world.owed(), world.fleet.node(leaving.node_id).book.find(leaving.gear_id)
    world.reopen()

    assert (owed, there is None) == (1, False)
    assert world.owed() == 0
    assert world.fleet.node(leaving.node_id).book.find(leaving.gear_id) is None
    world.check()


def test_a_lost_proxy_gear_is_replaced_on_another_node(world):
    world.create(ha=True)
    lost = world.gears()[1]
    world.lose(lost.node_id)
    assert world.parts().application.verdict == "degraded"

    delete_gear(target(world, 2))

    assert world.parts().application.verdict == "ha"
    assert lost.node_id not in {gear.node_id for gear in world.gears()}
    world.heal()
    world.check()


def test_a_gear_at_the_minimum_stays(world):
    world.create(gears=2)
    delete_gear(target(world, 2))
    world.enable()
    world.disable()

    delete_gear(target(world, 2))

    with pytest.raises((BelowMinimum, GearRefused)):
        delete_gear(target(world, 1))
    world.heal()
    world.check()


def test_a_held_out_gear_that_is_given_the_proxy_stays_out(world):
    world.create(gears=2)
    rotate_out(target(world, 2))

    world.enable()

    assert (world.proxies(), world.gears()[1].rotation) == ([1, 2], "out")
    assert world.parts().application.verdict == "degraded"
    world.check()
    rotate_in(target(world, 2))
    assert world.parts().application.verdict == "ha"
    world.check()


@pytest.mark.parametrize(("gears", "verdict"), [(3, "degraded"), (4, "ha")])
def test_where_every_proxy_gear_is_held_out_the_others_have_to_be_on_two_nodes(world, gears, verdict):
    world.create(ha=True, gears=gears)
    for number in (1, 2):
        rotate_out(target(world, number))

    assert world.parts().application.verdict == verdict
    world.check()


def test_a_lost_node_does_not_bring_a_held_out_gear_back(world):
    world.create(ha=True)
    rotate_out(target(world, 2))
    world.lose(world.gears()[0].node_id)

    assert world.parts().application.verdict == "not_ha"
    assert world.gears()[1].rotation == "out"
    rotate_in(target(world, 2))

    assert world.parts().application.verdict == "degraded"
    world.heal()
    world.check()
