"""`gearbroker`: the demo, the broker itself, its database, and the faults of its simulated nodes."""

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence

from broker.cli.kit.run import run

# One module a command, loaded only when it is called, so that `--help` answers at once.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": (
        "broker.cli.commands.demo",
        "the whole platform in one process, telling its story, then yours to try",
    ),
    "serve": ("broker.cli.commands.serve", "the same broker without the story, until interrupted"),
    "work": ("broker.cli.commands.work", "the work behind brokers that share a database, until interrupted"),
    "doctor": ("broker.cli.commands.doctor", "check everything a broker needs, and say what to do"),
    "migrate": ("broker.cli.commands.migrate", "bring the database to the schema of this version"),
    "add-node": ("broker.cli.commands.add_node", "register a node whose agent is on the bus"),
    "node": ("broker.cli.commands.node", "list simulated nodes, and switch their faults on and off"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] and arguments[0] in COMMANDS:
        command: Callable[[Sequence[str]], int] = importlib.import_module(COMMANDS[arguments[0]][0]).command
        return run(command, arguments[1:])
    _parser().parse_args(arguments)
    return 0


def _parser() -> argparse.ArgumentParser:
    listed = "\n".join(f"  {name:<10}{text}" for name, (_, text) in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="gearbroker",
        description="A broker for highly available gears.",
        epilog=f"commands:\n{listed}\n\n`gearbroker COMMAND --help` tells more of each.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="gearbroker COMMAND …",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    parser.add_argument("command", choices=sorted(COMMANDS), metavar="COMMAND", help="one of those below")
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version  # not at the top: it is slow, and only this needs it

        print(f"gearbroker {version('gearbroker')}")
        parser.exit()


if __name__ == "__main__":
    sys.exit(main())
