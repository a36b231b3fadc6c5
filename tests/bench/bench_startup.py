"""How long commands take to answer, and the demo to be up, with the memory it then has.

The baseline of the same run is a Python that does nothing.

Usage: PYTHONPATH=.:tests .venv/bin/python tests/bench/bench_startup.py [--check]
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from harness import Goal, figure, finish, seconds_of, wants_check

BIN = Path(sys.executable).parent
ROUNDS = 7
MEGABYTE = 1_000_000
UP, TOLD = "gearbroker at ", "The platform stays up"


def main() -> int:
    """Print the figures; with `--check` the exit status is 1 when a goal is missed."""
    check = wants_check(__doc__)
    figure("baseline: python -c pass", best(sys.executable, "-c", "pass"), "s")
    with tempfile.TemporaryDirectory(prefix="gearbroker-bench-") as directory:
        os.environ["GEARBROKER_DATA_DIR"] = directory
        best(str(BIN / "gearbroker"), "migrate", rounds=1)
        goals = [
            Goal(name="oo-app-info --help", value=best(str(BIN / "oo-app-info"), "--help"), bound=0.3, unit="s"),
            Goal(
                name="oo-app-info --app NAME", value=best(str(BIN / "oo-app-info"), "--app", "x"), bound=0.8, unit="s"
            ),
        ]
    up, told, memory = demo()
    figure("demo: until its story is told", told, "s")
    goals += [
        Goal(name="demo: until it serves", value=up, bound=3, unit="s"),
        Goal(name="demo: memory once its story is told", value=memory, bound=250, unit="MB"),
    ]
    return finish(goals, check=check)


def best(*command: str, rounds: int = ROUNDS) -> float:
    """The least seconds of a command, from its start to its end."""
    return min(
        seconds_of(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)) for _ in range(rounds)
    )


def demo() -> tuple[float, float, float]:
    """Seconds until it serves, seconds until its story is told, and the megabytes of its process then."""
    command = [str(BIN / "gearbroker"), "demo", "--port", "0", "--dns-port", "0"]
    environment = {name: value for name, value in os.environ.items() if name != "GEARBROKER_DATA_DIR"}
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
        up = told = float("nan")
        for line in child.stdout or ():
            if line.startswith(UP):
                up = time.perf_counter() - began
            if line.startswith(TOLD):
                told = time.perf_counter() - began
                break
        memory: int = psutil.Process(child.pid).memory_info().rss
        child.send_signal(signal.SIGINT)
    return up, told, memory / MEGABYTE


if __name__ == "__main__":
    sys.exit(main())
