import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from base64 import b64encode
from contextlib import contextmanager

ANY_PORT = ["--port", "0", "--dns-port", "0"]
PATIENCE_SECONDS = 60.0


def gearbroker(*arguments):
    return subprocess.run(
        [sys.executable, "-c", "import sys; from broker.cli.main import main; sys.exit(main())", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        check=False,
    )


@contextmanager
def running(*arguments):
    """A `gearbroker` that stays up, with its output so far; killed at the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, "-c", "import sys; from broker.cli.main import main; sys.exit(main())", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def read_until(process, wanted):
    """The output up to the first line that matches; fails when the process ends without it."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if re.search(wanted, line):
            return "".join(lines)
    raise AssertionError(f"no line matches {wanted!r} in: {''.join(lines)}")


def ask(url, **fields):
    secret = b64encode(b"demo:password").decode()
    data = "&".join(f"{name}={value}" for name, value in fields.items()).encode() or None
    request = urllib.request.Request(url, data, {"Authorization": f"Basic {secret}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def test_the_story_is_told_to_its_end_and_every_step_holds():
    told = gearbroker("demo", "--once", *ANY_PORT)

    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stderr == ""
    for line in (
        "Application testha was created.",
        "Application testha is now ha",
        "ha-testha-test.example.com CNAME www.example.com",
        "Application testha has scaled to 6",
        "Verdict: degraded: 1 of 2 proxy gears can serve",
        "Every step held.",
    ):
        assert line in told.stdout


def test_a_demo_that_was_killed_goes_on_where_it_was(tmp_path):
    place = ["--data-dir", str(tmp_path / "demo"), *ANY_PORT]
    with running("demo", *place) as first:
        read_until(first, "Every step held")
        first.kill()
        first.wait()

    with running("demo", *place) as second:
        told = read_until(second, "REST API")

        url = re.search(r"REST API +(\S+)/api", told)[1]
        scaled = ask(f"{url}/applications/testha/events", event="scale-up")
        assert "goes on where it was" in told
        assert scaled["messages"][0]["text"] == "Application testha has scaled to 7"


def test_a_second_platform_in_the_same_directory_is_refused_and_the_first_goes_on(tmp_path):
    place = ["--data-dir", str(tmp_path / "demo"), *ANY_PORT]
    with running("demo", *place) as first:
        url = re.search(r"REST API +(\S+)/api", read_until(first, "REST API"))[1]

        second = gearbroker("demo", *place)
        third = gearbroker("serve", *place)

        text = f"A platform is running in {tmp_path / 'demo'}. End it, or name another directory with --data-dir.\n"
        assert (second.returncode, second.stderr) == (78, text)
        assert (third.returncode, third.stderr) == (78, text)
        assert (tmp_path / "demo" / "control.sock").exists()
        assert ask(f"{url}/user")["data"]["login"] == "demo"


def test_a_story_is_not_told_twice_in_one_directory(tmp_path):
    (tmp_path / "demo-complete").touch()

    refused = gearbroker("demo", "--once", "--data-dir", str(tmp_path), *ANY_PORT)

    assert refused.returncode == 78
    assert refused.stderr == (
        f"The demo in {tmp_path} was told already. Leave out --once, or name another with --data-dir.\n"
    )


def test_what_a_platform_keeps_is_its_owner_s_only(tmp_path):
    with running("serve", "--data-dir", str(tmp_path / "new"), *ANY_PORT) as serve:
        read_until(serve, "serves at")

        modes = {path.name: path.stat().st_mode & 0o077 for path in (tmp_path / "new").iterdir()}
        assert modes.keys() >= {"gearbroker.db", "control.sock"}
        assert set(modes.values()) == {0}
        assert (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_a_supervisor_s_sigterm_ends_the_demo_well(tmp_path):
    with running("demo", "--data-dir", str(tmp_path / "demo"), *ANY_PORT) as demo:
        read_until(demo, "oo-router watch")

        demo.send_signal(signal.SIGTERM)

        assert demo.wait(PATIENCE_SECONDS) == 0


def test_a_busy_port_gets_one_clear_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        refused = gearbroker("demo", "--once", "--port", str(port), "--dns-port", "0")

    assert refused.returncode == 78
    assert refused.stdout == ""
    assert refused.stderr == f"Port {port} on 127.0.0.1 is already in use. Choose another with --port.\n"


def test_a_busy_dns_port_gets_one_clear_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        refused = gearbroker("demo", "--once", "--port", "0", "--dns-port", str(port))

    assert refused.returncode == 78
    assert re.fullmatch(rf"Port {port} on 127.0.0.1 cannot be used for DNS: .* with --dns-port\.\n", refused.stderr)


def test_a_directory_left_half_way_gets_one_clear_sentence_and_is_left_alone(tmp_path):
    (tmp_path / "gearbroker.db").write_text("half")

    refused = gearbroker("demo", "--once", "--data-dir", str(tmp_path), *ANY_PORT)

    assert refused.returncode == 78
    assert refused.stderr == (
        f"{tmp_path} is neither empty nor a demo that was told to its end."
        " Remove it, or name another with --data-dir.\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["gearbroker.db"]


def test_a_demo_that_cannot_start_leaves_the_directory_as_it_was(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        web = gearbroker("demo", "--once", "--port", port, "--dns-port", "0", "--data-dir", str(tmp_path / "new"))
        dns = gearbroker("demo", "--once", "--port", "0", "--dns-port", port, "--data-dir", str(tmp_path))

    assert (web.returncode, dns.returncode) == (78, 78)
    assert list(tmp_path.iterdir()) == []


def test_serve_is_the_same_broker_without_the_story(tmp_path):
    with running("serve", "--data-dir", str(tmp_path), *ANY_PORT) as serve:
        told = read_until(serve, "serves at")

        url = re.search(r"serves at (\S+),", told)[1]
        with urllib.request.urlopen(f"{url}/api", timeout=10) as answer:
            assert json.load(answer)["type"] == "links"
        serve.send_signal(signal.SIGTERM)
        assert serve.wait(PATIENCE_SECONDS) == 0


def test_a_fault_can_be_switched_on_from_outside(tmp_path):
    with running("serve", "--data-dir", str(tmp_path), *ANY_PORT) as serve:
        read_until(serve, "serves at")
        place = ["--data-dir", str(tmp_path)]

        killed = gearbroker("node", "node-a1.example.com", "kill", *place)

        assert (killed.returncode, killed.stdout) == (0, "node-a1.example.com: kill\n")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while "unresponsive" not in (listed := gearbroker("node", "list", *place).stdout):
            assert time.monotonic() < deadline, listed
        assert re.search(r"node-a1\.example\.com .* unresponsive", listed)


def test_a_fault_that_there_is_not_is_refused(tmp_path):
    with running("serve", "--data-dir", str(tmp_path), *ANY_PORT) as serve:
        read_until(serve, "serves at")

        refused = gearbroker("node", "node-a1.example.com", "melt", "--data-dir", str(tmp_path))

    assert refused.returncode != 0
    assert refused.stderr == "'melt' is none of kill, revive, cut-off, slow, fail-every.\n"
