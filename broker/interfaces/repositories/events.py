"""What leaves the broker, and what has been kept for long enough."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from broker.core.ids import ApplicationId, OperationId, UserId
from broker.interfaces.records import LoggedEvent, NameChange, OutgoingEvent, ParkedEvent


class EventLog(Protocol):
    """The routing events, written in the transaction of the change they tell of, and who has had how much of them."""

    def add(self, events: Sequence[OutgoingEvent]) -> None: ...
    @property
    def numbered_to(self) -> int:
        """The last position that was given in this transaction; 0 where none was."""

    def number(self, limit: int) -> int:
        """Give the next positions, in order, to at most `limit` events without one; returns how many."""

    def after(self, position: int, limit: int, owner_id: UserId | None = None) -> tuple[LoggedEvent, ...]: ...
    def last_position(self) -> int: ...
    def extent(self) -> tuple[int, int]:
        """The highest position that was removed for its age, 0 if none was, and the last one."""

    def confirmed(self, destination: str) -> int:
        """Up to which position a destination has confirmed everything; 0 for a new one."""

    def park(self, parked: Sequence[ParkedEvent]) -> None:
        """Put aside what a destination cannot be sent."""

    def parked(self, limit: int) -> tuple[ParkedEvent, ...]:
        """What was put aside, the latest first."""

    def count_parked(self) -> int: ...


class Names(Protocol):
    """The DNS names that must exist: at most one target a name.

    `operation_id` is the operation whose owner is shown that the change of a name is on its way to the DNS server.
    """

    def put(
        self,
        records: Sequence[tuple[str, str, str]],
        application_id: ApplicationId | None,
        *,
        operation_id: OperationId | None = None,
    ) -> None:
        """(name, kind, target) each; an existing name gets the new target."""

    def remove(self, names: Sequence[str], *, operation_id: OperationId | None = None) -> None: ...
    def remove_of(self, application_id: ApplicationId, *, operation_id: OperationId | None = None) -> None: ...
    def lookup(self, name: str) -> tuple[tuple[str, str], ...]: ...


class NameChanges(Protocol):
    """The names that a DNS server beside the broker has still to be told; none, ever, where there is no such server."""

    def mark_all(self) -> None:
        """Every name there is has to be told."""

    def waiting(self, limit: int, *, tried: bool, after: str = "") -> tuple[NameChange, ...]:
        """The next changes past the name `after`, by name: those never tried, or those tried in vain."""

    def waiting_of(self, operation_id: OperationId) -> tuple[NameChange, ...]:
        """What of an operation's names is still to be told, by name."""

    def clear(self, told: Mapping[str, str]) -> None:
        """These names, each with the mark it had, are as the server has them; those changed since then stay."""

    def note(self, refused: Sequence[tuple[NameChange, str]]) -> None:
        """These were tried in vain once more, each for its reason."""

    def count(self) -> tuple[int, str | None]:
        """How many names wait, and the error of the one tried most often."""


class Retention(Protocol):
    """Removes what has been kept for long enough; each takes at most `limit` rows and returns how many it took."""

    def forget_events(self, before: str, confirmed: int, destinations: Sequence[str], limit: int) -> int:
        """Events of before a time, up to the position that all destinations have confirmed."""

    def forget_operations(self, before: str, limit: int) -> int:
        """Operations that ended before a time, with their commands, unless a node is owed one; each after its last."""

    def forget_answers(self, before: str, limit: int) -> int:
        """What requests were answered before a time."""
