"""A node whose agent keeps what it does, and few words to tell it something."""

from dataclasses import replace
from itertools import count
from pathlib import Path

from node_agent.addresses import NodeLayout
from node_agent.agent import Agent
from node_agent.durable import DurableBook, DurableJournal
from node_agent.gear import Gear
from node_agent.node_file import NodeFile
from node_agent.protocol import Command, DeploymentSpec
from node_agent.refusals import RuntimeFailure
from node_agent.runtime.faults import Faults
from node_agent.runtime.simulated import SimulatedRuntime

NODE = "node-a1.example.com"
CARTRIDGE = {"name": "php-5.4", "endpoints": [{"port_name": "PROXY_PORT", "internal_port": 8080}]}
# Without a port that leads outside the gear.
DATABASE = {"name": "mysql-5.5", "endpoints": []}


class RecordingRuntime(SimulatedRuntime):
    """A runtime that says what it was told."""

    def __init__(self) -> None:
        super().__init__(Faults())
        self.acts: list[tuple[str, ...]] = []
        self.dump = "The threads are in the log."

    def create(self, gear: Gear) -> None:
        self.acts.append(("create", gear.gear_id))

    def destroy(self, gear_id: str, *, drain_seconds: float) -> None:  # noqa: ARG002 the name is the contract's
        self.acts.append(("destroy", gear_id))

    def restart(self, gear: Gear) -> None:
        self.acts.append(("restart", gear.gear_id, *gear.stopped_cartridges()))

    def reload(self, gear: Gear) -> None:
        self.acts.append(("reload", gear.gear_id))

    def tidy(self, gear: Gear) -> None:
        self.acts.append(("tidy", gear.gear_id))

    def start_cartridge(self, gear: Gear, cartridge: str) -> None:
        self.acts.append(("start", gear.gear_id, cartridge))

    def stop_cartridge(self, gear: Gear, cartridge: str) -> None:
        self.acts.append(("stop", gear.gear_id, cartridge))

    def restart_cartridge(self, gear: Gear, cartridge: str) -> None:
        self.acts.append(("restart", gear.gear_id, cartridge))

    def reload_cartridge(self, gear: Gear, cartridge: str) -> None:
        self.acts.append(("reload", gear.gear_id, cartridge))

    def thread_dump(self, gear: Gear, cartridge: str) -> str:
        self.acts.append(("dump", gear.gear_id, cartridge))
        return self.dump

    def activate(self, gear: Gear, deployment: DeploymentSpec, *, restart: bool) -> None:
        self.acts.append(("activate", gear.gear_id, deployment.deployment_id, *(["restart"] if restart else [])))

    def set_storage(self, gear: Gear) -> None:
        self.acts.append(("storage", gear.gear_id, str(gear.additional_gigabytes)))


class ReluctantRuntime(RecordingRuntime):
    """A runtime that refuses the next change, for a passing reason, and then no more."""

    refuses = False

    def change(self, before: Gear, after: Gear) -> None:  # noqa: ARG002 the names are the contract's
        self._refuse_once()

    def start(self, gear: Gear) -> None:  # noqa: ARG002 as above
        self._refuse_once()

    def stop_cartridge(self, gear: Gear, cartridge: str) -> None:
        self._refuse_once()
        super().stop_cartridge(gear, cartridge)

    def activate(self, gear: Gear, deployment: DeploymentSpec, *, restart: bool) -> None:
        self._refuse_once()
        super().activate(gear, deployment, restart=restart)

    def set_storage(self, gear: Gear) -> None:
        self._refuse_once()
        super().set_storage(gear)

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


def creation(gear_id: str, **more: object) -> Command:
    """Create a gear with one endpoint, and start it, unless `more` of the arguments say otherwise."""
    arguments = {"application": "a", "namespace": "n", "profile": "small", "cartridges": [CARTRIDGE], "start": True}
    return command("create_gear", gear_id, **(arguments | more))


def of_cartridge(kind: str, cartridge: str, issued: int = 0) -> Command:
    """Something that is to be done with one cartridge of gear g1."""
    return replace(command(kind, "g1", cartridge=cartridge), issued=issued)


def activation(deployment_id: str, issued: int = 0, *, hot_deploy: bool = False) -> Command:
    """Let gear g1 run a deployment."""
    deployment = DeploymentSpec(deployment_id=deployment_id, ref="master", hot_deploy=hot_deploy)
    return replace(command("activate_deployment", "g1", **deployment.to_wire()), issued=issued)


def storage(additional_gigabytes: object, issued: int = 0) -> Command:
    """Let gear g1 hold so much more."""
    return replace(command("set_storage", "g1", additional_gigabytes=additional_gigabytes), issued=issued)


def destruction(gear_id: str) -> Command:
    """Destroy a gear at once."""
    return command("destroy_gear", gear_id, drain_seconds=0)
