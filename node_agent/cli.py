"""The command `oo-node`: runs the agent of one node."""

import argparse
import logging
import os
import re
import secrets
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from node_agent.addresses import NodeLayout
from node_agent.agent import Agent
from node_agent.durable import DurableBook, DurableJournal
from node_agent.heartbeat import Heart
from node_agent.node_file import NodeFile, NodeFileUnusable
from node_agent.runtime.faults import Faults
from node_agent.runtime.simulated import SimulatedRuntime

SUCCESS = 0
FAILURE = 1
DATA_DIRECTORY = Path("gearbroker-data", "nodes")
# A host's name; it also names a queue and a directory.
NODE_ID = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `oo-node` and return its exit status: 0 done, 1 failed with one line on stderr, 2 wrong usage."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not options.bus:
        parser.error("name the bus with --bus URL, or in the environment as BUS_URL")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    directory = options.data_dir or DATA_DIRECTORY / options.node_id
    return _run(options.bus, options.node_id, directory, options.heartbeat_seconds)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="oo-node", description="The agent of one node.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run the agent until SIGTERM or SIGINT")
    run.add_argument(
        "--bus",
        default=os.environ.get("BUS_URL"),
        metavar="URL",
        help="e.g. amqp://user:password@host:5672// (else the environment's BUS_URL, which no list of processes shows)",
    )
    run.add_argument("--node-id", required=True, type=_node_id, metavar="ID", help="e.g. node-a1.example.com")
    run.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="where gears and answers are kept (gearbroker-data/nodes/ID)"
    )
    run.add_argument(
        "--heartbeat-seconds",
        type=_seconds,
        default=1.0,
        metavar="S",
        help="how often it says that it lives (1); no more than the broker's HEARTBEAT_INTERVAL_SECONDS",
    )
    run.add_argument("--runtime", choices=["simulated"], default="simulated", help="what makes gears real")
    return parser


def _node_id(text: str) -> str:
    if not NODE_ID.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no host name, such as node-a1.example.com")
    return text


def _seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text) or float(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return float(text)


def _run(bus_url: str, node_id: str, directory: Path, heartbeat_seconds: float) -> int:
    # kombu takes a good part of a second to import, which `--help` need not wait for.
    from node_agent.bus import BusUnusable, serve

    heart = Heart(node_id, secrets.token_hex(8))
    try:
        with NodeFile(directory, node_id) as file:
            book = DurableBook(NodeLayout())
            agent = Agent(node_id, SimulatedRuntime(Faults()), DurableJournal(file, book), book)
            ends = (signal.SIGTERM, signal.SIGINT)
            serve(bus_url, agent, heart, stop_on=ends, heartbeat_seconds=heartbeat_seconds)
    except (BusUnusable, NodeFileUnusable) as failure:
        print(f"oo-node: {failure}", file=sys.stderr)
        return FAILURE
    return SUCCESS


if __name__ == "__main__":
    sys.exit(main())
