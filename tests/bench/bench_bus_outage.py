"""How fast the events of a long outage of the bus drain, beside the relay's rate without one.

100,000 events wait in PostgreSQL, as they would after ten minutes without a bus: nobody has published them.
The baseline of the same run is the relay's rate on a tenth of them, before and after.

Usage: PYTHONPATH=.:tests .venv/bin/python tests/bench/bench_bus_outage.py [--check]
"""

import sys
from statistics import mean

import kombu
from bus import bench_platform, fill, seconds_to_relay
from conftest import rabbitmq_address
from harness import Goal, figure, finish, wants_check

from broker.bootstrap import Built

WAITING, USUAL = 100_000, 10_000


def main() -> int:
    """Print the figures; with `--check` the exit status is 1 when a goal is missed."""
    check = wants_check(__doc__)
    with bench_platform() as built:
        before = rate(built, 0, USUAL)
        drained = rate(built, USUAL, WAITING)
        after = rate(built, USUAL + WAITING, USUAL)
        listened = heard(built.settings.routing_exchange)
    if listened < WAITING + 2 * USUAL:
        raise SystemExit(f"only {listened} events came")
    figure("baseline: the relay's rate, mean of before and after", mean((before, after)), "events/s")
    figure("after the outage", drained, "events/s")
    goal = Goal(
        name="after the outage to the relay's rate",
        value=drained / mean((before, after)),
        bound=0.8,
        unit="times",
        at_least=True,
    )
    return finish([goal], check=check)


def rate(built: Built, there: int, count: int) -> float:
    """Events a second for so many that wait, behind those that are there."""
    fill(built, count, first=1 + there)
    return count / seconds_to_relay(built, there + count)


def heard(queue: str) -> int:
    """How many messages wait in the durable queue."""
    with kombu.Connection(rabbitmq_address()) as connection:
        count: int = connection.default_channel.queue_declare(queue, passive=True).message_count
        return count


if __name__ == "__main__":
    sys.exit(main())
