import subprocess
import sys
from collections.abc import Sequence

import pytest

from broker.cli.kit.run import run
from broker.core.errors import ApplicationNotFound, ConfigurationError, Invalid, ManyRefusals

ENDLESS = """
from broker.cli.kit.run import run

def talk(argv):
    while True:
        print("line")

raise SystemExit(run(talk))
"""


def ending_in(error: BaseException):
    def command(argv: Sequence[str]) -> int:
        raise error

    return command


def test_the_command_gets_its_arguments_and_decides_the_exit_status():
    seen: list[str] = []

    def command(argv: Sequence[str]) -> int:
        seen.extend(argv)
        return 7

    assert run(command, ["-a", "demo"]) == 7
    assert seen == ["-a", "demo"]


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (ApplicationNotFound("demo"), 1, "Application 'demo' not found.\n"),
        (ConfigurationError("GEARBROKER_PORT cannot be 'x'."), 78, "GEARBROKER_PORT cannot be 'x'.\n"),
        (ManyRefusals((Invalid("Too short."), Invalid("Too odd."))), 1, "Too short.\nToo odd.\n"),
        (OSError(98, "Address already in use"), 1, "[Errno 98] Address already in use\n"),
        (KeyboardInterrupt(), 130, "\n"),
    ],
)
def test_what_ends_a_command_is_said_on_stderr_and_in_the_exit_status(error, status, said, capsys):
    assert run(ending_in(error), []) == status

    shown = capsys.readouterr()
    assert shown.err == said
    assert shown.out == ""


def test_a_password_in_a_refusal_is_not_shown(capsys):
    run(ending_in(OSError("cannot reach amqp://me:hunter2@host//")), [])

    assert "hunter2" not in capsys.readouterr().err


def test_a_mistake_in_the_command_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        run(ending_in(ZeroDivisionError()), [])


def test_a_reader_that_goes_away_ends_the_command_quietly():
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()

    assert process.returncode == 141
    assert said == ""
