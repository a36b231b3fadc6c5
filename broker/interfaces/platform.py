"""Everything a use case is given."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from broker.core.cartridge import Cartridge
from broker.core.ids import (
    OperationId,
)
from broker.core.policy import Policy
from broker.interfaces.adapters import (
    Clock,
    CommandChannel,
    EventSignal,
    Passwords,
    Publisher,
    RelayLanes,
    RemoteDns,
    Turns,
)
from broker.interfaces.unit_of_work import UnitOfWork


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
