"""What the nodes of a process carry, as the process itself has it in memory: written to a file on SIGUSR1.

No program shows this to anybody, so the process that is about to run one is taught it from outside.
"""

import functools
import pickle
import signal
from pathlib import Path
from typing import Any

from broker.simulator.fleet import SimulatedFleet
from node_agent.agent import Agent
from node_agent.gear_book import GearBook

SUFFIX = ".books"


def show_books_on_signal(file: Path) -> None:
    """Write {node: (gears, number of uids held)} to the file whenever SIGUSR1 comes."""
    fleets, agents = _remember(SimulatedFleet), _remember(Agent)

    def write(_signal: int, _frame: object) -> None:
        books: dict[str, GearBook] = {agent.node_id: agent.book for agent in agents}
        for fleet in fleets:
            books |= {node_id: node.book for node_id, node in fleet._nodes.items()}
        shown = {node_id: (book.snapshot(), len(book._uids)) for node_id, book in books.items()}
        unfinished = file.with_suffix(".unfinished")
        unfinished.write_bytes(pickle.dumps(shown))
        unfinished.rename(file)

    signal.signal(signal.SIGUSR1, write)


def _remember(kind: Any) -> list[Any]:
    """Every object of the class that is made from now on."""
    made: list[Any] = []
    whole = kind.__init__

    @functools.wraps(whole)
    def begin(self: Any, *arguments: Any, **named: Any) -> None:
        whole(self, *arguments, **named)
        made.append(self)

    kind.__init__ = begin
    return made
