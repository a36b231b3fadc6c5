"""What the use cases ask of the world: the unit of work with its repositories, and the adapters beside it."""

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
class StepRecord:
    """A command to a node, as the outbox keeps it; `body` is the command on the wire."""

    command_id: CommandId
    operation_id: OperationId | None
    application_id: ApplicationId
    node_id: NodeId
    gear_id: GearId
    kind: str
    body: Json
    state: str = "pending"


@dataclass(frozen=True, kw_only=True, slots=True)
class OperationRecord:
    """One change to one application, while it runs and after."""

    operation_id: OperationId
    application_id: ApplicationId
    kind: str
    state: str
    arguments: Json
    created_at: str


class Users(Protocol):
    """Accounts and their quota."""

    def by_login(self, login: str) -> User | None: ...
    def by_id(self, user_id: UserId) -> User | None: ...
    def add(self, user: User) -> None: ...
    def save(self, user: User) -> None:
        """Store everything but `consumed_gears`, which only `consume_gears` changes."""

    def consume_gears(self, user_id: UserId, count: int) -> bool:
        """Take `count` gears (negative: give back) from the quota; False, and nothing changed, if too few are left."""

    def count_namespaces(self, user_id: UserId) -> int: ...


class Namespaces(Protocol):
    """The namespaces of all owners."""

    def by_name(self, name: str) -> Namespace | None: ...
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
        """Take gears of nodes; False if one would be overcommitted, which means that another process was there."""

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
    def cursor(self, destination: str) -> int: ...
    def move_cursor(self, destination: str, position: int) -> None: ...


class Commands(Protocol):
    """What nodes are told, written in the transaction of the change that needs it."""

    def add(self, steps: Sequence[StepRecord]) -> None: ...
    def settle(self, outcomes: Mapping[CommandId, str | None]) -> None:
        """Mark as done (None) or failed (the error)."""

    def of_operation(self, operation_id: OperationId) -> tuple[StepRecord, ...]: ...
    def still_pending(self, command_ids: Sequence[CommandId]) -> frozenset[CommandId]: ...
    def supersede(self, gear_ids: Sequence[GearId], kinds: Sequence[str]) -> None: ...
    def gears_owing(self, application_id: ApplicationId) -> frozenset[GearId]: ...
    def release(self, operation_id: OperationId) -> None:
        """No operation waits any more for its pending commands; the nodes are told when they can be."""

    def pending_for_responsive(self) -> tuple[StepRecord, ...]:
        """What nodes that are heard of have not been told yet, for operations that no longer wait for it."""


class Operations(Protocol):
    """Operations in their states."""

    def start(self, operation: OperationRecord) -> None:
        """Raises `ApplicationBusy` while another operation of the application runs."""

    def finish(self, operation_id: OperationId, state: str, at: str, error: str | None = None) -> None: ...
    def ended(self, operation_id: OperationId) -> tuple[str, str | None] | None: ...
    def running(self) -> tuple[OperationRecord, ...]: ...


class Names(Protocol):
    """The DNS names that must exist: at most one target a name."""

    def put(self, records: Sequence[tuple[str, str, str]], application_id: ApplicationId | None) -> None:
        """(name, kind, target) each; an existing name gets the new target."""

    def remove(self, names: Sequence[str]) -> None: ...
    def remove_of(self, application_id: ApplicationId) -> None: ...
    def lookup(self, name: str) -> tuple[tuple[str, str], ...]: ...


class UnitOfWork(Protocol):
    """One transaction. Leaving the block without `commit()` rolls back, in the database and in memory."""

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
    def names(self) -> Names: ...
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


class Publisher(Protocol):
    """A destination of routing events on the bus."""

    destination: str

    def publish(self, events: Sequence[LoggedEvent]) -> None:
        """Returns once the bus has confirmed them all, in order; raises `BusUnavailable` otherwise."""


class BusUnavailable(Exception):
    """The bus could not take the messages; they stay in the outbox."""


class ApplicationGates(Protocol):
    """One request at a time an application, within this process; the database holds it across processes."""

    def enter(self, application_id: ApplicationId, timeout: float) -> AbstractContextManager[None]:
        """Raises `ApplicationBusy` if the gate does not open in time."""


@dataclass(frozen=True, kw_only=True)
class Platform:
    """Everything a use case is given: the operator's policy, the catalogue and the adapters."""

    policy: Policy
    catalogue: Mapping[str, Cartridge]
    unit_of_work: Callable[[], UnitOfWork]
    reading: Callable[[], UnitOfWork]
    clock: Clock
    new_id: Callable[[], str]
    passwords: Passwords
    channel: CommandChannel
    signal: EventSignal
    gates: ApplicationGates
    publishers: Sequence[Publisher] = field(default=())
