import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu import Connection, Exchange
from node_world import DEADLINE_SECONDS, BrokerSide, creation, destruction, oo_node, until

from node_agent.bus import NODES_EXCHANGE, command_queue
from node_agent.gear import Gear
from node_agent.node_file import NodeFile

pytestmark = pytest.mark.services("rabbitmq")

Wire = dict[str, object]
BATCHES, IN_A_BATCH, CRASHES = 6, 40, 6


class Told:
    """What a node was told and what it answered; an answer must never be another the second time."""

    def __init__(self, side: BrokerSide, chance: random.Random) -> None:
        self.commands: list[Wire] = []
        self.answers: dict[object, Wire] = {}
        self._side = side
        self._chance = chance
        self._seen = 0

    def new_batch(self) -> list[Wire]:
        """Commands that create gears, with some that destroy gears created before."""
        batch = []
        for _ in range(IN_A_BATCH):
            number = len(self.commands)
            gears = [each["gear_id"] for each in self.commands if each["kind"] == "create_gear"]
            if gears and self._chance.random() < 0.25:
                order = destruction(self._side.node_id, self._chance.choice(gears), f"c{number}")
            else:
                order = creation(self._side.node_id, f"g{number}", f"c{number}")
            batch.append(order)
            self.commands.append(order)
        return batch

    def read(self, seconds: float) -> None:
        """Take in the replies."""
        self._side.read(seconds)
        for reply in self._side.replies[self._seen :]:
            assert self.answers.setdefault(reply["command_id"], reply) == reply
        self._seen = len(self._side.replies)

    def expected(self) -> dict[object, tuple[object, object]]:
        """The uid and port that each gear was answered to have, without those destroyed."""
        gears: dict[object, tuple[object, object]] = {}
        for each in self.commands:
            answer = self.answers[each["command_id"]]
            if each["kind"] == "destroy_gear":
                gears.pop(each["gear_id"], None)
            elif answer["ok"]:
                gears[each["gear_id"]] = (answer["uid"], answer["endpoints"][0]["public_port"])
        return gears


@pytest.fixture
def side(rabbitmq_url: str, unique_name: str) -> Iterator[BrokerSide]:
    node_id = f"{unique_name}.example.com"
    with Connection(rabbitmq_url) as connection:
        Exchange(NODES_EXCHANGE, type="topic", durable=True)(connection.default_channel).declare()
        yield BrokerSide(connection, node_id, NODES_EXCHANGE)
        command_queue(node_id)(connection.default_channel).delete()


def beats_of(side: BrokerSide) -> int:
    return sum(beat["node_id"] == side.node_id for beat in side.beats)


def kept_gears(directory: Path, node_id: str) -> list[Gear]:
    with NodeFile(directory, node_id) as file:
        return file.gears()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_an_agent_killed_in_the_middle_of_batches_loses_nothing_and_does_nothing_twice(
    rabbitmq_url: str, side: BrokerSide, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 a run that can be repeated
    told = Told(side, chance)
    for _ in range(CRASHES):
        for _ in range(BATCHES):
            side.tell(*told.new_batch())
        if chance.random() < 0.5:
            side.tell(*told.commands[-2 * IN_A_BATCH :])
        beats = beats_of(side)
        with oo_node(rabbitmq_url, side.node_id, tmp_path):  # which ends with a kill
            while beats_of(side) == beats:
                told.read(0.002)
            time.sleep(chance.uniform(0, 0.15))
        told.read(0.05)

    with oo_node(rabbitmq_url, side.node_id, tmp_path):
        for start in range(0, len(told.commands), IN_A_BATCH):
            side.tell(*told.commands[start : start + IN_A_BATCH])
        deadline = time.monotonic() + DEADLINE_SECONDS
        while side.waiting() or len(told.answers) < len(told.commands):
            assert time.monotonic() < deadline
            told.read(0.1)
    told.read(0.1)

    gears = kept_gears(tmp_path, side.node_id)
    assert {gear.gear_id: (gear.uid, *gear.public_ports()) for gear in gears} == told.expected()
    assert len({gear.uid for gear in gears}) == len(gears)


def test_on_a_full_disk_commands_are_refused_until_there_is_room_again(
    rabbitmq_url: str, side: BrokerSide, tmp_path: Path
) -> None:
    resource = pytest.importorskip("resource")
    orders = [creation(side.node_id, f"g{number}", f"c{number}") for number in range(200)]
    with oo_node(rabbitmq_url, side.node_id, tmp_path, stderr=subprocess.PIPE) as running:
        side.tell(orders[0])
        side.read_until(lambda: len(side.replies) == 1)
        unlimited = resource.prlimit(running.pid, resource.RLIMIT_FSIZE)
        longest = max(path.stat().st_size for path in tmp_path.iterdir())
        resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (longest, unlimited[1]))
        side.tell(*orders)
        side.read_until(lambda: len(side.replies) == 201)
        resource.prlimit(running.pid, resource.RLIMIT_FSIZE, unlimited)
        side.tell(*orders)
        side.read_until(lambda: len(side.replies) == 401)
        running.terminate()
        assert running.wait(DEADLINE_SECONDS) == 0

    assert [reply["error_code"] for reply in side.replies[1:201]] == [None] + ["not_kept"] * 199
    assert all(reply["ok"] for reply in side.replies[201:])
    assert until(lambda: len(kept_gears(tmp_path, side.node_id)) == 200)
