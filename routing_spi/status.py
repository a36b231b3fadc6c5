"""How a listener stands, read from its state directory while it runs or not."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from routing_spi.knowledge import Knowledge
from routing_spi.state_files import failing_file, parked_file, read_state


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """What is known, and what is wrong: `refused` by application, and the messages that were put aside.

    `failing` is why the listener takes nothing at all at the moment.
    """

    position: int
    applications: int
    endpoints: int
    refused: Mapping[str, str]
    parked: int
    last_parked: str | None
    failing: str | None

    def to_wire(self) -> dict[str, object]:
        """As one JSON object."""
        return asdict(self)

    def text(self) -> str:
        """Some lines for a person; each ends in a newline."""
        lines = [f"position {self.position}, {self.applications} applications, {self.endpoints} endpoints"]
        if self.failing is not None:
            lines.append(f"nothing goes on: {self.failing}")
        lines += [f"refused by the listener: {name}: {reason}" for name, reason in sorted(self.refused.items())]
        if self.parked:
            lines.append(f"{self.parked} messages put aside, the last because {self.last_parked}")
        return "".join(f"{line}\n" for line in lines)


def status_of(directory: Path) -> Status | None:
    """How the listener of a directory stands, None if there never was one; raises `StateUnusable`."""
    kept = read_state(directory)
    failing = _text(failing_file(directory))
    if kept is None and failing is None:
        return None
    knowledge = Knowledge() if kept is None else kept[1]
    names = {table.application_id: f"{table.namespace}/{table.app_name}" for table in knowledge.tables.values()}
    reasons = _reasons(parked_file(directory))
    return Status(
        position=knowledge.positions.through,
        applications=len(knowledge.tables),
        endpoints=knowledge.snapshot().endpoints,
        refused={names.get(each, each): refused.reason for each, refused in knowledge.refused.items()},
        parked=len(reasons),
        last_parked=reasons[-1] if reasons else None,
        failing=failing,
    )


def _reasons(path: Path) -> list[str]:
    lines = (_text(path) or "").splitlines(keepends=True)
    # A last line without its end is being written, or was torn by a crash.
    return [str(json.loads(line)["reason"]) for line in lines if line.endswith("\n")]


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
