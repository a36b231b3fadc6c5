import os
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from importlib.metadata import version

import pytest

from broker.cli.commands import app_info, ctl_app, ctl_user
from broker.cli.main import COMMANDS, main
from broker.simulator.control import ControlServer
from broker.store.migrate import expected_revision

TOOLS = [
    (ctl_app.main, ("-l", "demo", "-a", "x", "-c", "status")),
    (ctl_user.main, ("-l", "demo")),
    (app_info.main, ("-a", "x")),
    (main, ("node", "list")),
]


def test_help_names_every_command(run):
    ended = run(main, "--help")

    assert (ended.status, ended.err) == (0, "")
    for name, (_, text) in COMMANDS.items():
        assert f"  {name:<10}{text}\n" in ended.out


def test_the_version_is_that_of_the_distribution(run):
    ended = run(main, "--version")

    assert (ended.status, ended.out, ended.err) == (0, f"gearbroker {version('gearbroker')}\n", "")


@pytest.mark.parametrize("argv", [(), ("explode",)])
def test_no_command_and_an_unknown_one_are_refused(run, argv):
    ended = run(main, *argv)

    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith("usage: gearbroker COMMAND")


def test_migrate_makes_the_database_and_may_be_repeated(run, tmp_path):
    directory = tmp_path / "made" / "here"

    first = run(main, "migrate", "--data-dir", str(directory))
    again = run(main, "migrate", "--data-dir", str(directory))

    assert first == again
    assert (first.status, first.out) == (0, f"The database is at revision {expected_revision()}.\n")


def test_a_bus_that_nothing_here_speaks_to_is_said_at_the_start(run, tmp_path, monkeypatch):
    monkeypatch.setenv("BUS_URL", "carrier-pigeon://user:TOPSECRET@loft/")

    ended = run(main, "serve", "--port", "0", "--dns-port", "0", "--data-dir", str(tmp_path))

    assert (ended.status, ended.out) == (78, "")
    assert ended.err == (
        "BUS_URL: nothing is installed that speaks carrier-pigeon: see `pip install gearbroker[carrier-pigeon]`.\n"
    )


@pytest.mark.parametrize(
    ("node", "options", "says"),
    [
        ("bad name", (), "is no host name"),
        ("node-a1.example.com", ("--profile", "huge"), "is none of VALID_GEAR_SIZES (small)"),
        ("node-a1.example.com", ("--capacity", "-1"), "cannot be negative"),
    ],
)
def test_a_node_that_no_agent_could_be_is_not_registered(run, tmp_path, node, options, says):
    directory = str(tmp_path / "data")
    run(main, "migrate", "--data-dir", directory)

    refused = run(main, "add-node", node, "--address", "192.0.2.1", *options, "--data-dir", directory)
    listed = run(main, "node", "list", "--data-dir", directory)

    assert (refused.status, refused.out) == (2, "")
    assert says in refused.err
    assert node not in listed.out


def test_migrate_says_why_a_directory_cannot_be_made(run, tmp_path):
    (tmp_path / "file").touch()

    ended = run(main, "migrate", "--data-dir", str(tmp_path / "file" / "below"))

    assert (ended.status, ended.out) == (78, "")
    assert ended.err.startswith(f"The data directory {tmp_path / 'file' / 'below'} cannot be made: ")
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize(("tool", "argv"), TOOLS)
def test_a_missing_data_directory_is_one_sentence_that_says_what_to_do(run, tmp_path, monkeypatch, tool, argv):
    monkeypatch.setenv("GEARBROKER_DATA_DIR", str(tmp_path / "none"))

    ended = run(tool, *argv)

    assert (ended.status, ended.out) == (78, "")
    assert ended.err == (
        f"There is no broker's data in {tmp_path / 'none'}. Set GEARBROKER_DATA_DIR to the directory of a broker,"
        " or start one with `gearbroker serve`.\n"
    )


def test_the_database_that_is_named_is_used_whatever_the_data_directory_holds(run, tmp_path, monkeypatch):
    monkeypatch.setenv("GEARBROKER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")
    run(main, "migrate")

    ended = run(ctl_user.main, "-l", "demo", "-c")

    assert (ended.status, ended.err) == (0, "")
    assert not (tmp_path / "data" / "gearbroker.db").exists()


@pytest.mark.parametrize(("tool", "argv"), TOOLS)
def test_a_named_database_that_is_not_there_is_one_sentence_and_is_not_made(
    world, run, tmp_path, monkeypatch, tool, argv
):
    missing = tmp_path / "missing.db"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{missing}")

    ended = run(tool, *argv)

    assert (ended.status, ended.out) == (78, "")
    assert ended.err == (
        f"There is no database {missing}. Set DATABASE_URL to the database of a broker,"
        " or start one with `gearbroker serve`.\n"
    )
    assert not missing.exists()


@pytest.mark.parametrize(("tool", "argv"), TOOLS)
@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            "UPDATE alembic_version SET version_num = '9999'",
            "The database is at revision 9999, which this code does not know: use a newer gearbroker.\n",
        ),
        (
            "DROP TABLE alembic_version",
            "The database is empty. Run `gearbroker migrate`, or start `gearbroker serve`.\n",
        ),
    ],
)
def test_a_database_of_another_version_is_left_alone(world, run, tool, argv, change, text):
    with closing(sqlite3.connect(world.directory / "gearbroker.db")) as database:
        database.execute(change)
        database.commit()

    ended = run(tool, *argv)

    assert (ended.status, ended.out, ended.err) == (78, "", text)


def test_a_file_that_is_no_database_is_one_sentence(run, tmp_path, monkeypatch):
    (tmp_path / "gearbroker.db").write_bytes(b"this is no database" * 100)
    monkeypatch.setenv("GEARBROKER_DATA_DIR", str(tmp_path))

    ended = run(app_info.main, "-a", "x")

    assert (ended.status, ended.out) == (78, "")
    assert ended.err.startswith("The database cannot be used: file is not a database.")
    assert ended.err.count("\n") == 1


def test_nodes_are_listed_with_where_they_are_and_what_they_carry(world, run):
    world.create("testha", ha=True)

    ended = run(main, "node", "list")

    lines = ended.out.splitlines()
    assert ended.status == 0
    assert lines[0].split() == ["NODE", "REGION", "ZONE", "PROFILE", "GEARS", "CAPACITY", "STATE"]
    assert len(lines) == 7
    assert lines[1].split()[:4] == ["node-a1.example.com", "r1", "a", "small"]
    assert sum(int(line.split()[4]) for line in lines[1:]) == 2


def test_faults_of_nodes_are_switched_on_and_off_while_the_platform_runs(world, run):
    control = ControlServer(world.directory, world.embedded.fleet)
    control.start()
    try:
        killed = run(main, "node", "node-a1.example.com", "kill")
        heard = world.embedded.fleet.heard()
        revived = run(main, "node", "node-a1.example.com", "revive")
    finally:
        control.stop()

    assert (killed.status, killed.out) == (0, "node-a1.example.com: kill\n")
    assert "node-a1.example.com" not in heard
    assert (revived.status, revived.out) == (0, "node-a1.example.com: revive\n")
    assert "node-a1.example.com" in world.embedded.fleet.heard()


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (("nowhere", "kill"), "There is no simulated node 'nowhere'. `gearbroker node list` shows them.\n"),
        (
            ("node-a1.example.com", "explode"),
            "'explode' is none of kill, revive, cut-off, slow, fail-every.\n",
        ),
        (
            ("node-a1.example.com", "slow"),
            "`slow` takes seconds and `fail-every` a number of commands; the others take no value.\n",
        ),
        *(
            (
                ("node-a1.example.com", "slow", value),
                f"`slow` takes more than 0 and at most 3600 seconds, not {shown}.\n",
            )
            for value, shown in (("0", "0"), ("-1", "-1"), ("3600.5", "3600.5"), ("1e9", "1000000000"))
        ),
        *(
            (
                ("node-a1.example.com", "fail-every", value),
                f"`fail-every` takes a whole number from 1 up to 1000000, not {value}.\n",
            )
            for value in ("0", "-3", "2.5", "1000001")
        ),
    ],
)
def test_a_fault_that_there_is_not_is_refused_by_the_platform(world, run, argv, text):
    control = ControlServer(world.directory, world.embedded.fleet)
    control.start()
    try:
        ended = run(main, "node", *argv)
    finally:
        control.stop()

    assert (ended.status, ended.out, ended.err) == (1, "", text)


@pytest.mark.parametrize(
    ("fault", "value"), [("slow", "0.001"), ("slow", "3600"), ("fail-every", "1"), ("fail-every", "1000000")]
)
def test_the_ends_of_what_a_fault_takes_are_taken(world, run, fault, value):
    control = ControlServer(world.directory, world.embedded.fleet)
    control.start()
    try:
        ended = run(main, "node", "node-a1.example.com", fault, value)
    finally:
        control.stop()

    assert (ended.status, ended.out, ended.err) == (0, f"node-a1.example.com: {fault} {value}\n", "")


@pytest.mark.parametrize("answer", [b"", b"what?\n"])
def test_a_platform_that_ends_instead_of_answering_is_one_sentence(world, run, answer):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(world.directory / "control.sock"))
        listener.listen()

        def answer_one():
            with listener.accept()[0] as connection:
                connection.recv(4096)
                connection.sendall(answer)

        platform = threading.Thread(target=answer_one)
        platform.start()
        ended = run(main, "node", "node-a1.example.com", "kill")
        platform.join()

    assert (ended.status, ended.out) == (1, "")
    assert ended.err == (f"The platform in {world.directory} did not answer; it may be ending. Try again.\n")


@pytest.mark.parametrize(
    "request_line", [b"[]\n", b"[" * 4000 + b"\n", b"1" * 400 + b"\n", b'{"value": ' + b"1" * 400 + b"}\n", b"x\n"]
)
def test_the_platform_outlives_a_request_that_is_none(world, run, request_line):
    control = ControlServer(world.directory, world.embedded.fleet)
    control.start()
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(str(world.directory / "control.sock"))
            connection.sendall(request_line)
            answer = connection.recv(4096)
        ended = run(main, "node", "node-a1.example.com", "cut-off")
    finally:
        control.stop()

    assert answer == b'{"error": "The request cannot be read."}\n'
    assert ended.status == 0


@pytest.mark.parametrize("value", ["soon", "nan", "inf"])
def test_seconds_that_are_no_number_are_refused(run, value):
    ended = run(main, "node", "node-a1.example.com", "slow", value)

    assert (ended.status, ended.out) == (2, "")
    assert ended.err.endswith(f"argument VALUE: '{value}' is no number\n")


def test_a_node_without_a_fault_is_refused(run):
    ended = run(main, "node", "node-a1.example.com")

    assert (ended.status, ended.out) == (2, "")
    assert ended.err.endswith("error: say what to do to the node\n")


def test_where_no_platform_runs_there_is_none_to_hear_of_a_fault(world, run):
    ended = run(main, "node", "node-a1.example.com", "kill")

    assert (ended.status, ended.out) == (1, "")
    assert ended.err == (
        f"No embedded platform runs in {world.directory}. Start `gearbroker demo` or `gearbroker serve` first.\n"
    )


def test_standard_input_may_be_closed(world, tmp_path):
    script = "import sys; from broker.cli.commands.ctl_user import main; sys.exit(main())"
    arguments = ["-l", "new", "-c", "--password-stdin"]

    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" "$@" <&-', sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (1, "ERROR: There is no password on standard input\n")


def test_a_reader_that_goes_away_ends_a_command_quietly(world):
    reading, writing = os.pipe()
    os.close(reading)
    script = "import sys; from broker.cli.commands.app_info import main; sys.exit(main())"

    done = subprocess.run(
        [sys.executable, "-c", script, "-a", "x"],
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    os.close(writing)

    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize(
    "module", ["broker.cli.main", *(f"broker.cli.commands.{name}" for name in ("ctl_app", "ctl_user", "app_info"))]
)
def test_help_loads_none_of_the_libraries_that_take_their_time(process, module):
    ended = process(module, "--help", PYTHONPROFILEIMPORTTIME="1")

    assert ended.status == 0
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in ended.err.splitlines()}
    assert "argparse" in loaded
    assert loaded.isdisjoint({"sqlalchemy", "flask", "marshmallow", "kombu", "yaml", "alembic", "dns", "argon2"})


def test_a_question_loads_neither_the_bus_nor_dns_nor_the_web(world, process):
    ended = process("broker.cli.commands.app_info", "-a", "x", PYTHONPROFILEIMPORTTIME="1")

    assert ended.status == 0
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in ended.err.splitlines()}
    assert "sqlalchemy" in loaded
    assert loaded.isdisjoint({"flask", "marshmallow", "kombu", "alembic", "dns", "waitress"})
