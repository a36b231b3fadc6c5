"""What the page on deployment says to type, typed against a database of its own; and its units for systemd."""

import os
import re
import shlex
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest
from docs.test_documented_commands import ROOT, is_as_shown, typed_in

from tools.production.shape import production

PAGE = ROOT / "docs" / "deployment.md"
UNITS = sorted((ROOT / "docs" / "examples").glob("*.service"))


@pytest.mark.services("postgresql", "rabbitmq")
def test_every_command_of_the_page_does_what_it_says(tmp_path):
    commands = [typed for typed in typed_in(PAGE.read_text(encoding="utf-8")) if typed.is_run]
    with production(tmp_path) as shape:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        for typed in commands:
            done = subprocess.run(
                ["bash", "-c", typed.command],
                env={**os.environ, **shape.environment, "PATH": path},
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
            )

            assert done.returncode == 0, f"line {typed.line}: {typed.command}\n{done.stderr}"
            assert is_as_shown(done.stdout, typed.shown), f"line {typed.line}: {typed.command}\n{done.stdout}"

    assert len(commands) > 3
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def unit(path):
    parser = ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str
    parser.read(path, encoding="utf-8")
    return parser["Service"]


def test_every_unit_of_the_examples_is_named_on_the_page():
    text = PAGE.read_text(encoding="utf-8")

    assert [path.name for path in UNITS if f"(examples/{path.name})" not in text] == []
    assert len(UNITS) == 4


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_a_command_with_options_that_it_has_and_begins_it_again(path):
    service = unit(path)
    words = shlex.split(service["ExecStart"])
    program = Path(sys.executable).with_name(Path(words[0]).name)
    command = [word for word in words[1:2] if not word.startswith("-")]

    told = subprocess.run([program, *command, "--help"], capture_output=True, text=True, check=True).stdout

    options = [word.partition("=")[0] for word in words if word.startswith("--")]
    assert [option for option in options if not re.search(rf"{re.escape(option)}\b", told)] == []
    assert (service["Restart"], service["NoNewPrivileges"]) == ("always", "yes")
    assert "amqp" not in service["ExecStart"]
