"""`oo-app-info`: what there is to know of an application, whoever owns it."""

import os
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from broker.cli.kit.arguments import Arguments, Family
from broker.cli.kit.result import FAILURE, SUCCESS
from broker.cli.kit.run import run

if TYPE_CHECKING:
    from broker.core.verdict import Verdict
    from broker.interfaces import Platform
    from broker.usecases.views import ApplicationReport

LINE = "=" * 80

USAGE = """\
Usage: oo-app-info [options]

Queries (a comma separates several values; /PATTERN/ is a regular expression, but not of a DNS name):
    -a, --app NAME          applications of this name
    -d, --domain NAMESPACE  applications in this namespace
    -f, --fqdn NAME         the application with this DNS name, its HA name too
    -l, --login LOGIN       applications of this owner
    -u, --gear_uuid ID      the application with this gear

    -h, --help              show this

Example:
    oo-app-info --app testha
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool and return its exit status."""
    return run(command, argv)


def command(argv: Sequence[str]) -> int:
    """Print every application that answers one of the queries."""
    parser = Arguments(prog="oo-app-info", usage_text=USAGE, family=Family.OPTION_PARSER)
    kinds = ("app", "domain", "fqdn", "login", "gear_uuid")
    for kind in kinds:
        parser.add_argument(f"-{kind[0] if kind != 'gear_uuid' else 'u'}", f"--{kind}")
    chosen, _ = parser.read(argv)
    queries = [(kind, getattr(chosen, kind)) for kind in kinds if getattr(chosen, kind)]
    if not queries:
        parser.refuse()
    from broker.bootstrap import built, load_settings

    with built(load_settings(os.environ)) as made:
        print("Loading broker environment... Done.")
        for kind, text in queries:
            for query in filter(None, text.split(",")):
                _answer(made.platform, kind, query)
    return SUCCESS


def _answer(platform: "Platform", kind: str, query: str) -> None:
    from broker.core.errors import NotFound

    try:
        found = _found(platform, kind, query)
    except NotFound:
        found = ()
    if not found:
        print(_red(f"Error: No apps found for {kind}: '{query}'"))
    for report in found:
        print(LINE)
        _print(report)
        print(LINE)


def _red(text: str) -> str:
    return f"\x1b[31m{text}\x1b[0m" if sys.stdout.isatty() else text


def _found(platform: "Platform", kind: str, query: str) -> "Sequence[ApplicationReport]":
    """The applications that answer one query; ends the process for a pattern that is none."""
    from broker.usecases import reports

    if kind == "fqdn":
        return reports.reports_by_dns_name(platform, query)
    if len(query) > 1 and query.startswith("/") and query.endswith("/"):
        try:
            pattern = re.compile(query[1:-1])
        except re.error as error:
            print(f"Error: {query} is not a regular expression: {error}", file=sys.stderr)
            raise SystemExit(FAILURE) from None
        return reports.reports_matching(platform, **{kind: pattern.search})
    match kind:
        case "app":
            return reports.find_reports(platform, name=query)
        case "login":
            return reports.find_reports(platform, login=query)
        case "domain":
            return reports.reports_in_namespace(platform, query)
        case _:
            return reports.reports_by_gear(platform, query)


def _print_verdict(verdict: "Verdict") -> None:
    for reason in verdict.failed_rules:
        print(f"               {reason}")
    for place, survived in (("node", verdict.survives_any_node), ("zone", verdict.survives_any_zone)):
        print(f"               survives the loss of any {place}: {'yes' if survived else 'no'}")


def _print(report: "ApplicationReport") -> None:
    application = report.parts.application
    url = next((name for name, _, _ in report.dns), None)
    print(f"Login:         {report.owner_login}")
    print("Plan:          ")
    print(f"App Name:      {application.name}")
    print(f"App UUID:      {application.application_id}")
    print(f"Creation Time: {application.created_at}")
    print(f"URL:           http://{url}" if url else "URL:")
    print(f"HA:            {report.verdict.state.value}")
    if application.ha:
        _print_verdict(report.verdict)
    for place, group in enumerate(report.groups):
        print(f"\n  Group Instance[{place}]:")
        print(f"    Components: {', '.join(cartridge.name for cartridge in group.cartridges)}")
        for number, gear in enumerate(group.gears):
            print(f"    Gear[{number}]")
            print(f"      Server Identity: {gear.gear.node_id}")
            print(f"      Gear UUID:       {gear.gear.gear_id}")
            print(f"      Gear UID:        {gear.gear.uid}")
            print(f"      Zone:            {gear.gear.zone or ''}")
            print(f"      State:           {gear.state}")
            if gear.gear.carries_proxy:
                print("      Carries the web proxy")
    print("\nCurrent DNS")
    print("-----------")
    for name, kind, target in report.dns:
        print(f"{name} {kind} {target}")
