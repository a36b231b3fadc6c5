from dataclasses import replace

import pytest
from node_host import Host, command, creation, wish

PROXY = {"name": "haproxy-1.4", "endpoints": [{"port_name": "STATUS_PORT", "internal_port": 8080}]}


@pytest.mark.parametrize("crash", [True, False])
def test_what_failed_and_was_undone_is_refused_when_a_copy_of_it_comes_late(host: Host, *, crash: bool) -> None:
    host.agent.handle_all([creation("g1")])
    add = command("add_cartridge", "g1", cartridge=PROXY)
    expose = command("expose_endpoints", "g1", cartridge="haproxy-1.4")
    remove = command("remove_cartridge", "g1", cartridge="haproxy-1.4")
    host.runtime.refuses = True
    host.agent.handle_all([add])
    undone = host.agent.handle_all([replace(remove, undoes=(add.command_id, expose.command_id))])
    if crash:
        host.crash()

    late = host.agent.handle_all([add, expose])
    anew = host.agent.handle_all([command("add_cartridge", "g1", cartridge=PROXY)])

    assert [each.ok for each in undone] == [True]
    assert [each.error_code for each in late] == ["undone", "undone"]
    assert [each.ok for each in anew] == [True]


def test_what_was_done_before_it_was_undone_is_answered_as_it_was(host: Host) -> None:
    host.agent.handle_all([creation("g1")])
    add = command("add_cartridge", "g1", cartridge=PROXY)
    remove = command("remove_cartridge", "g1", cartridge="haproxy-1.4")

    first, _, again = host.agent.handle_all([add, replace(remove, undoes=(add.command_id,)), add])

    assert (first.ok, again) == (True, first)
    assert [each.spec.name for each in host.book.get("g1").cartridges] == ["php-5.4"]


def test_a_command_whose_undoing_failed_is_still_done(host: Host) -> None:
    host.agent.handle_all([creation("g1")])
    add = command("add_cartridge", "g1", cartridge=PROXY)
    remove = replace(command("remove_cartridge", "g1", cartridge="php-5.4"), undoes=(add.command_id,))
    host.runtime.refuses = True

    codes = [each.error_code for each in host.agent.handle_all([remove, add, remove])]

    assert codes == ["node_failure", None, None]


@pytest.mark.parametrize("crash", [True, False])
@pytest.mark.parametrize("older", ["stop_gear", "restart_gear"])
def test_a_wish_for_a_gear_s_state_that_comes_after_a_newer_one_is_refused(
    host: Host, older: str, *, crash: bool
) -> None:
    host.agent.handle_all([creation("g1"), wish("start_gear", 6)])
    if crash:
        host.crash()
    late = wish(older, 5)

    replies = host.agent.handle_all([late, late, wish("stop_gear", 7)])

    assert [(each.error_code, each.gear_state) for each in replies] == [
        ("superseded", "started"),
        ("superseded", "started"),
        (None, "stopped"),
    ]


def test_a_newer_wish_that_could_not_be_fulfilled_is_not_forgotten(host: Host) -> None:
    host.agent.handle_all([creation("g1")])
    newer = wish("start_gear", 6)
    host.runtime.refuses = True

    codes = [each.error_code for each in host.agent.handle_all([newer, wish("stop_gear", 5)])]
    host.crash()
    codes += [each.error_code for each in host.agent.handle_all([wish("stop_gear", 4), newer])]

    assert codes == ["node_failure", "superseded", "superseded", None]


def test_wishes_without_a_number_are_done_as_they_come(host: Host) -> None:
    host.agent.handle_all([creation("g1"), wish("start_gear", 6)])

    assert host.agent.handle_all([wish("stop_gear", 0)])[0].gear_state == "stopped"
