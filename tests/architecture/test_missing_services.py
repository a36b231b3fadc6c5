import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# Each runs pytest as a process of its own.
pytestmark = pytest.mark.slow

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"
NOBODY_LISTENS = "amqp://guest:guest@127.0.0.1:1//"

TESTS = """
import pytest

def test_asks_by_fixture(rabbitmq_url):
    pass

@pytest.mark.services("rabbitmq")
def test_asks_by_marker():
    pass

def test_asks_for_nothing():
    pass
"""


def run_tests(directory: Path, *options: str, **environ: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(CONFTEST, directory)
    (directory / "test_it.py").write_text(TESTS, encoding="utf-8")
    (directory / "pytest.ini").write_text("[pytest]\nmarkers =\n    services(*names): real servers\n", encoding="utf-8")
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "REQUIRE_SERVICES"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "--strict-markers", "-p", "no:cacheprovider", *options],
        cwd=directory,
        env=own | {"TEST_RABBITMQ_URL": NOBODY_LISTENS} | environ,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("options", [(), ("-n", "1")])
def test_tests_without_their_server_are_skipped_counted_and_named(tmp_path, options):
    done = run_tests(tmp_path, *options)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed, 2 skipped" in done.stdout
    assert "2 TESTS DID NOT RUN" in done.stdout
    assert "test_it.py::test_asks_by_fixture" in done.stdout
    assert "apt-get install rabbitmq-server" in done.stdout


def test_tests_without_their_server_fail_where_servers_are_required(tmp_path):
    done = run_tests(tmp_path, REQUIRE_SERVICES="1")

    assert done.returncode == 1
    assert "1 passed, 2 errors" in done.stdout or "1 passed, 2 failed" in done.stdout


def test_a_test_that_asks_by_fixture_is_left_out_with_the_marker(tmp_path):
    done = run_tests(tmp_path, "-m", "not services")

    assert "1 passed, 2 deselected" in done.stdout
