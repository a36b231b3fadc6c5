"""A process that has imported every program, and forks a child for each that is to run.

To start Python and import a broker takes longer than the broker lives in a campaign. A child that was forked runs the
program's `main` from its first line with arguments and environment of its own, and dies as dead as any.
Orders come as JSON lines on stdin, deaths go as JSON lines to stdout; when stdin ends, so do all.
"""

import ctypes
import importlib
import json
import os
import pkgutil
import select
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from campaign.books import SUFFIX, show_books_on_signal
from campaign.seams import Trap, set_seams

PROGRAMS = {
    "gearbroker": "broker.cli.main",
    "oo-node": "node_agent.cli",
    "oo-router": "routing_spi.cli",
}
TRAP = ".trap"
BROKEN = 70
_PR_SET_PDEATHSIG = 1


def import_everything() -> None:
    """Import all of the product, also what a program imports when it is needed, so that no child has to."""
    for name in ("broker", "routing_spi", "node_agent", "migrations"):
        package = importlib.import_module(name)
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not found.name.startswith("migrations."):
                importlib.import_module(found.name)
    for name in ("kombu.transport.pyamqp", "psycopg", "sqlalchemy.dialects.postgresql.psycopg", "amqp.transport"):
        importlib.import_module(name)


def main() -> None:
    """Take orders until there are no more."""
    import_everything()
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _say({"ready": os.getpid()})
    orders = b""
    while True:
        ready, _, _ = select.select([0, wake_read], [], [])
        if wake_read in ready:
            os.read(wake_read, 4096)
            _bury()
        if 0 in ready:
            read = os.read(0, 65536)
            if not read:
                break
            *lines, orders = (orders + read).split(b"\n")
            for line in lines:
                _obey(json.loads(line))
    sys.exit(0)


def _say(what: dict[str, Any]) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")


def _bury() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _say({"died": pid, "status": os.waitstatus_to_exitcode(status)})


def _obey(order: dict[str, Any]) -> None:
    pid = os.fork()
    if pid == 0:
        status = BROKEN
        try:
            status = _run(order)
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0
        except BaseException:  # noqa: BLE001 a child must never go on as its parent
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    _say({"started": pid, "name": order["name"]})


def _run(order: dict[str, Any]) -> int:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.set_wakeup_fd(-1)
    for each in (signal.SIGCHLD, signal.SIGINT):
        signal.signal(each, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    directory = Path(order["directory"])
    log = os.open(directory / f"{order['name']}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.clear()
    os.environ.update(order["environment"])
    set_seams(Trap(directory / f"{order['name']}{TRAP}"))
    show_books_on_signal(directory / f"{order['name']}{SUFFIX}")
    sys.argv = [order["program"], *order["arguments"]]
    run: Any = importlib.import_module(PROGRAMS[order["program"]]).main
    return int(run(order["arguments"]) or 0)


if __name__ == "__main__":
    main()
