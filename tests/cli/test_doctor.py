"""`gearbroker doctor`: what it says of a healthy platform, and of each thing that can be wrong."""

import json
import resource
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest
from sqlalchemy import insert, text

from broker.bootstrap import load_settings
from broker.cli.doctor.places import MIB, room
from broker.cli.main import main
from broker.simulator.embedded import open_embedded
from broker.store import tables
from broker.store.engine import open_database
from broker.store.migrate import migrate
from broker.wsgi import WebServer

OLD = "2020-01-01T00:00:00Z"


@pytest.fixture(autouse=True)
def free_ports(monkeypatch):
    monkeypatch.setenv("GEARBROKER_PORT", "0")
    monkeypatch.setenv("DNS_PORT", "0")


@pytest.fixture
def doctor(run, tmp_path):
    """Runs it; gives the exit status and the findings by subject."""

    def diagnose(*argv):
        ended = run(main, "doctor", "--json", "--data-dir", str(tmp_path), *argv)
        return ended.status, {each["subject"]: each for each in json.loads(ended.out)}

    return diagnose


@pytest.fixture
def database(tmp_path):
    opened = open_database(f"sqlite:///{tmp_path / 'gearbroker.db'}")
    migrate(opened)
    yield opened
    opened.engine.dispose()


def store(database, table, *rows):
    with database.engine.begin() as connection:
        connection.execute(insert(table), rows)


def test_a_platform_in_order_has_no_problem(doctor, database):
    status, found = doctor()

    assert status == 0
    assert {each["level"] for each in found.values()} == {"ok"}
    assert "committed" in found["writing"]["text"]
    assert "MiB are free" in found["disk"]["text"]
    assert "calls in the process" in found["bus"]["text"]
    assert found["catalogue"]["text"] == "28 cartridges, 2 of them obsolete, and 5 quickstarts"


def test_a_manifest_that_stops_a_broker_is_a_problem_with_its_file_and_key(doctor, database, tmp_path, monkeypatch):
    directory = tmp_path / "cartridges"
    directory.mkdir()
    (directory / "mine.yaml").write_text('Name: mine\nVersion: "1.0"\nScalling: {Min: 2}\n')
    monkeypatch.setenv("CARTRIDGES_DIR", str(directory))

    status, found = doctor()

    assert (status, found["catalogue"]["level"]) == (1, "problem")
    assert found["catalogue"]["text"] == f"{directory / 'mine.yaml'}: Scalling: this key is not known"


def test_what_it_writes_is_a_counter_of_its_own_and_nothing_else(doctor, database):
    def counted():
        with database.reading() as connection:
            return {row.name: row.value for row in connection.execute(tables.counters.select())}

    before = counted()
    doctor()
    doctor()

    assert counted() == {**before, "doctor": 2}


def test_a_disk_that_takes_no_change_any_more_is_a_problem(database, tmp_path):
    def take_nothing():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    code = "import sys; from broker.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "doctor", "--json", "--data-dir", str(tmp_path)]
    # The connection of a running broker: without it already the files beside the database could not be made.
    with closing(sqlite3.connect(tmp_path / "gearbroker.db")) as broker:
        broker.execute("SELECT count(*) FROM counters").fetchone()
        ended = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=take_nothing)

    found = {each["subject"]: each for each in json.loads(ended.stdout)}
    assert (ended.returncode, found["writing"]["level"]) == (1, "problem")
    assert "cannot be written" in found["writing"]["text"]


@pytest.mark.parametrize(
    ("free_mib", "level"), [(0, "problem"), (7, "problem"), (8, "warning"), (255, "warning"), (256, "ok")]
)
def test_little_room_is_a_warning_and_none_a_problem_with_what_to_do(free_mib, level):
    (finding,) = room(free_mib * MIB)

    assert (finding.level, bool(finding.advice)) == (level, level != "ok")
    assert f"{free_mib} MiB are free" in finding.text


def test_a_person_is_shown_a_table_and_what_to_do(run, tmp_path):
    ended = run(main, "doctor", "--data-dir", str(tmp_path / "nowhere"))

    lines = ended.out.splitlines()
    assert ended.status == 1
    assert lines[1].split()[:2] == ["problem", "database"]
    assert "database: Check DATABASE_URL and GEARBROKER_DATA_DIR." in lines
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("revision", "says", "advice"),
    [("0001", "is at revision 0001", "Run `gearbroker migrate`"), ("9999", "does not know", "Use a newer gearbroker")],
)
def test_an_older_and_a_newer_database_are_problems_with_what_to_do(doctor, database, revision, says, advice):
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})

    status, found = doctor()

    assert status == 1
    assert says in found["schema"]["text"]
    assert advice in found["schema"]["advice"]
    assert "processes" not in found


def test_an_empty_database_is_a_problem(doctor, tmp_path):
    (tmp_path / "gearbroker.db").touch()

    status, found = doctor()

    assert (status, found["schema"]["text"]) == (1, "the database is empty")


def test_a_database_that_somebody_holds_cannot_be_written(doctor, database, tmp_path):
    with closing(sqlite3.connect(tmp_path / "gearbroker.db", isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        status, found = doctor()

    assert status == 1
    assert "cannot be written: database is locked" in found["writing"]["text"]


def test_what_is_away_is_told_soon_and_without_its_password(run, monkeypatch, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as mute:  # takes connections, and says nothing
        place = f"127.0.0.1:{mute.getsockname()[1]}"
        monkeypatch.setenv("DATABASE_URL", f"postgresql://me:hidden@{place}/none")
        monkeypatch.setenv("BUS_URL", f"amqp://me:hidden@{place}//")
        began = time.monotonic()
        ended = run(main, "doctor", "--json", "--data-dir", str(tmp_path))
        took = time.monotonic() - began

    found = {each["subject"]: each["level"] for each in json.loads(ended.out)}
    assert (ended.status, found["database"], found["bus"]) == (1, "problem", "problem")
    assert "hidden" not in ended.out + ended.err
    assert took < 10  # it waits for nobody for longer than it says


def test_ports_that_others_hold_are_problems(doctor, database, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as web, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as dns:
        dns.bind(("127.0.0.1", 0))
        monkeypatch.setenv("GEARBROKER_PORT", str(web.getsockname()[1]))
        monkeypatch.setenv("DNS_PORT", str(dns.getsockname()[1]))
        status, found = doctor()

    assert status == 1
    assert "held by something else" in found["web port"]["text"]
    assert "held by something else" in found["DNS port"]["text"]


def test_a_running_broker_holds_its_own_ports(doctor, monkeypatch, tmp_path):
    embedded = open_embedded(
        load_settings({"GEARBROKER_DATA_DIR": str(tmp_path), "GEARBROKER_PORT": "0", "DNS_PORT": "0"})
    )
    server = WebServer(embedded.built)
    embedded.start()
    server.start()
    try:
        monkeypatch.setenv("GEARBROKER_PORT", server.url.rpartition(":")[2])
        monkeypatch.setenv("DNS_PORT", str(embedded.dns_port))
        status, found = doctor()
    finally:
        server.stop()
        embedded.stop()

    assert status == 0
    assert "a gearbroker serves" in found["web port"]["text"]
    assert "a server for example.com answers" in found["DNS port"]["text"]
    assert found["processes"]["text"] == "running: 1 embedded"


def test_what_waits_is_a_warning_each_and_no_problem(doctor, database):
    operation = {"operation_id": "1" * 24, "application_id": "a" * 24, "app_name": "shop", "kind": "scale",
                 "arguments": {}, "wish": {}, "state": "running", "created_at": OLD}  # fmt: skip
    command = {"command_id": "2" * 24, "application_id": "a" * 24, "node_id": "node-a1.example.com",
               "gear_id": "b" * 24, "kind": "destroy", "body": {}, "state": "pending", "awaited": False}  # fmt: skip
    parked = {"destination": "bus/json", "position": 7, "application_id": "a" * 24, "sequence": 3,
              "action": "add_alias", "reason": "too large", "parked_at": OLD}  # fmt: skip
    node = {"node_id": "node-a1.example.com", "public_address": "127.0.1.1", "profile": "small", "capacity": 10,
            "gears": 0, "active": True, "liveness": "unresponsive", "changed": 1}  # fmt: skip
    store(database, tables.operations, operation)
    store(database, tables.commands, command)
    store(database, tables.parked_events, parked)
    store(database, tables.nodes, node)

    status, found = doctor()

    assert status == 0
    warnings = {subject: each["text"] for subject, each in found.items() if each["level"] == "warning"}
    assert warnings == {
        "parked events": "1 could not be published, the latest: bus/json 7: too large",
        "operations": "1 open for longer than 5 minutes: scale of shop",
        "commands": "1 are owed to 1 nodes: node-a1.example.com 1",
        "nodes": "1 silent: node-a1.example.com",
    }
    assert all(found[subject]["advice"] for subject in warnings)


@pytest.mark.services("rabbitmq")
def test_rabbitmq_keeps_all_four_promises_and_nothing_is_left_on_it(doctor, database, rabbitmq_url, monkeypatch):
    monkeypatch.setenv("BUS_URL", rabbitmq_url)

    status, found = doctor()

    assert status == 0
    assert "RabbitMQ" in found["bus"]["text"]
    assert found["guarantees"]["level"] == "ok"
    assert found["relay"]["text"] == "bus/json is 0 events behind the log"


def test_a_bus_in_memory_promises_less_and_says_what(doctor, database, monkeypatch):
    monkeypatch.setenv("BUS_URL", "memory://")

    status, found = doctor()

    assert status == 0
    assert found["guarantees"]["level"] == "warning"
    assert "confirms what it has taken, keeps it over a restart" in found["guarantees"]["text"]


@pytest.mark.services("postgresql")
def test_postgresql_is_looked_over_the_same_way(doctor, postgresql_url, monkeypatch):
    opened = open_database(postgresql_url)
    migrate(opened)
    opened.engine.dispose()
    monkeypatch.setenv("DATABASE_URL", postgresql_url)

    status, found = doctor()

    assert status == 0
    assert "PostgreSQL" in found["database"]["text"]
    assert found["clock"]["level"] == "ok"
    assert found["writing"]["level"] == "ok"
    assert "disk" not in found
    opened = open_database(postgresql_url)
    with opened.reading() as connection:
        assert ("doctor", 1) in [tuple(row) for row in connection.execute(tables.counters.select())]
    opened.engine.dispose()
