"""Listeners by name, from the entry points that installed packages declare."""

import importlib.metadata
from collections.abc import Mapping
from typing import Final, cast

from routing_spi.listener import Listener, ListenerFactory, OptionRefused

GROUP: Final = "gearbroker.routing_listeners"


class ListenerUnavailable(Exception):
    """No listener of that name, or one that cannot be loaded or made; the text names it."""


def listener_names() -> tuple[str, ...]:
    """The names that installed packages declare, sorted; nothing is loaded, so a broken one hurts nobody."""
    return tuple(sorted({entry.name for entry in importlib.metadata.entry_points(group=GROUP)}))


def make_listener(name: str, options: Mapping[str, str]) -> Listener:
    """The listener of that name, or of `MODULE:OBJECT` for one that is not installed.

    Only this listener is loaded. Raises `ListenerUnavailable`.
    """
    factory = _factory(name)
    try:
        return factory(options)
    except OptionRefused as error:
        raise ListenerUnavailable(f"listener {name!r}: {error}") from error
    except Exception as error:
        raise ListenerUnavailable(f"listener {name!r} cannot be made: {error!r}") from error


def _factory(name: str) -> ListenerFactory:
    try:
        return cast("ListenerFactory", _entry(name).load())
    except ListenerUnavailable:
        raise
    except Exception as error:  # somebody else's module may raise anything while it is imported
        raise ListenerUnavailable(f"listener {name!r} cannot be loaded: {error!r}") from error


def _entry(name: str) -> importlib.metadata.EntryPoint:
    if ":" in name:
        return importlib.metadata.EntryPoint(name=name, value=name, group=GROUP)
    entries = tuple(importlib.metadata.entry_points(group=GROUP, name=name))
    if not entries:
        known = ", ".join(listener_names()) or "none is installed"
        raise ListenerUnavailable(f"there is no listener {name!r}: choose one of {known}, or give MODULE:OBJECT")
    return entries[0]
