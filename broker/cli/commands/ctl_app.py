"""`oo-admin-ctl-app`: what an administrator does to a user's application."""

import os
import re
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from broker.cli.kit.arguments import Arguments
from broker.cli.kit.result import FAILURE, SUCCESS
from broker.cli.kit.result import USAGE as USAGE_STATUS
from broker.cli.kit.run import run

if TYPE_CHECKING:
    from broker.interfaces import Platform
    from broker.usecases.views import ApplicationReport

COMMANDS = ("set-multiplier", "status")
# -1, or a number that the database can hold.
_WHOLE = re.compile(r"-1|\d{1,9}", re.ASCII)

USAGE = """\
== Synopsis

oo-admin-ctl-app: Control user applications

== Usage

oo-admin-ctl-app OPTIONS

Options:
-l|--login <login_name>
    Login of the owner (required)
-a|--app <application name>
    Name of the application (required)
-c|--command <command>
    (status|set-multiplier) (required)
-n|--domain <namespace>
    Namespace of the application; any of the owner's unless given
--cartridge <cartridge>
    Full name of a cartridge, such as haproxy-1.4 (required for set-multiplier)
--multiplier <number>
    One proxy gear for so many gears; 0: two are enough (required for set-multiplier)
-h|--help
    Show this.

Examples:
    oo-admin-ctl-app -l demo -a testha -c set-multiplier --cartridge haproxy-1.4 --multiplier 3
    oo-admin-ctl-app -l demo -a testha -c status
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool and return its exit status."""
    return run(command, argv)


def command(argv: Sequence[str]) -> int:
    """Find the application, then do to it what was asked."""
    parser = Arguments(prog="oo-admin-ctl-app", usage_text=USAGE)
    for short, long in (("-l", "--login"), ("-a", "--app"), ("-c", "--command"), ("-n", "--domain")):
        parser.add_argument(short, long)
    parser.add_argument("--cartridge")
    parser.add_argument("--multiplier")
    chosen, _ = parser.read(argv)
    if None in (chosen.login, chosen.app, chosen.command):
        parser.refuse()
    from broker.bootstrap import built, load_settings

    with built(load_settings(os.environ)) as made:
        report = _application(made.platform, chosen)
        if chosen.command not in COMMANDS:
            print(f"Command must be one of: ({'|'.join(COMMANDS)})")
            print(USAGE, end="")
            return USAGE_STATUS
        if chosen.command == "status":
            return _status(report)
        return _set_multiplier(made.platform, report, chosen)


def _fail(text: str) -> NoReturn:
    print(text)
    raise SystemExit(FAILURE)


def _application(platform: "Platform", chosen: Namespace) -> "ApplicationReport":
    """The application that is meant, after the original's checks in their order."""
    from broker.core.errors import NotFound
    from broker.usecases.reports import find_reports

    try:
        found = find_reports(platform, name=chosen.app, login=chosen.login)
    except NotFound:
        _fail(f"User {chosen.login} not found.")
    namespace = None if chosen.domain is None else chosen.domain.lower()
    fitting = [each for each in found if namespace in {None, each.parts.application.namespace}]
    if not fitting:
        _fail(f"Application {chosen.app} for user {chosen.login} not found.")
    if chosen.cartridge is not None and fitting[0].parts.cartridge(chosen.cartridge) is None:
        _fail(f"Cartridge {chosen.cartridge} not found in the application {chosen.app}")
    return fitting[0]


def _status(report: "ApplicationReport") -> int:
    """The ids that scripts look for, then the state of each cartridge on each gear that carries it."""
    print(f"Application UUID is {report.parts.application.application_id}")
    for group in report.groups:
        for gear in group.gears:
            print(f"GEAR UUID is {gear.gear.gear_id}")
    for group in report.groups:
        for cartridge in group.cartridges:
            for gear in group.gears:
                if gear.gear.carries_proxy or not cartridge.is_sparse:
                    print(f"Gear {gear.gear.gear_id} on {gear.gear.node_id}: {cartridge.name} is {gear.state}")
    return SUCCESS


def _set_multiplier(platform: "Platform", report: "ApplicationReport", chosen: Namespace) -> int:
    """Keep the multiplier for the next scaling; no gear changes now."""
    from broker.core.errors import Refusal
    from broker.usecases.availability import set_multiplier

    if chosen.cartridge is None:
        _fail("Cartridge is required to set multiplier")
    if chosen.multiplier is None:
        _fail("Multiplier factor is a required argument")
    if not _WHOLE.fullmatch(chosen.multiplier):
        print(f"Multiplier factor must be a whole number from -1 on, not '{chosen.multiplier}'", file=sys.stderr)
        return FAILURE
    try:
        application_id = report.parts.application.application_id
        set_multiplier(platform, application_id, chosen.cartridge, int(chosen.multiplier))
    except Refusal as refusal:
        _fail(refusal.text)
    print("Success")
    return SUCCESS
