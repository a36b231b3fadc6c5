"""A demo of a document's own, as its reader would have started it, and the shell its commands are typed into."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STARTING_SECONDS = 60.0
ENDING_SECONDS = 10.0
COMMAND_SECONDS = 30.0
POLL_SECONDS = 0.02
# What a reader's shell may have set and a reader of the documents may not have.
FOREIGN = re.compile(r"GEARBROKER_.*|DATABASE_URL|BUS_URL|NODES|DNS_.*|BIND_.*|PYTHONPATH")


@dataclass(frozen=True, kw_only=True)
class Demo:
    """A running demo: its ports, what it has printed so far, and where it keeps its data."""

    port: int
    dns_port: int
    told: str
    directory: Path


@dataclass(frozen=True, kw_only=True)
class Shell:
    """Runs one command line after another; what one exports, the next one has. `/tmp` is a directory of the test's."""

    demo: Demo
    directory: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, command: str) -> tuple[int, str]:
        """The exit status of the command, and what it printed on both streams."""
        kept = self.directory / "environment"
        script = f"{self.translated(command)}\nstatus=$?; env -0 > {kept}; exit $status"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=COMMAND_SECONDS,
            text=True,
            check=False,
        )
        entries = kept.read_text(encoding="utf-8").split("\0") if kept.exists() else []
        self.environment.update(entry.split("=", 1) for entry in entries if "=" in entry)
        return done.returncode, done.stdout

    def translated(self, text: str) -> str:
        """The text of a document, with this demo's ports and directories for those the document names."""
        text = text.replace("127.0.0.1:8080", f"127.0.0.1:{self.demo.port}")
        text = re.sub(r"(-p|port|#) ?8053\b", lambda found: found[0].replace("8053", str(self.demo.dns_port)), text)
        return text.replace("/tmp/", f"{self.directory}/")  # noqa: S108 what documents say


def plain_environment() -> dict[str, str]:
    """The environment without settings, and with our commands on its path."""
    kept = {name: value for name, value in os.environ.items() if not FOREIGN.fullmatch(name)}
    return {**kept, "PATH": f"{Path(sys.executable).parent}:{kept['PATH']}", "LC_ALL": "C.UTF-8"}


@contextmanager
def running_demo(directory: Path) -> Iterator[Demo]:
    """A demo on free ports that has told its story; ended with the block."""
    output = directory / "demo.out"
    data = directory / "data"
    command = [Path(sys.executable).with_name("gearbroker"), "demo"]
    arguments = [*command, "--port", "0", "--dns-port", "0", "--data-dir", data]
    with output.open("w") as out:
        process = subprocess.Popen(
            arguments, cwd=ROOT, env=plain_environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    try:
        told = wait_until_told(process, output)
        first = re.search(r"http://127\.0\.0\.1:(\d+): .* DNS on port (\d+)", told)
        assert first is not None, told
        yield Demo(port=int(first[1]), dns_port=int(first[2]), told=told, directory=data)
    finally:
        process.terminate()
        try:
            process.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_told(process: "subprocess.Popen[bytes]", output: Path) -> str:
    deadline = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < deadline:
        told = output.read_text(encoding="utf-8")
        if "oo-router watch" in told:
            return told
        assert process.poll() is None, f"the demo has ended:\n{told}"
        time.sleep(POLL_SECONDS)
    raise AssertionError(f"the demo was not told to its end:\n{output.read_text(encoding='utf-8')}")


@pytest.fixture
def new_shell(tmp_path: Path) -> Callable[[], AbstractContextManager[Shell]]:
    """Opens a shell beside a demo that has just started."""

    @contextmanager
    def opened() -> Iterator[Shell]:
        with running_demo(tmp_path) as demo:
            environment = {**plain_environment(), "GEARBROKER_DATA_DIR": str(demo.directory)}
            yield Shell(demo=demo, directory=tmp_path, environment=environment)

    return opened
