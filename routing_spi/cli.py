"""`oo-router`: run a listener, watch routing events, show the routing tables."""

import argparse
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

EPILOG = """\
Credentials come from --credentials-file (lines login = … and password = …, or token = …; mode 600),
or from the environment: GEARBROKER_LOGIN and GEARBROKER_PASSWORD, or GEARBROKER_TOKEN.
Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
"""


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    """Run one command and return its exit status; what went wrong is one sentence on stderr."""
    chosen = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _terminate)
    try:
        from routing_spi.commands import Failure, run_command  # not at the top: --help loads nothing of it

        try:
            return run_command(chosen, os.environ if environment is None else environment, sys.stdout, sys.stderr)
        except Failure as failure:
            print(f"oo-router: {failure}", file=sys.stderr)
            return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read us has seen enough; what is still buffered must not be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    whole = argparse.ArgumentParser(
        prog="oo-router",
        description="Tell a router, or yourself, where the gears of all applications can be reached.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = whole.add_subparsers(dest="command", required=True, metavar="run|watch|snapshot|status")
    _add_run(commands)
    _add_watch(commands)
    _add_snapshot(commands)
    _add_status(commands)
    return whole


def _add_run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    run = commands.add_parser(
        "run",
        help="keep a listener right, until interrupted",
        description="Keep a listener right, until interrupted.",
    )
    run.add_argument("--listener", required=True, metavar="NAME", help="an installed listener, or MODULE:OBJECT")
    run.add_argument(
        "--option",
        action="append",
        default=[],
        type=_pair,
        metavar="NAME=VALUE",
        help="an option of the listener",
    )
    run.add_argument("--state-dir", required=True, metavar="DIR", help="where position and tables are kept")
    run.add_argument(
        "--accept-smaller-snapshot",
        action="store_true",
        help="believe the first snapshot even if it is empty or much smaller than what is known",
    )
    run.add_argument("--queue", metavar="NAME", help="queue on the bus (default: gearbroker.router.HOST.LISTENER)")
    _add_source(run)
    _add_bus(run)


def _add_watch(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    watch = commands.add_parser(
        "watch",
        help="print events as they happen",
        description="Print events as they happen, until interrupted.",
    )
    watch.add_argument("--json", action="store_true", help="print the events as they are on the wire, one a line")
    watch.add_argument("--after", type=_number, metavar="POSITION", help="begin after this position (default: now)")
    watch.add_argument("--count", type=_number, metavar="N", help="end after N events")
    watch.add_argument("--until", metavar="ACTION", help="end after the first event with this action")
    _add_source(watch)
    _add_bus(watch)


def _add_snapshot(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    snapshot = commands.add_parser(
        "snapshot",
        help="print the routing tables",
        description="Print the routing tables of all applications.",
    )
    snapshot.add_argument("--json", action="store_true", help="print the snapshot as it is on the wire")
    _add_source(snapshot)


def _add_status(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    status = commands.add_parser(
        "status",
        help="say how a listener stands",
        description="Say how a listener stands: what it knows, what it refuses, what was put aside.",
    )
    status.add_argument("--state-dir", required=True, metavar="DIR", help="the directory of the listener")
    status.add_argument("--json", action="store_true", help="print one JSON object")


def _add_source(command: argparse.ArgumentParser) -> None:
    command.add_argument("--broker", metavar="URL", help="the broker, such as http://127.0.0.1:8080")
    command.add_argument("--credentials-file", metavar="FILE", help="what to show the broker")


def _add_bus(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--bus", metavar="URL", help='take events from the bus; "env" takes the URL from GEARBROKER_BUS_URL'
    )
    command.add_argument("--exchange", default="gearbroker.routing", help="exchange (default: %(default)s)")
    command.add_argument("--binding-key", default="#", metavar="KEY", help="which events (default: %(default)s)")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"write NAME=VALUE, not {text!r}")
    return name, value


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"write a whole number, not {text!r}")
    return int(text)


def _terminate(_signal: int, _frame: object) -> NoReturn:
    # Files are replaced whole and the journal survives a torn line, so ending anywhere is safe.
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
