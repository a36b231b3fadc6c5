"""What a resource is given and what it gives back, free of HTTP."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from broker.api.links import Link, link_map
from broker.api.options import ApiOptions
from broker.core.application import ApplicationParts
from broker.core.cartridge import Cartridge
from broker.core.owner import User
from broker.core.policy import Policy
from broker.interfaces import Platform


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """What a representation needs beside its value: where links begin, if they are wanted, and what the operator chose.

    `caller` is None where no login is needed; what a caller is shown is always their own.
    """

    base: str
    with_links: bool
    policy: Policy
    catalogue_of: Callable[[ApplicationParts], Mapping[str, Cartridge]]
    caller: User | None = None

    def links(self, *links: Link) -> dict[str, object] | None:
        """The links as a member of an answer, or None where they are not wanted."""
        return link_map(self.base, links) if self.with_links else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request: who asks, for what, with which parameters (those the request's schema has made of it).

    `became` is the id of what has come of it, where it is answered a second time. `renew` finds who asks again, as they
    are then, where the answer lasts: see `broker.api.renewal`.
    """

    platform: Platform
    options: ApiOptions
    frame: Frame
    path: Mapping[str, str]
    inputs: Mapping[str, Any]
    media: str = "application/json"
    version: float = 1.7
    became: str | None = None
    last_event_id: str | None = None
    stopping: Callable[[], bool] = field(default=lambda: False)
    renew: Callable[[], User | None] = field(default=lambda: None)

    @property
    def user(self) -> User:
        """The account that asks; only for resources that need a login."""
        if self.frame.caller is None:
            raise RuntimeError("a resource that needs a login was called without one")
        return self.frame.caller

    @property
    def application(self) -> str:
        """The id or name of the application in the path."""
        return self.path.get("application_id") or self.path["application_name"]

    @property
    def namespace(self) -> str | None:
        """The namespace in the path, None where an application is meant by itself."""
        return self.path.get("domain_id")


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A sentence of an answer."""

    text: str
    severity: str = "info"
    exit_code: int | None = 0
    field: str | None = None
    index: int | None = None

    def to_wire(self) -> dict[str, object]:
        """The message as the envelope has it."""
        return {
            "severity": self.severity,
            "text": self.text,
            "exit_code": self.exit_code,
            "field": self.field,
            "index": self.index,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What is shown: the value, still to be put in the shape that `urls` names, and the messages.

    `status` is 200 where none is said, or for an answer that is recalled what its resource answers usually. `kind`
    chooses among the shapes where a resource has several; `headers` are sent beside it. `revision` is that of what is
    shown, where it can be changed on condition that it is still the same. One with a `secret` in it is not kept for a
    repeated request.
    """

    data: object = None
    messages: tuple[Message, ...] = ()
    status: int | None = None
    kind: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    revision: str | None = None
    secret: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Stream:
    """An answer that is sent piece by piece, each as soon as it is there."""

    pieces: Iterator[bytes]
    follows: bool


def told(text: str, *more: Message) -> tuple[Message, ...]:
    """The messages of a success."""
    return (Message(text=text), *more)
