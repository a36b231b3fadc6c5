"""`gearbroker doctor`: looks at everything a broker needs, and says what to do."""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from broker.cli.commands.serving import settings_from
from broker.cli.kit.result import FAILURE, SUCCESS
from broker.cli.kit.text import table

if TYPE_CHECKING:
    from broker.bootstrap import Settings
    from broker.cli.doctor.finding import Finding

SECONDS = 2.8


def command(argv: Sequence[str]) -> int:
    """Print what was found; fails if there is a problem."""
    parser = argparse.ArgumentParser(
        prog="gearbroker doctor",
        description="Check database, schema, bus, DNS, clock and ports, and what waits in the platform. "
        "Changes nothing but a counter of its own in the database, and shows no password.",
        epilog="Exit status: 0 no problem, 1 a problem.",
    )
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="where everything is kept")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings, one KEY=value a line")
    parser.add_argument("--json", action="store_true", help="print JSON")
    chosen = parser.parse_args(argv)
    from broker.cli.doctor.finding import Level

    found = _diagnosed(settings_from(chosen))
    wire = [finding.to_wire() for finding in found]
    if chosen.json:
        print(json.dumps(wire, indent=2))
    else:
        print(table(["", "WHAT", "IS SEEN"], ([each["level"], each["subject"], each["text"]] for each in wire)), end="")
        for each in wire:
            if each["advice"]:
                print(f"{each['subject']}: {each['advice']}")
    return FAILURE if any(finding.level is Level.PROBLEM for finding in found) else SUCCESS


def _diagnosed(settings: "Settings") -> "list[Finding]":
    """Everything at once: what is away takes its time, and nobody waits for it twice."""
    import threading

    from broker.cli.doctor import places, platform
    from broker.cli.doctor.finding import Level, gathered

    usable = threading.Event()
    ready: list[bool] = []

    def database() -> "Sequence[Finding]":
        try:
            found = places.database(settings)
            ready.append(all(each.level is not Level.PROBLEM for each in found))
        finally:
            usable.set()
        return found

    def after_database(check: "Callable[[Settings], Sequence[Finding]]") -> "Sequence[Finding]":
        usable.wait()
        return check(settings) if any(ready) else []

    return gathered(
        [
            ("database", database),
            ("bus", lambda: places.bus(settings)),
            ("ports", lambda: places.ports(settings)),
            ("catalogue", lambda: places.catalogue(settings)),
            ("names", lambda: after_database(platform.names)),
            ("platform", lambda: after_database(platform.platform)),
        ],
        seconds=SECONDS,
    )
