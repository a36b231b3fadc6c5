"""What both stacks share: programs, owners and routers, and where each keeps what."""

import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Self

from campaign.bus_witness import BusWitness
from campaign.processes import LONG_ENOUGH, Nursery, Program, Victim
from campaign.rest import PASSWORD
from campaign.routers_seen import RouterSeen

from broker.bootstrap import Built, build
from broker.config import load_settings
from broker.usecases import accounts, namespaces

OWNERS = ("anna", "bert", "cleo", "dora", "emil", "fred")
ROUTER = "router"
MOST_GEARS = 60


def applications_of(login: str) -> list[str]:
    """The names that this owner's applications have, whenever they are there."""
    return [f"{login}{number}" for number in (1, 2)]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def listens(port: int) -> bool:
    """Whether somebody takes connections on that port of this machine."""
    with socket.socket() as asking:
        asking.settimeout(1)
        return asking.connect_ex(("127.0.0.1", port)) == 0


def both(*seams: str) -> tuple[str, ...]:
    """The points before and after these seams."""
    return tuple(f"{when} {seam}" for seam in seams for when in ("before", "after"))


@dataclass(frozen=True)
class Trouble:
    """What may befall a stack beside the death of its programs: in this share of the rounds."""

    text: str
    share: float
    befall: Callable[[Random], None]


class Stack:
    """The processes of one platform, their data and the ways to look at it from outside."""

    name = ""
    # Where the embedded DNS server answers, if there is one.
    dns_port: int | None = None
    troubles: tuple[Trouble, ...] = ()
    # How often one program is killed in one round, at most.
    most_strikes = 5

    def __init__(self, directory: Path, settings: Mapping[str, str]) -> None:
        self.directory = directory
        self.settings = {"PATH": os.environ["PATH"], "SECRET_KEY_FILE": str(directory / "secret.key"), **settings}
        self.nursery = Nursery(directory)
        self.history = (directory / "history.jsonl").open("a", encoding="utf-8", buffering=1)
        self.victims: dict[str, Victim] = {}
        self.routers: dict[str, RouterSeen] = {}
        self.brokers: dict[str, int] = {}
        self._built: Built | None = None
        # Only where there is a bus.
        self.witness: BusWitness | None = None
        # Whether a server is in trouble: then a program may give up, and its supervisor starts it again.
        self.is_troubled = False

    @property
    def built(self) -> Built:
        """The harness's own way to the database; it changes nothing after the beginning."""
        if self._built is None:
            raise RuntimeError("the stack is not founded yet")
        return self._built

    def found(self) -> None:
        """Make the database, with an owner for each client and the account of the routers."""
        self._built = build(load_settings(self.settings), create=True)
        platform = self._built.platform
        for login in OWNERS:
            accounts.create_user(platform, login, PASSWORD)
            owner = accounts.change_user(platform, login, may_use_ha=True, max_gears=MOST_GEARS)
            namespaces.create_namespace(platform, owner, login)
        accounts.create_user(platform, ROUTER, PASSWORD)
        accounts.change_user(platform, ROUTER, may_follow_all_routing=True)

    def add(self, program: Program, points: tuple[str, ...]) -> Victim:
        """One more program that is run, and killed at these points."""
        victim = self.victims[program.name] = Victim(self.nursery, program, points)
        return victim

    def add_router(self, name: str, broker_port: int, *extra: str, points: tuple[str, ...]) -> None:
        """A router with a recording listener and a state directory of its own."""
        file = self.directory / f"{name}.told"
        arguments = ("run", "--listener", "recording", "--option", f"file={file}", *extra)
        arguments += ("--state-dir", str(self.state_of(name)), "--broker", f"http://127.0.0.1:{broker_port}")
        login = {"GEARBROKER_LOGIN": ROUTER, "GEARBROKER_PASSWORD": PASSWORD}
        self.add(Program(name=name, program="oo-router", arguments=arguments, environment=login), points)
        self.routers[name] = RouterSeen(file=file)

    def state_of(self, router: str) -> Path:
        """Where a router keeps what it knows."""
        return self.directory / f"{router}.state"

    def is_ready(self, name: str) -> bool:
        """Whether a program that was started does its work; of those that do not listen nobody can tell."""
        port = self.brokers.get(name)
        return port is None or listens(port)

    def start(self) -> None:
        """Start whatever does not run, and wait for the brokers."""
        for victim in self.victims.values():
            victim.start()
        for name in self.brokers:
            victim = self.victims[name]
            self.wait_for(lambda name=name, victim=victim: self.is_ready(name) or not victim.alive, f"{name} to listen")
            if not victim.alive:
                raise RuntimeError(f"{name} has ended: see {self.directory}/{name}.log")

    def supervise(self) -> list[str]:
        """Start whatever does not run; returns which of them have ended though nothing was wrong."""
        ended = [victim for victim in self.victims.values() if not victim.alive]
        for victim in ended:
            victim.start()
        return [] if self.is_troubled else [f"{victim.name} has ended by itself" for victim in ended]

    def wait_for(self, true: Callable[[], bool], what: str, *, seconds: float = LONG_ENOUGH) -> None:
        """Return as soon as it is true; raises `TimeoutError`."""
        deadline = time.monotonic() + seconds
        while not true():
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {seconds:.0f} seconds for {what}")
            time.sleep(0.01)

    def outside_names(self) -> dict[str, tuple[str, str]] | None:
        """Kind and target of every name in the DNS server beside the platform; None where there is none."""
        return None

    def books(self) -> dict[str, tuple[tuple[object, ...], int]]:
        """What each node carries, as the process that is this node has it in memory, and how many uids it holds."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End everything."""
        self.nursery.close()
        self.history.close()
        for victim in self.victims.values():
            victim.trap.close()
        if self._built is not None:
            self._built.close()
