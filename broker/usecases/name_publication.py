"""A DNS server beside the broker is told the names: not what has happened to them, but what they are now.

A name whose change was committed stays noted until the server was seen to have it as the table has it. What was told
and not seen, because a process or a connection has ended, is told again, which changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from broker.interfaces import FIRST_FENCE, NameChange, Platform, RemoteDns, RemoteDnsState, RemoteDnsUnavailable

# As many as one message holds, however long they are.
NAMES_AT_ONCE = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class DnsState:
    """How names are answered. `server` is None where only the embedded server answers them, from the table.

    `waiting` is how many names the server has still to be told, `error` why it was in vain for the one tried most.
    """

    server: RemoteDnsState | None
    waiting: int
    error: str | None


def find_fence(platform: Platform, server: RemoteDns) -> str:
    """The fence of the server's zone. Where no broker has ever written to it, every name is noted.

    So a zone that is new, or was made anew, gets the names there are. Raises `RemoteDnsUnavailable`, `FenceMoved`.
    """
    fence = server.fence()
    if fence is None:
        # Names are noted only for a server that has taken this much, so not at every attempt.
        fence = server.tell({}, None).fence
    if fence.startswith(FIRST_FENCE):
        with platform.unit_of_work() as work:
            work.name_changes.mark_all()
            work.commit()
        fence = server.tell({}, fence).fence
    return fence


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """Whether any name was refused by the server, and whether any is one that no server can write."""

    refused: bool
    unwritable: bool

    @property
    def all_told(self) -> bool:
        """Whether the server has all that were tried."""
        return not (self.refused or self.unwritable)


def tell_names(platform: Platform, server: RemoteDns, *, again: bool) -> Told:
    """Tell the server every name that has changed, and with `again` also those that were in vain before.

    Raises `RemoteDnsUnavailable` and `FenceMoved`; what has not been told then stays noted.
    """
    refused = unwritable = False
    # Those never tried come last: whichever of them is refused is not to be tried again at once.
    for tried in (True, False) if again else (False,):
        after = ""
        while told := _tell_next(platform, server, tried=tried, after=after):
            refused |= told.result.refused
            unwritable |= told.result.unwritable
            # Those never tried are tried ones by now, or told.
            after = told.last if tried else ""
    return Told(refused=refused, unwritable=unwritable)


def dns_state(platform: Platform) -> DnsState:
    """Who answers names, whether the server beside the broker can be told of them, and what it has still to be told."""
    with platform.reading() as work:
        waiting, error = work.name_changes.count()
    server = platform.remote_dns.state() if platform.remote_dns else None
    return DnsState(server=server, waiting=waiting, error=error)


@dataclass(frozen=True, kw_only=True, slots=True)
class _ToldSome:
    """The last name that was told, in their order, and what came of all of them."""

    last: str
    result: Told


def _tell_next(platform: Platform, server: RemoteDns, *, tried: bool, after: str) -> _ToldSome | None:
    """Tell some names past `after`; None where there are none."""
    waiting = _waiting(platform, tried=tried, after=after)
    if not waiting:
        return None
    try:
        fence = find_fence(platform, server)
        # Read anew after the fence was learnt: so it is newer than whatever others have written before that fence.
        changes = _waiting(platform, tried=tried, after=after)
        told = server.tell({change.name: change.record for change in changes}, fence) if changes else None
    except RemoteDnsUnavailable as unavailable:
        _settle(platform, waiting, {change.name: str(unavailable) for change in waiting})
        raise
    if told is None:
        return None
    _settle(platform, changes, told.refused)
    result = Told(refused=bool(told.refused.keys() - told.unwritable), unwritable=bool(told.unwritable))
    return _ToldSome(last=changes[-1].name, result=result)


def _waiting(platform: Platform, *, tried: bool, after: str) -> tuple[NameChange, ...]:
    with platform.reading() as work:
        return work.name_changes.waiting(NAMES_AT_ONCE, tried=tried, after=after)


def _settle(platform: Platform, changes: Sequence[NameChange], refused: Mapping[str, str]) -> None:
    with platform.unit_of_work() as work:
        work.name_changes.clear({change.name: change.mark for change in changes if change.name not in refused})
        work.name_changes.note([(change, refused[change.name]) for change in changes if change.name in refused])
        work.commit()
