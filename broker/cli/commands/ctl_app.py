"""`oo-admin-ctl-app`: what an administrator does to a user's application."""

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from broker.cli.kit.arguments import Arguments
from broker.cli.kit.result import FAILURE, SUCCESS
from broker.cli.kit.result import USAGE as USAGE_STATUS
from broker.cli.kit.run import run

if TYPE_CHECKING:
    from broker.core.application import ApplicationParts
    from broker.interfaces import Platform

COMMANDS = ("set-multiplier", "status")

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
        parts = _application(made.platform, chosen)
        if chosen.command not in COMMANDS:
            print(f"Command must be one of: ({'|'.join(COMMANDS)})")
            print(USAGE, end="")
            return USAGE_STATUS
        if chosen.command == "status":
            return _status(made.platform, chosen)
        return _set_multiplier(made.platform, parts, chosen)


def _fail(text: str) -> NoReturn:
    print(text)
    raise SystemExit(FAILURE)


def _application(platform: "Platform", chosen: Namespace) -> "ApplicationParts":
    """The application that is meant, after the original's checks in their order."""
    from broker.core.errors import NotFound
    from broker.usecases.reports import find_reports

    try:
        found = find_reports(platform, name=chosen.app, login=chosen.login)
    except NotFound:
        _fail(f"User {chosen.login} not found.")
    namespace = None if chosen.domain is None else chosen.domain.lower()
    fitting = [each.parts for each in found if namespace is None or each.parts.application.namespace == namespace]
    if not fitting:
        _fail(f"Application {chosen.app} for user {chosen.login} not found.")
    if chosen.cartridge is not None and fitting[0].cartridge(chosen.cartridge) is None:
        _fail(f"Cartridge {chosen.cartridge} not found in the application {chosen.app}")
    return fitting[0]


def _status(platform: "Platform", chosen: Namespace) -> int:
    from broker.usecases.reports import find_reports

    report = find_reports(platform, name=chosen.app, login=chosen.login)[0]
    print(f"Application UUID is {report.parts.application.application_id}")
    gears = [gear for group in report.groups for gear in group.gears]
    for gear in gears:
        print(f"GEAR UUID is {gear.gear.gear_id}")
    for gear in gears:
        print(f"Gear {gear.gear.gear_id} on {gear.gear.node_id} is {gear.state}")
    return SUCCESS


def _set_multiplier(platform: "Platform", parts: "ApplicationParts", chosen: Namespace) -> int:
    from broker.core.errors import Refusal
    from broker.usecases.availability import set_multiplier

    if chosen.cartridge is None:
        _fail("Cartridge is required to set multiplier")
    if chosen.multiplier is None:
        _fail("Multiplier factor is a required argument")
    try:
        multiplier = int(chosen.multiplier)
    except ValueError:
        multiplier = None
    if multiplier is None or not -1 <= multiplier <= 2**31 - 1:
        print(f"Multiplier factor must be a whole number from -1 on, not '{chosen.multiplier}'", file=sys.stderr)
        return FAILURE
    try:
        set_multiplier(platform, parts.application.application_id, chosen.cartridge, multiplier)
    except Refusal as refusal:
        _fail(refusal.text)
    print("Success")
    return SUCCESS
