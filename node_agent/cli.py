"""The command `oo-node`: runs the agent of one node."""

import argparse
import logging
import secrets
import signal
import sys
from collections.abc import Sequence

from node_agent.addresses import NodeLayout
from node_agent.agent import Agent
from node_agent.gear_book import GearBook
from node_agent.heartbeat import Heart
from node_agent.journal import Journal
from node_agent.runtime.faults import Faults
from node_agent.runtime.simulated import SimulatedRuntime

SUCCESS = 0
FAILURE = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `oo-node` and return its exit status: 0 done, 1 failed with one line on stderr, 2 wrong usage."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    return _run(options.bus, options.node_id)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="oo-node", description="The agent of one node.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run the agent until SIGTERM or SIGINT")
    run.add_argument("--bus", required=True, metavar="URL", help="e.g. amqp://user:password@host:5672//")
    run.add_argument("--node-id", required=True, metavar="ID", help="e.g. node-a1.example.com")
    run.add_argument("--runtime", choices=["simulated"], default="simulated", help="what makes gears real")
    return parser


def _run(bus_url: str, node_id: str) -> int:
    # kombu takes a good part of a second to import, which `--help` need not wait for.
    from node_agent.bus import BusUnusable, serve

    agent = Agent(node_id, SimulatedRuntime(Faults()), Journal(), GearBook(NodeLayout()))
    try:
        serve(bus_url, agent, Heart(node_id, secrets.token_hex(8)), stop_on=(signal.SIGTERM, signal.SIGINT))
    except BusUnusable as failure:
        print(f"oo-node: {failure}", file=sys.stderr)
        return FAILURE
    return SUCCESS


if __name__ == "__main__":
    sys.exit(main())
