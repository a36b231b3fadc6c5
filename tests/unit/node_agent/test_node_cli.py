import subprocess
import sys
from pathlib import Path

import pytest

from node_agent.cli import main


def test_a_bus_that_cannot_be_understood_is_one_line_and_exit_status_1(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status = main(["run", "--bus", "nosuch://secret@nowhere", "--node-id", "n1", "--data-dir", str(tmp_path)])

    shown = capsys.readouterr().err
    assert (status, shown) == (1, "oo-node: cannot use the bus URL: No such transport: nosuch\n")


def test_without_a_bus_it_says_how_to_name_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BUS_URL", raising=False)
    with pytest.raises(SystemExit) as ended:
        main(["run", "--node-id", "n1"])

    assert ended.value.code == 2
    assert "name the bus with --bus URL, or in the environment as BUS_URL" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../n1", ".n1", "n1/", "", "a" * 254])
def test_a_node_that_is_no_host_name_is_wrong_usage(capsys: pytest.CaptureFixture[str], name: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", "--bus", "memory://", "--node-id", name])

    assert ended.value.code == 2
    assert "is no host name" in capsys.readouterr().err


def test_a_data_directory_that_cannot_be_made_is_one_line_and_exit_status_1(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    directory = tmp_path / "file" / "data"

    status = main(["run", "--bus", "memory://", "--node-id", "n1", "--data-dir", str(directory)])

    shown = capsys.readouterr().err
    told = f"the data directory {directory} cannot be made: Not a directory. Name another with --data-dir"
    assert (status, shown) == (1, f"oo-node: {told}\n")


def test_gears_are_kept_in_a_directory_of_the_nodes_own(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["run", "--bus", "nosuch://nowhere", "--node-id", "n1"])

    assert (tmp_path / "gearbroker-data" / "nodes" / "n1" / "node.db").exists()


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
