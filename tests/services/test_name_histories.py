"""Whatever happens to the DNS server and to those who tell it, its zone ends as the table of names."""

import random
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from bind_server import KEY_NAME, OTHER_KEY, ZONE, Bind
from dns_publication import agree, in_the_table, publish, waiting
from scenarios.world import World, eventually

from broker.bootstrap import Built, build
from broker.core.errors import Refusal
from broker.dns.updates import Rfc2136Server
from broker.interfaces import Platform, RemoteDnsUnavailable
from broker.usecases.nodes import name_address

pytestmark = pytest.mark.services("bind")

SOON = 0.2


@pytest.fixture
def world(tmp_path: Path, bind: Bind) -> Iterator[World]:
    made = World.founded(tmp_path / "data", **bind.settings())
    yield made
    made.close()


class Crash(BaseException):
    """The end of a publisher."""


class Crashing(Rfc2136Server):
    """Ends before an update is sent, or after it was made, or not at all."""

    def __init__(self, bind: Bind, instant: str) -> None:
        super().__init__(bind.exchange(timeout_seconds=SOON), ZONE, ZONE)
        self._instant = instant

    def tell(self, records, fence):
        if records and self._instant == "before":
            raise Crash
        told = super().tell(records, fence)
        if records and self._instant == "after":
            raise Crash
        return told


class History:
    """Changes and faults, drawn by one seed; a step that is refused, or meets a fault, is a step all the same."""

    def __init__(self, world: World, bind: Bind, seed: int) -> None:
        self._world = world
        self._bind = bind
        self._draw = random.Random(seed)  # noqa: S311 a history, not a secret
        self._frozen = False

    def step(self) -> None:
        change = self._draw.choice((self._change, self._change, self._fault, self._publish, self._publish))
        with suppress(Refusal, RemoteDnsUnavailable):
            change()

    def end(self) -> None:
        """All faults end."""
        self._thaw()
        self._bind.restart()
        eventually(lambda: publish(self._world.platform), "publication")

    def _change(self) -> None:
        world, name = self._world, self._draw.choice(("shop", "blog", "wiki"))
        match self._draw.randrange(6):
            case 0 | 1:
                world.create(name, ha=self._draw.random() < 0.5)
            case 2 | 3:
                world.scale(self._draw.randint(1, 9), name)
            case 4:
                self._draw.choice((world.enable, world.disable))(name)
            case _:
                world.delete(name)

    def _fault(self) -> None:
        self._thaw()
        match self._draw.randrange(7):
            case 0:
                self._bind.stop(signal.SIGKILL)
            case 1:
                self._bind.restart(key=OTHER_KEY)
            case 2:
                self._bind.restart(updates="allow-update { none; }")
            case 3:
                self._bind.restart(updates=f"update-policy {{ grant {KEY_NAME} zonesub TXT A; }}")
            case 4:
                self._bind.restart()
                self._bind.freeze()
                self._frozen = True
            case 5:
                self._bind.stop()
                self._bind.new_zone()
                self._bind.start()
            case _:
                self._bind.restart(signal.SIGKILL)

    def _thaw(self) -> None:
        if self._frozen:
            self._bind.thaw()
        self._frozen = False

    def _publish(self) -> None:
        server = Crashing(self._bind, self._draw.choice(("never", "never", "before", "after")))
        with suppress(Crash):
            publish(self._world.platform, server)


@pytest.mark.parametrize("seed", range(8))
def test_after_any_history_the_zone_is_the_table(world, bind, seed):
    history = History(world, bind, seed)
    for _ in range(40):
        history.step()
    history.end()

    assert waiting(world.platform) == []
    assert bind.names() == in_the_table(world.platform)


@pytest.mark.services("postgresql")
class TestSeveralPublishers:
    @pytest.fixture
    def world(self, tmp_path: Path, bind: Bind, postgresql_url: str) -> Iterator[World]:
        made = World.founded(tmp_path / "data", DATABASE_URL=postgresql_url, **bind.settings())
        yield made
        made.close()

    @pytest.fixture
    def others(self, world: World) -> Iterator[list[Built]]:
        """Further processes' views of the same database."""
        made = [build(world.embedded.built.settings, channel=world.fleet) for _ in range(2)]
        yield made
        for built in made:
            built.close()

    def test_the_last_of_many_changes_is_the_one_that_stays(self, world, bind, others):
        platforms = [world.platform, *(built.platform for built in others)]
        ended = threading.Event()

        def publishing(platform: Platform) -> None:
            while not ended.is_set():
                publish(platform)

        threads = [threading.Thread(target=publishing, args=(platform,)) for platform in platforms]
        for thread in threads:
            thread.start()
        try:
            for number in range(60):
                name_address(world.platform, f"www.{ZONE}", f"127.0.{number}.1")
                name_address(world.platform, f"www{number % 5}.{ZONE}", f"127.0.{number}.2")
            eventually(lambda: not waiting(world.platform), "publication")
        finally:
            ended.set()
            for thread in threads:
                thread.join()

        assert bind.names() == in_the_table(world.platform)

    def test_an_application_and_its_names(self, world, bind):
        world.create(gears=3, ha=True)
        agree(world, bind)
        world.scale(8)
        world.disable()
        agree(world, bind)
        world.delete()

        agree(world, bind)
