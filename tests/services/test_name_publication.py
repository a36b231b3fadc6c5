"""Names are published on a real BIND: what it refuses or misses waits with its reason, and nothing else does."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bind_server import KEY_NAME, OTHER_KEY, ZONE, Bind
from dns_publication import Interrupted, agree, in_the_table, publish, waiting
from scenarios.world import World, eventually

from broker.api.schemas.operations import ShownOperation
from broker.core.ids import OperationId
from broker.dns.updates import Rfc2136Server
from broker.interfaces import Platform
from broker.usecases.name_publication import dns_state
from broker.usecases.nodes import name_address
from broker.usecases.operation_history import OperationView
from broker.workers.name_publication import NamePublication, name_publication

pytestmark = pytest.mark.services("bind")

ROOT = Path(__file__).parents[2]
SHOP = f"shop-demo.{ZONE}"


@pytest.fixture
def world(tmp_path: Path, bind: Bind) -> Iterator[World]:
    made = World.founded(tmp_path / "data", **bind.settings())
    yield made
    made.close()


def test_the_names_of_an_application_come_and_go(world, bind):
    world.create(gears=3, ha=True)
    agree(world, bind)
    created = bind.names()
    world.scale(6)
    agree(world, bind)
    scaled = bind.names()
    world.disable(scale_down=True)
    agree(world, bind)
    world.delete()
    agree(world, bind)

    assert created[f"ha-{SHOP}"] == ("CNAME", f"www.{ZONE}")
    assert len(scaled) == len(created) + 3
    assert {kind for kind, _ in bind.names().values()} == {"A"}


def test_a_zone_that_is_new_gets_the_names_there_are(world, bind):
    world.create(gears=2)
    agree(world, bind)
    bind.stop()
    bind.new_zone()
    bind.start()
    lost = bind.names()

    agree(world, bind)

    assert lost == {}
    assert SHOP in bind.names()


def test_without_a_server_nothing_is_noted(tmp_path):
    world = World.founded(tmp_path / "data")
    world.create(gears=2)

    assert waiting(world.platform) == []
    assert dns_state(world.platform).server is None
    world.close()


def test_while_the_server_is_away_applications_come_and_go_and_names_wait_with_the_reason(world, bind):
    agree(world, bind)
    bind.stop()
    world.create(gears=2)

    assert not publish(world.platform)
    assert not publish(world.platform)

    state = dns_state(world.platform)
    assert state.waiting == 2
    assert "Connection refused" in str(state.error)
    assert state.server is not None
    assert not state.server.reachable
    bind.start()
    agree(world, bind)
    assert dns_state(world.platform).error is None


def test_a_wrong_key_is_noted_without_the_key_and_the_right_one_mends_it(world, bind):
    bind.restart(key=OTHER_KEY)
    world.create()
    name_address(world.platform, f"www.{ZONE}", "127.0.0.1")

    assert not publish(world.platform)

    with world.platform.reading() as work:
        changes = work.name_changes.waiting(10, tried=True)
    assert [change.name for change in changes] == [SHOP, f"www.{ZONE}"]
    assert {change.attempts for change in changes} == {1}
    assert all("another value for the key" in str(change.error) for change in changes)
    assert all(bind.settings()["BIND_KEYVALUE"] not in str(change.error) for change in changes)
    bind.restart()
    agree(world, bind)


def test_a_name_that_is_refused_holds_no_other_up(world, bind):
    bind.restart(updates=f"update-policy {{ deny {KEY_NAME} name {SHOP}; grant {KEY_NAME} zonesub ANY; }}")
    world.create("shop")
    world.create("blog")

    assert not publish(world.platform)
    world.create("wiki")
    assert not publish(world.platform)

    assert waiting(world.platform) == [SHOP]
    assert f"wiki-demo.{ZONE}" in bind.names()
    bind.restart()
    agree(world, bind)


@pytest.mark.parametrize("instant", ["before", "after"])
def test_a_publisher_that_is_killed_has_left_nothing_undone(world, bind, instant, tmp_path):
    agree(world, bind)
    world.create(gears=3)
    environment = {**os.environ, **bind.settings(), "GEARBROKER_DATA_DIR": str(tmp_path / "data")}
    command = [sys.executable, str(ROOT / "tests" / "dying_publisher.py"), instant]
    died = subprocess.run(command, env={**environment, "PYTHONPATH": str(ROOT)}, check=False, timeout=60)
    left = waiting(world.platform)
    seen = bind.names()
    agree(world, bind)

    assert died.returncode == -signal.SIGKILL
    assert len(left) == 3
    assert (SHOP in seen) is (instant == "after")


def point_elsewhere(platform: Platform) -> None:
    with platform.unit_of_work() as work:
        work.names.put([(SHOP, "CNAME", "elsewhere.example.org")], None)
        work.commit()


def test_what_was_read_before_another_published_is_not_published(world, bind):
    """The slower of two workers has read the name as it was before, and the faster one is done with it."""
    agree(world, bind)
    world.create()

    def faster() -> None:
        point_elsewhere(world.platform)
        assert publish(world.platform)

    done = publish(world.platform, Interrupted(bind, before=faster))

    assert not done
    assert waiting(world.platform) == []
    assert bind.names()[SHOP] == ("CNAME", "elsewhere.example.org")


def test_what_changes_while_it_is_told_is_told_again(world, bind):
    agree(world, bind)
    world.create()

    assert publish(world.platform, Interrupted(bind, after=lambda: point_elsewhere(world.platform)))

    assert waiting(world.platform) == []
    assert bind.names()[SHOP] == ("CNAME", "elsewhere.example.org")


def test_what_another_has_cleared_and_is_noted_anew_stays_noted(world, bind):
    """What the slower of two workers has told is no longer what it clears."""
    agree(world, bind)
    world.create()
    left = []

    def faster() -> None:
        assert publish(world.platform)
        left.extend(waiting(world.platform))
        point_elsewhere(world.platform)

    publish(world.platform, Interrupted(bind, after=faster))

    assert left == []
    agree(world, bind)
    assert bind.names()[SHOP] == ("CNAME", "elsewhere.example.org")


def test_the_worker_publishes_by_itself_and_gets_over_an_outage(world, bind):
    workers = name_publication(world.platform)
    for worker in workers:
        worker.start()
    try:
        world.create(gears=2)
        eventually(lambda: bind.names() == in_the_table(world.platform), "publication")
        bind.stop()
        world.create("blog")
        eventually(lambda: dns_state(world.platform).error is not None, "a failed attempt")
        bind.start()
        eventually(lambda: bind.names() == in_the_table(world.platform), "publication after the outage")
        eventually(lambda: not waiting(world.platform), "clearing")
    finally:
        for worker in workers:
            worker.stop()


@pytest.mark.parametrize("refused", [SHOP, ZONE])
def test_each_pause_before_what_was_in_vain_is_tried_again_is_twice_the_last(world, bind, refused):
    bind.restart(updates=f"update-policy {{ deny {KEY_NAME} subdomain {refused}; grant {KEY_NAME} zonesub ANY; }}")
    time = 0.0
    publication = NamePublication(world.platform, Rfc2136Server(bind.exchange(), ZONE, ZONE), now=lambda: time)
    world.create()
    attempts = []
    for half_seconds in range(16):
        time = half_seconds / 2
        world.platform.names_changed.set()
        publication.tick()
        with world.platform.reading() as work:
            attempts += [change.attempts for change in work.name_changes.waiting(1, tried=True, after="s")]

    assert attempts == [1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5]


def test_a_name_outside_the_zone_is_tried_less_and_less_often_and_the_server_is_left_alone(world, bind):
    agree(world, bind)
    time = 0.0
    server = Rfc2136Server(bind.exchange(), ZONE, ZONE)
    publication = NamePublication(world.platform, server, now=lambda: time)
    name_address(world.platform, "www.elsewhere.org", "127.0.0.1")
    fence = server.fence()
    tried = []
    for minute in range(61):
        time = minute * 60.0
        world.platform.names_changed.set()
        publication.tick()
        with world.platform.reading() as work:
            tried += [change.attempts for change in work.name_changes.waiting(1, tried=True)]

    # Each minute in the beginning, every ten minutes in the end, instead of four times a minute.
    assert (tried[0], tried[-1] < 20) == (1, True)
    assert server.fence() == fence

    world.create()
    world.platform.names_changed.set()
    publication.tick()
    assert SHOP in bind.names()


def test_an_owner_is_told_nothing_of_the_server_beside_the_broker(world, bind):
    bind.stop()
    world.create()
    publish(world.platform)
    with world.platform.reading() as work:
        (change,) = [each for each in work.name_changes.waiting(10, tried=True) if each.name == SHOP]
    shown = ShownOperation(entry=None, frame=None, view=OperationView(entry=None, steps=(), names=(change,))).steps
    bind.start()

    assert "127.0.0.1" in str(change.error)
    assert [(step.kind, step.reason) for step in shown] == [("publish_name", "waits for the DNS server")]


def test_an_operation_shows_what_of_its_names_is_on_the_way(world, bind):
    agree(world, bind)
    bind.stop()
    operation_id = OperationId("a" * 24)
    with world.platform.unit_of_work() as work:
        work.names.put([(SHOP, "CNAME", f"node-a1.{ZONE}")], None, operation_id=operation_id)
        work.commit()
    publish(world.platform)
    with world.platform.reading() as work:
        on_the_way = work.name_changes.waiting_of(operation_id)
    bind.start()
    agree(world, bind)

    assert [(change.name, change.attempts) for change in on_the_way] == [(SHOP, 1)]
    assert "Connection refused" in str(on_the_way[0].error)
    with world.platform.reading() as work:
        assert work.name_changes.waiting_of(operation_id) == ()
