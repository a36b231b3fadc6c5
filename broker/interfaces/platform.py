"""Everything a use case is given."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from broker.core.application import ApplicationParts
from broker.core.cartridge import Cartridge
from broker.core.ids import OperationId, UserId
from broker.core.owner import User
from broker.core.policy import Policy
from broker.core.quickstart import Quickstart
from broker.interfaces.adapters import (
    CartridgeSource,
    Certificates,
    Clock,
    CommandChannel,
    EventSignal,
    Passwords,
    Publisher,
    RelayLanes,
    RemoteDns,
    Turns,
    Vault,
)
from broker.interfaces.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a change comes from, beside who asks for it.

    With `respond_async` the caller does not wait: once the change is planned or queued, `Accepted` is raised.
    `answer_key` is the caller's Idempotency-Key; the operation that the request becomes is noted beside it in the
    transaction that plans or queues it. `caller` is who asks with the scopes of what they have logged in with, where
    somebody does over the REST interface.
    `if_match` are the revisions of which one must be what is about to be changed; None: whatever it is.
    """

    respond_async: bool = False
    answer_key: str | None = None
    caller: User | None = None
    if_match: tuple[str, ...] | None = None

    @property
    def caller_id(self) -> UserId | None:
        """The id of who asks."""
        return None if self.caller is None else self.caller.user_id


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
    downloads: CartridgeSource
    unit_of_work: Callable[[], UnitOfWork]
    reading: Callable[[], UnitOfWork]
    clock: Clock
    new_id: Callable[[], str]
    passwords: Passwords
    vault: Vault
    certificates: Certificates
    channel: CommandChannel
    signal: EventSignal
    turns: Turns
    lanes: RelayLanes
    process_id: str
    origin: Origin = field(default=Origin())
    quickstarts: Sequence[Quickstart] = field(default=())
    publishers: Sequence[Publisher] = field(default=())
    # The DNS server that names are told, and the word that there may be some to tell.
    remote_dns: RemoteDns | None = None
    names_changed: threading.Event = field(default_factory=threading.Event)

    def catalogue_of(self, parts: ApplicationParts) -> Mapping[str, Cartridge]:
        """The cartridges that this application can have by name: the catalogue, and before it what it has downloaded.

        Every lookup of an application's own cartridge goes here; without downloads it is the catalogue itself.
        """
        downloaded = {
            installed.name: self.downloads.parse(installed.manifest, installed.url or "")
            for installed in parts.cartridges
            if installed.manifest is not None
        }
        return {**self.catalogue, **downloaded} if downloaded else self.catalogue
