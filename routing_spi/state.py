"""The directory that keeps what a follower knows over a restart."""

import fcntl
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, Protocol, Self

from routing_spi.files import replace_file, sync
from routing_spi.knowledge import Knowledge, positions_from
from routing_spi.table import RoutingTable
from routing_spi.wire import Fields

_JOURNAL_AT_MOST: Final = 1_000
_PARKED_BYTES_AT_MOST: Final = 16 * 1024 * 1024


class StateUnusable(Exception):
    """The state directory cannot be used; the text says why and what to do."""


class State(Protocol):
    """Where knowledge is kept."""

    def load(self) -> Knowledge | None:
        """What was kept; None if nothing ever was."""

    def note(self, knowledge: Knowledge, application_id: str) -> None:
        """Keep what changed of one application, and the positions."""

    def keep(self, knowledge: Knowledge) -> None:
        """Keep everything anew."""

    def park(self, body: str, reason: str) -> None:
        """Put aside a message that cannot be read, for a person to look at."""

    def take_acceptance(self) -> bool:
        """True once after the operator has confirmed a held snapshot."""


@dataclass(kw_only=True, slots=True)
class MemoryState:
    """A state that ends with the process."""

    parked: list[tuple[str, str]] = field(default_factory=list)
    accepted: bool = False

    def load(self) -> Knowledge | None:
        """Nothing was kept."""
        return None

    def note(self, knowledge: Knowledge, application_id: str) -> None:
        """Nothing is kept."""

    def keep(self, knowledge: Knowledge) -> None:
        """Nothing is kept."""

    def park(self, body: str, reason: str) -> None:
        """Remember the message in `parked`."""
        self.parked.append((body, reason))

    def take_acceptance(self) -> bool:
        """True once after `accepted` was set."""
        accepted, self.accepted = self.accepted, False
        return accepted


class StateDirectory:
    """Knowledge in files: `state.json`, replaced atomically, and a synced journal of what changed since.

    After a crash at any moment `load` gives what the last finished call kept. Only one process may use a
    directory.
    """

    def __init__(self, directory: Path) -> None:
        """Make the directory if need be and lock it; raises `StateUnusable`."""
        self._directory = directory
        self._generation = 0
        self._journal: IO[str] | None = None
        self._journalled = 0
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = (directory / "lock").open("w", encoding="utf-8")
        except OSError as error:
            raise StateUnusable(f"state directory {directory} cannot be used: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise StateUnusable(
                f"state directory {directory} is in use by another process: give each its own"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Give up the directory; everything noted is already kept."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        self._lock.close()

    def load(self) -> Knowledge | None:
        """What was kept, None if nothing was; raises `StateUnusable` if the files cannot be read."""
        path = self._directory / "state.json"
        if not path.exists():
            return None
        try:
            wire = Fields.of(json.loads(path.read_text(encoding="utf-8")), "state")
            self._generation = wire.number("generation")
            knowledge = Knowledge.from_wire(wire.values)
            self._replay(knowledge)
        except (OSError, ValueError) as error:
            text = f"{path} cannot be read ({error}): remove the directory to start from a snapshot"
            raise StateUnusable(text) from error
        return knowledge

    def note(self, knowledge: Knowledge, application_id: str) -> None:
        """Append one line for the application; after enough of them everything is kept anew."""
        if self._journal is None or self._journalled >= _JOURNAL_AT_MOST:
            self.keep(knowledge)
            return
        table = knowledge.tables.get(application_id)
        line = {
            "application_id": application_id,
            "sequence": table.sequence if table else knowledge.gone.get(application_id, 0),
            "table": table.to_wire() if table else None,
            "through": knowledge.positions.through,
            "ahead": sorted(knowledge.positions.ahead),
        }
        journal, self._journal = self._journal, None  # a line that fails is made good by keeping everything
        journal.write(json.dumps(line, separators=(",", ":")) + "\n")
        sync(journal)
        self._journal = journal
        self._journalled += 1

    def keep(self, knowledge: Knowledge) -> None:
        """Replace `state.json` and begin a new journal; a crash in between leaves the old pair."""
        previous, self._generation = self._journal_path(), self._generation + 1
        if self._journal is not None:
            self._journal.close()
        # A journal that a crash left behind under the new name would be taken for this state's own.
        self._journal = self._journal_path().open("w", encoding="utf-8")
        self._journalled = 0
        sync(self._journal)
        replace_file(
            self._directory / "state.json",
            json.dumps({"generation": self._generation, **knowledge.to_wire()}, separators=(",", ":")),
        )
        previous.unlink(missing_ok=True)

    def park(self, body: str, reason: str) -> None:
        """Append the message and the reason to `parked.jsonl`, which stops growing at 16 MiB."""
        path = self._directory / "parked.jsonl"
        if path.exists() and path.stat().st_size > _PARKED_BYTES_AT_MOST:
            return
        with path.open("a", encoding="utf-8") as parked:
            parked.write(json.dumps({"reason": reason, "body": body}) + "\n")
            sync(parked)

    def accept(self) -> None:
        """Make the file that confirms the next held snapshot."""
        (self._directory / "accept").touch()

    def take_acceptance(self) -> bool:
        """True once after somebody has made the file `accept` in the directory."""
        try:
            (self._directory / "accept").unlink()
        except FileNotFoundError:
            return False
        return True

    def _journal_path(self) -> Path:
        return self._directory / f"journal-{self._generation}.jsonl"

    def _replay(self, knowledge: Knowledge) -> None:
        path = self._journal_path()
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
        for line in lines:
            if not line.endswith("\n"):  # torn by a crash: its event was never confirmed
                break
            _replay_line(knowledge, Fields.of(json.loads(line), "journal"))


def _replay_line(knowledge: Knowledge, line: Fields) -> None:
    wire = line.values.get("table")
    table = None if wire is None else RoutingTable.from_wire(wire)
    knowledge.put(line.text("application_id"), line.number("sequence"), table)
    knowledge.positions = positions_from(line.number("through"), line)
