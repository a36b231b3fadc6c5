import pytest

from broker.cli.commands.app_info import LINE, USAGE, main
from broker.core.node import Liveness
from broker.core.scaling import ScaleDirection
from broker.usecases.groups import list_groups
from broker.usecases.nodes import change_liveness
from broker.usecases.scaling import scale

LOADING = "Loading broker environment... Done.\n"


def test_an_ha_application_is_shown_whole(world, run):
    view = world.create("testha", ha=True)
    application = view.parts.application
    scale(world.platform, world.owner, "testha", ScaleDirection.UP, to=3)
    gears = [gear.gear for gear in list_groups(world.platform, world.owner, "testha")[1][0].gears]

    ended = run(main, "--app", "testha")

    shown = [
        line
        for number, gear in enumerate(gears)
        for line in (
            f"    Gear[{number}]",
            f"      Server Identity: {gear.node_id}",
            f"      Gear UUID:       {gear.gear_id}",
            f"      Gear UID:        {gear.uid}",
            f"      Zone:            {gear.zone}",
            "      State:           started",
            *(["      Carries the web proxy"] if gear.carries_proxy else []),
        )
    ]
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "Loading broker environment... Done.",
        LINE,
        "Login:         demo",
        "Plan:          ",
        "App Name:      testha",
        f"App UUID:      {application.application_id}",
        f"Creation Time: {application.created_at}",
        "URL:           http://testha-test.example.com",
        "HA:            ha",
        "               survives the loss of any node: yes",
        "               survives the loss of any zone: yes",
        "",
        "  Group Instance[0]:",
        "    Components: ruby-1.9, haproxy-1.4",
        *shown,
        "",
        "Current DNS",
        "-----------",
        f"testha-test.example.com CNAME {gears[0].node_id}",
        "ha-testha-test.example.com CNAME www.example.com",
        LINE,
    ]


@pytest.mark.parametrize(
    "query",
    [
        ("-a", "testha"),
        ("-a", "TestHA"),
        ("-a", "none,testha"),
        ("-a", "/^test/"),
        ("-d", "test"),
        ("-d", "/^te.t$/"),
        ("-l", "demo"),
        ("-l", "/em/"),
        ("-f", "testha-test.example.com"),
        ("-f", "HA-testha-test.example.com."),
    ],
)
def test_every_kind_of_query_finds_the_application(world, run, query):
    world.create("testha")

    ended = run(main, *query)

    assert ended.status == 0
    assert ended.out.count("App Name:      testha\n") == 1


@pytest.mark.parametrize("form", ["{}", "/^{}$/"])
def test_a_gear_finds_its_application(world, run, form):
    world.create("other")
    view = world.create("testha", ha=True)
    _, (group,) = list_groups(world.platform, world.owner, "testha")

    ended = run(main, "--gear_uuid", form.format(group.gears[-1].gear.gear_id))

    assert ended.out.count("App UUID:") == 1
    assert f"App UUID:      {view.parts.application.application_id}\n" in ended.out


@pytest.mark.parametrize(
    ("option", "kind"),
    [("-a", "app"), ("-d", "domain"), ("-f", "fqdn"), ("-l", "login"), ("-u", "gear_uuid")],
)
def test_nothing_found_is_said_and_is_no_failure(world, run, option, kind):
    world.create("testha")

    ended = run(main, option, "none")

    assert (ended.status, ended.err) == (0, "")
    assert ended.out == f"{LOADING}Error: No apps found for {kind}: 'none'\n"


def test_a_pattern_that_is_none_is_refused(world, run):
    ended = run(main, "-a", "/(/")

    assert (ended.status, ended.out) == (1, LOADING)
    assert ended.err.startswith("Error: /(/ is not a regular expression: ")


def test_an_ha_application_that_has_lost_a_node_says_which_loss_it_would_not_survive(world, run):
    world.create("testha", ha=True)
    _, (group,) = list_groups(world.platform, world.owner, "testha")
    head, second = (gear.gear.node_id for gear in group.gears)
    change_liveness(world.platform, [second], Liveness.UNRESPONSIVE)

    ended = run(main, "-a", "testha")

    shown = ended.out.splitlines()
    verdict = shown.index("HA:            degraded")
    assert shown[verdict + 1 : verdict + 6] == [
        "               1 of 2 proxy gears can serve",
        f"               the loss of node {head} would not be survived",
        "               survives the loss of any node: no",
        "               survives the loss of any zone: no",
        "",
    ]


def test_an_application_that_is_not_ha_has_no_ha_name(world, run):
    world.create("plain")

    ended = run(main, "-a", "plain")

    assert "survives" not in ended.out
    assert "HA:            not_ha\n" in ended.out
    assert "ha-plain" not in ended.out


def test_without_a_query_help_goes_to_stderr_and_the_command_fails(run):
    ended = run(main)

    assert (ended.status, ended.out, ended.err) == (1, "", USAGE)


def test_an_unknown_option_is_one_line(run):
    ended = run(main, "--explode")

    assert (ended.status, ended.out, ended.err) == (1, "", "oo-app-info: unrecognized option '--explode'\n")


def test_help_is_no_failure(run):
    ended = run(main, "-h")

    assert (ended.status, ended.out, ended.err) == (0, USAGE, "")
