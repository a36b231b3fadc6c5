"""`gearbroker work`: everything but answering requests, for brokers that share a database with it."""

import argparse
import os
import sys
from collections.abc import Sequence

from broker.cli.commands.serving import add_place, settings_from
from broker.cli.kit.result import SUCCESS

OPERATIONS = 8


def command(argv: Sequence[str]) -> int:
    """Work until interrupted."""
    parser = argparse.ArgumentParser(
        prog="gearbroker work",
        description="Relays routing events, carries operations out that nobody has in hand, watches the nodes and"
        " publishes names, for brokers on PostgreSQL with NODES=bus. Any number may run, on any machines.",
    )
    add_place(parser)
    parser.add_argument(
        "--threads", type=int, default=OPERATIONS, metavar="N", help=f"operations at once ({OPERATIONS})"
    )
    parser.add_argument("--dns", action="store_true", help="answer DNS queries too, as `gearbroker serve` alone does")
    chosen = parser.parse_args(argv)
    if chosen.threads < 1:
        parser.error("at least one operation must be carried out at a time")
    from broker.bootstrap import set_up_logging
    from broker.member import open_member
    from broker.process.ending import Ending
    from broker.workers.name_server import NameServer
    from broker.workers.team import team

    settings = settings_from(chosen)
    set_up_logging(level=settings.log_level, form=settings.log_format)
    ending = Ending()
    member = open_member(settings, "work")
    names = NameServer(member.built)
    try:
        if chosen.dns:
            names.start()
        member.start(team(member.built, member.nodes, threads=chosen.threads))
        print(f"gearbroker works, DNS on port {names.port}." if chosen.dns else "gearbroker works.", flush=True)
        ending.wait()
    finally:
        ended = member.stop(names.stop)
    if not ended:
        sys.stdout.flush()
        os._exit(SUCCESS)
    return SUCCESS
