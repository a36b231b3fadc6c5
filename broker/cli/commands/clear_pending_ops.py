"""`oo-admin-clear-pending-ops`: carries operations to their end that have been open for too long."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from broker.cli.kit.arguments import Arguments
from broker.cli.kit.result import SUCCESS
from broker.cli.kit.run import run

if TYPE_CHECKING:
    from broker.bootstrap import Settings
    from broker.interfaces import OperationEntry, Platform
    from broker.usecases.clearing import Cleared

_HOURS = re.compile(r"\d{1,6}", re.ASCII)

USAGE = """\
== Synopsis

oo-admin-clear-pending-ops: Carry operations to their end that have been open for too long

Nothing is deleted: each operation is gone on with, and either completed or rolled back.
What a broker or worker that lives is working on is left to it.

== Usage

oo-admin-clear-pending-ops OPTIONS

Options:
-t|--time <hours>
    Only operations that are at least so old; 0: of any age (default: 1)
-u|--uuid <application id>
    All open operations of this application, whatever their age
-h|--help
    Show this.

Examples:
    oo-admin-clear-pending-ops -t 24
    oo-admin-clear-pending-ops -u 6b00e3047a6504cde66480e6
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool and return its exit status."""
    return run(command, argv)


def command(argv: Sequence[str]) -> int:
    """Clear what there is, one line each, and count."""
    parser = Arguments(prog="oo-admin-clear-pending-ops", usage_text=USAGE)
    parser.add_argument("-t", "--time", default="1")
    parser.add_argument("-u", "--uuid")
    chosen, _ = parser.read(argv)
    if not _HOURS.fullmatch(chosen.time):
        parser.error(f"argument -t/--time: a whole number of hours is expected, not '{chosen.time[:20]}'")
    from broker.bootstrap import check_database, load_settings
    from broker.usecases.clearing import find_pending

    settings = load_settings(os.environ)
    check_database(settings)
    with _platform(settings) as (platform, reaches_nodes):
        found = find_pending(platform, int(chosen.time), chosen.uuid)
        told = [_clear(platform, each, reaches_nodes=reaches_nodes) for each in found]
    _say_the_sum(told)
    return SUCCESS


@contextmanager
def _platform(settings: "Settings") -> "Iterator[tuple[Platform, bool]]":
    """The platform, and whether this process can reach its nodes: another may have them all in itself."""
    from broker.bootstrap import built, only_process_in
    from broker.core.errors import ConfigurationError

    with ExitStack() as ending:
        if settings.is_shared:
            yield ending.enter_context(_member(settings)), True
            return
        try:
            ending.enter_context(only_process_in(settings.data_dir))
        except ConfigurationError:
            # A broker runs there, the only one that can reach the nodes.
            yield ending.enter_context(built(settings)).platform, False
            return
        yield ending.enter_context(_alone(settings)), True


@contextmanager
def _member(settings: "Settings") -> "Iterator[Platform]":
    """As one process among those that share the platform, so that none takes away what this one has in hand."""
    from broker.member import open_member

    member = open_member(settings, "admin")
    try:
        member.start()
        yield member.platform
    finally:
        member.stop()


@contextmanager
def _alone(settings: "Settings") -> "Iterator[Platform]":
    """In place of the broker that does not run; where the database is in the directory, every other has ended."""
    from broker.simulator.embedded import open_embedded
    from broker.usecases.processes import beats_of_others, bury

    embedded = open_embedded(settings)
    try:
        embedded.reach_nodes()
        if embedded.built.database.is_sqlite:
            bury(embedded.platform, beats_of_others(embedded.platform))
        yield embedded.platform
    finally:
        embedded.stop()


def _clear(platform: "Platform", entry: "OperationEntry", *, reaches_nodes: bool) -> "Cleared":
    from broker.usecases.clearing import Cleared, Fate, clear, left_to_its_process

    cleared = left_to_its_process(platform, entry)
    if cleared is None and not reaches_nodes:
        text = "is left to the broker that runs here, which takes it by itself"
        cleared = Cleared(entry=entry, fate=Fate.IN_GOOD_HANDS, text=text)
    cleared = cleared or clear(platform, entry)
    if cleared.fate is Fate.LEFT:
        print(f"Failed to clear op for app ({entry.application_id}) - {entry.operation_id}: {cleared.text}")
    else:
        name = f"{entry.app_name or 'app'} ({entry.application_id})"
        print(f"Operation {entry.operation_id} ({entry.kind}) of {name} {cleared.text}")
    return cleared


def _say_the_sum(told: "Sequence[Cleared]") -> None:
    """The original's last line. Only applications have operations here: the other three are there for scripts."""
    from broker.usecases.clearing import Fate

    applications = {each.entry.application_id for each in told if each.fate is Fate.ENDED}
    print(
        f"{len(applications)} applications were cleaned up. 0 users were cleaned up."
        " 0 domains were cleaned up. 0 teams were cleaned up."
    )
