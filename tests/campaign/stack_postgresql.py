"""The production platform: brokers, workers, agents and routers, on servers of the campaign's own."""

import signal
import time
from pathlib import Path
from random import Random
from typing import Any

from bind_server import Bind
from campaign.bus_witness import BusWitness
from campaign.processes import Program
from campaign.proxy import Proxy
from campaign.servers import PostgreSql, RabbitMq
from campaign.stack import Stack, Trouble, both, free_port

from broker.core.ids import NodeId
from broker.interfaces import NodeRecord
from broker.usecases.nodes import register_nodes

BROKERS = ("broker-1", "broker-2")
WORKERS = ("worker-1", "worker-2")
NODES = ("node-a1", "node-a2", "node-b1", "node-b2", "node-c1", "node-c2")
CAPACITY = 40
BROKER_POINTS = both("commit", "call of nodes", "answer", "write to the bus")
WORKER_POINTS = both("commit", "call of nodes", "publication", "write to the bus")
AGENT_POINTS = both("commands", "write of the node's file", "write to the bus")
ROUTER_POINTS = both("apply", "resync", "note", "sync of the state", "replacement of the state")


class PostgreSqlStack(Stack):
    """Two brokers, two workers, six agents, and two routers: one on the bus, one on the HTTP stream."""

    name = "postgresql"
    most_strikes = 2

    def __init__(self, directory: Path) -> None:
        directory.chmod(0o755)  # the servers run as users of their own
        self.postgresql = PostgreSql(directory / "postgresql", free_port())
        self.rabbitmq = RabbitMq(directory / "rabbitmq", free_port(), free_port())
        self.bus = Proxy(free_port(), self.rabbitmq.port)
        self._bus_url = f"amqp://guest:guest@127.0.0.1:{self.bus.port}//"
        (directory / "bind").mkdir()
        self.bind = Bind(directory / "bind")
        settings = {
            **self.bind.settings(),
            "DATABASE_URL": self.postgresql.url,
            "BUS_URL": self._bus_url,
            "NODES": "bus",
            "GEARBROKER_DATA_DIR": str(directory / "broker"),
            "COMMAND_DEADLINE_SECONDS": "2",
            "HEARTBEAT_INTERVAL_SECONDS": "0.5",
            "DEAD_AFTER_SECONDS": "1.5",
        }
        super().__init__(directory, settings)
        self._add_programs()
        self.troubles = (
            Trouble("PostgreSQL killed", 0.10, self._kill_postgresql),
            Trouble("a connection of PostgreSQL killed", 0.15, self._kill_connection),
            Trouble("BIND killed", 0.15, self._kill_bind),
            Trouble("RabbitMQ killed", 0.08, self._kill_rabbitmq),
            Trouble("every connection to RabbitMQ cut", 0.25, self._cut_bus),
        )

    def start(self) -> None:
        self.postgresql.start()
        self.rabbitmq.start()
        self.bind.start()
        self.witness = BusWitness(f"amqp://guest:guest@127.0.0.1:{self.rabbitmq.port}//")
        self.witness.begin()
        self.found()
        register_nodes(self.built.platform, [_record(name, number) for number, name in enumerate(NODES)])
        super().start()

    def _add_programs(self) -> None:
        for name in BROKERS:
            self.brokers[name] = free_port()
            environment = {**self.settings, "GEARBROKER_PORT": str(self.brokers[name])}
            self.add(
                Program(name=name, program="gearbroker", arguments=("serve",), environment=environment), BROKER_POINTS
            )
        for name in WORKERS:
            program = Program(name=name, program="gearbroker", arguments=("work",), environment=self.settings)
            self.add(program, WORKER_POINTS)
        for name in NODES:
            arguments = ("run", "--node-id", f"{name}.example.com", "--data-dir", str(self.directory / f"{name}.data"))
            arguments += ("--bus", self._bus_url, "--heartbeat-seconds", "0.25")
            self.add(Program(name=name, program="oo-node", arguments=arguments), AGENT_POINTS)
        first, second = self.brokers.values()
        self.add_router("router-http", first, points=ROUTER_POINTS)
        on_bus = ("--bus", self._bus_url, "--queue", "gearbroker.router.campaign")
        self.add_router("router-bus", second, *on_bus, points=(*ROUTER_POINTS, *both("write to the bus")))

    def _kill_postgresql(self, chance: Random) -> None:
        self.postgresql.kill()
        time.sleep(chance.uniform(0, 0.5))
        self.postgresql.start()

    def _kill_connection(self, chance: Random) -> None:
        self.postgresql.kill_one_connection(chance.randrange(1000))

    def _kill_rabbitmq(self, _chance: Random) -> None:
        self.rabbitmq.kill()
        self.rabbitmq.start()

    def _kill_bind(self, chance: Random) -> None:
        self.bind.stop(signal.SIGKILL)
        time.sleep(chance.uniform(0, 0.5))
        self.bind.start()

    def _cut_bus(self, _chance: Random) -> None:
        self.bus.cut()

    def books(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in NODES:
            found |= self.victims[name].books()
        return found

    def outside_names(self) -> dict[str, tuple[str, str]]:
        return self.bind.names()

    def close(self) -> None:
        super().close()
        self.bus.close()
        self.bind.stop(signal.SIGKILL)
        self.rabbitmq.kill()
        self.postgresql.kill()


def _record(name: str, number: int) -> NodeRecord:
    return NodeRecord(
        node_id=NodeId(f"{name}.example.com"),
        public_address=f"127.0.1.{number + 1}",
        profile="small",
        region="r1",
        zone=name[len("node-")],
        capacity=CAPACITY,
        gears=0,
        active=True,
        liveness="unresponsive",
    )
