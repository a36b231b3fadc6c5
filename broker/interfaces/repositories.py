"""What is kept, as collections: one protocol for each kind of thing that the database holds."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from broker.core.application import (
    Application,
    ApplicationParts,
    Gear,
    GearGroup,
    InstalledCartridge,
)
from broker.core.ids import (
    ApplicationId,
    CommandId,
    GearId,
    GroupId,
    NamespaceId,
    NodeId,
    OperationId,
    UserId,
)
from broker.core.owner import Namespace, User
from broker.core.placement.fleet import Fleet
from broker.core.placement.model import Placement
from broker.core.placement.spread import GroupSpread
from broker.interfaces.records import (
    Json,
    KeptAnswer,
    LoggedEvent,
    NameChange,
    NodeRecord,
    OperationEntry,
    OperationRecord,
    OperationStanding,
    OutgoingEvent,
    ParkedEvent,
    ProcessRecord,
    QueueState,
    StepEntry,
    StepRecord,
    StoredEndpoint,
)


class Users(Protocol):
    """Accounts and their quota."""

    def by_login(self, login: str) -> User | None: ...
    def locked(self, login: str) -> User | None:
        """The account of that login, with its row held until the unit of work ends."""

    def by_id(self, user_id: UserId) -> User | None: ...
    def add(self, user: User) -> None: ...
    def save(self, user: User) -> None:
        """Store everything but `consumed_gears`, which only `consume_gears` changes."""

    def consume_gears(self, user_id: UserId, count: int) -> bool:
        """Take `count` gears (negative: give back) from the quota; False, and nothing changed, if too few are left.

        Written at the commit, which raises `Collided` where others have used the quota up meanwhile.
        """

    def count_namespaces(self, user_id: UserId) -> int: ...


class Namespaces(Protocol):
    """The namespaces of all owners."""

    def by_name(self, name: str) -> Namespace | None: ...
    def locked(self, namespace_id: NamespaceId) -> Namespace | None:
        """The namespace of that id, with its row held until the unit of work ends: no application comes into it."""

    def of_owner(self, owner_id: UserId) -> tuple[Namespace, ...]: ...
    def add(self, namespace: Namespace) -> None:
        """Raises `Conflict` when the name is taken."""

    def save(self, namespace: Namespace) -> None: ...
    def delete(self, namespace_id: NamespaceId) -> None: ...
    def has_applications(self, namespace_id: NamespaceId) -> bool: ...


class Applications(Protocol):
    """Applications with their groups and cartridges."""

    def by_id(self, application_id: ApplicationId) -> ApplicationParts | None: ...
    def locked(self, application_id: ApplicationId) -> ApplicationParts | None:
        """The same, with its row held until the unit of work ends."""

    def id_by_name(self, namespace_id: NamespaceId, name: str) -> ApplicationId | None: ...
    def owned_named(self, owner_id: UserId, name: str) -> tuple[ApplicationParts, ...]:
        """Those of that name in all the owner's namespaces."""

    def owned(self, owner_id: UserId, namespace_id: NamespaceId | None = None) -> tuple[ApplicationParts, ...]:
        """All of an owner, or of one namespace of theirs, by name."""

    def all_named(self, name: str) -> tuple[ApplicationParts, ...]: ...
    def all(self) -> tuple[ApplicationParts, ...]:
        """Every application that is ready; for snapshots."""

    def of_gears(self) -> tuple[ApplicationParts, ...]:
        """Every application that has gears, in whatever phase."""

    def many(self, application_ids: Iterable[ApplicationId]) -> tuple[ApplicationParts, ...]: ...
    def add(
        self, application: Application, groups: Sequence[GearGroup], cartridges: Sequence[InstalledCartridge]
    ) -> None:
        """Raises `Conflict` when the namespace has that name already."""

    def save(self, before: ApplicationParts, after: ApplicationParts) -> ApplicationParts:
        """Store what differs, with the next generation; raises `ApplicationBusy` if another was faster."""

    def delete(self, application_id: ApplicationId) -> None:
        """Remove the application with all that is its own: groups, cartridges, gears, endpoints, variables, aliases."""

    def aliases(self, application_ids: Sequence[ApplicationId]) -> dict[ApplicationId, tuple[str, ...]]: ...
    def alias_owner(self, alias: str) -> ApplicationId | None: ...
    def add_alias(self, application_id: ApplicationId, alias: str) -> None:
        """Raises `Conflict` when any application has it."""

    def remove_alias(self, application_id: ApplicationId, alias: str) -> None: ...
    def variables(self, application_id: ApplicationId) -> dict[str, str]: ...
    def variable(self, application_id: ApplicationId, name: str) -> str | None: ...
    def set_variables(
        self, application_id: ApplicationId, values: Mapping[str, str], unset: Sequence[str] = ()
    ) -> None: ...


class Gears(Protocol):
    """Gears and their endpoints. Every method is a fixed number of statements, whatever the number of gears."""

    def of_application(self, application_id: ApplicationId) -> tuple[Gear, ...]: ...
    def of_group(self, group_id: GroupId) -> tuple[Gear, ...]: ...
    def of_operation(self, operation_id: OperationId) -> tuple[Gear, ...]: ...
    def of_nodes(self, node_ids: Sequence[NodeId]) -> tuple[Gear, ...]: ...
    def proxies_of(self, application_id: ApplicationId) -> tuple[Gear, ...]: ...
    def idle_of(self, group_id: GroupId) -> tuple[Gear, ...]: ...
    def by_ids(self, gear_ids: Sequence[GearId]) -> tuple[Gear, ...]: ...
    def of_owner(self, owner_id: UserId) -> tuple[Gear, ...]: ...
    def all(self) -> tuple[Gear, ...]: ...
    def add(self, gears: Sequence[Gear]) -> None: ...
    def change(self, gear_ids: Sequence[GearId], **values: object) -> None:
        """Set the same columns to the same values on all of them."""

    def move(self, moved: Sequence[Gear]) -> None:
        """Store the nodes on which these gears are to be."""

    def set_uids(self, uids: Mapping[GearId, int]) -> None: ...
    def remove(self, gear_ids: Sequence[GearId]) -> None:
        """Delete the gears with their endpoints."""

    def endpoints_of(self, gear_ids: Sequence[GearId]) -> tuple[StoredEndpoint, ...]: ...
    def endpoints_of_application(self, application_id: ApplicationId) -> tuple[StoredEndpoint, ...]: ...
    def endpoints_of_owner(self, owner_id: UserId) -> tuple[StoredEndpoint, ...]: ...
    def all_endpoints(self) -> tuple[StoredEndpoint, ...]: ...
    def add_endpoints(self, endpoints: Sequence[StoredEndpoint]) -> None: ...


class Nodes(Protocol):
    """The fleet: rows, and the structure that placement reads, kept in step with them."""

    def fleet(self) -> Fleet:
        """The fleet as of now, for who may write; what is reserved and not committed is released at the end."""

    def learn_anew(self) -> bool: ...
    def spread(self, group_id: GroupId, generation: int, home_region: str | None) -> GroupSpread:
        """Where the group's gears are, for the application's `generation`; changes are dropped on rollback."""

    def placed(self, spread: GroupSpread, placements: tuple[Placement, ...]) -> None:
        """Note what placement reserved in memory, to be released unless this unit of work commits."""

    def reserve(self, counts: Mapping[NodeId, int]) -> None:
        """Take what was placed; others may place now. The commit raises `FleetMoved` where it is gone."""

    def free(self, counts: Mapping[NodeId, int]) -> None:
        """Give gears of nodes back; placement sees the room once this unit of work has committed."""

    def address(self, node_id: NodeId) -> str: ...
    def zone(self, node_id: NodeId) -> str | None: ...
    def unresponsive(self) -> frozenset[NodeId]: ...
    def ids(self) -> Collection[NodeId]: ...
    def regions(self) -> frozenset[str]: ...
    def records(self, node_ids: Iterable[NodeId]) -> dict[NodeId, NodeRecord]: ...
    def all(self) -> tuple[NodeRecord, ...]: ...
    def add(self, nodes: Sequence[NodeRecord]) -> None: ...
    def set_liveness(self, node_ids: Sequence[NodeId], liveness: str) -> tuple[NodeId, ...]: ...


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


class Commands(Protocol):
    """What nodes are told, written in the transaction of the change that needs it."""

    def add(self, steps: Sequence[StepRecord]) -> None: ...
    def settle(self, outcomes: Mapping[CommandId, str | None]) -> None:
        """Mark as done (None) or failed (the error)."""

    def keep_replies(self, replies: Mapping[CommandId, Json]) -> None:
        """Remember what nodes answered, for an operation that goes on."""

    def of_operation(self, operation_id: OperationId) -> tuple[StepRecord, ...]:
        """All commands of an operation, in order."""

    def nodes_that_failed(self, operation_id: OperationId) -> frozenset[NodeId]:
        """The nodes that did not do a step of the operation."""

    def still_pending(self, command_ids: Sequence[CommandId]) -> frozenset[CommandId]: ...
    def supersede(self, application_id: ApplicationId, gear_ids: Sequence[GearId], kinds: Sequence[str]) -> None: ...
    def gears_owing(self, application_id: ApplicationId) -> frozenset[GearId]: ...
    def release(self, operation_id: OperationId) -> None:
        """No operation waits any more for its pending commands; the nodes are told when they can be."""

    def take_telling(self, seconds: float) -> bool:
        """Whether this unit of work is the one that tells nodes what they are owed, until it ends or idles so long."""

    def owed(self, limit: int, *, a_node: int, but: Collection[NodeId] = ()) -> tuple[StepRecord, ...]:
        """What nodes that are heard of have not been told yet and no operation waits for, in order.

        At most so many for each node, so that none takes the place of all others; nothing for the nodes of `but`.
        """


class Operations(Protocol):
    """Operations in their states, the queue of each application, and in whose hands they are."""

    def add(self, operation: OperationRecord, *, finished_at: str | None = None) -> None:
        """Store an operation in whatever state; raises `ApplicationBusy` while another of the application runs."""

    def queue(self, application_id: ApplicationId) -> QueueState:
        """Who runs and who waits; exact as long as the application's row is held."""

    def next_in_turn(self, application_id: ApplicationId) -> OperationId | None:
        """The operation that may start now, None if none waits or one runs."""

    def start(self, operation: OperationRecord) -> None:
        """A queued operation runs from now on, as it was planned."""

    def try_again(self, operation_id: OperationId, attempt: int) -> None:
        """The operation goes on with other steps."""

    def finish(
        self,
        operation_id: OperationId,
        state: str,
        at: str,
        *,
        error: str | None = None,
        error_code: str | None = None,
    ) -> None: ...
    def by_id(self, operation_id: OperationId) -> OperationRecord | None: ...
    def standing(self, operation_id: OperationId) -> OperationStanding | None: ...
    def ask_to_cancel(self, operation_id: OperationId) -> None: ...
    def fail_queued(self, application_id: ApplicationId, at: str, error: str, error_code: str) -> None:
        """Nothing that waits for this application can be done any more."""

    def to_be_taken(self, limit: int) -> tuple[OperationRecord, ...]:
        """Open operations in nobody's hands, or in those of a process that is gone, whose turn it is; oldest first."""

    def take(self, operation_ids: Sequence[OperationId], process_id: str) -> frozenset[OperationId]:
        """Take such operations; returns those at which no other process was faster."""

    def let_go(self, operation_ids: Sequence[OperationId], process_id: str) -> None:
        """Any worker may take these operations, if they are in the hands of that process still."""

    def in_hands_of(self, process_id: str) -> frozenset[OperationId]:
        """The open operations of a process."""


class OperationHistory(Protocol):
    """Operations as they are looked at. Every method is one statement."""

    def by_id(self, operation_id: OperationId) -> OperationEntry | None: ...
    def of_application(
        self, application_id: ApplicationId, *, limit: int, after: OperationId | None
    ) -> tuple[OperationEntry, ...]:
        """At most `limit` that are older than `after`, newest first."""

    def of_owner(self, owner_id: UserId, *, limit: int, after: OperationId | None) -> tuple[OperationEntry, ...]: ...
    def open(
        self, *, created_before: str | None = None, application_id: ApplicationId | None = None
    ) -> tuple[OperationEntry, ...]:
        """Those that have not ended, oldest first."""

    def steps(self, operation_id: OperationId) -> tuple[StepEntry, ...]: ...


class Answers(Protocol):
    """What repeated requests are answered."""

    def begin(self, owner_id: UserId, key: str, *, fingerprint: str, driver: str, at: str) -> bool:
        """Note that the process `driver` works on a request; False if its key is known already."""

    def find(self, owner_id: UserId, key: str) -> KeptAnswer | None: ...
    def take(self, owner_id: UserId, key: str, *, driver: str, after: str | None) -> bool:
        """Work on a request in place of the process `after`; False if another was faster."""

    def became(self, owner_id: UserId, key: str, what: OperationId | NamespaceId) -> None:
        """Note the operation that the request became, or the namespace that it changed.

        Raises `RequestTakenOver` where it has become another.
        """

    def settle(self, owner_id: UserId, key: str, driver: str, *, status: int, headers: Json, body: str) -> None: ...
    def forget(self, owner_id: UserId, key: str, driver: str) -> None:
        """A repeat does the request anew, unless it became an operation that is open or completed."""


class Processes(Protocol):
    """The processes that share the database."""

    def beat(self, process: ProcessRecord) -> bool:
        """One beat more; False if it was not among them, as at its start or when it was taken for dead: now it is."""

    def all(self) -> tuple[ProcessRecord, ...]: ...
    def bury(self, seen: Mapping[str, int]) -> int:
        """Forget those that still have the beats they were seen with; what they had in hand is in nobody's.

        Returns how many operations that are.
        """


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
