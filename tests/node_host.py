"""A node whose agent keeps what it does, and few words to tell it something."""

from dataclasses import replace
from itertools import count
from pathlib import Path

from node_agent.addresses import NodeLayout
from node_agent.agent import Agent
from node_agent.durable import DurableBook, DurableJournal
from node_agent.gear import Gear
from node_agent.node_file import NodeFile
from node_agent.protocol import Command
from node_agent.refusals import RuntimeFailure
from node_agent.runtime.faults import Faults
from node_agent.runtime.simulated import SimulatedRuntime

NODE = "node-a1.example.com"
CARTRIDGE = {"name": "php-5.4", "endpoints": [{"port_name": "PROXY_PORT", "internal_port": 8080}]}


class RecordingRuntime(SimulatedRuntime):
    """A runtime that says what it was told."""

    def __init__(self) -> None:
        super().__init__(Faults())
        self.acts: list[tuple[str, str]] = []

    def create(self, gear: Gear) -> None:
        self.acts.append(("create", gear.gear_id))

    def destroy(self, gear_id: str, *, drain_seconds: float) -> None:  # noqa: ARG002 the name is the contract's
        self.acts.append(("destroy", gear_id))


class ReluctantRuntime(RecordingRuntime):
    """A runtime that refuses the next change, for a passing reason, and then no more."""

    refuses = False

    def change(self, before: Gear, after: Gear) -> None:  # noqa: ARG002 the names are the contract's
        self._refuse_once()

    def start(self, gear: Gear) -> None:  # noqa: ARG002 as above
        self._refuse_once()

    def _refuse_once(self) -> None:
        if self.refuses:
            self.refuses = False
            raise RuntimeFailure("not now")


class Host:
    """A node whose agent can end without a word and start again on what is kept."""

    def __init__(self, directory: Path, *, kept: int = 1000) -> None:
        self.runtime = ReluctantRuntime()
        self.directory = directory
        self._kept = kept
        self.start()

    def start(self) -> None:
        self.file = NodeFile(self.directory, NODE)
        self.book = DurableBook(NodeLayout())
        self.agent = Agent(NODE, self.runtime, DurableJournal(self.file, self.book, kept=self._kept), self.book)

    def crash(self) -> None:
        """End without keeping anything more, and start again."""
        self.file.close()
        self.start()

    def fill_disk(self) -> None:
        """Let the file not grow any more."""
        pages = self.file._database.execute("PRAGMA page_count").fetchone()[0]
        self.file._database.execute(f"PRAGMA max_page_count = {pages}")

    def empty_disk(self) -> None:
        self.file._database.execute("PRAGMA max_page_count = 1000000")


ids = count()


def command(kind: str, gear_id: str, **arguments: object) -> Command:
    """A command of a new id."""
    wire = {"kind": kind, "gear_id": gear_id, "command_id": f"c{next(ids)}", "node_id": NODE, "arguments": arguments}
    return Command.from_wire(wire)


def wish(kind: str, issued: int) -> Command:
    """A wish for the state of gear g1."""
    return replace(command(kind, "g1", **({"force": False} if kind == "stop_gear" else {})), issued=issued)


def creation(gear_id: str) -> Command:
    """Create a gear with one endpoint, and start it."""
    return command(
        "create_gear", gear_id, application="a", namespace="n", profile="small", cartridges=[CARTRIDGE], start=True
    )


def destruction(gear_id: str) -> Command:
    """Destroy a gear at once."""
    return command("destroy_gear", gear_id, drain_seconds=0)
