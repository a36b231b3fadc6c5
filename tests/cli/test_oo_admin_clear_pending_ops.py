import re
from dataclasses import replace

import pytest
from sqlalchemy import update

from broker.bootstrap import build, load_settings, only_process_in
from broker.cli.commands.clear_pending_ops import USAGE, main
from broker.core.ids import OperationId
from broker.core.scaling import ScaleDirection
from broker.interfaces import Accepted, Origin
from broker.process.clock import SystemClock
from broker.simulator.embedded import simulated_nodes
from broker.store.tables import operations
from broker.usecases.accounts import create_user
from broker.usecases.applications import create_application, list_applications
from broker.usecases.groups import list_groups
from broker.usecases.namespaces import create_namespace
from broker.usecases.nodes import register_nodes
from broker.usecases.processes import beat, this_process
from broker.usecases.scaling import scale
from broker.usecases.wishes import ApplicationWish, CartridgeWish

MODULE = "broker.cli.commands.clear_pending_ops"
HOUR = 3600


def summary(applications):
    return (
        f"{applications} applications were cleaned up. 0 users were cleaned up."
        " 0 domains were cleaned up. 0 teams were cleaned up."
    )


class Earlier:
    """The clock of the machine, so many seconds ago."""

    def __init__(self, seconds):
        self._seconds = seconds

    def now(self):
        return SystemClock().now() - self._seconds


def left_open(world, name, *, seconds_ago=0.0):
    """A scaling by one gear that nobody waits for and nobody carries out, begun so long ago."""
    platform = replace(world.platform, origin=Origin(respond_async=True), clock=Earlier(seconds_ago))
    with pytest.raises(Accepted) as accepted:
        scale(platform, world.owner, name, ScaleDirection.UP, by=1)
    return accepted.value.operation_id


def in_the_hands_of(world, operation_id, process_id):
    with world.embedded.built.database.writing() as connection:
        connection.execute(
            update(operations).where(operations.c.operation_id == operation_id).values(driver=process_id)
        )
        connection.commit()


def state_of(world, operation_id):
    with world.platform.reading() as work:
        entry = work.operation_history.by_id(OperationId(operation_id))
    return entry.state, entry.driver


def gears(world, name):
    _, (group,) = list_groups(world.platform, world.owner, name)
    return [gear.gear.lifecycle for gear in group.gears]


def id_of(view):
    return view.parts.application.application_id


def test_an_operation_that_was_left_open_is_carried_to_its_end(world, run):
    application_id = id_of(world.create("testha"))
    operation_id = left_open(world, "testha")

    ended = run(main, "-t", "0")

    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        f"Operation {operation_id} (scale_up) of testha ({application_id}) was completed",
        summary(1),
    ]
    assert gears(world, "testha") == ["started", "started"]


def test_by_default_only_what_is_older_than_an_hour_is_touched(world, run):
    world.create("old")
    world.create("young")
    old, young = left_open(world, "old", seconds_ago=2 * HOUR), left_open(world, "young", seconds_ago=HOUR / 2)

    ended = run(main)

    assert [line.split()[1] for line in ended.out.splitlines()[:-1]] == [old]
    assert ended.out.endswith(f"{summary(1)}\n")
    assert state_of(world, young)[0] == "running"


@pytest.mark.parametrize(("hours", "cleared"), [("3", 0), ("2", 0), ("1", 1), ("0", 1)])
def test_the_age_is_given_in_hours(world, run, hours, cleared):
    world.create("testha")
    left_open(world, "testha", seconds_ago=1.5 * HOUR)

    ended = run(main, f"--time={hours}")

    assert ended.out.splitlines()[-1] == summary(cleared)


def test_with_the_id_of_an_application_its_operations_are_cleared_whatever_their_age_and_no_others(world, run):
    application_id = id_of(world.create("one"))
    world.create("other")
    wanted, other = left_open(world, "one"), left_open(world, "other", seconds_ago=2 * HOUR)

    ended = run(main, "-u", application_id)

    assert [line.split()[1] for line in ended.out.splitlines()[:-1]] == [wanted]
    assert state_of(world, other)[0] == "running"


def test_what_waits_is_cleared_after_what_it_waits_for_and_the_application_is_counted_once(world, run):
    world.create("testha")
    first, second, third = (left_open(world, "testha") for _ in range(3))

    ended = run(main, "-t", "0")

    assert [line.split()[1] for line in ended.out.splitlines()[:-1]] == [first, second, third]
    assert ended.out.endswith(f"{summary(1)}\n")
    assert gears(world, "testha") == ["started"] * 4


def test_an_operation_of_a_process_that_has_ended_is_gone_on_with(world, run):
    world.create("testha")
    operation_id = left_open(world, "testha")
    dead = replace(world.platform, process_id="d" * 24)
    beat(dead, this_process(dead, "embedded", "here"))
    in_the_hands_of(world, operation_id, "d" * 24)

    run(main, "-t", "0")

    assert state_of(world, operation_id)[0] == "completed"
    assert gears(world, "testha") == ["started", "started"]


def test_beside_a_broker_that_runs_nothing_is_taken_out_of_its_hands(world, run):
    world.create("testha")
    world.create("second")
    driven, free = left_open(world, "testha"), left_open(world, "second")
    living = replace(world.platform, process_id="c" * 24)
    beat(living, this_process(living, "embedded", "this.example.com"))
    in_the_hands_of(world, driven, "c" * 24)

    with only_process_in(world.directory):
        ended = run(main, "-t", "0")

    lines = ended.out.splitlines()
    assert lines[0].endswith(f"is being worked on by process {'c' * 24} on this.example.com")
    assert lines[1].endswith("is left to the broker that runs here, which takes it by itself")
    assert lines[2] == summary(0)
    assert [state_of(world, each) for each in (driven, free)] == [("running", "c" * 24), ("running", None)]


def test_what_cannot_be_cleared_is_said_and_the_others_are_cleared(world, run):
    application_id = id_of(world.create("broken"))
    world.create("whole")
    broken, whole = left_open(world, "broken"), left_open(world, "whole")
    with world.embedded.built.database.writing() as connection:
        connection.execute(update(operations).where(operations.c.operation_id == broken).values(ending="unheard_of"))
        connection.commit()

    ended = run(main, "-t", "0")

    assert ended.status == 0
    assert f"Failed to clear op for app ({application_id}) - {broken}: " in ended.out
    assert ended.out.endswith(f"{summary(1)}\n")
    assert (state_of(world, broken)[0], state_of(world, whole)[0]) == ("running", "completed")


def test_without_anything_open_nothing_is_done(world, run):
    world.create("testha")

    assert run(main, "-t", "0").out == f"{summary(0)}\n"
    assert run(main, "--uuid", "f" * 24).out == f"{summary(0)}\n"


@pytest.mark.parametrize("hours", ["many", "-1", "1.5", "", "9" * 30])
def test_hours_that_are_none_are_refused_with_the_usage(run, hours):
    ended = run(main, f"--time={hours}")

    assert (ended.status, ended.out) == (255, USAGE)
    assert ended.err.startswith("oo-admin-clear-pending-ops: argument -t/--time: a whole number of hours is expected")


@pytest.mark.parametrize("argv", [("--explode",), ("-t",), ("--uuid",)])
def test_an_option_that_cannot_be_read_is_one_line_and_the_usage(run, argv):
    ended = run(main, *argv)

    assert (ended.status, ended.out) == (255, USAGE)
    assert ended.err.count("\n") == 1


def test_help_is_the_usage_and_no_failure(run):
    assert run(main, "-h") == run(main, "--help")
    assert (run(main, "-h").status, run(main, "-h").out) == (0, USAGE)


def test_a_directory_without_a_broker_is_refused_and_stays_empty(tmp_path, process):
    ended = process(MODULE, GEARBROKER_DATA_DIR=str(tmp_path))

    assert (ended.status, ended.out) == (78, "")
    assert "There is no broker's data" in ended.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.services("postgresql", "rabbitmq")
def test_among_processes_that_share_a_platform_it_is_one_more_and_rolls_back_what_no_node_answers(
    postgresql_url, rabbitmq_url, process, tmp_path
):
    environment = {
        "SECRET_KEY_FILE": str(tmp_path / "secret.key"),
        "DATABASE_URL": postgresql_url,
        "BUS_URL": rabbitmq_url,
        "NODES": "bus",
        "COMMAND_DEADLINE_SECONDS": "0.2",
    }
    made = build(load_settings(environment), create=True)
    register_nodes(made.platform, simulated_nodes("example.com", zones="abc", nodes_per_zone=1))
    create_user(made.platform, "demo", "password")
    with made.platform.reading() as work:
        owner = work.users.by_login("demo")
    create_namespace(made.platform, owner, "test")
    wish = ApplicationWish(name="testha", namespace="test", cartridges=(CartridgeWish(name="ruby-1.9"),), scale=True)
    with pytest.raises(Accepted):
        create_application(replace(made.platform, origin=Origin(respond_async=True)), owner, wish)

    ended = process(MODULE, "-t", "0", **environment)

    assert (ended.status, ended.err) == (0, "")
    assert re.search(r"\(create_application\) of testha .* was rolled back: .*did not answer", ended.out), ended.out
    assert ended.out.endswith(f"{summary(1)}\n")
    assert list_applications(made.platform, owner) == ()
    with made.platform.reading() as work:
        assert work.processes.all() == ()
    made.close()
