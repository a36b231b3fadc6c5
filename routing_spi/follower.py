"""Keeps the tables of all applications right and a listener told, whatever arrives from any transport."""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from routing_spi.delivery import Decision, Positions, decide
from routing_spi.events import RoutingEvent
from routing_spi.hold import HeldSnapshot, HoldRule
from routing_spi.knowledge import Knowledge
from routing_spi.listener import Listener
from routing_spi.snapshot import Snapshot
from routing_spi.state import State
from routing_spi.table import RoutingTable, apply_event

Report: TypeAlias = Callable[[str], None]


class SourceUnavailable(Exception):
    """The broker cannot be asked now, or its answer not believed; the text says why, a later try may help."""


class SnapshotHeld(Exception):
    """A snapshot was not applied; `held` waits for `Follower.accept` or for a better one."""

    def __init__(self, held: HeldSnapshot) -> None:
        """Say why, and what confirms it."""
        super().__init__(f"{held}; nothing was removed, confirm it if this is what you expect")
        self.held = held


class ListenerFailed(Exception):
    """The listener raised: nothing was noted, and the same will be told again."""

    def __init__(self, told: str, error: Exception) -> None:
        """Say what it was told and what it raised."""
        super().__init__(f"the listener failed on {told}: {error!r}")


class SnapshotSource(Protocol):
    """Whom a follower asks when events alone do not tell."""

    def snapshot(self) -> Snapshot:
        """The tables of all applications; raises `SourceUnavailable`."""

    def table(self, application_id: str) -> RoutingTable | None:
        """The table of one application, None if it is known to be gone; raises `SourceUnavailable`."""


class Follower:
    """Drops repeats, fills gaps from the snapshot source, tells the listener in order and keeps the state.

    Nothing is removed that is not positively known to be gone: by an event, by the broker's answer about
    that one application, or by a whole snapshot that `HoldRule` believes or a person has confirmed. If
    the listener raises, nothing is noted, and the same event may be received again.
    """

    def __init__(
        self,
        *,
        listener: Listener,
        source: SnapshotSource,
        state: State,
        report: Report,
        rule: HoldRule | None = None,
        every_position: bool = False,
    ) -> None:
        """`every_position`: the transport delivers all events, so that a missing position is a gap too.

        For a reader whose snapshots are partial it is none: other readers' events lie between.
        """
        self._listener = listener
        self._source = source
        self._state = state
        self._report = report
        self._rule = rule or HoldRule()
        self._every_position = every_position
        self._knowledge = Knowledge()
        self._held: HeldSnapshot | None = None
        self._partial = False

    @property
    def known(self) -> Snapshot:
        """Everything that is known now."""
        return self._knowledge.snapshot()

    @property
    def position(self) -> int:
        """The position after which to go on: every event up to it is contained."""
        return self._knowledge.positions.through

    @property
    def held(self) -> HeldSnapshot | None:
        """The snapshot that waits for confirmation, if any."""
        return self._held

    def start(self) -> bool:
        """Load what was kept and tell the listener; False if nothing was kept and a snapshot is needed."""
        knowledge = self._state.load()
        if knowledge is None:
            return False
        self._tell_all(knowledge.snapshot())
        self._knowledge = knowledge
        return True

    def receive(self, event: RoutingEvent) -> Decision:
        """Take in one event, in whatever order it comes.

        Raises `SourceUnavailable` or `SnapshotHeld` when a gap cannot be filled, and `ListenerFailed`.
        """
        positions = self._knowledge.positions
        watched = self._every_position and not self._partial
        if watched and event.position is not None and positions.misses_before(event.position):
            self._report(f"events between position {positions.through} and {event.position} are missing: snapshot")
            self.resync()
            return Decision.GAP
        known = self._knowledge.of(event.application_id)
        decision = decide(known, event, through=positions.through)
        if decision is Decision.APPLY:
            self._apply(event)
        elif decision is Decision.GAP:
            self._fill(event)
        elif self._knowledge.positions.seen(event.position) != positions:
            self._note(event)
        return decision

    def resync(self) -> None:
        """Ask for the whole snapshot and believe it, or raise `SnapshotHeld`; raises `SourceUnavailable`."""
        self.offer(self._source.snapshot())

    def offer(self, snapshot: Snapshot) -> None:
        """Take in a snapshot, or hold it and raise `SnapshotHeld`; the operator's acceptance lets it pass."""
        reason = self._rule.judge(self._knowledge, snapshot)
        accepted = self._state.take_acceptance()  # confirms this snapshot, so it must not outlive it
        if reason is not None and not accepted:
            self._held = HeldSnapshot(
                snapshot=snapshot, reason=reason, known_endpoints=self._knowledge.snapshot().endpoints
            )
            raise SnapshotHeld(self._held)
        self._adopt(snapshot)

    def accept(self) -> bool:
        """Apply the held snapshot after all; False if none is held."""
        if self._held is None:
            return False
        self._adopt(self._held.snapshot)
        return True

    def park(self, body: str, reason: str) -> None:
        """Put aside a message that cannot be read and report it; what it said is a gap for the next event."""
        self._state.park(body, reason)
        self._report(f"a message was put aside: {reason}")

    def _apply(self, event: RoutingEvent) -> None:
        table = apply_event(self._knowledge.tables.get(event.application_id), event)
        self._tell(event)
        self._knowledge.put(event.application_id, event.sequence, table)
        self._note(event)

    def _fill(self, event: RoutingEvent) -> None:
        table = self._source.table(event.application_id)
        if table is not None and table.sequence < event.sequence:
            text = f"the broker's table of {event.application_id} is older than event {event.event_id}"
            raise SourceUnavailable(text)
        self._report(f"events before {event.event_id} are missing: its application's table was fetched")
        tables = {**self._knowledge.tables}
        before = tables.pop(event.application_id, None)
        if table is not None:
            tables[event.application_id] = table
        if before != table:
            self._tell_all(Snapshot(position=self.position, tables=tables))
        self._knowledge.put(event.application_id, event.sequence, table)
        self._note(event)

    def _note(self, event: RoutingEvent) -> None:
        positions = self._knowledge.positions
        if self._partial and event.position is not None:
            # The log is read in order, and what lies between belongs to others.
            self._knowledge.positions = Positions(through=max(positions.through, event.position))
        else:
            self._knowledge.positions = positions.seen(event.position)
        self._state.note(self._knowledge, event.application_id)

    def _adopt(self, snapshot: Snapshot) -> None:
        knowledge = Knowledge(gone=dict(self._knowledge.gone))
        for table in self._knowledge.tables.values():
            if table.application_id not in snapshot.tables:
                knowledge.put(table.application_id, table.sequence, None)
        for table in snapshot.tables.values():
            knowledge.put(table.application_id, table.sequence, table)
        knowledge.positions = Positions(through=snapshot.position)
        self._tell_all(knowledge.snapshot())
        self._state.keep(knowledge)
        self._knowledge, self._held, self._partial = knowledge, None, snapshot.partial

    def _tell(self, event: RoutingEvent) -> None:
        try:
            self._listener.apply(event)
        except Exception as error:
            raise ListenerFailed(f"event {event.event_id} ({event.action})", error) from error

    def _tell_all(self, snapshot: Snapshot) -> None:
        try:
            self._listener.resync(snapshot)
        except Exception as error:
            raise ListenerFailed(f"the snapshot at position {snapshot.position}", error) from error
