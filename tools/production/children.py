"""Processes with names, each with a log of its own: begun, killed, begun again, and stopped together."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

STARTING_SECONDS = 30.0
ENDING_SECONDS = 30.0
POLL_SECONDS = 0.02


class NotStarted(Exception):
    """A process did not say that it is up; the text holds what it said."""


class Child:
    """One program, which can be begun again after it was killed, as a supervisor does."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], directory: Path) -> None:
        self.name = name
        self._command = [str(Path(sys.executable).with_name(command[0])), *command[1:]]
        self._environment = {**os.environ, "PYTHONUNBUFFERED": "1", **environment}
        self.log = directory / f"{name}.log"
        self._began_at = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process id; 0 while it has not begun."""
        return self._process.pid if self._process else 0

    @property
    def is_running(self) -> bool:
        """Whether it has begun and not ended."""
        return self._process is not None and self._process.poll() is None

    def begin(self) -> None:
        """Start it, once more if it has ended."""
        self._began_at = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C is for who has begun it, who then stops all in order.
            self._process = subprocess.Popen(  # noqa: S603 our own commands
                self._command, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    def said(self) -> str:
        """What it has printed since it was begun."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(self._began_at)
            return log.read().decode("utf-8", "replace")

    def wait_for(self, pattern: str, seconds: float = STARTING_SECONDS) -> re.Match[str]:
        """The first match of what it prints; raises `NotStarted`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            ended = not self.is_running
            if found := re.search(pattern, self.said()):
                return found
            if ended:
                break
            time.sleep(POLL_SECONDS)
        raise NotStarted(f"{self.name} did not say {pattern!r} but: {self.said().strip() or 'nothing'}")

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        if self._process is not None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """`kill -9`, and wait until it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def wait(self, seconds: float = ENDING_SECONDS) -> int | None:
        """Its exit status; None if it has not ended in time."""
        if self._process is None:
            return None
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None


def stop_together(children: Sequence[Child]) -> None:
    """Ask all to end, wait for them, and kill who does not."""
    for child in children:
        if child.is_running:
            child.send(signal.SIGCONT)
            child.send(signal.SIGTERM)
    deadline = time.monotonic() + ENDING_SECONDS
    for child in children:
        if child.is_running and child.wait(max(0.0, deadline - time.monotonic())) is None:
            child.kill()
