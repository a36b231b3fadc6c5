"""What the use cases ask of the world: the unit of work with its repositories, and the adapters beside it."""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from broker.core.application import (
    Application,
    ApplicationParts,
    Gear,
    GearGroup,
    InstalledCartridge,
)
from broker.core.cartridge import Cartridge
from broker.core.errors import StorageUnavailable
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
from broker.core.policy import Policy

Json = Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredEndpoint:
    """A public endpoint as the node reported it; the rest of it is in the cartridge and in the gear."""

    gear_id: GearId
    cartridge: str
    port_name: str
    public_port: int
    internal_address: str
    internal_port: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeRecord:
    """A node with what the database alone knows of it."""

    node_id: NodeId
    public_address: str
    profile: str
    region: str | None
    zone: str | None
    capacity: int
    gears: int
    active: bool
    liveness: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OutgoingEvent:
    """A routing event that waits for its position; `data` is the action's own fields."""

    application_id: ApplicationId
    owner_id: UserId
    sequence: int
    action: str
    app_name: str
    namespace: str
    occurred_at: str
    data: Json


@dataclass(frozen=True, kw_only=True, slots=True)
class LoggedEvent:
    """A routing event of the log; `position` is None until the relay has numbered it, `data` is JSON text."""

    position: int | None
    application_id: ApplicationId
    sequence: int
    action: str
    app_name: str
    namespace: str
    occurred_at: str
    data: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """An event that a destination cannot be sent while others can, and why."""

    event: LoggedEvent
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ParkedEvent:
    """An event that was put aside for one destination, so that the others flow."""

    destination: str
    position: int
    application_id: ApplicationId
    sequence: int
    action: str
    reason: str
    parked_at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StepRecord:
    """A command to a node, as the outbox keeps it; `body` is the command on the wire.

    A step that is `awaited` is one that its operation cannot end without knowing of. `after` is the step of the same
    node that has to be done before, which the order of the node's queue sees to; `undoes` is the one whose effect this
    takes back.
    """

    command_id: CommandId
    operation_id: OperationId | None
    application_id: ApplicationId
    node_id: NodeId
    gear_id: GearId
    kind: str
    body: Json
    awaited: bool
    state: str = "pending"
    attempt: int = 1
    after: CommandId | None = None
    undoes: CommandId | None = None
    reply: Json | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OperationRecord:
    """One change to one application, while it waits, while it runs and after.

    `wish` is what was wanted, in words that its owner may read; `ending` and `arguments` are what was planned, None
    while it waits. `driver` is the process that has it in its hands, None if any worker may take it.
    """

    operation_id: OperationId
    application_id: ApplicationId
    owner_id: UserId | None
    app_name: str | None
    namespace: str | None
    kind: str
    wish: Json
    ending: str | None
    arguments: Json
    state: str
    turn: int
    attempt: int
    driver: str | None
    created_at: str
    started_at: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueState:
    """What an application's operations are waiting for: the one that runs, the first and the last turn given."""

    running: OperationId | None
    first: int | None
    last: int


@dataclass(frozen=True, kw_only=True, slots=True)
class OperationStanding:
    """How far an operation is: `attempt` of its steps, whether somebody wants it cancelled, and why it failed."""

    state: str
    attempt: int
    cancelled: bool
    error: str | None
    error_code: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class OperationEntry:
    """An operation as it is looked at; `position` is its place among the queued ones of its application, from 1.

    Owner and names are None for operations of before they were kept.
    """

    operation_id: OperationId
    application_id: ApplicationId
    owner_id: UserId | None
    app_name: str | None
    namespace: str | None
    kind: str
    wish: Json
    ending: str | None
    state: str
    position: int | None
    attempt: int
    driver: str | None
    driver_lives: bool
    cancelled: bool
    error: str | None
    error_code: str | None
    created_at: str
    started_at: str | None
    finished_at: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StepEntry:
    """A command of an operation as it is looked at; `after` and `undoes` name others of the same operation."""

    command_id: CommandId
    kind: str
    node_id: NodeId
    gear_id: GearId
    attempt: int
    state: str
    after: CommandId | None
    undoes: CommandId | None
    error: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptAnswer:
    """What is known of a request with an Idempotency-Key; without `status` it has not been answered yet.

    `became` is the operation that has come of it, or the namespace that it has changed.
    """

    fingerprint: str
    became: str | None
    operation_state: str | None
    driver: str | None
    driver_lives: bool
    status: int | None
    headers: Json | None
    body: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessRecord:
    """One of the processes that share the database; its beats rise while it lives."""

    process_id: str
    role: str
    host: str
    started_at: str
    beats: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class NameChange:
    """A DNS name that the DNS server beside the broker has still to be told; `record` (kind, target) None: removed.

    `mark` is another one with each change of the name. `error` is why the last of so many `attempts` was in vain.
    """

    name: str
    mark: str
    record: tuple[str, str] | None
    attempts: int
    error: str | None


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

    def reserve(self, counts: Mapping[NodeId, int]) -> bool:
        """Take what was placed; others may place now. Always True: the commit raises `FleetMoved` where it is gone."""

    def free(self, counts: Mapping[NodeId, int]) -> None:
        """Give gears of nodes back; placement sees the room once this unit of work has committed."""

    def address(self, node_id: NodeId) -> str: ...
    def zone(self, node_id: NodeId) -> str | None: ...
    def unresponsive(self) -> frozenset[NodeId]: ...
    def ids(self) -> Collection[NodeId]: ...
    def records(self, node_ids: Iterable[NodeId]) -> dict[NodeId, NodeRecord]: ...
    def all(self) -> tuple[NodeRecord, ...]: ...
    def add(self, nodes: Sequence[NodeRecord]) -> None: ...
    def set_liveness(self, node_ids: Sequence[NodeId], liveness: str) -> tuple[NodeId, ...]: ...


class EventLog(Protocol):
    """The routing events, written in the transaction of the change they tell of, and who has had how much of them."""

    def add(self, events: Sequence[OutgoingEvent]) -> None: ...
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

    def still_pending(self, command_ids: Sequence[CommandId]) -> frozenset[CommandId]: ...
    def supersede(self, gear_ids: Sequence[GearId], kinds: Sequence[str]) -> None: ...
    def gears_owing(self, application_id: ApplicationId) -> frozenset[GearId]: ...
    def release(self, operation_id: OperationId) -> None:
        """No operation waits any more for its pending commands; the nodes are told when they can be."""

    def owed(self, limit: int) -> tuple[StepRecord, ...]:
        """What nodes that are heard of have not been told yet and no operation waits for, in order."""


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

    def let_go(self, operation_ids: Sequence[OperationId]) -> None:
        """Any worker may take these operations."""

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
        """Operations that ended before a time, with their commands, unless a node is owed one."""

    def forget_answers(self, before: str, limit: int) -> int:
        """What requests were answered before a time."""


class Collided(StorageUnavailable):
    """Another unit of work was in this one's way; nothing of it was kept, and it is to be done again from its start.

    One that nobody does again is shown as what it is: a refusal that asks the caller to try again.
    """

    code = "collided"

    def __init__(self) -> None:
        super().__init__("Others changed the same things at the same moment. Nothing was changed; please try again.")


class FleetMoved(Collided):
    """The fleet in memory was behind the database: the room that was counted on is taken."""

    code = "fleet_moved"


class UnitOfWork(Protocol):
    """One transaction. Leaving the block without `commit()` rolls back, in the database and in memory.

    Raises `Collided` where another was in its way, and `StorageUnavailable` where the database cannot be used.
    """

    @property
    def users(self) -> Users: ...
    @property
    def namespaces(self) -> Namespaces: ...
    @property
    def applications(self) -> Applications: ...
    @property
    def gears(self) -> Gears: ...
    @property
    def nodes(self) -> Nodes: ...
    @property
    def log(self) -> EventLog: ...
    @property
    def commands(self) -> Commands: ...
    @property
    def operations(self) -> Operations: ...
    @property
    def processes(self) -> Processes: ...
    @property
    def operation_history(self) -> OperationHistory: ...
    @property
    def answers(self) -> Answers: ...
    @property
    def names(self) -> Names: ...
    @property
    def name_changes(self) -> NameChanges: ...
    @property
    def retention(self) -> Retention: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def commit(self) -> None: ...


class Clock(Protocol):
    """Time, as an argument."""

    def now(self) -> float:
        """Seconds since 1970, UTC."""


class Passwords(Protocol):
    """Hashes of passwords."""

    def hash(self, password: str) -> str: ...
    def waste_time(self, password: str) -> None:
        """Take as long as a verification, so that a login that does not exist cannot be told by the clock."""

    def verify(self, login: str, password: str, password_hash: str) -> bool:
        """True if it is the password; the answer may be remembered shortly, never across a change of the hash."""


class CommandChannel(Protocol):
    """The way to the nodes."""

    def call(self, commands: Sequence[Json], deadline_seconds: float) -> Mapping[str, Json]:
        """Send commands, wait for their replies until the deadline; replies by command id, absent if none came."""


class EventSignal(Protocol):
    """Tells who waits for routing events that there may be some."""

    def committed(self) -> None:
        """Events without a position may have been committed: the relay wakes."""

    def numbered(self, position: int) -> None:
        """Events up to this position can be read: followers wake."""

    def wait_committed(self, timeout: float) -> None: ...
    def wait_numbered(self, after: int, timeout: float) -> bool:
        """True as soon as a position past `after` can be read, False when the time has passed."""

    def close(self) -> None:
        """Nothing will come any more: everybody wakes."""


class Publisher(Protocol):
    """A destination of routing events on the bus."""

    destination: str

    def publish(self, events: Sequence[LoggedEvent]) -> Sequence[Refusal]:
        """Returns once the bus has confirmed them all, in order, but those that it can never take.

        Raises `BusUnavailable` where it takes nothing now.
        """


class BusUnavailable(Exception):
    """The bus could not take the messages; they stay in the log."""


class TakenLanes(Protocol):
    """The lanes of one batch for one destination, which no other relay publishes meanwhile.

    There are `count` of them; `events` are theirs, in order, and `end` is the last position of the log.
    """

    @property
    def count(self) -> int: ...
    @property
    def events(self) -> Sequence[LoggedEvent]: ...
    @property
    def end(self) -> int: ...
    def published(self, parked: Sequence[ParkedEvent]) -> None:
        """The events are with the destination, or put aside: the lanes go on behind them."""


class RelayLanes(Protocol):
    """How several relays share what a destination has to be sent."""

    def take(self, destination: str, limit: int) -> AbstractContextManager[TakenLanes]:
        """A fair share of the lanes that are behind, with at most `limit` events; none where others hold them all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldNames:
    """How a DNS server was told of names: its `turn` afterwards, and why it does not have some of them so, by name."""

    turn: str
    refused: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoteDnsState:
    """What a DNS server says when it is asked: the SOA of its zone as text, and whether it takes signed updates.

    `error` is the reason where it does not answer, or where it does not take them.
    """

    address: str
    reachable: bool
    soa: str | None
    accepted: bool
    error: str | None


FIRST_TURN = "first-"


class RemoteDns(Protocol):
    """A DNS server beside the broker.

    The zone's turn changes with every update of a broker's, and an update is made only if the turn is still the one
    it was given. So nothing is overwritten by what was read before it, however late it arrives. The first turn of a
    zone begins with `FIRST_TURN`: as long as it stands, no broker is sure to have noted all names for this zone.
    """

    def turn(self) -> str | None:
        """The turn of the zone; None where no broker has written to it. Raises `RemoteDnsUnavailable`."""

    def tell(self, records: Mapping[str, tuple[str, str] | None], turn: str | None) -> ToldNames:
        """Make each name lead to its record (kind, target) only, None: nowhere, and look whether it does.

        `turn` was learnt before the records were read from the table. Raises `OutOfTurn`, and `RemoteDnsUnavailable`.
        """

    def state(self) -> RemoteDnsState:
        """What the server says, without changing anything."""


class RemoteDnsUnavailable(Exception):
    """The DNS server does not answer, or does not take our updates; the text says why, without the key."""


class OutOfTurn(Exception):
    """Another broker has updated the zone since its turn was learnt: the table has to be read anew."""


class Turn(Protocol):
    """One who waits until it is an operation's turn."""

    def wait(self, timeout: float) -> None: ...


class Turns(Protocol):
    """Who of this process waits for the turn of an operation, and which operations this process has in its hands."""

    @property
    def somebody_waits(self) -> bool: ...
    def waiting(self, operation_id: OperationId) -> AbstractContextManager[Turn]: ...
    def call(self, operation_id: OperationId) -> None: ...
    def holding(self, operation_id: OperationId) -> AbstractContextManager[None]: ...
    def holds(self, operation_id: OperationId) -> bool: ...
    def opened(self) -> None: ...
    def wait_opened(self, timeout: float) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a change comes from, beside who asks for it.

    With `respond_async` the caller does not wait: once the change is planned or queued, `Accepted` is raised.
    `answer_key` is the caller's Idempotency-Key; the operation that the request becomes is noted beside it in the
    transaction that plans or queues it.
    """

    respond_async: bool = False
    answer_key: str | None = None


class Accepted(Exception):
    """The change is an operation now, which goes on without the caller."""

    def __init__(self, operation_id: OperationId) -> None:
        super().__init__(f"operation {operation_id} goes on by itself")
        self.operation_id = operation_id


@dataclass(frozen=True, kw_only=True)
class Platform:
    """Everything a use case is given: the operator's policy, the catalogue and the adapters.

    `process_id` is this process among those that share the database; `origin` is that of the one request that a
    use case is called for.
    """

    policy: Policy
    catalogue: Mapping[str, Cartridge]
    unit_of_work: Callable[[], UnitOfWork]
    reading: Callable[[], UnitOfWork]
    clock: Clock
    new_id: Callable[[], str]
    passwords: Passwords
    channel: CommandChannel
    signal: EventSignal
    turns: Turns
    lanes: RelayLanes
    process_id: str
    origin: Origin = field(default=Origin())
    publishers: Sequence[Publisher] = field(default=())
    # The DNS server that names are told, and the word that there may be some to tell.
    remote_dns: RemoteDns | None = None
    names_changed: threading.Event = field(default_factory=threading.Event)
