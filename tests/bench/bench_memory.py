"""Memory of a broker that runs: with ten thousand simulated nodes, empty and with a hundred thousand gears.

The baseline of the same run is a broker with six nodes and no application.

Usage: PYTHONPATH=.:tests .venv/bin/python tests/bench/bench_memory.py [--check]
"""

import sys

import psutil
from harness import Broker, Client, Goal, broker_process, figure, finish, wants_check

NODES, GEARS, BATCH = 10_000, 100_000, 1_000
MEGABYTE = 1_000_000


def main() -> int:
    """Print the figures; with `--check` the exit status is 1 when a goal is missed."""
    check = wants_check(__doc__)
    with broker_process(nodes=6) as small:
        figure("baseline: 6 nodes, no application", megabytes(small), "MB")
    with broker_process(nodes=NODES) as large:
        figure(f"{NODES:,} nodes, no application", megabytes(large), "MB")
        client = Client(large.url)
        for number in range(GEARS // BATCH):
            client.create(f"load{number}")
            client.scale_up(f"load{number}", BATCH - 2)
        loaded = megabytes(large)
    return finish(
        [Goal(name=f"{NODES:,} nodes with {GEARS:,} gears", value=loaded, bound=1_000, unit="MB")], check=check
    )


def megabytes(broker: Broker) -> float:
    """The resident memory of the broker's process, nodes included."""
    resident: int = psutil.Process(broker.pid).memory_info().rss
    return resident / MEGABYTE


if __name__ == "__main__":
    sys.exit(main())
