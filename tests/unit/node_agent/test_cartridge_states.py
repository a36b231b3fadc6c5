import pytest
from node_host import CARTRIDGE, DATABASE, Host, command, creation, of_cartridge, wish

BOTH = [CARTRIDGE, DATABASE]
STATES = ["start_cartridge", "stop_cartridge", "restart_cartridge"]


@pytest.fixture
def host(host: Host) -> Host:
    """A host with a started gear g1 that carries two cartridges."""
    host.agent.handle_all([creation("g1", cartridges=BOTH)])
    host.runtime.acts.clear()
    return host


def stopped(host: Host) -> tuple[str, ...]:
    return host.book.get("g1").stopped_cartridges()


def test_a_stopped_cartridge_does_not_run_while_its_gear_and_the_others_do(host: Host) -> None:
    reply = host.agent.handle_all([of_cartridge("stop_cartridge", "mysql-5.5")])[0]

    gear = host.book.get("g1")
    assert (reply.ok, reply.gear_state, reply.uid, reply.endpoints) == (True, "started", 1000, ())
    assert (gear.runs("mysql-5.5"), gear.runs("php-5.4"), gear.runs("cron-1.4")) == (False, True, False)
    assert host.runtime.acts == [("stop", "g1", "mysql-5.5")]


@pytest.mark.parametrize("kind", ["start_cartridge", "restart_cartridge"])
def test_a_stopped_cartridge_runs_again_once_it_is_started_or_restarted(host: Host, kind: str) -> None:
    host.agent.handle_all([of_cartridge("stop_cartridge", "php-5.4"), of_cartridge(kind, "php-5.4")])

    assert host.book.get("g1").runs("php-5.4")
    assert host.runtime.acts[1:] == [(kind.removesuffix("_cartridge"), "g1", "php-5.4")]


@pytest.mark.parametrize("crash", [True, False])
@pytest.mark.parametrize("kind", ["start_gear", "restart_gear"])
def test_starting_or_restarting_a_gear_starts_all_its_cartridges_again(host: Host, kind: str, *, crash: bool) -> None:
    host.agent.handle_all([of_cartridge("stop_cartridge", "php-5.4"), of_cartridge("stop_cartridge", "mysql-5.5")])
    if crash:
        host.crash()
    assert stopped(host) == ("php-5.4", "mysql-5.5")

    host.agent.handle_all([command(kind, "g1")])

    assert stopped(host) == ()


@pytest.mark.parametrize("kind", [*STATES, "reload_cartridge"])
def test_nothing_starts_on_a_stopped_gear_because_of_one_of_its_cartridges(host: Host, kind: str) -> None:
    host.agent.handle_all([command("stop_gear", "g1", force=False)])

    reply = host.agent.handle_all([of_cartridge(kind, "php-5.4")])[0]

    assert (reply.ok, reply.gear_state) == (True, "stopped")
    assert (host.book.get("g1").runs("php-5.4"), host.runtime.acts) == (False, [])


def test_a_running_cartridge_is_reloaded_and_a_stopped_one_stays_as_it_is(host: Host) -> None:
    host.agent.handle_all([of_cartridge("stop_cartridge", "php-5.4")])
    before = host.book.snapshot()

    replies = host.agent.handle_all([of_cartridge("reload_cartridge", name) for name in ("php-5.4", "mysql-5.5")])

    assert [each.ok for each in replies] == [True, True]
    assert host.runtime.acts[1:] == [("reload", "g1", "mysql-5.5")]
    assert host.book.snapshot() == before


@pytest.mark.parametrize("kind", [*STATES, "reload_cartridge", "thread_dump"])
def test_what_a_gear_does_not_carry_is_refused_and_so_is_a_gear_that_is_not_there(host: Host, kind: str) -> None:
    before = host.book.snapshot()

    replies = host.agent.handle_all(
        [of_cartridge(kind, "cron-1.4"), command(kind, "g9", cartridge="php-5.4"), command(kind, "g1")]
    )

    assert [each.error_code for each in replies] == ["cartridge_absent", "unknown_gear", "malformed_command"]
    assert (host.book.snapshot(), host.runtime.acts) == (before, [])


def test_the_same_command_is_answered_again_and_done_once(host: Host) -> None:
    batch = [of_cartridge("restart_cartridge", "php-5.4"), of_cartridge("stop_cartridge", "php-5.4")]
    replies = host.agent.handle_all(batch)
    host.crash()

    assert host.agent.handle_all(batch) == replies
    assert host.runtime.acts == [("restart", "g1", "php-5.4"), ("stop", "g1", "php-5.4")]


def test_a_cartridge_that_was_stopped_and_removed_runs_when_it_is_added_again(host: Host) -> None:
    host.agent.handle_all([of_cartridge("stop_cartridge", "mysql-5.5"), of_cartridge("remove_cartridge", "mysql-5.5")])

    added = host.agent.handle_all([command("add_cartridge", "g1", cartridge=DATABASE)])[0]

    assert (added.ok, added.endpoints) == (True, ())
    assert host.book.get("g1").runs("mysql-5.5")


def test_a_cartridge_without_endpoints_is_added_exposed_and_taken_back_without_a_port(host: Host) -> None:
    cron = {"name": "cron-1.4", "endpoints": []}
    before = host.book.snapshot()

    replies = host.agent.handle_all(
        [command("add_cartridge", "g1", cartridge=cron)]
        + [of_cartridge(kind, "cron-1.4") for kind in ("expose_endpoints", "conceal_endpoints", "remove_cartridge")]
    )

    assert [(each.ok, each.endpoints) for each in replies] == [(True, ())] * 4
    assert host.book.snapshot() == before


@pytest.mark.parametrize("crash", [True, False])
@pytest.mark.parametrize("kind", [*STATES, "reload_cartridge"])
@pytest.mark.parametrize("newer", ["start_cartridge", "stop_cartridge", "start_gear"])
def test_a_wish_for_a_cartridge_that_comes_after_a_newer_one_is_refused(
    host: Host, newer: str, kind: str, *, crash: bool
) -> None:
    host.agent.handle_all([wish(newer, 6) if newer == "start_gear" else of_cartridge(newer, "php-5.4", 6)])
    if crash:
        host.crash()

    replies = host.agent.handle_all([of_cartridge(kind, "php-5.4", 5), of_cartridge(kind, "php-5.4", 6)])

    assert [(each.error_code, each.gear_state) for each in replies] == [("superseded", "started"), (None, "started")]


def test_a_wish_for_one_cartridge_does_not_make_an_older_one_for_another_too_late(host: Host) -> None:
    replies = host.agent.handle_all(
        [of_cartridge("stop_cartridge", "php-5.4", 6), of_cartridge("stop_cartridge", "mysql-5.5", 5)]
    )

    assert [each.ok for each in replies] == [True, True]
    assert stopped(host) == ("php-5.4", "mysql-5.5")


def test_an_older_wish_for_the_gear_leaves_a_cartridge_as_a_newer_one_has_it(host: Host) -> None:
    host.agent.handle_all(
        [of_cartridge("stop_cartridge", "php-5.4", 6), of_cartridge("stop_cartridge", "mysql-5.5", 4)]
    )
    host.runtime.acts.clear()

    host.agent.handle_all([wish("restart_gear", 5)])

    assert stopped(host) == ("php-5.4",)
    assert host.runtime.acts == [("restart", "g1", "php-5.4")]


@pytest.mark.parametrize("kind", ["reload_gear", "tidy_gear", "reload_cartridge"])
def test_what_is_no_wish_for_a_state_makes_no_older_wish_too_late(host: Host, kind: str) -> None:
    newer = of_cartridge(kind, "php-5.4", 9) if kind == "reload_cartridge" else wish(kind, 9)

    replies = host.agent.handle_all([newer, of_cartridge("stop_cartridge", "php-5.4", 5), wish("stop_gear", 6)])

    assert [each.ok for each in replies] == [True, True, True]


def test_a_newer_wish_for_a_cartridge_that_could_not_be_fulfilled_is_not_forgotten(host: Host) -> None:
    newer = of_cartridge("stop_cartridge", "php-5.4", 6)
    host.runtime.refuses = True

    codes = [each.error_code for each in host.agent.handle_all([newer, of_cartridge("start_cartridge", "php-5.4", 5)])]
    host.crash()
    running = host.book.get("g1").runs("php-5.4")
    codes += [each.error_code for each in host.agent.handle_all([of_cartridge("start_cartridge", "php-5.4", 4), newer])]

    assert (codes, running) == (["node_failure", "superseded", "superseded", None], True)
    assert stopped(host) == ("php-5.4",)
