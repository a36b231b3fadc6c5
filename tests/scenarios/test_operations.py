"""Operations: recorded as they were wanted, tried on other nodes, and carried on by whoever is there."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from scenarios.held import AwayAfter, another_process, grow_by_one, history
from scenarios.world import World

from broker.core.errors import ChangeNotShown, NodeFailed, OperationGoesOn
from broker.core.operation import MOST_ATTEMPTS
from broker.core.scaling import ScaleDirection
from broker.interfaces import Json
from broker.usecases.aliases import add_alias
from broker.usecases.environment import add_variable
from broker.usecases.open_operations import let_go_of_forgotten, resume_operations
from broker.usecases.scaling import scale


def test_every_change_is_recorded_with_what_was_wanted(world):
    world.create()
    world.scale(3)
    add_alias(world.platform, world.demo, "shop", "www.shop.org")
    world.enable()
    world.scale(4)
    world.delete()

    assert [(entry.kind, entry.wish) for entry in history(world)] == [
        ("create_application", {"cartridges": ["php-5.4", "haproxy-1.4"], "ha": False}),
        ("scale_up", {"by": None, "to": 3}),
        ("add_alias", {"alias": "www.shop.org"}),
        ("enable_ha", {}),
        ("scale_up", {"by": None, "to": 4}),
        ("delete_application", {}),
    ]
    assert {entry.state for entry in history(world)} == {"completed"}


def test_the_values_of_variables_are_in_no_operation(world):
    world.create()

    add_variable(world.platform, world.demo, "shop", "DATABASE_PASSWORD", "s3cret")

    assert history(world)[-1].wish == {"set": ["DATABASE_PASSWORD"], "unset": []}
    assert "s3cret" not in str(history(world))


def test_gears_that_a_node_cannot_build_are_built_on_others(world):
    world.create(gears=2)
    used = {gear.node_id for gear in world.gears()}
    broken = [node_id for node_id in world.node_ids if node_id not in used][:2]
    for node_id in broken:
        world.fleet.node(node_id).faults.fail_every = 1

    assert world.scale(6) == 6

    assert not {gear.node_id for gear in world.gears()} & set(broken)
    assert history(world)[-1].attempt == 2
    world.heal()
    world.check()


def test_an_application_is_created_although_a_node_does_not_answer(world):
    silent = world.node_ids[:2]
    for node_id in silent:
        world.fleet.node(node_id).faults.cut_off = True

    for number in range(4):
        world.create(f"shop{number}")

    assert not {world.gears(f"shop{number}")[0].node_id for number in range(4)} & set(silent)
    assert max(entry.attempt for entry in history(world)) > 1
    world.heal()
    world.check()


def test_ha_is_enabled_by_a_new_gear_where_one_cannot_be_promoted(world):
    world.create(gears=2)
    world.fleet.node(world.gears()[1].node_id).faults.cut_off = True

    world.enable()

    assert world.proxies() == [1, 3]
    world.heal()
    world.check()


class FirstDeafChannel:
    """Nobody hears the first commands; all later ones arrive."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._heard = False

    def call(self, commands: Sequence[Json], deadline_seconds: float) -> Mapping[str, Json]:
        heard, self._heard = self._heard, True
        return self._world.fleet.call(commands, deadline_seconds) if heard else {}


def test_a_gear_that_was_moved_before_it_was_built_can_carry_the_proxy(world):
    world.create()
    grow_by_one(replace(world.platform, channel=FirstDeafChannel(world)), world)

    world.enable()

    assert world.proxies() == [1, 2]
    world.heal()
    world.check()


class LyingChannel:
    """Every node does what it is told, and what it answers is changed on the way."""

    def __init__(self, world: World, lie: Mapping[str, object]) -> None:
        self._world = world
        self._lie = lie

    def call(self, commands: Sequence[Json], deadline_seconds: float) -> Mapping[str, Json]:
        replies = self._world.fleet.call(commands, deadline_seconds)
        return {command_id: {**reply, **self._lie} for command_id, reply in replies.items()}


ENDPOINT = {"cartridge": "php-5.4", "port_name": "web_framework", "public_port": 1, "internal_port": 1}


@pytest.mark.parametrize(
    "lie",
    [
        {"endpoints": [{**ENDPOINT, "cartridge": "cobol-1.0", "internal_address": "127.0.0.1"}]},
        {"endpoints": [{**ENDPOINT, "port_name": "back_door", "internal_address": "127.0.0.1"}]},
        {"endpoints": [{**ENDPOINT, "internal_address": "over the hills and far away"}]},
        {"uid": 2**31},
        {"uid": None},
        {"gear_state": "\x00"},
        {"ok": False, "error_code": "broken", "error": "\ud800"},
        {"node_id": "somebody.else"},
        {"command_id": "f" * 24},
        {"ok": "perhaps"},
    ],
)
def test_an_answer_that_cannot_be_one_is_silence_and_wedges_nothing(world, lie):
    world.create()

    with pytest.raises(NodeFailed, match="did not answer"):
        grow_by_one(replace(world.platform, channel=LyingChannel(world, lie)), world)

    assert world.scale(3) == 3
    world.heal()
    world.check()


def test_an_operation_is_undone_when_no_node_is_left_to_try(world):
    world.create(gears=2)
    for node_id in world.node_ids:
        world.fleet.node(node_id).faults.fail_every = 1

    with pytest.raises(NodeFailed, match="on purpose"):
        world.scale(3)

    entry = history(world)[-1]
    assert (entry.state, entry.error_code) == ("failed", "node_failed")
    world.heal()
    world.check()
    assert len(world.gears()) == 2


def test_an_operation_tries_no_more_often_than_the_rule_says(found):
    world = found(nodes_per_zone=4)
    world.create()
    calls: list[int] = []

    class DeafChannel:
        def call(self, commands: Sequence[Json], _deadline_seconds: float) -> Mapping[str, Json]:
            calls.append(len(commands))
            return {}

    with pytest.raises(NodeFailed, match="did not answer"):
        scale(replace(world.platform, channel=DeafChannel()), world.demo, "shop", ScaleDirection.UP, by=1)

    assert len(calls) == MOST_ATTEMPTS
    world.heal()
    world.check()


@pytest.mark.parametrize("ended", [0, 1])
def test_a_process_that_dies_between_attempts_leaves_an_operation_that_ends_well(found, ended):
    world = found()
    world.create(gears=2)
    broken = next(each for each in world.node_ids if each not in {gear.node_id for gear in world.gears()})
    world.fleet.node(broken).faults.fail_every = 1
    calls: list[int] = []

    class PowerCut(BaseException):
        """What no handler of errors may catch."""

    class CutChannel:
        def call(self, commands: Sequence[Json], deadline_seconds: float) -> Mapping[str, Json]:
            calls.append(len(commands))
            if len(calls) > ended:
                raise PowerCut
            return world.fleet.call(commands, deadline_seconds)

    with pytest.raises(PowerCut):
        scale(replace(world.platform, channel=CutChannel()), world.demo, "shop", ScaleDirection.UP, to=6)
    assert resume_operations(another_process(world)) == 1

    assert (len(world.gears()), history(world)[-1].state) == (6, "completed")
    world.heal()
    world.check()


def test_who_cannot_be_told_the_end_of_an_operation_is_told_not_to_ask_for_it_again(world):
    world.create()
    away = replace(world.platform, unit_of_work=AwayAfter(world.platform.unit_of_work, 1))

    with pytest.raises(OperationGoesOn, match="goes on by itself") as caught:
        grow_by_one(away, world)
    let_go_of_forgotten(world.platform)
    resume_operations(world.platform)

    assert history(world)[-1].operation_id in caught.value.text
    assert (history(world)[-1].state, len(world.gears())) == ("completed", 2)
    world.check()


def test_a_change_whose_result_cannot_be_shown_is_said_to_be_made(world):
    world.create()
    away = replace(world.platform, reading=AwayAfter(world.platform.reading, 1))

    with pytest.raises(ChangeNotShown, match="The change was made"):
        add_alias(away, world.demo, "shop", "www.shop.org")

    assert history(world)[-1].state == "completed"
    world.check()
