"""`gearbroker node`: the simulated nodes of an embedded platform, and what can be wrong with them."""

import argparse
import math
import os
from collections.abc import Sequence
from pathlib import Path

from broker.cli.kit.text import table


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"'{text}' is no number")
    return value


def command(argv: Sequence[str]) -> int:
    """List nodes, or change one."""
    parser = argparse.ArgumentParser(
        prog="gearbroker node",
        description="List the nodes, or switch a fault of a simulated one on or off while the platform runs.",
        epilog="`kill`: the host is down. `cut-off`: it serves on, but is not heard of. `slow 2`: replies come two"
        " seconds late, 3600 at most. `fail-every 3`: every third command fails, with 1 every one. `revive`: all of"
        " that ends.",
    )
    parser.add_argument("node", metavar="NODE|list", help="a node's name, or `list`")
    parser.add_argument("fault", nargs="?", metavar="kill|revive|cut-off|slow|fail-every", help="what to do to it")
    parser.add_argument("value", nargs="?", type=_number, metavar="VALUE", help="seconds, or a number of commands")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="where the platform keeps everything")
    chosen = parser.parse_args(argv)
    from broker.bootstrap import built, load_settings
    from broker.simulator.control import send_order
    from broker.usecases.nodes import list_nodes

    said = {} if chosen.data_dir is None else {"GEARBROKER_DATA_DIR": str(chosen.data_dir)}
    settings = load_settings({**os.environ, **said})
    if chosen.node != "list":
        if chosen.fault is None:
            parser.error("say what to do to the node")
        print(send_order(settings.data_dir, chosen.node, chosen.fault, chosen.value))
        return 0
    with built(settings) as made:
        rows = [
            (node.node_id, node.region, node.zone, node.profile, node.gears, node.capacity, node.liveness)
            for node in list_nodes(made.platform)
        ]
    print(table(("NODE", "REGION", "ZONE", "PROFILE", "GEARS", "CAPACITY", "STATE"), rows), end="")
    return 0
