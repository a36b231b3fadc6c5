"""The routing table and its events as router listeners read them: table, snapshot and the log."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from broker.core.application import ApplicationParts, ApplicationPhase, Gear
from broker.core.errors import LogUnavailable, StorageUnavailable
from broker.core.ids import ApplicationId, GearId
from broker.core.owner import User
from broker.core.routing_table import RoutedCertificate, RoutingTable
from broker.interfaces import LoggedEvent, Platform, StoredEndpoint, UnitOfWork
from broker.usecases.announcing import table_of
from broker.usecases.finding import find_followed
from routing_spi.codec import encode_json
from routing_spi.events import Action, RoutingEvent

# Events read from the log at once, and at most, by a follower.
PAGE = 1000
# Who follows, as they are now; None once they may not any more.
Caller = Callable[[], User | None]
# No event has this position, so one who waits for what comes after it waits for the whole time.
_NEVER = 2**63 - 1


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """All routing tables at one instant; a listener goes on with the events after `position`.

    It is partial for an owner, whose own events are some of the log's positions and not all.
    """

    position: int
    tables: tuple[RoutingTable, ...]
    partial: bool

    def to_wire(self) -> dict[str, object]:
        """The snapshot as listeners are sent it."""
        tables = [table.to_wire() for table in self.tables]
        return {"position": self.position, "partial": self.partial, "applications": tables}


def show_table(
    platform: Platform, user: User, reference: str, namespace: str | None = None
) -> tuple[RoutingTable, int]:
    """The routing table of one application, and the position up to which the log tells of it."""
    with platform.reading() as work:
        parts = find_followed(work, user, reference, namespace)
        application_id = parts.application.application_id
        table = _table(
            platform,
            work,
            parts,
            work.gears.of_application(application_id),
            work.gears.endpoints_of_application(application_id),
            aliases=work.applications.aliases([application_id]).get(application_id, ()),
            certificates=work.certificates.routed([application_id]).get(application_id, ()),
        )
        return table, work.log.last_position()


def take_snapshot(platform: Platform, user: User) -> Snapshot:
    """The tables of every application the caller may follow: all of them for a router listener, else their own.

    A table may be ahead of `position` by events that have no position yet; the sequence of each tells how far.
    """
    with platform.reading() as work:
        everything = user.may_follow_all_routing
        found = work.applications.all() if everything else work.applications.owned(user.user_id)
        ready = [parts for parts in found if parts.application.phase is ApplicationPhase.READY]
        gears: dict[ApplicationId, list[Gear]] = defaultdict(list)
        ids: dict[GearId, ApplicationId] = {}
        for gear in work.gears.all() if everything else work.gears.of_owner(user.user_id):
            gears[gear.application_id].append(gear)
            ids[gear.gear_id] = gear.application_id
        endpoints: dict[ApplicationId, list[StoredEndpoint]] = defaultdict(list)
        for endpoint in work.gears.all_endpoints() if everything else work.gears.endpoints_of_owner(user.user_id):
            if endpoint.gear_id in ids:
                endpoints[ids[endpoint.gear_id]].append(endpoint)
        aliases = work.applications.aliases([parts.application.application_id for parts in ready])
        certificates = work.certificates.routed(list(aliases))
        tables = tuple(
            _table(
                platform,
                work,
                parts,
                gears[parts.application.application_id],
                endpoints[parts.application.application_id],
                aliases=aliases.get(parts.application.application_id, ()),
                certificates=certificates.get(parts.application.application_id, ()),
            )
            for parts in ready
        )
        return Snapshot(position=work.log.last_position(), tables=tables, partial=not everything)


def _table(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    gears: Sequence[Gear],
    endpoints: Sequence[StoredEndpoint],
    *,
    aliases: tuple[str, ...],
    certificates: tuple[RoutedCertificate, ...],
) -> RoutingTable:
    # A gear that is being built is not announced yet, and one that is being destroyed no more.
    routed = [gear for gear in gears if gear.lifecycle not in ("new", "building", "destroying")]
    return table_of(
        platform,
        parts,
        gears=routed,
        endpoints=endpoints,
        addresses={gear.node_id: work.nodes.address(gear.node_id) for gear in routed},
        unresponsive=work.nodes.unresponsive(),
        aliases=aliases,
        certificates=certificates,
    )


def read_events(platform: Platform, user: User, after: int, limit: int = PAGE) -> tuple[tuple[LoggedEvent, ...], int]:
    """Events past a position, and the position up to which this answer is complete.

    A router listener sees all of them, an owner those of their own applications. Raises `LogUnavailable` for a
    position that the log has not reached, which belongs to another log, and for one whose next events are no longer
    kept: only a snapshot helps.
    """
    with platform.reading() as work:
        floor, last = work.log.extent()
        if after < floor:
            text = f"Events up to position {floor} are no longer kept. Take a snapshot and go on from its position."
            raise LogUnavailable(text)
        if after > last:
            text = f"Position {after} is past the end of the log, {last}. Take a snapshot and go on from its position."
            raise LogUnavailable(text)
        owner = None if user.may_follow_all_routing else user.user_id
        events = work.log.after(after, limit, owner)
    complete = last if len(events) < limit else events[-1].position or after
    return events, complete


def follow_events(
    platform: Platform, caller: Caller, after: int, *, heartbeat_seconds: float, until: Callable[[], bool]
) -> Iterator[LoggedEvent | None]:
    """Events past a position as they come; None when there was none for as long as a heartbeat takes.

    They end once there is no caller any more, and are those that the caller may see as they are at each reading. While
    the database does not answer there are none.
    """
    position = after
    while not until() and (user := caller()) is not None:
        awaited = position
        try:
            events, complete = read_events(platform, user, position)
            position = awaited = max(position, complete)
        except StorageUnavailable:
            events, awaited = (), _NEVER
        yield from events
        if not events and not platform.signal.wait_numbered(awaited, heartbeat_seconds):
            yield None


def wire_text(event: LoggedEvent) -> str:
    """A logged event in the `json` dialect, as one line of JSON."""
    return encode_json(wire_event(event))


def wire_event(event: LoggedEvent) -> RoutingEvent:
    """A logged event as the routing SPI knows it."""
    return RoutingEvent(
        action=Action(event.action),
        application_id=event.application_id,
        app_name=event.app_name,
        namespace=event.namespace,
        sequence=event.sequence,
        position=event.position,
        occurred_at=event.occurred_at,
        data=json.loads(event.data),
    )
