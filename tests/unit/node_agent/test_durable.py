import sqlite3
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from node_host import NODE, Host, activation, command, creation, destruction, of_cartridge, storage

from node_agent.addresses import NodeLayout
from node_agent.agent import Agent
from node_agent.durable import DurableBook, DurableJournal
from node_agent.gear import GearState
from node_agent.node_file import FILE_NAME, NodeFile, NodeFileUnusable
from node_agent.protocol import Command, Reply
from node_agent.runtime.faults import Faults
from node_agent.runtime.simulated import SimulatedRuntime


def test_gears_uids_and_ports_are_as_they_were_after_a_crash(host: Host) -> None:
    host.agent.handle_all([creation("g1"), creation("g2"), creation("g3")])
    host.agent.handle_all([destruction("g2"), command("stop_gear", "g1", force=False)])
    host.agent.handle_all([command("conceal_endpoints", "g3", cartridge="php-5.4")])
    before = host.book.snapshot()

    host.crash()

    assert host.book.snapshot() == before
    assert [(gear.gear_id, gear.uid) for gear in before] == [("g1", 1000), ("g3", 1002)]


def test_a_uid_that_was_given_back_before_a_crash_waits_for_its_turn_after_it(host: Host) -> None:
    host.agent.handle_all([creation("g1"), destruction("g1")])

    host.crash()

    assert host.agent.handle_all([creation("g2")])[0].uid == 1001


def test_a_command_that_comes_again_after_a_crash_is_answered_the_same_and_not_done_again(host: Host) -> None:
    batch = [creation("g1"), creation("g1"), command("start_gear", "g9"), command("stop_gear", "g1", force=True)]
    replies = host.agent.handle_all(batch)
    acts = list(host.runtime.acts)

    host.crash()

    assert host.agent.handle_all(batch) == replies
    assert [reply.error_code for reply in replies] == [None, "gear_exists", "unknown_gear", None]
    assert host.runtime.acts == acts


def test_what_was_done_and_not_kept_is_done_again(host: Host) -> None:
    order = creation("g1")
    first = host.agent.handle(order)

    host.crash()

    assert len(host.book) == 0
    assert host.agent.handle_all([order]) == [first]
    assert host.runtime.acts == [("create", "g1"), ("create", "g1")]


def test_destroying_a_gear_whose_creation_was_not_kept_reaches_the_runtime(host: Host) -> None:
    host.agent.handle(creation("g1"))
    host.crash()

    assert host.agent.handle_all([destruction("g1")])[0].ok
    assert host.runtime.acts == [("create", "g1"), ("destroy", "g1")]


@pytest.mark.parametrize("crash", [True, False])
def test_a_creation_that_comes_after_the_destruction_is_refused(host: Host, *, crash: bool) -> None:
    host.agent.handle_all([destruction("g1")])
    if crash:
        host.crash()

    reply = host.agent.handle_all([creation("g1")])[0]

    assert (reply.ok, reply.error_code) == (False, "gear_destroyed")
    assert len(host.book) == 0


def test_a_creation_in_the_same_batch_as_the_destruction_before_it_is_refused(host: Host) -> None:
    codes = [each.error_code for each in host.agent.handle_all([destruction("g1"), creation("g1")])]

    assert codes == [None, "gear_destroyed"]


# As it was written by the first oo-node, and by the one after it, whose gears had numbers of wishes.
OLDER_GEARS = [
    """{"gear_id":"g1","uid":1000,"state":"stopped","cartridges":[{"spec":{"name":"php-5.4","endpoints":
    [{"port_name":"PROXY_PORT","internal_port":8080}]},"host":1,"public_ports":[38031]}]}""",
    """{"gear_id":"g1","uid":1000,"state":"stopped","issued":6,"cartridges":[{"spec":{"name":"php-5.4","endpoints":
    [{"port_name":"PROXY_PORT","internal_port":8080}]},"host":1,"public_ports":[38031]}]}""",
]


@pytest.mark.parametrize(("older", "issued"), [*zip(OLDER_GEARS, (0, 6), strict=True)], ids=["first", "second"])
def test_gears_that_an_older_agent_has_kept_are_read_and_can_do_what_is_new(
    host: Host, older: str, issued: int
) -> None:
    host.file._database.execute("INSERT INTO gears (gear_id, body) VALUES ('g1', ?)", [older])
    host.crash()

    gear = host.book.get("g1")
    assert (gear.uid, gear.state, gear.issued, [*gear.public_ports()]) == (1000, GearState.STOPPED, issued, [38031])
    assert (gear.deployment_id, gear.deployment_issued) == (None, 0)
    assert (gear.additional_gigabytes, gear.storage_issued, gear.stopped_cartridges()) == (0, 0, ())
    orders = [activation("d1", 2), storage(3, 2), of_cartridge("stop_cartridge", "php-5.4", 7)]
    assert [each.ok for each in host.agent.handle_all(orders)] == [True, True, True]


def test_answers_that_an_older_agent_has_kept_are_given_again(host: Host) -> None:
    order = command("start_gear", "g1")
    older = (
        f'{{"command_id":"{order.command_id}","node_id":"{NODE}","ok":true,"error_code":null,"error":null,'
        '"gear_state":"started","uid":1000,"endpoints":[]}'
    )
    host.file._database.execute("INSERT INTO answers (command_id, reply) VALUES (?, ?)", [order.command_id, older])

    reply = host.agent.handle_all([order])[0]

    assert (reply.ok, reply.gear_state, reply.output) == (True, "started", None)


def test_deployment_storage_and_stopped_cartridges_are_as_they_were_after_a_crash(host: Host) -> None:
    host.agent.handle_all([creation("g1"), activation("d1", 3), storage(2, 4)])
    host.agent.handle_all([of_cartridge("stop_cartridge", "php-5.4", 5)])
    before = host.book.snapshot()

    host.crash()

    assert host.book.snapshot() == before
    assert (before[0].deployment_id, before[0].additional_gigabytes) == ("d1", 2)
    assert before[0].stopped_cartridges() == ("php-5.4",)


@pytest.mark.parametrize(
    "order",
    [
        activation("d1", 3),
        storage(2, 3),
        of_cartridge("stop_cartridge", "php-5.4", 3),
        of_cartridge("restart_cartridge", "php-5.4", 3),
        of_cartridge("reload_cartridge", "php-5.4", 3),
        of_cartridge("thread_dump", "php-5.4"),
        command("reload_gear", "g1"),
        command("tidy_gear", "g1"),
    ],
    ids=lambda order: order.kind.value,
)
def test_what_was_done_on_a_gear_and_not_kept_is_done_again_with_the_same_end(host: Host, order: Command) -> None:
    host.agent.handle_all([creation("g1")])
    host.runtime.acts.clear()
    first = host.agent.handle(order)
    after = host.book.snapshot()

    host.crash()

    assert host.agent.handle_all([order]) == [first]
    assert first.ok
    assert host.book.snapshot() == after
    assert host.runtime.acts == host.runtime.acts[:1] * 2


def test_what_cannot_be_written_down_is_refused_and_the_next_is_kept(host: Host) -> None:
    host.book.enter(host.book.draft("\ud800", GearState.STOPPED))  # which no message can hold

    codes = [each.error_code for _ in range(2) for each in host.agent.handle_all([creation("g2")])]
    host.crash()

    assert codes == ["not_kept", None]
    assert [gear.gear_id for gear in host.book.snapshot()] == ["g2"]


def test_a_batch_is_one_write(host: Host) -> None:
    statements: list[str] = []
    host.file._database.set_trace_callback(statements.append)

    host.agent.handle_all([creation(f"g{number}") for number in range(100)])

    assert statements.count("COMMIT") == 1


def test_a_batch_of_known_commands_writes_nothing(host: Host) -> None:
    batch = [creation("g1")]
    host.agent.handle_all(batch)
    statements: list[str] = []
    host.file._database.set_trace_callback(statements.append)

    host.agent.handle_all(batch)

    assert "COMMIT" not in statements


def test_a_batch_that_takes_long_is_answered_in_pieces(tmp_path: Path) -> None:
    with NodeFile(tmp_path, NODE) as file:
        book = DurableBook(NodeLayout())
        clock = count()
        journal = DurableJournal(file, book)
        agent = Agent(NODE, SimulatedRuntime(Faults()), journal, book, now=lambda: float(next(clock)))
        batch = [creation(f"g{number}") for number in range(5)]

        pieces = [len(agent.handle_all(batch, 2.0)), len(agent.handle_all(batch[2:], 0.0))]

    assert pieces == [2, 1]


def test_on_a_full_disk_nothing_is_done_and_all_is_said_to_be_passing(host: Host) -> None:
    known = creation("g0")
    answer = host.agent.handle_all([known])[0]
    before = host.book.snapshot()
    host.fill_disk()
    batch = [known, *(creation(f"g{number}") for number in range(1, 200)), destruction("g0")]

    replies = host.agent.handle_all(batch)

    assert replies[0] == answer
    assert {reply.error_code for reply in replies[1:]} == {"not_kept"}
    assert host.book.snapshot() == before
    host.empty_disk()
    assert [reply.ok for reply in host.agent.handle_all(batch)] == [True] * 201
    host.crash()
    assert len(host.book) == 199


def test_answers_are_forgotten_the_oldest_first_and_no_sooner_than_said(tmp_path: Path) -> None:
    host = Host(tmp_path, kept=10)
    batch = [command("start_gear", f"g{number}") for number in range(25)]
    for each in batch:
        host.agent.handle_all([each])

    kept = [each for each in batch if host.file.reply_to(each.command_id) is not None]

    host.file.close()
    assert kept == batch[15:]


def test_a_second_agent_in_the_directory_is_refused(host: Host) -> None:
    with pytest.raises(NodeFileUnusable, match="another oo-node runs in"):
        NodeFile(host.directory, NODE)


def test_the_directory_of_another_node_is_refused_and_stays_as_it_is(host: Host) -> None:
    host.agent.handle_all([creation("g1")])
    host.file.close()

    with pytest.raises(NodeFileUnusable, match=r"holds the gears of node node-a1\.example\.com, not of node-b1"):
        NodeFile(host.directory, "node-b1.example.com")

    host.start()
    assert len(host.book) == 1


def test_a_file_of_another_format_is_refused(host: Host) -> None:
    host.file.close()
    with closing(sqlite3.connect(host.directory / FILE_NAME)) as database:
        database.execute("PRAGMA user_version = 7")

    with pytest.raises(NodeFileUnusable, match="is of format 7, and this oo-node knows 1"):
        NodeFile(host.directory, NODE)
    with closing(sqlite3.connect(host.directory / FILE_NAME)) as database:
        database.execute("PRAGMA user_version = 1")
    host.start()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("my shopping list, which is long enough to be read as a header of a database")

    with pytest.raises(NodeFileUnusable, match="cannot be read: file is not a database"):
        NodeFile(tmp_path, NODE)


def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(NodeFileUnusable, match="cannot be made: Not a directory"):
        NodeFile(tmp_path / "file" / "data", NODE)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE gears SET body = '{'", "is damaged"),
        ("UPDATE gears SET body = replace(body, 'started', 'flying')", "is damaged"),
        ("INSERT INTO gears (gear_id, body) SELECT 'g2', replace(body, 'g1', 'g2') FROM gears", "contradict"),
    ],
)
def test_gears_that_make_no_sense_are_refused_at_the_start(host: Host, statement: str, reason: str) -> None:
    host.agent.handle_all([creation("g1")])
    host.file._database.execute(statement)

    with pytest.raises(NodeFileUnusable, match=reason):
        DurableJournal(host.file, DurableBook(NodeLayout()))


def test_a_reply_is_the_same_after_it_was_kept(host: Host) -> None:
    order = creation("g1")
    reply = host.agent.handle_all([order])[0]
    host.crash()

    again = host.agent.handle_all([order])[0]

    assert isinstance(again, Reply)
    assert again.to_wire() == reply.to_wire()
    assert again.endpoints[0].public_port == 38031
