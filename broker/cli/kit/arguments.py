"""Command lines as the field's two parser families read them, on top of argparse."""

import argparse
import sys
from collections.abc import Sequence
from enum import IntEnum
from typing import NoReturn

from broker.cli.kit.result import FAILURE, USAGE


class Family(IntEnum):
    """A parser family; its value is the exit status of a command line that it cannot read."""

    GETOPT_LONG = USAGE
    OPTION_PARSER = FAILURE


class Arguments(argparse.ArgumentParser):
    """Reads the command line of one tool, whose usage text is given and printed as it is.

    Unique prefixes of long options are taken, `--x v` as well as `--x=v`, `-lv` as well as `-l v`.
    Options and positionals may be mixed, and a repeated option keeps its last value.
    `-h` and `--help` print the usage text and exit 0. Add options with `add_argument`.
    """

    def __init__(self, *, prog: str, usage_text: str, family: Family = Family.GETOPT_LONG) -> None:
        super().__init__(prog=prog, add_help=False, allow_abbrev=True)
        self.usage_text = usage_text
        self.family = family
        self.add_argument("-h", "--help", action="help", help=argparse.SUPPRESS)

    def read(self, argv: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
        """The options, and the stray positionals, which most tools ignore.

        An unknown, ambiguous or incomplete option ends the process as `error` does.
        """
        options, rest = self.parse_known_args(argv)
        return options, self._strays(rest)

    def error(self, message: str) -> NoReturn:
        """One line on stderr, for the GetoptLong family the usage text on stdout, and its exit status."""
        print(f"{self.prog}: {' '.join(message.split())}", file=sys.stderr)
        if self.family is Family.GETOPT_LONG:
            print(self.format_help(), end="")
        raise SystemExit(int(self.family))

    def refuse(self) -> NoReturn:
        """Ends the process as the family does when something required is not given: usage, and its status."""
        where = sys.stdout if self.family is Family.GETOPT_LONG else sys.stderr
        print(self.format_help(), end="", file=where)
        raise SystemExit(int(self.family))

    def format_help(self) -> str:
        """The usage text, ending in one newline."""
        return self.usage_text.rstrip("\n") + "\n"

    def _strays(self, rest: Sequence[str]) -> list[str]:
        if "--" in rest:
            cut = rest.index("--")
            return self._strays(rest[:cut]) + list(rest[cut + 1 :])
        for argument in rest:
            if argument.startswith("-") and argument != "-":
                self.error(f"unrecognized option '{argument}'")
        return list(rest)
