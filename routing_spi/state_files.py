"""The files of a state directory: what is where, and how it is read beside the process that writes it."""

import json
from pathlib import Path

from routing_spi.journal import replay
from routing_spi.knowledge import Knowledge
from routing_spi.wire import Fields


class StateUnusable(Exception):
    """The state directory cannot be used; the text says why and what to do."""


def parked_file(directory: Path) -> Path:
    """Where a directory's messages are that were put aside: one JSON line each, with `reason` and `body`."""
    return directory / "parked.jsonl"


def failing_file(directory: Path) -> Path:
    """Where a directory's listener has left why it takes nothing at the moment; no such file: it takes something."""
    return directory / "failing"


def read_state(directory: Path) -> tuple[int, Knowledge] | None:
    """The generation of what is kept in a directory, and what that is; None if nothing is.

    Another process may use the directory meanwhile. Raises `StateUnusable` if the files cannot be read.
    """
    path = directory / "state.json"
    try:
        while path.exists():
            wire = Fields.of(json.loads(path.read_text(encoding="utf-8")), "state")
            generation = wire.number("generation")
            knowledge = Knowledge.from_wire(wire.values)
            lines = _journal_lines(journal_path(directory, generation))
            if lines is None and _generation(path) != generation:
                continue  # its owner has just kept everything anew
            replay(lines or (), knowledge)
            return generation, knowledge
    except (OSError, ValueError) as error:
        text = f"{path} cannot be read ({error}): remove the directory to start from a snapshot"
        raise StateUnusable(text) from error
    return None


def _journal_lines(path: Path) -> list[str] | None:
    try:
        with path.open(encoding="utf-8", errors="replace", newline="\n") as journal:
            return list(journal)
    except FileNotFoundError:
        return None


def _generation(path: Path) -> int:
    return Fields.of(json.loads(path.read_text(encoding="utf-8")), "state").number("generation")


def journal_path(directory: Path, generation: int) -> Path:
    """Where a directory's journal is of what changed since the state of that generation was kept."""
    return directory / f"journal-{generation}.jsonl"
