"""A simulated node: an agent with a heart and faults, driven by calls instead of a bus."""

from dataclasses import dataclass

from node_agent.addresses import NodeLayout
from node_agent.agent import Agent
from node_agent.gear import GearState
from node_agent.gear_book import GearBook
from node_agent.heartbeat import Heart
from node_agent.journal import MemoryJournal
from node_agent.protocol import Command, Heartbeat, Reply
from node_agent.runtime.faults import Faults
from node_agent.runtime.simulated import SimulatedRuntime


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """A reply, and how many seconds late it is; whoever carries it waits, on whatever clock there is."""

    reply: Reply
    delay_seconds: float = 0.0


class SimulatedNode:
    """One node of a simulated platform. One thread at a time."""

    __slots__ = ("_agent", "_heart", "book", "faults", "node_id")

    def __init__(self, node_id: str, boot_id: str, layout: NodeLayout) -> None:
        self.node_id = node_id
        self.faults = Faults()
        self.book = GearBook(layout)
        self._agent = Agent(node_id, SimulatedRuntime(self.faults), MemoryJournal(), self.book)
        self._heart = Heart(node_id, boot_id)

    def handle(self, command: Command) -> Delivery | None:
        """Carry out a command; None where it never arrives, because the node is killed or cut off."""
        if not self.faults.reachable:
            return None
        return Delivery(reply=self._agent.handle(command), delay_seconds=self.faults.slow_seconds)

    def heartbeat(self) -> Heartbeat | None:
        """Return the next heartbeat; None where it is not made (killed) or gets lost (cut off)."""
        if self.faults.killed:
            return None
        beat = self._heart.beat(len(self.book))
        return None if self.faults.cut_off else beat

    def serves(self, gear_id: str) -> bool:
        """Say whether traffic to this gear is answered: it is here, started, and the node is not killed."""
        gear = self.book.find(gear_id)
        return gear is not None and gear.state is GearState.STARTED and not self.faults.killed

    def kill(self) -> None:
        """Let the host go down; its gears and its journal are on its disk and stay."""
        self.faults.killed = True

    def revive(self, boot_id: str) -> None:
        """Let a killed host come back as a new boot, with the gears it had, in the states they had.

        A node that is not killed stays as it is, in the boot it is in.
        """
        if self.faults.killed:
            self._heart.reboot(boot_id)
            self.faults.killed = False
