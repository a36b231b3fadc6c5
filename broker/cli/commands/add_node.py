"""`gearbroker add-node`: register a node whose agent (`oo-node`) is on the bus."""

import argparse
import ipaddress
import os
import re
from collections.abc import Sequence
from pathlib import Path

# As an agent takes it.
NODE_ID = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", re.ASCII)


def command(argv: Sequence[str]) -> int:
    """Register the node, or learn anew what it offers; it takes gears as soon as it is heard of."""
    parser = argparse.ArgumentParser(
        prog="gearbroker add-node",
        description="Register a node, or change what is known of it; its agent is `oo-node run`.",
        epilog="Example: gearbroker add-node node-a1.example.com --address 192.0.2.11 --zone a --region r1",
    )
    parser.add_argument("node", metavar="NODE", help="its name, the same that its agent is given")
    parser.add_argument("--address", required=True, metavar="IP", help="where its gears are reached")
    parser.add_argument("--zone", metavar="NAME", help="the zone it is in")
    parser.add_argument("--region", metavar="NAME", help="the region of that zone")
    parser.add_argument("--profile", default="small", metavar="SIZE", help="the gear size it offers (small)")
    parser.add_argument("--capacity", type=int, default=100, metavar="N", help="the most gears it takes (100)")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="where the broker keeps everything")
    chosen = parser.parse_args(argv)
    if not NODE_ID.fullmatch(chosen.node.lower()):
        parser.error(f"{chosen.node!r} is no host name, such as node-a1.example.com")
    if chosen.capacity < 0:
        parser.error("the capacity cannot be negative")
    try:
        address = str(ipaddress.ip_address(chosen.address))
    except ValueError:
        parser.error(f"{chosen.address!r} is no IP address")
    from broker.bootstrap import built, load_settings
    from broker.core.ids import NodeId
    from broker.core.node import Liveness
    from broker.interfaces import NodeRecord
    from broker.usecases.nodes import register_nodes

    said = {} if chosen.data_dir is None else {"GEARBROKER_DATA_DIR": str(chosen.data_dir)}
    record = NodeRecord(
        node_id=NodeId(chosen.node.lower()),
        public_address=address,
        profile=chosen.profile,
        region=chosen.region,
        zone=chosen.zone,
        capacity=chosen.capacity,
        gears=0,
        active=True,
        liveness=Liveness.UNRESPONSIVE.value,
    )
    settings = load_settings({**os.environ, **said})
    if chosen.profile not in settings.valid_gear_sizes:
        parser.error(f"{chosen.profile!r} is none of VALID_GEAR_SIZES ({', '.join(settings.valid_gear_sizes)})")
    with built(settings) as made:
        register_nodes(made.platform, [record])
    print(f"{record.node_id} is registered; it takes gears once its agent is heard of.")
    return 0
