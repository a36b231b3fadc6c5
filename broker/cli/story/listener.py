"""A router listener in a process of its own, and what it has received."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

ENDING_SECONDS = 5.0
POLL_SECONDS = 0.02


class ListenerProcess:
    """`oo-router run --listener recording`, following the HTTP stream of a broker; ends with the block.

    With `bus`, its URL, and the options `source` it follows the bus, and the broker is asked for snapshots only.
    """

    def __init__(
        self, url: str, login: str, password: str, directory: Path, *, bus: str = "", source: Sequence[str] = ()
    ) -> None:
        self._file = directory / "routing-events.jsonl"
        options = ["--listener", "recording", "--option", f"file={self._file}"]
        place = ["--broker", url, "--state-dir", str(directory / "router-state")]
        self.arguments = ["run", *options, *place, *source]
        self._environment = {**os.environ, "GEARBROKER_LOGIN": login, "GEARBROKER_PASSWORD": password}
        if bus:
            self._environment["GEARBROKER_BUS_URL"] = bus
        self._log = directory / "router.log"

    def __enter__(self) -> Self:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 our own module
                [sys.executable, "-m", "routing_spi.cli", *self.arguments],
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def lines(self) -> list[dict[str, Any]]:
        """What it was told so far, events and snapshots, in the order in which they came."""
        if not self._file.exists():
            return []
        text = self._file.read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def events(self) -> list[dict[str, Any]]:
        """The events of these lines."""
        return [line["event"]["data"] for line in self.lines() if "event" in line]

    def is_ready(self, seconds: float) -> bool:
        """Whether it has taken its first snapshot, so that nothing that follows can pass it by."""
        return self._until(lambda: self._file.exists() and self._file.stat().st_size > 0, seconds)

    def has_reached(self, position: int, seconds: float) -> bool:
        """Whether it has received the event of that position, waiting as long for it."""
        return self._until(lambda: any(event["position"] >= position for event in self.events()), seconds)

    def _until(self, condition: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            if condition():
                return True
            time.sleep(POLL_SECONDS)
        return condition()
