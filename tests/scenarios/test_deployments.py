"""Deployments on gears: who runs what, what a node is told that was away, and what becomes of code that is refused."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from scenarios import deploying
from scenarios.held import HeldChannel, history
from scenarios.world import World, eventually

from broker.core.errors import NodeFailed
from broker.interfaces import Json
from broker.usecases.deployments import (
    DeploymentNotFound,
    report_deployments,
)


def test_a_new_application_has_one_deployment_and_its_gears_run_it(world):
    world.create(gears=3)

    (first,) = deploying.known(world)

    assert (first.ref, len(first.activations)) == ("master", 1)
    assert deploying.on_nodes(world) == deploying.running(world) == [first.deployment_id] * 3
    assert deploying.wanted(world) == first.deployment_id
    world.check()


def test_a_deployment_reaches_twenty_gears(world):
    world.create(gears=20)

    made = deploying.deploy_code(world)

    assert deploying.on_nodes(world) == deploying.running(world) == [made] * 20
    assert [(entry.kind, entry.state) for entry in history(world)][-1] == ("deploy", "completed")
    world.check()


def test_new_gears_run_the_active_deployment(world):
    world.create(gears=2)
    made = deploying.deploy_code(world)

    world.scale(5)
    world.enable()

    assert deploying.on_nodes(world) == deploying.running(world) == [made] * 5
    world.check()


def test_a_gear_without_the_web_framework_is_told_of_no_deployment(world):
    world.create(cartridges=("php-5.4", "mysql-5.5"))
    deploying.deploy_code(world)

    with world.platform.reading() as work:
        gears = work.gears.of_application(world.parts().application.application_id)

    assert [gear.deployment_id for gear in gears] == [deploying.wanted(world), None]
    world.check()


def test_a_node_that_is_away_is_told_of_the_deployment_when_it_is_back(world):
    world.create(gears=3)
    (first,) = deploying.known(world)
    world.lose(world.gears()[1].node_id)

    made = deploying.deploy_code(world)
    during = deploying.running(world)
    world.heal()

    assert during == [made, first.deployment_id, made]
    assert deploying.on_nodes(world) == deploying.running(world) == [made] * 3
    world.check()


def test_a_node_that_does_not_answer_is_told_again(world):
    world.create(gears=3)
    (first,) = deploying.known(world)
    world.fleet.kill(world.gears()[1].node_id)

    made = deploying.deploy_code(world)
    during = deploying.running(world)
    world.heal()

    assert (during, deploying.wanted(world)) == ([made, first.deployment_id, made], made)
    assert deploying.running(world) == [made] * 3
    world.check()


def test_a_deployment_that_no_node_can_be_told_of_is_active_at_once(world):
    world.create(gears=2)
    for gear in world.gears():
        world.lose(gear.node_id)

    made = deploying.deploy_code(world)
    wanted = deploying.wanted(world)
    world.heal()

    assert wanted == made
    assert deploying.running(world) == [made] * 2
    world.check()


def test_only_the_last_deployment_is_told_to_a_node_that_missed_several(world):
    world.create(gears=3)
    lost = world.gears()[1].node_id
    world.lose(lost)

    made = [deploying.deploy_code(world, ref) for ref in ("one", "two", "three")]
    owed = world.owed()
    world.heal()

    assert owed == 1
    assert deploying.running(world) == [made[-1]] * 3
    world.check()


def test_an_earlier_deployment_is_activated_again_and_shown_twice(world):
    world.create(gears=3)
    deploying.keep(world, 5)
    (first,) = deploying.known(world)
    deploying.deploy_code(world)

    deploying.activate(world, first.deployment_id)

    assert deploying.on_nodes(world) == deploying.running(world) == [first.deployment_id] * 3
    assert [len(each.activations) for each in deploying.known(world)] == [2, 1]
    world.check()


def test_a_deployment_that_is_not_there_cannot_be_activated(world):
    world.create()

    with pytest.raises(DeploymentNotFound):
        deploying.activate(world, "0" * 8)

    world.check()


@pytest.mark.parametrize("gears", [3, 20])
def test_where_a_node_refuses_every_gear_goes_back_to_the_former_deployment(world, gears):
    world.create(gears=gears)
    (first,) = deploying.known(world)
    refusing = world.gears()[1].node_id
    deploying.refuse(world, refusing)

    with pytest.raises(NodeFailed, match=refusing):
        deploying.deploy_code(world)
    world.heal()

    assert deploying.on_nodes(world) == deploying.running(world) == [first.deployment_id] * gears
    assert deploying.wanted(world) == first.deployment_id
    assert [(each.ref, len(each.activations)) for each in deploying.known(world)] == [("master", 1), ("next", 0)]
    assert [(entry.kind, entry.state) for entry in history(world)][-1] == ("deploy", "failed")
    world.check()


def test_where_a_node_refuses_one_that_was_away_never_hears_of_the_deployment(world):
    world.create(gears=3)
    (first,) = deploying.known(world)
    world.lose(world.gears()[2].node_id)
    deploying.refuse(world, world.gears()[1].node_id)

    with pytest.raises(NodeFailed):
        deploying.deploy_code(world)
    world.heal()

    assert deploying.on_nodes(world) == deploying.running(world) == [first.deployment_id] * 3
    world.check()


def test_a_gear_that_was_behind_and_refuses_is_told_what_it_missed(world):
    world.create(gears=3)
    behind = world.gears()[1]
    world.lose(behind.node_id)
    made = deploying.deploy_code(world, "one")
    world.fleet.revive(behind.node_id)
    world.beat()
    deploying.refuse(world, behind.node_id)

    with pytest.raises(NodeFailed):
        deploying.deploy_code(world, "two")
    world.heal()

    assert deploying.on_nodes(world) == deploying.running(world) == [made] * 3
    world.check()


def test_an_activation_that_is_refused_says_so_as_the_event(world):
    world.create(gears=2)
    deploying.keep(world, 2)
    (first,) = deploying.known(world)
    made = deploying.deploy_code(world)
    node = world.gears()[1].node_id
    deploying.refuse(world, node)

    with pytest.raises(NodeFailed, match=f"^Error occurred while processing event 'activate': Node {node}: "):
        deploying.activate(world, first.deployment_id)
    world.heal()

    assert deploying.running(world) == [made] * 2
    world.check()


def test_a_deployment_that_was_refused_can_be_activated_once_its_fault_is_mended(world):
    world.create(gears=3)
    deploying.refuse(world, world.gears()[1].node_id)
    with pytest.raises(NodeFailed):
        deploying.deploy_code(world)
    world.heal()
    refused = deploying.known(world)[-1].deployment_id

    deploying.activate(world, refused)

    assert deploying.running(world) == [refused] * 3
    world.check()


def test_deployments_that_are_refused_again_and_again_do_not_pile_up(world):
    world.create(gears=2)
    deploying.refuse(world, world.gears()[1].node_id)

    for number in range(5):
        with pytest.raises(NodeFailed):
            deploying.deploy_code(world, f"v{number}")

    assert deploying.refs(world) == ["master", "v4"]
    world.heal()
    world.check()


def test_so_many_deployments_are_kept_as_the_application_says(world):
    world.create(gears=2)
    deploying.keep(world, 3)

    for ref in ("one", "two", "three", "four"):
        deploying.deploy_code(world, ref)

    assert deploying.refs(world) == ["two", "three", "four"]
    world.check()


def test_fewer_to_keep_are_fewer_at_once_but_the_active_one_stays(world):
    world.create(gears=2)
    deploying.keep(world, 5)
    (first,) = deploying.known(world)
    deploying.deploy_code(world, "one")
    deploying.deploy_code(world, "two")
    deploying.activate(world, first.deployment_id)

    deploying.keep(world, 1)

    assert deploying.refs(world) == ["master", "two"]
    world.check()


def test_the_deployment_before_is_not_forgotten_while_it_may_be_gone_back_to(world):
    world.create(gears=2)
    deploying.keep(world, 2)
    channel = HeldChannel(world)
    with ThreadPoolExecutor() as threads:
        deployed = threads.submit(deploying.deploy_code, world, "next", replace(world.platform, channel=channel))
        assert channel.begun.wait(20)
        deploying.refuse(world, world.gears()[1].node_id)
        deploying.keep(world, 1)
        channel.opened.set()
        with pytest.raises(NodeFailed):
            deployed.result(20)
    world.heal()

    assert deploying.refs(world) == ["master", "next"]
    world.check()


def test_deployments_of_one_application_take_turns(world):
    world.create(gears=3)
    deploying.keep(world, 9)
    with ThreadPoolExecutor(4) as threads:
        made = set(threads.map(lambda number: deploying.deploy_code(world, f"v{number}"), range(4)))

    assert made <= {each.deployment_id for each in deploying.known(world)}
    assert deploying.running(world) == [deploying.wanted(world)] * 3
    world.check()


def test_a_node_that_hears_of_a_deployment_late_keeps_the_later_one(world):
    """What was sent and not answered comes again after its successor, as a bus may deliver it."""
    world.create(gears=2)
    sent: list[Json] = []

    class Remembering:
        def call(self, commands: list[Json], deadline_seconds: float) -> Mapping[str, Json]:
            sent.extend(commands)
            return world.fleet.call(commands, deadline_seconds)

    deploying.deploy_code(world, "one", replace(world.platform, channel=Remembering()))
    made = deploying.deploy_code(world, "two")

    world.fleet.call([{**each, "command_id": world.platform.new_id()} for each in sent], 1.0)

    assert deploying.on_nodes(world) == [made] * 2


def _reported(deployment_id: str, at: str, *activations: str) -> dict[str, object]:
    return {"id": deployment_id, "ref": "pushed", "sha1": "a" * 40, "created_at": at, "activations": list(activations)}


def _report(world: World, *entries: object) -> None:
    report_deployments(world.platform, world.demo, "shop", list(entries))


def test_a_report_changes_nothing_of_what_gears_are_to_run_and_of_what_they_run(world):
    world.create(gears=3)
    made = deploying.deploy_code(world)
    world.lose(world.gears()[1].node_id)
    owed = world.owed()

    _report(world, _reported("feed0001", "2099-01-01T00:00:00Z", "2099-01-01T00:00:01Z"))

    assert (deploying.wanted(world), deploying.running(world)) == (made, [made] * 3)
    assert [each.deployment_id for each in deploying.known(world)] == [made, "feed0001"]
    assert world.owed() == owed
    world.heal()
    assert deploying.on_nodes(world) == [made] * 3
    world.scale(4)
    world.check()


def test_a_gear_that_is_behind_is_told_after_a_report_of_the_deployment_that_it_missed(world):
    world.create(gears=2)
    world.lose(world.gears()[1].node_id)
    made = deploying.deploy_code(world)

    _report(world, _reported(made, "2001-01-01T00:00:00Z", "2001-01-01T00:00:01Z"))
    world.heal()

    assert deploying.on_nodes(world) == deploying.running(world) == [made] * 2
    world.check()


def test_what_was_reported_can_be_activated(world):
    world.create(gears=2)
    _report(world, _reported("feed0001", "2099-01-01T00:00:00Z"))

    deploying.activate(world, "feed0001")

    assert deploying.on_nodes(world) == deploying.running(world) == ["feed0001"] * 2
    world.check()


def test_a_report_that_comes_late_takes_no_newer_ones_place(world):
    world.create(gears=2)
    deploying.keep(world, 2)
    made = deploying.deploy_code(world)

    _report(world, _reported("feed0001", "2001-01-01T00:00:00Z", "2001-01-01T00:00:01Z"))

    assert deploying.wanted(world) == made
    assert deploying.refs(world) == ["master", "next"]
    world.check()


def test_a_restart_of_the_platform_knows_what_gears_run(world):
    world.create(gears=3)
    made = deploying.deploy_code(world)

    world.reopen()

    assert deploying.on_nodes(world) == [made] * 3
    world.check()


def test_a_deployment_waits_for_the_one_before_it(world):
    world.create(gears=2)
    channel = HeldChannel(world)
    with ThreadPoolExecutor() as threads:
        first = threads.submit(deploying.deploy_code, world, "one", replace(world.platform, channel=channel))
        assert channel.begun.wait(20)
        second = threads.submit(deploying.deploy_code, world, "two")
        eventually(lambda: any(entry.state == "queued" for entry in history(world)), "the second one waits")
        channel.opened.set()
        assert first.result(20) != second.result(20)

    assert deploying.running(world) == [second.result()] * 2
    world.check()
