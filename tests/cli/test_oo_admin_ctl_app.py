import pytest

from broker.cli.commands.ctl_app import USAGE, main
from broker.core.scaling import ScaleDirection
from broker.usecases.groups import list_groups
from broker.usecases.namespaces import create_namespace
from broker.usecases.scaling import scale

MULTIPLY = ("-l", "demo", "-a", "testha", "-c", "set-multiplier", "--cartridge", "haproxy-1.4", "--multiplier", "3")


def test_a_multiplier_of_three_gives_the_proxy_to_the_ninth_gear_and_to_none_before(world, run):
    world.create("testha", ha=True)

    ended = run(main, *MULTIPLY)
    scale(world.platform, world.owner, "testha", ScaleDirection.UP, to=9)

    assert (ended.status, ended.out, ended.err) == (0, "Success\n", "")
    _, (group,) = list_groups(world.platform, world.owner, "testha")
    assert [gear.gear.carries_proxy for gear in group.gears] == [True, True, *[False] * 6, True]


def test_setting_the_multiplier_changes_no_gear_by_itself(world, run):
    world.create("testha", ha=True)
    scale(world.platform, world.owner, "testha", ScaleDirection.UP, to=9)
    before = list_groups(world.platform, world.owner, "testha")[1][0].gears

    run(main, *MULTIPLY)

    assert list_groups(world.platform, world.owner, "testha")[1][0].gears == before


def test_status_names_the_application_and_its_gears_first_then_each_cartridge_on_each_gear(world, run):
    view = world.create("testha", ha=True)
    scale(world.platform, world.owner, "testha", ScaleDirection.UP, to=3)
    _, (group,) = list_groups(world.platform, world.owner, "testha")
    first, second, third = [(gear.gear.gear_id, gear.gear.node_id) for gear in group.gears]

    ended = run(main, "-l", "demo", "-a", "testha", "-c", "status")

    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        f"Application UUID is {view.parts.application.application_id}",
        *(f"GEAR UUID is {gear_id}" for gear_id, _ in (first, second, third)),
        *(f"Gear {gear_id} on {node}: ruby-1.9 is started" for gear_id, node in (first, second, third)),
        *(f"Gear {gear_id} on {node}: haproxy-1.4 is started" for gear_id, node in (first, second)),
    ]


def test_with_a_namespace_the_application_of_that_namespace_is_meant(world, run):
    create_namespace(world.platform, world.owner, "other")
    world.create("twin")
    view = world.create("twin", namespace="other")

    ended = run(main, "-l", "demo", "-a", "TWIN", "-n", "Other", "-c", "status")

    assert ended.out.startswith(f"Application UUID is {view.parts.application.application_id}\n")


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (("-l", "nobody", "-a", "testha", "-c", "status"), "User nobody not found."),
        (("-l", "demo", "-a", "none", "-c", "status"), "Application none for user demo not found."),
        # The original forgets to say anything here and crashes.
        (("-l", "demo", "-a", "testha", "-n", "none", "-c", "status"), "Application testha for user demo not found."),
        # The cartridge is looked at whatever the command is.
        (
            ("-l", "demo", "-a", "testha", "-c", "status", "--cartridge", "php-5.4"),
            "Cartridge php-5.4 not found in the application testha",
        ),
        (("-l", "demo", "-a", "testha", "-c", "set-multiplier"), "Cartridge is required to set multiplier"),
        (MULTIPLY[:-2], "Multiplier factor is a required argument"),
        (
            ("-l", "demo", "-a", "testha", "-c", "set-multiplier", "--cartridge", "ruby-1.9", "--multiplier", "3"),
            "Cannot set multiplier factor. Cartridge ruby-1.9 needs to be a sparse cart.",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_the_words_of_the_original(world, run, argv, text):
    world.create("testha")

    ended = run(main, *argv)

    assert (ended.status, ended.out, ended.err) == (1, f"{text}\n", "")


@pytest.mark.parametrize("multiplier", ["many", "", "2.5", "-2", "1_0", "9" * 30])
def test_a_multiplier_that_is_no_number_is_refused(world, run, multiplier):
    world.create("testha")

    ended = run(main, *MULTIPLY[:-1], f"{multiplier}")

    assert (ended.status, ended.out) == (1, "")
    assert ended.err == f"Multiplier factor must be a whole number from -1 on, not '{multiplier}'\n"


def test_an_unknown_command_is_told_after_the_application_was_found(world, run):
    world.create("testha")

    ended = run(main, "-l", "demo", "-a", "testha", "-c", "explode")

    assert (ended.status, ended.err) == (255, "")
    assert ended.out == f"Command must be one of: (set-multiplier|status)\n{USAGE}"


@pytest.mark.parametrize("argv", [(), ("-l", "demo", "-a", "testha"), ("-a", "testha", "-c", "status")])
def test_without_login_application_or_command_the_usage_is_shown(run, argv):
    ended = run(main, *argv)

    assert (ended.status, ended.out, ended.err) == (255, USAGE, "")


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (("--explode",), "oo-admin-ctl-app: unrecognized option '--explode'\n"),
        (("-l",), "oo-admin-ctl-app: argument -l/--login: expected one argument\n"),
        # `--c` begins both --command and --cartridge.
        (
            ("--c", "status"),
            "oo-admin-ctl-app: ambiguous option: --c could match --command, --cartridge\n",
        ),
    ],
)
def test_an_option_that_cannot_be_read_is_one_line_and_the_usage(run, argv, text):
    ended = run(main, *argv)

    assert (ended.status, ended.out, ended.err) == (255, USAGE, text)


def test_unique_prefixes_and_glued_values_are_read(world, run):
    world.create("testha")

    ended = run(main, "--log=demo", "-atestha", "--com", "set-multiplier", "--car", "haproxy-1.4", "--mul=3")

    assert (ended.status, ended.out) == (0, "Success\n")


def test_help_is_the_usage_and_no_failure(run):
    ended = run(main, "--help")

    assert (ended.status, ended.out, ended.err) == (0, USAGE, "")
