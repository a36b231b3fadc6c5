"""A PostgreSQL and a RabbitMQ of the campaign's own: those of the machine have other users, and must not be killed."""

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

LONG_ENOUGH = 60.0


class ServerMissing(Exception):
    """A server program is not installed; the text says which and how to get it."""


def listens_by(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until somebody takes connections on the port; raises `RuntimeError` if the process ends instead."""
    deadline = time.monotonic() + LONG_ENOUGH
    while True:
        with socket.socket() as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"no server on port {port}: see {log}")
        time.sleep(0.02)


def _program(name: str, places: Sequence[str], advice: str) -> str:
    found = shutil.which(name) or next((str(each) for place in places for each in Path("/").glob(place)), None)
    if found is None:
        raise ServerMissing(f"{name} is not here. To get it: {advice}")
    return found


class Server:
    """A server in processes of its own, which are killed together."""

    # Servers refuse to run as root; where we are, they run as the user that their packages make.
    user = ""

    def __init__(self, directory: Path, port: int) -> None:
        self.port = port
        self.directory = directory
        self.log = directory.with_suffix(".log")
        self._process: subprocess.Popen[bytes] | None = None
        directory.mkdir()
        if os.getuid() == 0:
            shutil.chown(directory, self.user)

    def command(self) -> list[str]:
        """What is run."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """What it is told beside its arguments."""
        return {}

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._process = self._run(self.command())
        listens_by(self.port, self._process, self.log)

    def _run(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.directory,
                env={"PATH": os.environ["PATH"], "HOME": str(self.directory), **self.environment()},
                start_new_session=True,
                **({"user": self.user, "group": self.user, "extra_groups": []} if os.getuid() == 0 else {}),
            )

    def children(self) -> list[psutil.Process]:
        """Every process of the server but the first."""
        if self._process is None:
            return []
        try:
            return psutil.Process(self._process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def kill(self) -> None:
        """Kill every process of it at once."""
        if self._process is None:
            return
        children = self.children()
        self._process.kill()
        for each in children:
            _kill(each)
        self._process.wait(LONG_ENOUGH)
        psutil.wait_procs(children, LONG_ENOUGH)
        self._process = None


def _command_of(process: psutil.Process) -> str:
    """What the process calls itself; nothing if it has just ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def _kill(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()


class PostgreSql(Server):
    """A cluster without passwords on the loopback. What it has told the system survives a kill, fsync or not."""

    user = "postgres"

    def __init__(self, directory: Path, port: int) -> None:
        super().__init__(directory, port)
        advice = "apt-get install postgresql"
        self._initdb = _program("initdb", ["usr/lib/postgresql/*/bin/initdb"], advice)
        self._postgres = _program("postgres", ["usr/lib/postgresql/*/bin/postgres"], advice)
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        made = self._run([self._initdb, "-D", str(directory / "data"), *options])
        if made.wait(LONG_ENOUGH) != 0:
            raise RuntimeError(f"initdb failed: see {self.log}")

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.directory),
            "fsync": "off",
            "max_connections": "200",
            "shared_buffers": "32MB",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [self._postgres, "-D", str(self.directory / "data"), "-p", str(self.port), *options]

    @property
    def url(self) -> str:
        """Its database, as SQLAlchemy takes it."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def kill_one_connection(self, which: int) -> bool:
        """Kill the process of one connection, which makes the server throw all of them away and recover."""
        backends = [each for each in self.children() if "127.0.0.1" in _command_of(each)]
        if backends:
            _kill(backends[which % len(backends)])
        return bool(backends)


class RabbitMq(Server):
    """A node without plugins on ports of its own."""

    user = "rabbitmq"

    def __init__(self, directory: Path, port: int, distribution_port: int) -> None:
        self._distribution_port = distribution_port
        places = ["usr/lib/rabbitmq/bin/rabbitmq-server", "usr/lib/rabbitmq/lib/*/sbin/rabbitmq-server"]
        # Not the one on the PATH first: Debian's wants to be root, and changes to the machine's own node.
        found = next((str(each) for place in places for each in Path("/").glob(place)), None)
        self._program = found or _program("rabbitmq-server", [], "apt-get install rabbitmq-server")
        super().__init__(directory, port)
        (directory / "plugins").write_text("[].\n")
        (directory / "plugins").chmod(0o644)

    def command(self) -> list[str]:
        return [self._program]

    def environment(self) -> dict[str, str]:
        place = self.directory
        return {
            "RABBITMQ_NODENAME": f"campaign-{self.port}-{getpass.getuser()}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_MNESIA_BASE": str(place / "mnesia"),
            "RABBITMQ_LOG_BASE": str(place / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(place / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(place / "none"),
            "RABBITMQ_PID_FILE": str(place / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }
