"""The embedded platform: one broker with SQLite and simulated nodes, and two routers on its HTTP stream."""

from pathlib import Path
from typing import Any

from campaign.processes import Program
from campaign.stack import Stack, both, free_port

BROKER_POINTS = both("commit", "call of simulated nodes", "answer")
ROUTER_POINTS = both("apply", "resync", "note", "sync of the state", "replacement of the state")


class SqliteStack(Stack):
    """Everything in one process but the routers."""

    name = "sqlite"

    def __init__(self, directory: Path) -> None:
        port, self.dns_port = free_port(), free_port()
        settings = {
            "GEARBROKER_DATA_DIR": str(directory / "broker"),
            "GEARBROKER_PORT": str(port),
            "DNS_PORT": str(self.dns_port),
            "COMMAND_DEADLINE_SECONDS": "2",
            "HEARTBEAT_INTERVAL_SECONDS": "0.5",
        }
        super().__init__(directory, settings)
        self.brokers = {"broker": port}
        arguments = ("serve", "--zones", "a,b,c", "--nodes-per-zone", "2")
        program = Program(name="broker", program="gearbroker", arguments=arguments, environment=self.settings)
        self.add(program, BROKER_POINTS)
        for name in ("router-1", "router-2"):
            self.add_router(name, port, points=ROUTER_POINTS)

    def start(self) -> None:
        self.found()
        super().start()

    def books(self) -> dict[str, Any]:
        return self.victims["broker"].books()
