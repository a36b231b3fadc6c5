"""Where a program can be made to die: before and after calls that the product makes, wrapped from outside.

The product has no hook for this. What wraps it is put in place by `campaign.nursery`, in the process that then runs
the program's own `main`, so that all of it is as it is in the field, up to the instant of its death.
"""

import contextlib
import functools
import importlib
import mmap
import os
import signal
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

# What a program does that another can see, or that survives it: by name, the module and what is called there.
SEAMS: dict[str, str] = {
    "commit": "broker.store.unit_of_work:SqlUnitOfWork.commit",
    "call of simulated nodes": "broker.simulator.fleet:SimulatedFleet.call",
    "call of nodes": "broker.bus.channel:BusChannel.call",
    "publication": "broker.bus.publisher:KombuPublisher.publish",
    "answer": "waitress.channel:HTTPChannel.write_soon",
    "write to the bus": "amqp.transport:_AbstractTransport.write",
    "apply": "routing_spi.listeners.recording:RecordingListener.apply",
    "resync": "routing_spi.listeners.recording:RecordingListener.resync",
    "note": "routing_spi.state:StateDirectory.note",
    "sync of the state": "routing_spi.state:StateDirectory.sync",
    "replacement of the state": "routing_spi.state:replace_file",
    "commands": "node_agent.agent:Agent.handle_all",
    "write of the node's file": "node_agent.node_file:NodeFile.write",
}
POINTS = tuple(f"{when} {name}" for name in SEAMS for when in ("before", "after"))

_LAYOUT = struct.Struct("<HIH")  # the armed point (its number from 1, 0: none), passings left, the point it died at


class Trap:
    """A file of a few bytes that two processes map: one arms it, the other steps into it."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_LAYOUT.size))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _LAYOUT.size)
        self._lock = threading.Lock()

    def arm(self, point: str, passing: int) -> None:
        """Let whoever runs into it die when it passes the point for the n-th time, counted from 1."""
        _LAYOUT.pack_into(self._map, 0, POINTS.index(point) + 1, passing, 0)

    def disarm(self) -> None:
        """Let everybody pass."""
        _LAYOUT.pack_into(self._map, 0, 0, 0, 0)

    @property
    def sprung(self) -> str | None:
        """The point at which somebody has died since it was armed."""
        at = _LAYOUT.unpack_from(self._map)[2]
        return POINTS[at - 1] if at else None

    def step(self, number: int) -> None:
        """Pass the point of that number, or die there."""
        if _LAYOUT.unpack_from(self._map)[0] != number:
            return
        with self._lock:
            armed, left, _ = _LAYOUT.unpack_from(self._map)
            if armed == number and left <= 1:
                _LAYOUT.pack_into(self._map, 0, 0, 0, number)
                os.kill(os.getpid(), signal.SIGKILL)
            if armed == number:
                _LAYOUT.pack_into(self._map, 0, number, left - 1, 0)

    def close(self) -> None:
        """Let the file go."""
        self._map.close()


def find(place: str) -> tuple[Any, str]:
    """The class or module of a seam, and the name of what is called there; raises `AttributeError`."""
    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    return functools.reduce(getattr, owners, importlib.import_module(module)), name


def set_seams(trap: Trap) -> None:
    """Wrap every seam of this process; a seam that is not where it is said to be is an error."""
    for number, place in enumerate(SEAMS.values()):
        owner, name = find(place)
        before, after = 2 * number + 1, 2 * number + 2
        setattr(owner, name, _wrapped(getattr(owner, name), trap, before, after))


def _wrapped(whole: Callable[..., Any], trap: Trap, before: int, after: int) -> Callable[..., Any]:
    @functools.wraps(whole)
    def stepping(*arguments: Any, **named: Any) -> Any:
        trap.step(before)
        with contextlib.ExitStack() as leaving:
            leaving.callback(trap.step, after)
            return whole(*arguments, **named)

    return stepping
