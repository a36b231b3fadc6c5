"""Many requests at once, from threads of one process and from two processes on one database."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from scenarios.world import World, eventually

from broker.bootstrap import build
from broker.core.errors import ApplicationBusy, NoNodeAvailable, QuotaExceeded, Refusal
from broker.core.node import Liveness
from broker.core.scaling import ScaleDirection
from broker.interfaces import Platform
from broker.simulator.embedded import simulated_nodes
from broker.usecases import accounts, aliases, applications, environment
from broker.usecases.availability import disable_ha, enable_ha
from broker.usecases.nodes import change_liveness, register_nodes
from broker.usecases.outbox_relay import number_events
from broker.usecases.reports import find_reports
from broker.usecases.scaling import scale
from broker.usecases.state import StateEvent, change_state
from broker.usecases.wishes import ApplicationWish, CartridgeWish

THREADS = 8
NAMES = ("one", "two", "three")


def _wish(name: str, *, ha: bool = False) -> ApplicationWish:
    return ApplicationWish(name=name, namespace="demo", cartridges=(CartridgeWish(name="php-5.4"),), scale=True, ha=ha)


def _anything(platform: Platform, world: World, draw: random.Random) -> Callable[[], object]:
    """One request of those that change an application."""
    user, name = world.demo, draw.choice(NAMES)
    number = draw.randrange(1, 9)
    return draw.choice(
        [
            lambda: scale(platform, user, name, ScaleDirection.UP, to=number),
            lambda: scale(platform, user, name, ScaleDirection.DOWN, to=number),
            lambda: scale(platform, user, name, ScaleDirection.UP, by=2),
            lambda: enable_ha(platform, user, name),
            lambda: disable_ha(platform, user, name, scale_down=number > 4),
            lambda: aliases.add_alias(platform, user, name, f"www{number}.shop.org"),
            lambda: aliases.remove_alias(platform, user, name, f"www{number}.shop.org"),
            lambda: change_state(platform, user, name, draw.choice(list(StateEvent))),
            lambda: environment.patch_variables(
                platform, user, name, [("OPENSHIFT_HAPROXY_GEAR_RATIO", str(number - 2))], []
            ),
            lambda: applications.delete_application(platform, user, name),
            lambda: applications.create_application(platform, user, _wish(name, ha=number > 4)),
        ]
    )


def _busy(platforms: list[Platform], world: World, seed: int, requests: int) -> list[str]:
    """What was refused; whatever else goes wrong is raised."""
    draw = random.Random(seed)  # noqa: S311 a seeded load
    refused = []
    for _ in range(requests):
        try:
            _anything(draw.choice(platforms), world, draw)()
        except Refusal as refusal:
            refused.append(type(refusal).__name__)
    return refused


def _all_at_once(platforms: list[Platform], world: World, requests: int) -> list[str]:
    with ThreadPoolExecutor(THREADS) as threads:
        busy = [threads.submit(_busy, platforms, world, seed, requests) for seed in range(THREADS)]
        return [name for each in busy for name in each.result()]


def test_eight_threads_leave_three_applications_whole_on_a_fleet_that_is_too_small(found):
    world = found(capacity=3, APPLICATION_WAIT_SECONDS="30")
    for name in NAMES:
        world.create(name)

    _all_at_once([world.platform], world, 15)
    world.heal()

    world.check()


def test_a_quota_is_never_exceeded_however_many_ask_at_once(found):
    world = found(APPLICATION_WAIT_SECONDS="30")
    accounts.change_user(world.platform, "demo", max_gears=7)
    for name in NAMES:
        world.create(name)
    highest: list[int] = []
    user = world.demo

    def grow(name: str) -> None:
        for _ in range(4):
            try:
                scale(world.platform, user, name, ScaleDirection.UP)
            except Refusal as refusal:
                assert type(refusal).__name__ in {"QuotaExceeded", "LimitReached"}  # noqa: PT017 all others are raised
            highest.append(world.demo.consumed_gears)

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(grow, NAMES * 3))

    assert (max(highest), world.demo.consumed_gears) == (7, 7)
    world.check()


def test_nodes_that_come_and_go_meanwhile_change_nothing_of_that(found):
    world = found(APPLICATION_WAIT_SECONDS="30")
    for name in NAMES:
        world.create(name, gears=3)
    over = threading.Event()

    def shake() -> None:
        draw = random.Random(1)  # noqa: S311 a seeded load
        while not over.is_set():
            node_id = draw.choice(world.node_ids)
            change_liveness(world.platform, [node_id], Liveness.UNRESPONSIVE)
            change_liveness(world.platform, [node_id], Liveness.RESPONSIVE)

    shaking = threading.Thread(target=shake)
    shaking.start()
    try:
        _all_at_once([world.platform], world, 8)
    finally:
        over.set()
        shaking.join()
    world.heal()

    world.check()


def test_positions_have_no_gap_however_many_relays_give_them(found):
    world = found(APPLICATION_WAIT_SECONDS="30")
    for name in NAMES:
        world.create(name)
    over = threading.Event()

    def relay() -> None:
        while not over.is_set():
            number_events(world.platform)

    relays = [threading.Thread(target=relay) for _ in range(3)]
    for each in relays:
        each.start()
    try:
        _all_at_once([world.platform], world, 6)
    finally:
        over.set()
        for each in relays:
            each.join()
    world.heal()

    world.check()


@pytest.fixture
def pair(found):
    """A platform, and another process's view of the same database and the same nodes."""
    world = found(capacity=2, nodes_per_zone=1, APPLICATION_WAIT_SECONDS="30")
    second = build(world.embedded.built.settings, channel=world.fleet)
    yield world, second
    second.close()


def test_a_second_process_sees_what_the_first_has_done(pair):
    world, second = pair
    world.create(gears=2)

    shown = applications.show_application(second.platform, world.demo, "shop")
    scaled = scale(second.platform, world.demo, "shop", ScaleDirection.DOWN)

    assert (shown.parts.gear_count, scaled.gears, len(world.gears())) == (2, 1, 1)


def test_a_plan_made_on_an_old_view_of_the_fleet_is_made_anew(pair):
    world, second = pair
    world.create("mine", gears=1)
    applications.create_application(second.platform, world.demo, _wish("theirs"))
    scale(second.platform, world.demo, "theirs", ScaleDirection.UP, to=4)

    world.scale(2, "mine")

    with world.platform.reading() as work:
        assert [node.gears for node in work.nodes.all()] == [2, 2, 2]


def test_a_full_fleet_refuses_in_both_processes(pair):
    world, second = pair
    world.create("mine", gears=6)

    with pytest.raises(NoNodeAvailable):
        applications.create_application(second.platform, world.demo, _wish("theirs"))

    world.check()


def test_room_that_another_process_has_made_is_found(pair):
    world, second = pair
    applications.create_application(second.platform, world.demo, _wish("theirs"))
    world.create("mine", gears=5)
    with pytest.raises(NoNodeAvailable):
        world.scale(6, "mine")

    applications.delete_application(second.platform, world.demo, "theirs")

    assert world.scale(6, "mine") == 6


def test_gears_that_another_process_has_placed_can_be_taken_away(pair):
    world, second = pair
    find_reports(second.platform, name="nothing")
    applications.create_application(second.platform, world.demo, _wish("young"))
    world.create("mine", gears=3)

    scale(second.platform, world.demo, "mine", ScaleDirection.DOWN, to=1)
    applications.delete_application(second.platform, world.demo, "mine")

    assert world.demo.consumed_gears == 1


def test_both_processes_know_a_lost_node_and_a_new_one(pair):
    world, second = pair
    world.create()
    find_reports(second.platform, name="shop")
    world.lose(world.node_ids[0])
    added = simulated_nodes("example.com", zones="d", nodes_per_zone=1)
    world.fleet.add(added[0].node_id)

    register_nodes(second.platform, added)

    with second.platform.reading() as theirs, world.platform.reading() as ours:
        assert theirs.nodes.unresponsive() == ours.nodes.unresponsive() == {world.node_ids[0]}
        assert ours.nodes.zone(added[0].node_id) == "d"


def test_only_one_operation_of_an_application_runs_whichever_process_has_begun_it(pair):
    world, second = pair
    world.create()
    slow = world.gears()[0].node_id
    user = world.demo
    world.fleet.node(slow).faults.slow_seconds = 0.04
    refused: list[str] = []

    def restart() -> None:
        change_state(world.platform, user, "shop", StateEvent.RESTART)

    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(restart)
        eventually(lambda: _is_running(world) or running.done(), "the operation")
        if not running.done():
            try:
                change_state(second.platform, user, "shop", StateEvent.STOP)
            except ApplicationBusy as busy:
                refused.append(busy.text)
        running.result()

    with world.platform.reading() as work:
        assert work.operation_history.open() == ()
    world.fleet.revive(slow)
    world.check()


def _is_running(world: World) -> bool:
    with world.platform.reading() as work:
        return bool(work.operation_history.open())


def test_two_processes_leave_three_applications_whole(found):
    world = found(capacity=4, APPLICATION_WAIT_SECONDS="30")
    second = build(world.embedded.built.settings, channel=world.fleet)
    for name in NAMES:
        world.create(name)

    _all_at_once([world.platform, second.platform], world, 8)
    world.heal()
    second.close()

    world.reopen()
    world.check()


def test_a_quota_refusal_says_what_is_used_and_wanted(world):
    accounts.change_user(world.platform, "demo", max_gears=4)
    world.create(gears=3)

    with pytest.raises(QuotaExceeded, match=r"demo is currently using 3 out of 4 limit.*requires 2 additional gears"):
        world.scale(5)

    world.check()


def test_the_quota_of_a_failed_scale_up_is_given_back_whole(world):
    world.create(gears=2)
    for node_id in world.node_ids:
        world.fleet.node(node_id).faults.fail_every = 1

    with pytest.raises(Exception, match="on purpose"):
        world.scale(7)

    assert world.demo.consumed_gears == 2
    world.heal()
    world.check()
