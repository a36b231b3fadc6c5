"""Waiting until a platform that was crashed is at rest, and what it is that takes so long."""

import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from campaign.rest import NotSent, ask
from campaign.stack import ROUTER, Stack
from sqlalchemy import func, select

from broker.store import tables
from routing_spi.knowledge import Knowledge
from routing_spi.snapshot import Snapshot
from routing_spi.state import StateDirectory

SETTLE_SECONDS = 60.0
LOOK_SECONDS = 0.05
MOST_TOLD = 40
OK = 200


@dataclass(kw_only=True)
class Rest:
    """How long it took until nothing was under way, what it was that took so long, and what should not have been."""

    seconds: float = 0.0
    last: str = "nothing"
    violations: list[str] = field(default_factory=list)


def settle(stack: Stack, *, kept_too: bool = False) -> Rest:
    """Wait until nothing is under way, and no longer than the deadline; `kept_too`: routers have written all down."""
    begun = time.monotonic()
    rest = Rest()
    while unsettled := _unsettled(stack, kept_too=kept_too):
        rest.last = ", ".join(text[:MOST_TOLD] for text in unsettled)
        rest.violations += stack.supervise()
        rest.seconds = time.monotonic() - begun
        if rest.seconds > SETTLE_SECONDS:
            rest.violations += [f"after {rest.seconds:.0f} seconds still: {text}" for text in unsettled]
            break
        time.sleep(LOOK_SECONDS)
    return rest


def _unsettled(stack: Stack, *, kept_too: bool) -> list[str]:
    found = [f"{victim.name} does not run" for victim in stack.victims.values() if not victim.alive]
    found += [f"{name} does not listen" for name in stack.brokers if not stack.is_ready(name)]
    counts = {
        "operations are open": select(func.count()).where(tables.operations.c.finished_at.is_(None)),
        "commands are pending": select(func.count()).where(tables.commands.c.state == "pending"),
        "events have no position": select(func.count()).where(tables.routing_events.c.position.is_(None)),
        "nodes are not heard of": select(func.count()).where(tables.nodes.c.liveness != "responsive"),
        "names are not published": select(func.count()).select_from(tables.dns_changes),
    }
    with stack.built.database.reading() as connection:
        for what, question in counts.items():
            if count := connection.execute(question).scalar_one():
                found.append(f"{count} {what}")
    return found or [*_bus(stack), *_routers(stack, kept_too=kept_too)]


def _bus(stack: Stack) -> list[str]:
    """The bus was told every event of the log."""
    if stack.witness is None:
        return []
    stack.witness.read_on()
    events = tables.routing_events.c
    last_of_each = select(events.application_id, func.max(events.sequence)).group_by(events.application_id)
    with stack.built.database.reading() as connection:
        written = {row[0]: row[1] for row in connection.execute(last_of_each)}
    return [
        f"the bus was told of {application_id} up to {stack.witness.told[application_id]} of {last}"
        for application_id, last in written.items()
        if stack.witness.told[application_id] != last
    ]


def _routers(stack: Stack, *, kept_too: bool) -> list[str]:
    """Each router's table is the broker's, as it was told; `kept_too`, also as it keeps it over a restart.

    A router writes down what it has heard a little later, so while it works, what it keeps may be older.
    """
    found = []
    try:
        now = broker_tables(stack)
    except NotShown as reason:
        return [str(reason)]
    wanted = digests_of(now)
    for name, router in stack.routers.items():
        router.read_on()
        if router.digests() != wanted:
            found.append(
                f"{name} has other tables: it was told {short(router.digests())}, the broker has {short(wanted)}"
            )
            continue
        kept = _kept(stack.state_of(name))
        digests = {each.application_id: each.digest for each in kept.tables.values()}
        if kept.positions.through > now.position:
            found.append(f"{name} keeps position {kept.positions.through}, the broker is at {now.position}")
        if kept_too and (kept.positions.through, digests) != (now.position, wanted):
            text = f"{name} keeps {short(digests)} at {kept.positions.through}"
            found.append(f"{text}, the broker has {short(wanted)} at {now.position}")
        for table in kept.tables.values():
            current = now.tables.get(table.application_id)
            if current is not None and current.sequence == table.sequence and current.digest != table.digest:
                found.append(f"{name} keeps another table of {table.app_name} at sequence {table.sequence}")
    return found


class NotShown(Exception):
    """A broker does not show the tables, or another shows others; the text says which."""


def broker_tables(stack: Stack) -> Snapshot:
    """The tables as every broker shows them to a router; raises `NotShown`."""
    shown: list[Snapshot] = []
    for name, port in stack.brokers.items():
        try:
            answer = ask(port, "GET", "/routing/snapshot", login=ROUTER)
        except NotSent as reason:
            raise NotShown(f"{name} does not listen: {reason}") from reason
        if answer.status != OK:
            raise NotShown(f"{name} shows no tables: {answer}")
        shown.append(Snapshot.from_wire(answer.body["data"]))
    if any(each != shown[0] for each in shown):
        raise NotShown(f"the brokers show different tables: {shown}")
    return shown[0]


def digests_of(snapshot: Snapshot) -> dict[str, str]:
    """The digest of each application's table."""
    return {application_id: table.digest for application_id, table in snapshot.tables.items()}


def _kept(directory: Path) -> Knowledge:
    """What a router would know after a restart now; a copy, since the router holds its directory."""
    with TemporaryDirectory() as copy:
        state = Path(copy) / "state"
        # Files that the router is about to put in another's place are no state yet, and may be gone in a moment.
        shutil.copytree(directory, state, ignore=shutil.ignore_patterns(".*"))
        with StateDirectory(state) as kept:
            return kept.load() or Knowledge()


def short(digests: dict[str, str]) -> dict[str, str]:
    """The same, for people."""
    return {application_id[-6:]: digest[:8] for application_id, digest in sorted(digests.items())}
