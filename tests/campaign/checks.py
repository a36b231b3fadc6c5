"""What must hold of a platform at rest."""

from collections import defaultdict
from dataclasses import dataclass, field

from campaign.model import DATABASE, Like, State
from campaign.settling import broker_tables, digests_of, short
from campaign.stack import OWNERS, Stack, applications_of
from scenarios.invariants import book_violations, stored_violations
from sqlalchemy import select

from broker.bootstrap import ask as resolve
from broker.core.application import Application
from broker.core.dns_names import app_dns_name
from broker.core.owner import User
from broker.interfaces import Platform, UnitOfWork
from broker.store import tables
from broker.usecases.accounts import find_user
from broker.usecases.applications import list_applications
from broker.usecases.routing import wire_event
from routing_spi.table import RoutingTable, apply_event

PAGE = 1000


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
    wanted, told = digests_of(now), {application_id: table.digest for application_id, table in log.tables.items()}
    if (log.position, told) != (now.position, wanted):
        text = f"the log tells {short(told)} at {log.position}"
        found.append(f"{text}, the broker has {short(wanted)} at {now.position}")
    for router in stack.routers.values():
        found += router.broken
    if stack.witness is not None:
        found += stack.witness.broken
    return [*found, *_answered_names(stack), *_published_names(stack)]


def _published_names(stack: Stack) -> list[str]:
    """The DNS server beside the platform has every name of the records, and no other."""
    published = stack.outside_names()
    if published is None:
        return []
    with stack.built.database.reading() as connection:
        rows = connection.execute(select(tables.dns_records)).all()
    recorded = {row.name: (row.kind, row.target) for row in rows}
    names = sorted(recorded.keys() | published.keys())
    return [
        f"DNS has {published.get(name)} for {name}, the records {recorded.get(name)}"
        for name in names
        if published.get(name) != recorded.get(name)
    ]


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


def _code(work: UnitOfWork, application: Application) -> str:
    """The reference of the deployment that an application's gears are to run."""
    active = work.deployments.by_id(application.application_id, application.deployment_id or "")
    return "" if active is None or active.ref is None else active.ref


def observed(stack: Stack) -> dict[str, State]:
    """Every application as it is, by name."""
    found: dict[str, State] = {}
    platform = stack.built.platform
    for login in OWNERS:
        views = list_applications(*_as(stack, login))
        with platform.reading() as work:
            aliases = work.applications.aliases([view.parts.application.application_id for view in views])
            codes = {each: _code(work, each) for each in (view.parts.application for view in views)}
        for view in views:
            application = view.parts.application
            found[application.name] = Like(
                gears=view.parts.groups[0].gear_count,
                ha=application.ha,
                running=application.running,
                aliases=tuple(sorted(aliases.get(application.application_id, ()))),
                database=view.parts.cartridge(DATABASE) is not None,
                code=codes[application],
            )
    return found
