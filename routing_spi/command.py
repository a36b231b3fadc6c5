"""Running a router's own command: an argument list without a shell, with a time limit."""

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from typing import Final

_SHOWN_AT_MOST: Final = 500


class CommandFailed(Exception):
    """The command could not be started, took too long or ended with another status than 0."""


def run_command(arguments: Sequence[str], *, timeout_seconds: float) -> None:
    """Return when the command has ended with 0; after the time limit it and its children are killed.

    Raises `CommandFailed`, with the end of what the command said.
    """
    # Into a file: a child that outlives the command would keep a pipe open, and us waiting.
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(  # noqa: S603 - the operator's own command, no shell
                arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        except OSError as error:
            raise CommandFailed(f"{arguments[0]} cannot be started: {error.strerror}") from error
        try:
            status = process.wait(timeout_seconds)
        except subprocess.TimeoutExpired as error:
            raise CommandFailed(f"{arguments[0]} took more than {timeout_seconds:g} seconds") from error
        finally:
            _end(process)
        if status != 0:
            output.seek(0)
            said = output.read().decode("utf-8", errors="replace").strip()[-_SHOWN_AT_MOST:]
            raise CommandFailed(f"{arguments[0]} ended with {status}" + (f": {said}" if said else ""))


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):  # it may end by itself in this moment
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
