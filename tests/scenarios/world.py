"""A whole platform under a test's control: simulated nodes, and a watch on the test's own clock instead of threads."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

from scenarios.invariants import violations
from sqlalchemy import select

from broker.config import load_settings
from broker.core.application import ApplicationParts, Gear
from broker.core.ids import NodeId
from broker.core.owner import User
from broker.core.scaling import ScaleDirection
from broker.interfaces import LoggedEvent, Platform
from broker.simulator.embedded import EmbeddedPlatform, add_nodes, open_embedded, simulated_nodes
from broker.simulator.fleet import SimulatedFleet
from broker.store import tables
from broker.usecases import accounts, applications, availability, namespaces, scaling
from broker.usecases.nodes import tell_all_missed
from broker.usecases.open_operations import resume_operations
from broker.usecases.outbox_relay import number_events
from broker.usecases.wishes import ApplicationWish, CartridgeWish
from broker.workers.node_watch import NodeWatch

DEADLINE_SECONDS = 0.05
INTERVAL_SECONDS = 1.0
LONG_ENOUGH = 20.0
DATABASE = "gearbroker.db"
SECRET = "secret.key"


def eventually(true: Callable[[], bool], what: str, *, seconds: float = LONG_ENOUGH) -> None:
    """Return as soon as it is true; fails after so many seconds."""
    deadline = monotonic() + seconds
    while not true():
        assert monotonic() < deadline, f"{what} did not happen in {seconds} seconds"
        sleep(0.005)


@cache
def _founded_database(zones: tuple[str, ...], nodes_per_zone: int, capacity: int) -> tuple[bytes, str]:
    """The database of a platform that has just been founded, as a file: to make one takes longer than most tests."""
    with TemporaryDirectory() as directory:
        world = World(Path(directory))
        world.open()
        world._found(zones, nodes_per_zone, capacity)
        world.close()
        return (Path(directory) / DATABASE).read_bytes(), (Path(directory) / SECRET).read_text()


class World:
    """One platform with users `demo`, who may use HA, and `other`; each has a namespace of that name."""

    def __init__(self, directory: Path, **settings: str) -> None:
        self._environment = {
            "GEARBROKER_DATA_DIR": str(directory),
            "DNS_PORT": "0",
            "COMMAND_DEADLINE_SECONDS": str(DEADLINE_SECONDS),
            "HEARTBEAT_INTERVAL_SECONDS": str(INTERVAL_SECONDS),
            "HEARTBEATS_MISSED": "1",
            **settings,
        }
        self.now = 1000.0
        self.ids: Callable[[], str] | None = None
        self.embedded: EmbeddedPlatform
        self.watch: NodeWatch

    @classmethod
    def founded(
        cls,
        directory: Path,
        *,
        zones: Iterable[str] = "abc",
        nodes_per_zone: int = 2,
        capacity: int = 100,
        **settings: str,
    ) -> "World":
        world = cls(directory, **settings)
        if "DATABASE_URL" in settings:
            world.open()
            world._found(tuple(zones), nodes_per_zone, capacity)
        else:
            directory.mkdir(exist_ok=True)
            database, secret = _founded_database(tuple(zones), nodes_per_zone, capacity)
            (directory / DATABASE).write_bytes(database)
            if "SECRET_KEY_FILE" not in settings:
                (directory / SECRET).touch(mode=0o600)
                (directory / SECRET).write_text(secret)
            world.open()
        return world

    def _found(self, zones: tuple[str, ...], nodes_per_zone: int, capacity: int) -> None:
        nodes = simulated_nodes("example.com", zones=zones, nodes_per_zone=nodes_per_zone, capacity=capacity)
        add_nodes(self.embedded, nodes)
        for login in ("demo", "other"):
            accounts.create_user(self.platform, login)
            accounts.change_user(self.platform, login, may_use_ha=True, may_use_private_ssl=True, max_gears=1000)
            namespaces.create_namespace(self.platform, accounts.find_user(self.platform, login), login)
        accounts.change_user(self.platform, "other", may_follow_all_routing=True)

    def open(self) -> None:
        self.embedded = open_embedded(load_settings(self._environment))
        if self.ids is not None:
            self.use_ids(self.ids)
        self._begin_watching()

    def use_ids(self, new_id: Callable[[], str]) -> None:
        """Ids of the test's own: what is drawn by an application's id is then the same every time."""
        self.ids = new_id
        built = self.embedded.built
        self.embedded.built = replace(built, platform=replace(built.platform, new_id=new_id))

    def _begin_watching(self) -> None:
        self.watch = NodeWatch(
            self.platform,
            self.fleet.heard,
            interval_seconds=INTERVAL_SECONDS,
            missed_allowed=1,
            now=lambda: self.now,
        )

    def close(self) -> None:
        self.embedded.stop()

    def reopen(self, **settings: str) -> None:
        """End this process's part and begin again, as after a crash: nothing but the database is left."""
        self.close()
        self._environment |= settings
        self.open()
        resume_operations(self.platform)
        tell_all_missed(self.platform)

    @property
    def platform(self) -> Platform:
        return self.embedded.platform

    @property
    def fleet(self) -> SimulatedFleet:
        return self.embedded.fleet

    @property
    def demo(self) -> User:
        return accounts.find_user(self.platform, "demo")

    @property
    def other(self) -> User:
        return accounts.find_user(self.platform, "other")

    @property
    def node_ids(self) -> list[NodeId]:
        with self.platform.reading() as work:
            return [node.node_id for node in work.nodes.all()]

    def create(
        self,
        name: str = "shop",
        *,
        gears: int = 1,
        cartridges: Iterable[str] = ("php-5.4",),
        scale: bool = True,
        ha: bool = False,
        user: User | None = None,
    ) -> ApplicationParts:
        owner = user or self.demo
        wish = ApplicationWish(
            name=name,
            namespace=owner.login,
            cartridges=tuple(CartridgeWish(name=each) for each in cartridges),
            scale=scale,
            ha=ha,
        )
        applications.create_application(self.platform, owner, wish)
        if gears > (2 if ha else 1):
            self.scale(gears, name)
        return self.parts(name)

    def scale(self, to: int, name: str = "shop") -> int:
        now = self.parts(name).groups[0].gear_count
        direction = ScaleDirection.UP if to >= now else ScaleDirection.DOWN
        return scaling.scale(self.platform, self.demo, name, direction, to=to).gears

    def enable(self, name: str = "shop") -> None:
        availability.enable_ha(self.platform, self.demo, name)

    def disable(self, name: str = "shop", *, scale_down: bool = False) -> None:
        availability.disable_ha(self.platform, self.demo, name, scale_down=scale_down)

    def delete(self, name: str = "shop") -> None:
        applications.delete_application(self.platform, self.demo, name)

    def parts(self, name: str = "shop") -> ApplicationParts:
        return applications.show_application(self.platform, self.demo, name).parts

    def exists(self, name: str = "shop") -> bool:
        found = applications.list_applications(self.platform, self.demo)
        return any(each.parts.application.name == name for each in found)

    def gears(self, name: str = "shop") -> tuple[Gear, ...]:
        """The gears of the web framework, oldest first."""
        group_id = self.parts(name).groups[0].group_id
        with self.platform.reading() as work:
            return work.gears.of_group(group_id)

    def proxies(self, name: str = "shop") -> list[int]:
        """Which gears carry the proxy, counted from 1 in order of creation."""
        return [number for number, gear in enumerate(self.gears(name), 1) if gear.carries_proxy]

    def tell_positions(self) -> None:
        while number_events(self.platform):
            pass

    def events(self, after: int = 0) -> tuple[LoggedEvent, ...]:
        self.tell_positions()
        with self.platform.reading() as work:
            return work.log.after(after, 10**6)

    def actions(self, after: int = 0) -> list[str]:
        return [event.action for event in self.events(after)]

    @property
    def position(self) -> int:
        events = self.events()
        return len(events)

    def names(self) -> dict[str, str]:
        with self.platform.reading() as work:
            rows = work._connection.execute(select(tables.dns_records))
            return {row.name: row.target for row in rows if row.application_id is not None}

    def beat(self, seconds: float = INTERVAL_SECONDS) -> None:
        """Let time pass for the watch, and let it look once."""
        self.now += seconds
        self.watch.tick()

    def lose(self, node_id: str) -> None:
        """The host goes down, and the watch notices."""
        self.fleet.kill(node_id)
        for _ in range(4):
            self.beat()

    def heal(self) -> None:
        """Every fault ends, every node is heard of, and is told what it has missed."""
        for node_id in self.node_ids:
            self.fleet.revive(node_id)
        self.beat()
        tell_all_missed(self.platform)

    def owed(self) -> int:
        """Commands that nodes have not been told yet."""
        with self.platform.reading() as work:
            rows = work._connection.execute(select(tables.commands.c.state))
            return sum(state == "pending" for (state,) in rows)

    def check(self, *, healed: bool = True) -> None:
        """Fails with every broken invariant; unless `healed`, what nodes carry is left out."""
        self.tell_positions()
        broken = violations(self.embedded.built, self.fleet if healed else None)
        assert not broken, "\n".join(broken)
