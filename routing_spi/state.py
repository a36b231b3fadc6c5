"""The directory that keeps what a follower knows over a restart."""

import contextlib
import fcntl
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, Protocol, Self

from routing_spi.files import replace_file, sync
from routing_spi.journal import line_of
from routing_spi.knowledge import Change, Knowledge
from routing_spi.state_files import StateUnusable, failing_file, journal_path, parked_file, read_state

__all__ = ["MemoryState", "State", "StateDirectory", "StateUnusable"]

# A journal may grow to this, or to four times the state it began with: so keeping all of it costs each event little.
_JOURNAL_CHARACTERS: Final = 4 * 1024 * 1024
_PARKED_BYTES_AT_MOST: Final = 16 * 1024 * 1024


class State(Protocol):
    """Where knowledge is kept."""

    def load(self) -> Knowledge | None:
        """What was kept; None if nothing ever was."""

    def note(self, knowledge: Knowledge, change: Change) -> None:
        """Keep one change; `knowledge` contains it already. It is kept for sure once `sync` has returned."""

    def sync(self, knowledge: Knowledge) -> None:
        """Return when everything noted is kept for sure; `knowledge` is all of it."""

    def keep(self, knowledge: Knowledge) -> None:
        """Keep everything anew, for sure."""

    def park(self, body: str, reason: str) -> None:
        """Put aside a message that cannot be read or is refused, for a person to look at."""

    def fail(self, reason: str | None) -> None:
        """Remember why the listener takes nothing at the moment; None: it takes something again."""

    def take_acceptance(self) -> bool:
        """True once after the operator has confirmed a held snapshot."""


@dataclass(kw_only=True, slots=True)
class MemoryState:
    """A state that ends with the process."""

    parked: list[tuple[str, str]] = field(default_factory=list)
    accepted: bool = False
    failing: str | None = None

    def load(self) -> Knowledge | None:
        """Nothing was kept."""
        return None

    def note(self, knowledge: Knowledge, change: Change) -> None:
        """Nothing is kept."""

    def sync(self, knowledge: Knowledge) -> None:
        """Nothing is kept."""

    def keep(self, knowledge: Knowledge) -> None:
        """Nothing is kept."""

    def park(self, body: str, reason: str) -> None:
        """Remember the message in `parked`."""
        self.parked.append((body, reason))

    def fail(self, reason: str | None) -> None:
        """Remember it in `failing`."""
        self.failing = reason

    def take_acceptance(self) -> bool:
        """True once after `accepted` was set."""
        accepted, self.accepted = self.accepted, False
        return accepted


class StateDirectory:
    """Knowledge in files: `state.json`, replaced atomically, and a journal of what changed since.

    After a crash at any moment `load` gives at least what the last `sync` or `keep` kept: what was noted since is
    there in part, in order. Only one process may use a directory.
    """

    def __init__(self, directory: Path) -> None:
        """Make the directory if need be and lock it; raises `StateUnusable`."""
        self._directory = directory
        self._generation = 0
        self._journal: IO[str] | None = None
        self._journalled = 0
        self._room = 0
        self._unsynced = False
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
        """Give up the directory; what was noted and not synced may be lost."""
        self._end_journal()
        self._lock.close()

    def load(self) -> Knowledge | None:
        """What was kept, None if nothing was; raises `StateUnusable` if the files cannot be read."""
        kept = read_state(self._directory)
        if kept is None:
            return None
        self._generation, knowledge = kept
        return knowledge

    def note(self, knowledge: Knowledge, change: Change) -> None:
        """Append one line for the change; after enough of them everything is kept anew."""
        if self._journal is None or self._journalled > self._room:
            self.keep(knowledge)
            return
        line = line_of(change)
        self._unsynced = True
        with self._writing():
            self._journal.write(line)
        self._journalled += len(line)

    def sync(self, knowledge: Knowledge) -> None:
        """Return when everything noted is on disk."""
        if not self._unsynced:
            return
        if self._journal is None:
            self.keep(knowledge)
            return
        with self._writing():
            sync(self._journal)
        self._unsynced = False

    def keep(self, knowledge: Knowledge) -> None:
        """Replace `state.json` and begin a new journal; a crash in between leaves the old pair."""
        previous, generation = journal_path(self._directory, self._generation), self._generation + 1
        self._end_journal()
        text = json.dumps({"generation": generation, **knowledge.to_wire()}, separators=(",", ":"))
        with self._writing():
            # A journal that a crash left behind under the new name would be taken for this state's own.
            self._journal = journal_path(self._directory, generation).open("w", encoding="utf-8", newline="\n")
            sync(self._journal)
            replace_file(self._directory / "state.json", text)
            previous.unlink(missing_ok=True)
        self._generation, self._journalled, self._unsynced = generation, 0, False
        self._room = max(_JOURNAL_CHARACTERS, 4 * len(text))

    def park(self, body: str, reason: str) -> None:
        """Append the message and the reason to `parked.jsonl`, which stops growing at 16 MiB."""
        path = parked_file(self._directory)
        if path.exists() and path.stat().st_size > _PARKED_BYTES_AT_MOST:
            return
        with self._writing(), path.open("a", encoding="utf-8") as parked:
            parked.write(json.dumps({"reason": reason, "body": body}) + "\n")
            sync(parked)

    def fail(self, reason: str | None) -> None:
        """Replace the file `failing`, or remove it."""
        path = failing_file(self._directory)
        with self._writing():
            if reason is None:
                path.unlink(missing_ok=True)
            else:
                replace_file(path, reason)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._end_journal()  # what failed is made good by keeping everything
            text = f"{self._directory} cannot be written ({error.strerror}): nothing counts as done until it can"
            raise StateUnusable(text) from error

    def _end_journal(self) -> None:
        if self._journal is not None:
            with contextlib.suppress(OSError):  # what is not on disk was never confirmed
                self._journal.close()
            self._journal = None

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
