"""What is kept, as data: rows that no rule reads, handed between use cases and the store."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from broker.core.ids import (
    ApplicationId,
    CertificateId,
    CommandId,
    GearId,
    NodeId,
    OperationId,
    UserId,
)

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
class PoisonEvent:
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
    while it waits. `actor_id` is who asked for it, where that was somebody over the REST interface. `driver` is the
    process that has it in its hands, None if any worker may take it.
    """

    operation_id: OperationId
    application_id: ApplicationId
    owner_id: UserId | None
    actor_id: UserId | None
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
    """What an application's operations are waiting for: the one that runs, how many wait, and the last turn given."""

    running: OperationId | None
    waiting: int
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
    actor_id: UserId | None
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

    `became` is the operation that has come of it, or what it has changed.
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


@dataclass(frozen=True, kw_only=True, slots=True)
class AliasCertificate:
    """The certificate of an alias, as PEM with its chain, and its private key, sealed; it has another id each time."""

    certificate_id: CertificateId
    application_id: ApplicationId
    alias: str
    certificate: str
    private_key: str = field(repr=False)
    added_at: str
