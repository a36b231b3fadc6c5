"""What use cases ask of the world beside the database: time, nodes, the bus, DNS, and this process itself."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from broker.core.cartridge import Cartridge
from broker.core.errors import Refusal
from broker.core.ids import (
    OperationId,
    UserId,
)
from broker.interfaces.records import Json, LoggedEvent, ParkedEvent, PoisonEvent


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


class Unopenable(Refusal):
    """A sealed text cannot be opened: it is none, it was changed, or this platform does not have its key."""

    code = "unopenable"
    exit_code = 1


class Vault(Protocol):
    """What the platform's one secret is used for. Each raises `ConfigurationError` where there is no secret.

    `seal` and `open` are for what must be read again, by this platform and for the same purpose; `open` raises
    `Unopenable`. `derive` is for what nobody else can tell and need not be kept: 64 hexadecimal digits; `derived` are
    those with every key there is, the newest first. `fingerprint` is what the key that seals is called, and
    `fingerprints` are the names of all keys, that one first.
    """

    def check(self) -> None:
        """Nothing, where there is a secret."""

    @property
    def fingerprint(self) -> str: ...
    @property
    def fingerprints(self) -> tuple[str, ...]: ...
    def seal(self, plaintext: bytes, purpose: str) -> str: ...
    def open(self, sealed: str, purpose: str) -> bytes: ...
    def derive(self, purpose: str, identifier: str) -> str: ...
    def derived(self, purpose: str, identifier: str) -> Sequence[str]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedCertificate:
    """A certificate with its chain as PEM, its own first, and its private key as PEM without a pass phrase.

    `names` are the host names it is for, in lower case; `begins_at` and `ends_at` are seconds since 1970.
    """

    chain: str
    private_key: str = field(repr=False)
    names: tuple[str, ...]
    begins_at: float
    ends_at: float


class Certificates(Protocol):
    """Certificates of aliases."""

    def check(self, certificate: str, private_key: str, pass_phrase: str | None) -> CheckedCertificate:
        """What a client sent, as it is kept; raises `Invalid` in the contract's words, without a word of the key."""


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

    def publish(self, events: Sequence[LoggedEvent]) -> Sequence[PoisonEvent]:
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
    """How a DNS server was told of names: its `fence` afterwards, and why it does not have some of them so, by name.

    `unwritable` are those of them that it was not even told, since no server could write them.
    """

    fence: str
    refused: Mapping[str, str]
    unwritable: Collection[str] = ()


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


FIRST_FENCE = "first-"


class RemoteDns(Protocol):
    """A DNS server beside the broker.

    The zone's fence changes with every update of a broker's, and an update is made only if the fence is still the one
    it was given. So nothing is overwritten by what was read before it, however late it arrives. The first fence of a
    zone begins with `FIRST_FENCE`: as long as it stands, no broker is sure to have noted all names for this zone.
    """

    def fence(self) -> str | None:
        """The fence of the zone; None where no broker has written to it. Raises `RemoteDnsUnavailable`."""

    def tell(self, records: Mapping[str, tuple[str, str] | None], fence: str | None) -> ToldNames:
        """Make each name lead to its record (kind, target) only, None: nowhere, and look whether it does.

        `fence` was learnt before the records were read from the table. Raises `FenceMoved`, and `RemoteDnsUnavailable`.
        """

    def lookup(self, name: str) -> Sequence[tuple[str, str]]:
        """(kind, target) of a name as the server has it, none where it does not. Raises `RemoteDnsUnavailable`."""

    def state(self) -> RemoteDnsState:
        """What the server says, without changing anything."""


class RemoteDnsUnavailable(Exception):
    """The DNS server does not answer, or does not take our updates; the text says why, without the key."""


class FenceMoved(Exception):
    """Another broker has updated the zone since its fence was learnt: the table has to be read anew."""


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


class CartridgeSource(Protocol):
    """Cartridges that are in no catalogue, because an application names the address of their manifest."""

    def fetch(self, url: str, account: UserId) -> str:
        """The manifest there, for that account, which may have few fetched at once.

        Raises `Invalid`, naming the URL, where there is none or the operator forbids it, and `SourceUnavailable`
        where there may be one later.
        """

    def parse(self, text: str, url: str) -> Cartridge:
        """The one cartridge that a manifest from this URL describes; raises `Invalid`, naming the URL."""
