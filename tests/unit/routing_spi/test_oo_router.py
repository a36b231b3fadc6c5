import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from routing_spi import cli
from routing_spi.conformance_story import Story, a_life, tables_after

ROOT = Path(__file__).parents[3]
DEADLINE_SECONDS = 30.0
RECORDING = "routing_spi.listeners.recording:RecordingListener"


def oo_router(*arguments, environment=None):
    return cli.main([str(argument) for argument in arguments], environment or {})


def process(*arguments, **options):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "routing_spi.cli", *map(str, arguments)]
    return subprocess.Popen(command, env=environment, text=True, **options)


def until(claim):
    end = time.monotonic() + DEADLINE_SECONDS
    while not claim():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_help_loads_neither_the_bus_nor_templates_nor_yaml():
    code = (
        "import sys, routing_spi.cli\n"
        "try: routing_spi.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'kombu', 'jinja2', 'yaml', 'http.client', 'logging', 'json'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "oo-router" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("dance",),
        ("run", "--state-dir", "x"),
        ("run", "--listener", "recording"),
        ("run", "--listener", "recording", "--state-dir", "x", "--option", "file"),
        ("watch", "--count", "-1"),
    ],
)
def test_wrong_usage_is_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        oo_router(*arguments)

    assert ended.value.code == 2
    assert "usage: oo-router" in capsys.readouterr().err


def test_a_snapshot_is_shown_for_people(broker, capsys):
    broker.told = list(a_life(position=0))

    status = oo_router("snapshot", "--broker", broker.url)

    assert status == 0
    assert capsys.readouterr().out == (
        "position 22, 1 applications, 3 endpoints\n"
        "\n"
        "test/testha (746573746861000000000000): HA, verdict ha, sequence 22\n"
        "  names: ha-testha-test.example.com, testha-test.example.com, www.example.org\n"
        "  203.0.113.17:56432 haproxy-1.4 (load_balancer) gear 53c6c74fe659c57659000021 "
        "on node-c1.example.com, zone c: started, rotation in, serving\n"
        "  203.0.113.17:56433 php-5.4 (web_framework) gear 53c6c74fe659c57659000021 "
        "on node-c1.example.com, zone c: started, rotation in, serving\n"
        "  203.0.113.19:40002 haproxy-1.4 (load_balancer) gear 53c6c74fe659c57659000022, head gear "
        "on node-b1.example.com, zone b: started, rotation in, serving\n"
    )


def test_a_snapshot_is_shown_for_programs(broker, capsys):
    broker.told = list(a_life(position=0))

    oo_router("snapshot", "--broker", broker.url, "--json")

    (table,) = tables_after(broker.told).values()
    assert json.loads(capsys.readouterr().out)["applications"] == [table.to_wire()]


def test_watching_begins_now_and_ends_after_the_action(broker, capsys):
    story = Story("testha", position=0)
    broker.told = [story.create()]
    events = [story.state("g1", "not responding"), story.delete(), story.create()]
    broker.streams = [(200, broker.lines(*events))]

    status = oo_router("watch", "--broker", broker.url, "--until", "delete_application")

    assert status == 0
    assert broker.asked[-1].endswith("after=1&follow=true")
    assert capsys.readouterr().out == (
        "2026-01-01T00:00:00Z 2 test/testha#2 gear_state_changed "
        'gear_id=g1 state="not responding" node=node-c1.example.com region=r1 zone=c\n'
        "2026-01-01T00:00:00Z 3 test/testha#3 delete_application "
        "scalable=true ha=true dns_name=testha-test.example.com\n"
    )


def test_watching_ends_after_so_many_events(broker, capsys):
    broker.streams = [(200, broker.lines(*a_life(position=0)))]

    status = oo_router("watch", "--broker", broker.url, "--after", 0, "--count", 2, "--json")

    assert status == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["data"]["position"] for line in lines] == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("snapshot",), "--broker http://HOST:PORT"),
        (("snapshot", "--broker", "nonsense"), "http://HOST:PORT"),
        (("snapshot", "--broker", "http://127.0.0.1:1"), "is it running there?"),
        (("snapshot", "--broker", "http://127.0.0.1:1", "--credentials-file", "/no/such"), "cannot be read"),
        (("watch", "--broker", "http://127.0.0.1:1"), "is it running there?"),
        (("watch", "--broker", "http://127.0.0.1:1", "--until", "explode"), "create_application"),
        (("watch", "--bus", "env"), "GEARBROKER_BUS_URL is not set"),
        (("watch", "--bus", "memory://", "--after", "3"), "leave out --after"),
        (("watch", "--bus", "nonsense://"), "amqp://HOST//"),
        (
            ("run", "--listener", "nobody", "--state-dir", "{dir}", "--broker", "http://127.0.0.1:1"),
            "no listener 'nobody'",
        ),
        (
            ("run", "--listener", RECORDING, "--state-dir", "/dev/null/x", "--broker", "http://h"),
            "cannot be used",
        ),
        (("run", "--listener", RECORDING, "--state-dir", "{dir}", "--bus", "memory://"), "for its snapshots"),
    ],
)
def test_a_failure_is_status_1_and_one_sentence(arguments, said, tmp_path, capsys):
    status = oo_router(*(argument.replace("{dir}", str(tmp_path / "state")) for argument in arguments))

    error = capsys.readouterr().err
    assert status == 1
    assert said in error
    assert error.startswith("oo-router: ")
    assert error.count("\n") == 1


def test_credentials_come_from_the_environment_or_a_file(broker, tmp_path, capsys):
    broker.authorization = "Bearer abc"
    path = tmp_path / "credentials"
    path.write_text("token = abc\n")
    path.chmod(0o600)

    statuses = [
        oo_router("snapshot", "--broker", broker.url),
        oo_router("snapshot", "--broker", broker.url, environment={"GEARBROKER_TOKEN": "abc"}),
        oo_router("snapshot", "--broker", broker.url, "--credentials-file", path),
    ]

    assert statuses == [1, 0, 0]
    assert "does not accept the credentials" in capsys.readouterr().err


def test_a_running_listener_is_kept_right_and_ends_quietly_when_interrupted(broker, tmp_path):
    events = a_life(position=0)
    broker.told = list(events[:4])
    broker.streams = [(200, broker.lines(*events[4:]))]
    recorded = tmp_path / "events"
    running = process(
        "run", "--listener", RECORDING, "--option", f"file={recorded}", "--broker", broker.url,
        "--state-dir", tmp_path / "state", stderr=subprocess.PIPE,
    )  # fmt: skip

    until(lambda: recorded.exists() and len(recorded.read_text().splitlines()) == 1 + len(events) - 4)
    running.send_signal(signal.SIGINT)
    _, error = running.communicate(timeout=DEADLINE_SECONDS)

    assert running.returncode == 130
    assert "Traceback" not in error


def test_a_terminated_listener_goes_on_where_it_was(broker, tmp_path):
    events = a_life(position=0)
    broker.streams = [(200, broker.lines(*events[:3]))]
    recorded = tmp_path / "events"
    command = (
        "run", "--listener", RECORDING, "--option", f"file={recorded}", "--broker", broker.url,
        "--state-dir", tmp_path / "state",
    )  # fmt: skip
    first = process(*command)
    until(lambda: recorded.exists() and len(recorded.read_text().splitlines()) == 4)
    first.terminate()
    assert first.wait(DEADLINE_SECONDS) == 0
    broker.streams = [(200, broker.lines(*events[3:]))]

    second = process(*command)
    until(lambda: len(recorded.read_text().splitlines()) == 5 + len(events) - 3)
    second.terminate()
    second.wait(DEADLINE_SECONDS)

    told = [json.loads(line) for line in recorded.read_text().splitlines()]
    assert [entry["snapshot"]["position"] for entry in told if "snapshot" in entry] == [0, 3]
    assert [entry["event"]["data"]["position"] for entry in told if "event" in entry] == list(range(1, 23))


def test_a_closed_pipe_ends_it_quietly(broker):
    broker.told = list(a_life(position=0))
    reader, writer = os.pipe()
    os.close(reader)

    ended = process("snapshot", "--broker", broker.url, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    _, error = ended.communicate(timeout=DEADLINE_SECONDS)

    assert (ended.returncode, error) == (0, "")
