"""Keeps the tables of all applications right and a listener told, whatever arrives from any transport."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from routing_spi.codec import encode_json
from routing_spi.delivery import Decision, decide
from routing_spi.events import RoutingEvent
from routing_spi.hold import HeldSnapshot, HoldRule
from routing_spi.knowledge import Change, Knowledge, Refused
from routing_spi.listener import Listener
from routing_spi.positions import Positions
from routing_spi.snapshot import Snapshot
from routing_spi.source import SnapshotSource, SourceUnavailable
from routing_spi.state import State
from routing_spi.table import RoutingTable
from routing_spi.telling import ListenerFailed, Teller

__all__ = ["Follower", "ListenerFailed", "Report", "SnapshotHeld", "SnapshotSource", "SourceUnavailable"]

Report: TypeAlias = Callable[[str], None]

# How long until a listener is offered again what it has refused.
RETRY_SECONDS: Final = 60.0


class SnapshotHeld(Exception):
    """A snapshot was not applied; `held` waits for `Follower.accept` or for a better one."""

    def __init__(self, held: HeldSnapshot) -> None:
        """Say why, and what confirms it."""
        super().__init__(f"{held}; nothing was removed, confirm it if this is what you expect")
        self.held = held


class Follower:
    """Drops repeats, fills gaps from the snapshot source, tells the listener in order and keeps the state.

    Nothing is removed that is not positively known to be gone: by an event, by the broker's answer about
    that one application, or by a whole snapshot that `HoldRule` believes or a person has confirmed.

    If the listener raises, nothing is noted, and the same event may be received again. After some tries in a
    row the application is put aside: what happens to it is noted, the others flow, and the listener is offered
    everything again by `retry`.
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
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`every_position`: the transport delivers all events in their order, so that a missing position is a gap.

        It is none on the bus, where several relays share the work, and none for a reader whose snapshots are
        partial: other readers' events lie between. `now` is a clock in seconds that nobody sets.
        """
        self._teller = Teller(listener, failing=state.fail)
        self._source = source
        self._state = state
        self._report = report
        self._rule = rule or HoldRule()
        self._every_position = every_position
        self._now = now
        self._knowledge = Knowledge()
        self._held: HeldSnapshot | None = None
        self._retry_at = 0.0

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

    @property
    def refused(self) -> Mapping[str, str]:
        """The applications that the listener does not take now, by id, with the reason."""
        return {application_id: each.reason for application_id, each in self._knowledge.refused.items()}

    def start(self) -> bool:
        """Load what was kept and tell the listener; False if nothing was kept and a snapshot is needed.

        Raises `ListenerFailed` if the listener takes nothing of it.
        """
        knowledge = self._state.load()
        if knowledge is None:
            return False
        refused = self._teller.everything(
            knowledge.tables,
            position=knowledge.positions.through,
            told={},
            refused=knowledge.refused,
            patient=False,
        )
        self._refuse(knowledge, refused)
        self._knowledge = knowledge
        return True

    def receive(self, event: RoutingEvent, text: str | None = None) -> Decision:
        """Take in one event, in whatever order it comes; it is kept once `settle` has returned.

        `text` is the event as JSON, if that is at hand, so that it need not be written anew to be kept.
        Raises `SourceUnavailable` or `SnapshotHeld` when a gap cannot be filled, and `ListenerFailed`.
        """
        knowledge = self._knowledge
        positions = knowledge.positions
        watched = self._every_position and not knowledge.partial
        if watched and event.position is not None and positions.misses_before(event.position):
            self._report(f"events between position {positions.through} and {event.position} are missing: snapshot")
            self.resync()
            return Decision.GAP
        decision = decide(knowledge.of(event.application_id), event, through=positions.through)
        if decision is Decision.APPLY:
            self._apply(event, text)
        elif decision is Decision.GAP:
            self._fill(event)
        elif not positions.has(event.position):
            self._note(Change(event=event, decision=decision))
        return decision

    def settle(self) -> None:
        """Return when everything that was received is on disk and may be acknowledged."""
        self._state.sync(self._knowledge)

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

    def retry(self) -> None:
        """Offer the listener again what it has refused, if that was long enough ago; raises `ListenerFailed`."""
        knowledge = self._knowledge
        if not knowledge.refused or self._now() < self._retry_at:
            return
        refused = self._tell_all(knowledge.tables, self.position)
        self._refuse(knowledge, refused)
        if not refused:
            self._report("the listener has taken what it refused before")
        self._state.keep(knowledge)

    def park(self, body: str, reason: str) -> None:
        """Put aside a message that cannot be read and report it; what it said is a gap for the next event."""
        self._state.park(body, reason)
        self._report(f"a message was put aside: {reason}")

    def _apply(self, event: RoutingEvent, text: str | None) -> None:
        reason = None
        if event.application_id not in self._knowledge.refused:
            reason = self._teller.event(event)
        if reason is not None:
            self._put_aside(event.application_id, encode_json(event), reason)
        line = None if text is None or "\n" in text else text
        self._note(Change(event=event, decision=Decision.APPLY, refused=reason, text=line))

    def _fill(self, event: RoutingEvent) -> None:
        application_id = event.application_id
        table = self._source.table(application_id)
        if table is not None and table.sequence < event.sequence:
            text = f"the broker's table of {application_id} is older than event {event.event_id}"
            raise SourceUnavailable(text)
        self._report(f"events before {event.event_id} are missing: its application's table was fetched")
        tables = {**self._knowledge.tables}
        before = tables.pop(application_id, None)
        if table is not None:
            tables[application_id] = table
        reason = None
        if before != table and application_id not in self._knowledge.refused:
            refused = self._tell_all(tables, self.position)
            reason = refused.pop(application_id).reason if application_id in refused else None
            self._knowledge.refused = refused
        if reason is not None:
            self._put_aside(application_id, encode_json(event), reason)
        self._note(Change(event=event, decision=Decision.GAP, table=table, refused=reason))

    def _note(self, change: Change) -> None:
        self._knowledge.take(change)
        self._state.note(self._knowledge, change)

    def _adopt(self, snapshot: Snapshot) -> None:
        before = self._knowledge
        knowledge = Knowledge(gone=dict(before.gone), partial=snapshot.partial)
        for table in before.tables.values():
            if table.application_id not in snapshot.tables:
                knowledge.put(table.application_id, table.sequence, None)
        for table in snapshot.tables.values():
            knowledge.put(table.application_id, table.sequence, table)
        knowledge.positions = Positions(through=snapshot.position)
        refused = self._tell_all(knowledge.tables, snapshot.position)
        for application_id, each in refused.items():
            if application_id not in before.refused:
                self._put_aside(application_id, _wire_text(knowledge.tables.get(application_id)), each.reason)
        self._refuse(knowledge, refused)
        self._state.keep(knowledge)
        self._knowledge, self._held = knowledge, None

    def _tell_all(self, tables: Mapping[str, RoutingTable], position: int) -> dict[str, Refused]:
        before = self._knowledge
        return self._teller.everything(tables, position=position, told=before.told(), refused=before.refused)

    def _refuse(self, knowledge: Knowledge, refused: dict[str, Refused]) -> None:
        knowledge.refused = refused
        self._retry_at = self._now() + RETRY_SECONDS

    def _put_aside(self, application_id: str, body: str, reason: str) -> None:
        self._state.park(body, f"the listener refuses it: {reason}")
        self._retry_at = self._now() + RETRY_SECONDS
        self._report(f"the listener refuses application {application_id}, which was put aside: {reason}")


def _wire_text(table: RoutingTable | None) -> str:
    return "" if table is None else json.dumps(table.to_wire(), separators=(",", ":"))
