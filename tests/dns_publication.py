"""What tests of the publication of names share: looking at both sides, and one attempt after another."""

from collections.abc import Callable

from bind_server import ZONE, Bind
from scenarios.world import World
from sqlalchemy import select

from broker.dns.updates import Rfc2136Server
from broker.interfaces import FenceMoved, Platform, RemoteDns, RemoteDnsUnavailable
from broker.store import tables
from broker.usecases.name_publication import find_fence, tell_names


def in_the_table(platform: Platform) -> dict[str, tuple[str, str]]:
    with platform.reading() as work:
        rows = work._connection.execute(select(tables.dns_records))
        return {row.name: (row.kind, row.target) for row in rows}


def waiting(platform: Platform) -> list[str]:
    with platform.reading() as work:
        return sorted(work._connection.execute(select(tables.dns_changes.c.name)).scalars())


def publish(platform: Platform, server: RemoteDns | None = None) -> bool:
    """What the worker does at its start and then again; whether the server could be told everything."""
    server = server or platform.remote_dns
    assert server is not None
    try:
        tell_names(platform, server, again=True)
        find_fence(platform, server)
        return tell_names(platform, server, again=True).all_told
    except (RemoteDnsUnavailable, FenceMoved):
        return False


def agree(world: World, bind: Bind) -> None:
    assert publish(world.platform)
    assert waiting(world.platform) == []
    assert bind.names() == in_the_table(world.platform)


class Interrupted(Rfc2136Server):
    """Once, something else happens just before an update is sent, or just after it was made."""

    def __init__(self, bind: Bind, *, before: Callable[[], object] = bool, after: Callable[[], object] = bool) -> None:
        super().__init__(bind.exchange(), ZONE, ZONE)
        self._before, self._after = [before], [after]

    def tell(self, records, fence):
        if records and self._before:
            self._before.pop()()
        told = super().tell(records, fence)
        if records and self._after:
            self._after.pop()()
        return told
