from dataclasses import replace

import pytest
from node_host import CARTRIDGE, DATABASE, Host, activation, command, creation, of_cartridge, storage, wish

from node_agent.addresses import NodeLayout
from node_agent.protocol import Command
from node_agent.simulated_node import SimulatedNode

BOTH = [CARTRIDGE, DATABASE]


@pytest.fixture
def host(host: Host) -> Host:
    """A host with a started gear g1 that carries two cartridges."""
    host.agent.handle_all([creation("g1", cartridges=BOTH)])
    host.runtime.acts.clear()
    return host


@pytest.mark.parametrize("kind", ["reload_gear", "tidy_gear"])
def test_a_started_gear_is_reloaded_or_tidied_and_its_state_stays(host: Host, kind: str) -> None:
    host.agent.handle_all([of_cartridge("stop_cartridge", "php-5.4")])
    before = host.book.snapshot()

    reply = host.agent.handle_all([command(kind, "g1")])[0]

    assert (reply.ok, reply.gear_state, reply.uid, reply.endpoints) == (True, "started", 1000, ())
    assert host.runtime.acts[1:] == [(kind.removesuffix("_gear"), "g1")]
    assert host.book.snapshot() == before


@pytest.mark.parametrize("kind", ["reload_gear", "tidy_gear"])
def test_to_reload_or_tidy_a_stopped_gear_is_done_and_changes_nothing(host: Host, kind: str) -> None:
    host.agent.handle_all([command("stop_gear", "g1", force=False)])

    reply = host.agent.handle_all([command(kind, "g1")])[0]

    assert (reply.ok, reply.gear_state, host.runtime.acts) == (True, "stopped", [])


@pytest.mark.parametrize("kind", ["reload_gear", "tidy_gear"])
def test_a_late_copy_of_reloading_or_tidying_is_refused(host: Host, kind: str) -> None:
    codes = [each.error_code for each in host.agent.handle_all([wish("restart_gear", 6), wish(kind, 5), wish(kind, 7)])]

    assert codes == [None, "superseded", None]


def test_the_reply_to_a_thread_dump_says_what_its_user_is_told(host: Host) -> None:
    order = of_cartridge("thread_dump", "php-5.4")
    reply = host.agent.handle_all([order])[0]
    host.crash()

    assert (reply.ok, reply.output, reply.gear_state) == (True, "The threads are in the log.", "started")
    assert host.agent.handle_all([order]) == [reply]
    assert host.runtime.acts == [("dump", "g1", "php-5.4")]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("x" * 8193, "x" * 8192),
        ("\N{SNOWMAN}" * 2731, "\N{SNOWMAN}" * 2730),  # three bytes each, and none is cut through
        ("a\0b\ud800", "ab?"),
        ("", None),
    ],
)
def test_what_a_runtime_says_of_a_dump_is_cut_to_what_a_reply_can_hold(host: Host, said: str, told: str | None) -> None:
    host.runtime.dump = said

    assert host.agent.handle_all([of_cartridge("thread_dump", "php-5.4")])[0].output == told


@pytest.mark.parametrize("stop", [command("stop_gear", "g1", force=True), of_cartridge("stop_cartridge", "php-5.4")])
def test_what_does_not_run_has_no_threads_to_dump(host: Host, stop: Command) -> None:
    replies = host.agent.handle_all([stop, of_cartridge("thread_dump", "php-5.4")])

    assert (replies[1].error_code, replies[1].output) == ("not_running", None)
    assert replies[1].error == "Cartridge php-5.4 does not run on gear g1"


def test_a_simulated_node_says_where_the_dump_would_be() -> None:
    node = SimulatedNode("node-a1.example.com", "boot-1", NodeLayout())
    node.handle(creation("g1"))

    delivery = node.handle(of_cartridge("thread_dump", "php-5.4"))

    assert delivery is not None
    assert delivery.reply.output == (
        "Success\n\nThe threads of php-5.4 on gear g1 are dumped into its log. "
        "Read it with: rhc tail -f '*/logs/php-5.4.log*'"
    )


@pytest.mark.parametrize("hot_deploy", [True, False])
@pytest.mark.parametrize("started", [True, False])
def test_a_started_gear_is_restarted_for_a_deployment_unless_it_is_a_hot_one(
    host: Host, *, started: bool, hot_deploy: bool
) -> None:
    if not started:
        host.agent.handle_all([command("stop_gear", "g1", force=False)])

    reply = host.agent.handle_all([activation("d1", hot_deploy=hot_deploy)])[0]

    assert (reply.ok, reply.gear_state) == (True, "started" if started else "stopped")
    assert host.book.get("g1").deployment_id == "d1"
    assert host.runtime.acts == [("activate", "g1", "d1", *(["restart"] if started and not hot_deploy else []))]


def test_a_deployment_does_not_start_a_cartridge_that_was_stopped(host: Host) -> None:
    host.agent.handle_all([of_cartridge("stop_cartridge", "mysql-5.5"), activation("d1")])

    assert host.book.get("g1").stopped_cartridges() == ("mysql-5.5",)


@pytest.mark.parametrize("crash", [True, False])
def test_an_older_activation_does_not_win_over_a_newer_one(host: Host, *, crash: bool) -> None:
    host.agent.handle_all([activation("d2", 6)])
    if crash:
        host.crash()

    codes = [each.error_code for each in host.agent.handle_all([activation("d1", 5), activation("d3", 7)])]

    assert codes == ["superseded", None]
    assert host.book.get("g1").deployment_id == "d3"


def test_wishes_of_one_sort_make_none_of_another_too_late(host: Host) -> None:
    batch = [wish("restart_gear", 6), activation("d1", 5), storage(3, 4), of_cartridge("stop_cartridge", "php-5.4", 7)]

    assert [each.ok for each in host.agent.handle_all(batch)] == [True] * 4
    assert [each.ok for each in host.agent.handle_all([wish("stop_gear", 6), storage(4, 4)])] == [True, True]


def test_a_newer_activation_that_failed_is_not_forgotten_and_done_when_it_comes_again(host: Host) -> None:
    newer = activation("d2", 6)
    host.runtime.refuses = True

    codes = [each.error_code for each in host.agent.handle_all([newer, activation("d1", 5)])]
    host.crash()
    before = host.book.get("g1").deployment_id
    codes += [each.error_code for each in host.agent.handle_all([newer])]

    assert (codes, before) == (["node_failure", "superseded", None], None)
    assert host.book.get("g1").deployment_id == "d2"


def test_a_gear_holds_as_much_as_it_was_told_last(host: Host) -> None:
    codes = [each.error_code for each in host.agent.handle_all([storage(5, 6), storage(2, 5), storage(0, 7)])]

    assert codes == [None, "superseded", None]
    assert host.book.get("g1").additional_gigabytes == 0
    assert host.runtime.acts == [("storage", "g1", "5"), ("storage", "g1", "0")]


def test_an_undone_activation_is_not_done_when_a_copy_of_it_comes_late(host: Host) -> None:
    host.agent.handle_all([activation("d1", 5)])
    failed = activation("d2", 6)
    back = replace(activation("d1", 6), undoes=(failed.command_id,))

    codes = [each.error_code for each in host.agent.handle_all([back, failed])]

    assert codes == [None, "undone"]
    assert host.book.get("g1").deployment_id == "d1"


def test_a_gear_can_be_created_with_deployment_storage_and_stopped_cartridges(host: Host) -> None:
    order = creation(
        "g2", cartridges=BOTH, deployment_id="d1", additional_gigabytes=4, stopped_cartridges=["mysql-5.5"]
    )

    reply = host.agent.handle_all([order])[0]
    host.crash()

    gear = host.book.get("g2")
    assert (reply.ok, reply.gear_state) == (True, "started")
    assert (gear.deployment_id, gear.additional_gigabytes, gear.stopped_cartridges()) == ("d1", 4, ("mysql-5.5",))
    assert [each.cartridge for each in reply.endpoints] == ["php-5.4"]


def test_a_gear_created_as_older_brokers_ask_has_none_of_that(host: Host) -> None:
    gear = host.book.get("g1")

    assert (gear.deployment_id, gear.additional_gigabytes, gear.stopped_cartridges()) == (None, 0, ())


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"stopped_cartridges": ["cron-1.4"]}, "cartridge_absent"),
        ({"stopped_cartridges": "php-5.4"}, "malformed_command"),
        ({"additional_gigabytes": -1}, "malformed_command"),
        ({"additional_gigabytes": None}, "malformed_command"),
        ({"deployment_id": 7}, "malformed_command"),
    ],
)
def test_a_gear_is_not_created_as_no_gear_can_be(host: Host, more: dict[str, object], code: str) -> None:
    assert host.agent.handle_all([creation("g2", **more)])[0].error_code == code
    assert (host.book.find("g2"), host.runtime.acts) == (None, [])


@pytest.mark.parametrize("wrong", [-1, 1.0, True, "1", None])
def test_storage_that_cannot_be_is_refused(host: Host, wrong: object) -> None:
    assert host.agent.handle_all([storage(wrong)])[0].error_code == "malformed_command"


@pytest.mark.parametrize("name", ["deployment_id", "ref", "artifact_url", "hot_deploy", "force_clean_build"])
def test_a_deployment_that_cannot_be_is_refused_by_the_name_of_the_field(host: Host, name: str) -> None:
    order = activation("d1")

    reply = host.agent.handle_all([replace(order, arguments={**order.arguments, name: 5})])[0]

    assert reply.error_code == "malformed_command"
    assert name in (reply.error or "")
    assert host.book.get("g1").deployment_id is None


@pytest.mark.parametrize("order", [command("reload_gear", "g9"), command("tidy_gear", "g9")], ids=["reload", "tidy"])
def test_a_gear_that_is_not_there_is_refused(host: Host, order: Command) -> None:
    orders = [order, replace(activation("d1"), gear_id="g9"), replace(storage(1), gear_id="g9")]

    assert [each.error_code for each in host.agent.handle_all(orders)] == ["unknown_gear"] * 3
