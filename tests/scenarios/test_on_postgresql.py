"""The same platform on PostgreSQL, where several processes write at once."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from scenarios.test_many_at_once import NAMES, _all_at_once
from scenarios.world import World, eventually
from sqlalchemy import text
from store.waiting import wait_for_locks

from broker.bootstrap import Built, build
from broker.core.errors import Refusal
from broker.core.node import Liveness
from broker.core.scaling import ScaleDirection
from broker.interfaces import Collided
from broker.store.engine import LOCK_MILLISECONDS
from broker.usecases import accounts, aliases, applications, namespaces
from broker.usecases.deployment_wishes import DeploymentWish
from broker.usecases.deployments import deploy
from broker.usecases.nodes import change_liveness, list_nodes
from broker.usecases.outbox_relay import number_events
from broker.usecases.routing import take_snapshot
from broker.usecases.scaling import scale
from broker.usecases.state import StateEvent, change_state
from broker.usecases.wishes import ApplicationWish, CartridgeWish

pytestmark = pytest.mark.services("postgresql")


@pytest.fixture
def world(tmp_path: Path, postgresql_url: str) -> Iterator[World]:
    made = World.founded(tmp_path, capacity=4, DATABASE_URL=postgresql_url, APPLICATION_WAIT_SECONDS="30")
    yield made
    made.close()


@pytest.fixture
def second(world: World) -> Iterator[Built]:
    """Another process's view of the same database and the same nodes."""
    made = build(world.embedded.built.settings, channel=world.fleet)
    yield made
    made.close()


def test_the_life_of_an_application(world):
    world.create(gears=3, cartridges=("php-5.4", "mysql-5.5"))
    world.enable()
    world.scale(6)
    aliases.add_alias(world.platform, world.demo, "shop", "www.shop.org")
    world.lose(world.gears()[0].node_id)
    world.check(healed=False)
    world.heal()
    world.check()
    change_state(world.platform, world.demo, "shop", StateEvent.STOP)
    change_state(world.platform, world.demo, "shop", StateEvent.START)
    deploy(world.platform, world.demo, "shop", DeploymentWish(ref="next"))
    world.scale(2)
    world.disable(scale_down=True)
    world.reopen()
    world.check()
    world.delete()

    world.check()


def test_faults_of_nodes_leave_everything_in_agreement(world):
    world.create(gears=3)
    world.fleet.node(world.node_ids[0]).faults.fail_every = 1
    world.fleet.kill(world.node_ids[3])

    assert world.scale(9) == 9
    world.check(healed=False)
    world.heal()

    world.check()


def test_threads_of_one_process_leave_three_applications_whole(world):
    for name in NAMES:
        world.create(name)

    _all_at_once([world.platform], world, 6)
    world.heal()

    world.check()


def test_two_processes_leave_three_applications_whole_while_nodes_come_and_go(world, second):
    for name in NAMES:
        world.create(name)
    over = threading.Event()

    def shake(built: Built) -> None:
        while not over.is_set():
            change_liveness(built.platform, world.node_ids[:2], Liveness.UNRESPONSIVE)
            change_liveness(built.platform, world.node_ids[:2], Liveness.RESPONSIVE)
            number_events(built.platform)

    shaking = [threading.Thread(target=shake, args=(each,)) for each in (world.embedded.built, second)]
    for each in shaking:
        each.start()
    try:
        _all_at_once([world.platform, second.platform], world, 6)
    finally:
        over.set()
        for each in shaking:
            each.join()
    world.heal()
    world.reopen()

    world.check()


def test_room_made_and_room_taken_by_another_process_are_found(world, second):
    world.create(gears=20)
    scale(second.platform, world.demo, "shop", ScaleDirection.DOWN, to=2)

    world.create("young", gears=20)

    assert len(applications.list_applications(second.platform, world.demo)) == 2


def test_a_snapshot_sees_one_state_of_the_database(world, second):
    world.create(gears=2)

    with world.platform.reading() as reading:
        before = reading.log.last_position()
        scale(second.platform, world.demo, "shop", ScaleDirection.UP, to=4)
        number_events(second.platform)
        gears = reading.gears.all()
        after = reading.log.last_position()

    assert (before, len(gears)) == (after, 2)
    assert len(take_snapshot(world.platform, world.other).tables) == 1


def test_two_namespaces_at_once_are_not_one_more_than_an_owner_may_have(world, second):
    accounts.change_user(world.platform, "demo", max_namespaces=4)
    demo = world.demo
    create = [partial(namespaces.create_namespace, each.platform, demo) for each in (world.embedded.built, second)]

    for number in range(4):
        _both(partial(create[0], f"a{number}"), partial(create[1], f"b{number}"))

    assert accounts.count_namespaces(world.platform, demo) == 4


def _both(*acts: Callable[[], object]) -> None:
    """Do these things at once; each may be refused."""
    begin = threading.Barrier(len(acts), timeout=30)

    def run(act: Callable[[], object]) -> None:
        begin.wait()
        with suppress(Refusal):
            act()

    with ThreadPoolExecutor(len(acts)) as threads:
        list(threads.map(run, acts))


def test_a_creation_that_names_a_region_and_waits_for_a_row_holds_nobody_up_who_places(world):
    region = list_nodes(world.platform)[0].region
    waits = threading.Thread(target=create_in, args=(world, world.demo, region))
    places = threading.Thread(target=create_in, args=(world, world.other, None))
    with world.platform.unit_of_work() as work:
        work.namespaces.locked(namespace_of(work, world.demo))
        waits.start()
        try:
            wait_for_locks(work)
            places.start()
            eventually(lambda: not places.is_alive(), "the creation that has nothing to wait for")
            assert waits.is_alive()
        finally:
            work.commit()
    waits.join()

    world.check()


def create_in(world, user, region):
    php = (CartridgeWish(name="php-5.4"),)
    wish = ApplicationWish(name="shop", namespace=user.login, cartridges=php, region=region)
    applications.create_application(world.platform, user, wish)


def namespace_of(work, user):
    return work.namespaces.by_name(user.login).namespace_id


def test_a_wait_for_a_lock_that_never_comes_ends_with_the_advice_to_try_again(world):
    """The database cannot see a deadlock of which a lock of the process is a part."""
    with world.platform.unit_of_work() as work:
        patience = work._connection.execute(text("SHOW lock_timeout")).scalar()
        assert patience == f"{LOCK_MILLISECONDS // 1000}s"
        work.namespaces.locked(namespace_of(work, world.demo))
        with pytest.raises(Collided):
            lock_impatiently(world)


def lock_impatiently(world):
    with world.platform.unit_of_work() as work:
        work._connection.execute(text("SET LOCAL lock_timeout = 50"))
        work.namespaces.locked(namespace_of(work, world.demo))
