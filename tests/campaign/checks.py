"""What must hold once everything runs again and has come to rest."""

import shutil
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from campaign.model import Like, State
from campaign.rest import ask
from campaign.stack import OWNERS, ROUTER, Stack, applications_of
from scenarios.invariants import book_violations, stored_violations
from sqlalchemy import func, select

from broker.bootstrap import ask as resolve
from broker.core.dns_names import app_dns_name
from broker.core.owner import User
from broker.interfaces import Platform
from broker.store import tables
from broker.usecases.accounts import find_user
from broker.usecases.applications import list_applications
from broker.usecases.routing import wire_event
from routing_spi.knowledge import Knowledge
from routing_spi.snapshot import Snapshot
from routing_spi.state import StateDirectory
from routing_spi.table import RoutingTable, apply_event

PAGE = 1000
SETTLE_SECONDS = 60.0
LOOK_SECONDS = 0.05
MOST_TOLD = 40


@dataclass(kw_only=True)
class LogSeen:
    """The log, read on from where it was read to: its numbers, and the tables that its events make."""

    position: int = 0
    sequences: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    tables: dict[str, RoutingTable] = field(default_factory=dict)

    def read_on(self, stack: Stack) -> list[str]:
        """Read to the end; returns every gap and every change of order."""
        broken: list[str] = []
        while True:
            with stack.built.platform.reading() as work:
                events = work.log.after(self.position, PAGE)
            for event in events:
                if event.position != self.position + 1:
                    broken.append(f"position {event.position} comes after {self.position}")
                if event.sequence != self.sequences[event.application_id] + 1:
                    before = self.sequences[event.application_id]
                    broken.append(f"sequence {event.sequence} of {event.application_id} comes after {before}")
                self.position = event.position or self.position
                self.sequences[event.application_id] = event.sequence
                table = apply_event(self.tables.pop(event.application_id, None), wire_event(event))
                if table is not None:
                    self.tables[event.application_id] = table
            if len(events) < PAGE:
                return broken


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
    return found or _routers(stack, kept_too=kept_too)


def _routers(stack: Stack, *, kept_too: bool) -> list[str]:
    """Each router's table is the broker's, as it was told; `kept_too`, also as it keeps it over a restart.

    A router writes down what it has heard a little later, so while it works, what it keeps may be older.
    """
    found = []
    now = broker_tables(stack)
    wanted = _digests(now)
    for name, router in stack.routers.items():
        router.read_on()
        if router.digests() != wanted:
            found.append(
                f"{name} has other tables: it was told {_short(router.digests())}, the broker has {_short(wanted)}"
            )
            continue
        kept = _kept(stack.state_of(name))
        digests = {each.application_id: each.digest for each in kept.tables.values()}
        if kept.positions.through > now.position:
            found.append(f"{name} keeps position {kept.positions.through}, the broker is at {now.position}")
        if kept_too and (kept.positions.through, digests) != (now.position, wanted):
            text = f"{name} keeps {_short(digests)} at {kept.positions.through}"
            found.append(f"{text}, the broker has {_short(wanted)} at {now.position}")
        for table in kept.tables.values():
            current = now.tables.get(table.application_id)
            if current is not None and current.sequence == table.sequence and current.digest != table.digest:
                found.append(f"{name} keeps another table of {table.app_name} at sequence {table.sequence}")
    return found


def broker_tables(stack: Stack) -> Snapshot:
    """The tables as every broker shows them to a router."""
    shown: list[Snapshot] = []
    for port in stack.brokers.values():
        answer = ask(port, "GET", "/routing/snapshot", login=ROUTER)
        assert answer.status == 200, answer
        shown.append(Snapshot.from_wire(answer.body["data"]))
    assert all(each == shown[0] for each in shown), f"the brokers show different tables: {shown}"
    return shown[0]


def _digests(snapshot: Snapshot) -> dict[str, str]:
    return {application_id: table.digest for application_id, table in snapshot.tables.items()}


def _kept(directory: Path) -> Knowledge:
    """What a router would know after a restart now; a copy, since the router holds its directory."""
    with TemporaryDirectory() as copy:
        state = Path(copy) / "state"
        shutil.copytree(directory, state)
        with StateDirectory(state) as kept:
            return kept.load() or Knowledge()


def _short(digests: dict[str, str]) -> dict[str, str]:
    return {application_id[-6:]: digest[:8] for application_id, digest in sorted(digests.items())}


def check(stack: Stack, log: LogSeen) -> list[str]:
    """Every broken promise of a platform at rest."""
    found = stored_violations(stack.built)
    found += log.read_on(stack)
    books = stack.books()
    found += book_violations(stack.built, {node_id: gears for node_id, (gears, _) in books.items()})
    for node_id, (gears, held) in books.items():
        if held != len(gears):
            found.append(f"node {node_id} holds {held} uids for {len(gears)} gears")
    now = broker_tables(stack)
    wanted, told = _digests(now), {application_id: table.digest for application_id, table in log.tables.items()}
    if (log.position, told) != (now.position, wanted):
        text = f"the log tells {_short(told)} at {log.position}"
        found.append(f"{text}, the broker has {_short(wanted)} at {now.position}")
    for router in stack.routers.values():
        found += router.broken
    return [*found, *_answered_names(stack)]


def _answered_names(stack: Stack) -> list[str]:
    """The embedded DNS server answers for the applications that there are, and for no other."""
    if stack.dns_port is None:
        return []
    domain = stack.built.platform.policy.cloud_domain
    found = []
    for login in OWNERS:
        there = {view.parts.application.name for view in list_applications(*_as(stack, login))}
        for name in applications_of(login):
            status, answers = resolve("127.0.0.1", stack.dns_port, app_dns_name(name, login, domain), "CNAME")
            if (status, bool(answers)) != (("NOERROR", True) if name in there else ("NXDOMAIN", False)):
                is_there = "is" if name in there else "is not"
                found.append(f"DNS answers {status} {answers} for {name}, which {is_there} there")
    return found


def _as(stack: Stack, login: str) -> tuple[Platform, User]:
    return stack.built.platform, find_user(stack.built.platform, login)


def observed(stack: Stack) -> dict[str, State]:
    """Every application as it is, by name."""
    found: dict[str, State] = {}
    platform = stack.built.platform
    for login in OWNERS:
        views = list_applications(*_as(stack, login))
        with platform.reading() as work:
            aliases = work.applications.aliases([view.parts.application.application_id for view in views])
        for view in views:
            application = view.parts.application
            found[application.name] = Like(
                gears=view.parts.groups[0].gear_count,
                ha=application.ha,
                running=application.running,
                aliases=tuple(sorted(aliases.get(application.application_id, ()))),
            )
    return found
