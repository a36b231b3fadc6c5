"""What a listener is: told each event once and in order, and everything at once when it has to start over."""

from collections.abc import Mapping
from typing import Protocol

from routing_spi.events import RoutingEvent
from routing_spi.snapshot import Snapshot


class Listener(Protocol):
    """A router, or anything that wants to know what routers know.

    A listener keeps nothing over a restart: the follower persists position and tables, and calls `resync`
    with what it knows before the first event. Raising from either method means "not done": the same is
    told again later.
    """

    def apply(self, event: RoutingEvent) -> None:
        """Take in one event: the next of its application, never a repeat, never with a gap before it."""

    def resync(self, snapshot: Snapshot) -> None:
        """Take in everything there is: what is not in it is gone, what is in it replaces what was known."""


class ListenerFactory(Protocol):
    """How a listener is made: from its options, all of them text."""

    def __call__(self, options: Mapping[str, str], /) -> Listener:
        """The listener; raises `OptionRefused` for an option it does not know, misses or cannot use."""


class OptionRefused(ValueError):
    """An option that a listener does not know, misses or cannot use; the text says which and what to give."""


def known_options(options: Mapping[str, str], *, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
    """Refuse options that are missing, or that nobody reads; raises `OptionRefused`."""
    if missing := [name for name in required if not options.get(name)]:
        raise OptionRefused(f"option {missing[0]!r} is missing: give --option {missing[0]}=VALUE")
    if unknown := sorted(set(options) - set(required) - set(optional)):
        allowed = ", ".join((*required, *optional))
        raise OptionRefused(f"unknown option {unknown[0]!r}: this listener reads {allowed}")
