from dataclasses import replace

import pytest
from node_host import CARTRIDGE, DATABASE, NODE, activation, command, creation, of_cartridge, storage

from broker.core.ids import GearId, NodeId
from broker.simulator.fleet import SimulatedFleet
from broker.usecases.restoring import RecordedGear
from node_agent.gear import GearState
from node_agent.protocol import Command

RECORDED = RecordedGear(
    node_id=NodeId(NODE),
    gear_id=GearId("g1"),
    uid=1003,
    started=True,
    cartridges=((CARTRIDGE, ()), (DATABASE, ())),
)


@pytest.fixture
def fleet() -> SimulatedFleet:
    fleet = SimulatedFleet()
    fleet.add(NODE)
    return fleet


def told(fleet: SimulatedFleet, *commands: Command) -> list[dict[str, object]]:
    replies = fleet.call([each.to_wire() for each in commands], 1.0)
    return [dict(replies[each.command_id]) for each in commands]


def test_a_gear_is_restored_with_deployment_storage_and_stopped_cartridges(fleet: SimulatedFleet) -> None:
    fleet.restore([replace(RECORDED, stopped_cartridges=("mysql-5.5",), deployment_id="d1", additional_gigabytes=2)])

    gear = fleet.node(NODE).book.get("g1")
    assert (gear.uid, gear.state, gear.deployment_id, gear.additional_gigabytes) == (1003, GearState.STARTED, "d1", 2)
    assert (gear.runs("php-5.4"), gear.runs("mysql-5.5")) == (True, False)


def test_a_gear_of_which_no_more_is_recorded_is_restored_with_all_its_cartridges_running(
    fleet: SimulatedFleet,
) -> None:
    fleet.restore([RECORDED])

    gear = fleet.node(NODE).book.get("g1")
    assert (gear.stopped_cartridges(), gear.deployment_id, gear.additional_gigabytes) == ((), None, 0)


def test_every_command_reaches_a_simulated_gear(fleet: SimulatedFleet) -> None:
    replies = told(
        fleet,
        creation("g1", cartridges=[CARTRIDGE, DATABASE]),
        command("reload_gear", "g1"),
        command("tidy_gear", "g1"),
        *(of_cartridge(f"{act}_cartridge", "mysql-5.5") for act in ("stop", "start", "restart", "reload")),
        activation("d1"),
        storage(3),
        of_cartridge("thread_dump", "php-5.4"),
    )

    assert [each["ok"] for each in replies] == [True] * 10
    assert ["output" in each for each in replies] == [False] * 9 + [True]


def test_a_node_that_was_told_to_fail_fails_the_new_commands_too(fleet: SimulatedFleet) -> None:
    told(fleet, creation("g1"))
    before = fleet.node(NODE).book.snapshot()
    fleet.node(NODE).faults.fail_every = 1

    replies = told(
        fleet,
        command("reload_gear", "g1"),
        command("tidy_gear", "g1"),
        *(of_cartridge(f"{act}_cartridge", "php-5.4") for act in ("stop", "start", "restart", "reload")),
        activation("d1"),
        storage(3),
        of_cartridge("thread_dump", "php-5.4"),
    )

    assert [each["error_code"] for each in replies] == ["injected_fault"] * 9
    assert fleet.node(NODE).book.snapshot() == before
