"""The programs of a campaign, from the side of who starts and kills them."""

import contextlib
import json
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from campaign.books import SUFFIX
from campaign.nursery import TRAP
from campaign.seams import Trap

TESTS = Path(__file__).parents[1]
LONG_ENOUGH = 30.0


@dataclass(frozen=True, kw_only=True)
class Program:
    """What is run: `name` is this one's own, `program` one of `nursery.PROGRAMS`."""

    name: str
    program: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


class Nursery:
    """Starts programs in the forking process, and knows when they have died."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._log = (directory / "nursery.log").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "campaign.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=TESTS.parent,
            env={**os.environ, "PYTHONPATH": f"{TESTS}:{TESTS.parent}"},
        )
        self._changed = threading.Condition()
        self._dead: dict[int, int] = {}
        self._started: queue.Queue[int] = queue.Queue()
        self._ordering = threading.Lock()
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            raise RuntimeError(f"the nursery did not start: see {directory}/nursery.log")
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            if "started" in told:
                self._started.put(told["started"])
            else:
                with self._changed:
                    self._dead[told["died"]] = told["status"]
                    self._changed.notify_all()

    def start(self, program: Program) -> int:
        """The process id of a new process that runs the program."""
        order = {
            "name": program.name,
            "program": program.program,
            "arguments": program.arguments,
            "environment": {"PATH": os.environ["PATH"], **program.environment},
            "directory": str(self.directory),
        }
        with self._ordering:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
            return self._started.get(timeout=LONG_ENOUGH)

    def status(self, pid: int) -> int | None:
        """How it has ended: -9 for a SIGKILL; None while it lives."""
        with self._changed:
            return self._dead.get(pid)

    def wait(self, pid: int, seconds: float) -> int | None:
        """How it ends within so many seconds; None if it still lives then."""
        with self._changed:
            self._changed.wait_for(lambda: pid in self._dead, seconds)
            return self._dead.get(pid)

    def close(self) -> None:
        """End every process of this nursery."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(LONG_ENOUGH)
        self._reader.join(LONG_ENOUGH)
        self._log.close()
        if self._process.stdout is not None:
            self._process.stdout.close()


class Victim:
    """A program that is started again whenever it was killed; one thread at a time."""

    def __init__(self, nursery: Nursery, program: Program, points: Sequence[str]) -> None:
        self.program = program
        self.name = program.name
        self.points = tuple(points)
        self._nursery = nursery
        self.trap = Trap(nursery.directory / f"{program.name}{TRAP}")
        self.pid = 0

    @property
    def kind(self) -> str:
        """What it is, whichever of several."""
        return self.name.partition("-")[0]

    @property
    def alive(self) -> bool:
        """Whether it was started and lives."""
        return bool(self.pid) and self._nursery.status(self.pid) is None

    def start(self) -> None:
        """Start it; nothing is armed that was not armed before."""
        if not self.alive:
            self.pid = self._nursery.start(self.program)

    def died_within(self, seconds: float) -> int | None:
        """How it ends within so many seconds; None if it lives on."""
        return self._nursery.wait(self.pid, seconds)

    def kill(self, number: int = signal.SIGKILL) -> int:
        """Send it a signal that it dies of, and see it dead; returns how."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)
        status = self.died_within(LONG_ENOUGH)
        assert status is not None, f"{self.name} outlives signal {number}"
        return status

    def books(self) -> dict[str, Any]:
        """What the nodes of this process carry in its memory."""
        file = self._nursery.directory / f"{self.name}{SUFFIX}"
        file.unlink(missing_ok=True)
        os.kill(self.pid, signal.SIGUSR1)
        deadline = time.monotonic() + LONG_ENOUGH
        while not file.exists():
            if time.monotonic() > deadline or not self.alive:
                raise TimeoutError(f"{self.name} does not show what its nodes carry")
            time.sleep(0.005)
        return dict(pickle.loads(file.read_bytes()))  # noqa: S301 written by our own child
