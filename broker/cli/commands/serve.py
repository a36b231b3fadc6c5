"""`gearbroker serve`: the broker, with everything it needs in its process, or beside others that share its database."""

import argparse
from collections.abc import Sequence
from functools import partial
from socket import socket
from typing import TYPE_CHECKING

from broker.cli.commands.serving import Serving, add_common, serving, settings_from, staying_up
from broker.cli.kit.result import CONFIGURATION, SUCCESS
from broker.cli.kit.run import run

if TYPE_CHECKING:
    from broker.bootstrap import Settings

# A child may finish its requests, and then let go of database and bus.
ENDING_SECONDS = 25.0


def command(argv: Sequence[str]) -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(
        prog="gearbroker serve",
        description="The broker in one process: REST API, simulated nodes, DNS and the relay of routing events."
        " On PostgreSQL and with NODES=bus it only serves, and any number of `gearbroker work` does the rest.",
    )
    add_common(parser)
    parser.add_argument(
        "--processes",
        type=int,
        default=1,
        metavar="N",
        help="server processes on the one port, on PostgreSQL with NODES=bus (1)",
    )
    parser.add_argument(
        "--nodes-per-zone",
        type=int,
        default=2,
        metavar="N",
        help="simulated nodes of a new fleet, a zone (2)",
    )
    parser.add_argument("--zones", default="a,b,c", metavar="LIST", help="zones of a new fleet (a,b,c)")
    chosen = parser.parse_args(argv)
    if chosen.processes < 1:
        parser.error("at least one process must serve")
    settings = settings_from(chosen)
    if settings.is_shared:
        return _serve_only(settings, chosen.processes)
    if chosen.processes > 1:
        parser.error("several processes need PostgreSQL and NODES=bus: set DATABASE_URL, BUS_URL and NODES")
    with serving(settings) as up:
        _populate(up, [zone for zone in chosen.zones.split(",") if zone], chosen.nodes_per_zone)
        with staying_up():
            print(f"gearbroker serves at {up.server.url}/broker/rest, DNS on port {up.dns_port}.", flush=True)
    return SUCCESS


def _serve_only(settings: "Settings", processes: int) -> int:
    """Answer requests, in one process or in several that share the socket."""
    from broker.bootstrap import check_database, set_up_logging
    from broker.process.children import Children
    from broker.wsgi import bound

    set_up_logging(level=settings.log_level, form=settings.log_format)
    check_database(settings)
    with bound(settings.host, settings.port) as listening:
        host, port = listening.getsockname()[:2]
        place = f"http://{f'[{host}]' if ':' in host else host}:{port}/broker/rest"
        if processes == 1:
            return _answer(settings, listening, f"gearbroker serves at {place}.")
        told = f"gearbroker serves at {place} with {processes} processes."
        # Each child says for itself what it cannot be configured with; one that finds no database is begun again.
        work = partial(run, lambda _: _answer(settings, listening), ())
        children = Children(processes, work, final=CONFIGURATION, ending_seconds=ENDING_SECONDS)
        return children.run(begun=partial(print, told, flush=True))


def _answer(settings: "Settings", listening: socket, told: str = "") -> int:
    """One server process, from its beginning to the signal that ends it."""
    from broker.member import open_member
    from broker.process.ending import Ending
    from broker.wsgi import WebServer

    ending = Ending()
    member = open_member(settings, "serve")
    server = WebServer(member.built, listening)
    try:
        member.start()
        server.start()
        if told:
            print(told, flush=True)
        ending.wait()
    finally:
        member.stop(server.stop)
    return SUCCESS


def _populate(up: Serving, zones: list[str], nodes_per_zone: int) -> None:
    """A fleet for a database that has none; one that is there is left as it is."""
    from broker.simulator.embedded import add_nodes, simulated_nodes
    from broker.usecases.nodes import list_nodes

    if up.embedded.built.settings.nodes == "simulated" and not list_nodes(up.embedded.platform):
        domain = up.embedded.built.settings.cloud_domain
        add_nodes(up.embedded, simulated_nodes(domain, zones=zones, nodes_per_zone=nodes_per_zone))
