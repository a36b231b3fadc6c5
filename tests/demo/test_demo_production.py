"""The demo of the production shape: what it says where servers are missing, and what it leaves when interrupted."""

import itertools
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
from conftest import postgresql_address

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 90.0


def command(*arguments):
    return [sys.executable, "-m", "tools.demo_production", *arguments]


def told(**settings):
    environment = {**os.environ, **settings}
    return subprocess.run(
        command("--once"),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def databases():
    with psycopg.connect(postgresql_address()) as server:
        return {name for (name,) in server.execute("SELECT datname FROM pg_database")}


def test_a_missing_rabbitmq_gets_one_clear_sentence_that_says_what_to_set():
    refused = told(DEMO_BUS_URL="amqp://somebody:secret@127.0.0.1:1//")

    assert refused.returncode == 1
    assert refused.stderr.startswith("RabbitMQ cannot be reached at amqp://somebody:**@127.0.0.1:1//")
    assert "set DEMO_BUS_URL=" in refused.stderr
    assert "secret" not in refused.stderr


@pytest.mark.services("rabbitmq")
def test_a_missing_postgresql_gets_one_clear_sentence_that_says_what_to_set():
    refused = told(DEMO_DATABASE_URL="postgresql://somebody:secret@127.0.0.1:1/postgres")

    assert refused.returncode == 1
    assert refused.stderr.startswith("PostgreSQL cannot be used")
    assert "set DEMO_DATABASE_URL=" in refused.stderr
    assert "secret" not in refused.stderr


@pytest.mark.services("postgresql", "rabbitmq")
def test_a_demo_that_is_interrupted_in_the_middle_stops_and_removes_everything(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command(), cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as demo:
        lines = list(itertools.takewhile(lambda line: not line.startswith("2. It becomes"), demo.stdout))
        children = psutil.Process(demo.pid).children(recursive=True)

        demo.send_signal(signal.SIGINT)

        assert demo.wait(PATIENCE_SECONDS) == 128 + signal.SIGINT
    assert len(children) == 11  # two brokers, two workers, six agents, a router
    assert psutil.wait_procs(children, timeout=PATIENCE_SECONDS)[1] == []
    assert list(tmp_path.iterdir()) == []
    (name,) = re.findall(r"^database (\S+),", "".join(lines), re.MULTILINE)
    assert name not in databases()
