import subprocess
import sys

import pytest

from node_agent.cli import main


def test_a_bus_that_cannot_be_understood_is_one_line_and_exit_status_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = main(["run", "--bus", "nosuch://secret@nowhere", "--node-id", "n1"])

    shown = capsys.readouterr().err
    assert (status, shown) == (1, "oo-node: cannot use the bus URL: No such transport: nosuch\n")


def test_a_missing_option_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", "--bus", "memory://"])

    assert ended.value.code == 2
    assert "--node-id" in capsys.readouterr().err


def test_help_does_not_wait_for_the_bus_library() -> None:
    seen = subprocess.run(
        [sys.executable, "-c", "import sys, node_agent.cli; print('kombu' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert seen.stdout == "False\n"
