"""`gearbroker serve`: the broker with its simulated nodes, DNS and relay, until interrupted."""

import argparse
from collections.abc import Sequence

from broker.cli.commands.serving import Serving, add_common, serving, settings_from, staying_up


def command(argv: Sequence[str]) -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(
        prog="gearbroker serve",
        description="The broker in one process: REST API, simulated nodes, DNS and the relay of routing events.",
    )
    add_common(parser)
    parser.add_argument(
        "--nodes-per-zone",
        type=int,
        default=2,
        metavar="N",
        help="simulated nodes of a new fleet, a zone (2)",
    )
    parser.add_argument("--zones", default="a,b,c", metavar="LIST", help="zones of a new fleet (a,b,c)")
    chosen = parser.parse_args(argv)
    with serving(settings_from(chosen)) as up:
        _populate(up, [zone for zone in chosen.zones.split(",") if zone], chosen.nodes_per_zone)
        with staying_up():
            print(f"gearbroker serves at {up.server.url}/broker/rest, DNS on port {up.dns_port}.", flush=True)
    return 0


def _populate(up: Serving, zones: list[str], nodes_per_zone: int) -> None:
    """A fleet for a database that has none; one that is there is left as it is."""
    from broker.simulator.embedded import add_nodes, simulated_nodes
    from broker.usecases.nodes import list_nodes

    if up.embedded.built.settings.nodes == "simulated" and not list_nodes(up.embedded.platform):
        domain = up.embedded.built.settings.cloud_domain
        add_nodes(up.embedded, simulated_nodes(domain, zones=zones, nodes_per_zone=nodes_per_zone))
