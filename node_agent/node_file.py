"""The file of one node: its gears and the answers it has given, in SQLite, so that a crash loses neither."""

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

from node_agent.fields import MalformedMessage
from node_agent.gear import Gear
from node_agent.gear_text import gear_from_text, gear_to_text

FILE_NAME = "node.db"
LOCK_NAME = "lock"
FORMAT = 1

_SCHEMA = (
    "CREATE TABLE node (node_id TEXT NOT NULL, turn INTEGER)",
    "CREATE TABLE gears (number INTEGER PRIMARY KEY, gear_id TEXT NOT NULL UNIQUE, body TEXT NOT NULL)",
    """CREATE TABLE answers (
        number INTEGER PRIMARY KEY, command_id TEXT NOT NULL UNIQUE, reply TEXT NOT NULL, destroyed TEXT
    )""",
    "CREATE INDEX answers_destroyed ON answers (destroyed) WHERE destroyed IS NOT NULL",
    f"PRAGMA user_version = {FORMAT}",
)
_ADD_ANSWER = "INSERT INTO answers (command_id, reply, destroyed) VALUES (?, ?, ?)"
_PUT_GEAR = "INSERT INTO gears (gear_id, body) VALUES (?, ?) ON CONFLICT (gear_id) DO UPDATE SET body = excluded.body"


class NodeFileUnusable(Exception):
    """The data directory of a node cannot be used; the text says why and what to do."""


class NodeFile:
    """What is kept in one data directory for one node, by one process. One thread at a time.

    The system lets go of the directory when the process ends, however it ends.
    """

    def __init__(self, directory: Path, node_id: str) -> None:
        """Take the directory; raises `NodeFileUnusable`."""
        self._directory = directory
        self._held = ExitStack()
        with ExitStack() as so_far:
            so_far.callback(os.close, _lock_of(directory))
            with self._reading():
                self._database = sqlite3.connect(directory / FILE_NAME, isolation_level=None)
                so_far.callback(self._database.close)
                self._prepare(node_id)
            self._held = so_far.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of file and directory."""
        self._held.close()

    def gears(self) -> list[Gear]:
        """List the gears in the order they came; raises `NodeFileUnusable`."""
        with self._reading():
            rows = self._database.execute("SELECT body FROM gears ORDER BY number").fetchall()
        try:
            return [gear_from_text(body) for (body,) in rows]
        except MalformedMessage as damage:
            raise NodeFileUnusable(f"{self._directory / FILE_NAME} is damaged: {damage}. Restore it.") from damage

    def turn(self) -> int | None:
        """Return the uid whose turn is next, None before the first commit; raises `NodeFileUnusable`."""
        with self._reading():
            turn: int | None = self._database.execute("SELECT turn FROM node").fetchone()[0]
            return turn

    def reply_to(self, command_id: str) -> str | None:
        """Return the reply to a command as text, None where there is none; raises `NodeFileUnusable`."""
        with self._reading():
            row = self._database.execute("SELECT reply FROM answers WHERE command_id = ?", (command_id,)).fetchone()
            return None if row is None else str(row[0])

    def has_destroyed(self, gear_id: str) -> bool:
        """Say whether an answer that is kept tells of this gear's destruction; raises `NodeFileUnusable`."""
        with self._reading():
            row = self._database.execute("SELECT 1 FROM answers WHERE destroyed = ? LIMIT 1", (gear_id,)).fetchone()
            return row is not None

    def write(
        self,
        *,
        gears: Mapping[str, Gear | None],
        turn: int,
        answers: Iterable[Sequence[str | None]],
        answers_kept: int,
    ) -> None:
        """Keep all of this, or nothing of it; it is on the disk when the method returns.

        `gears` by id, None for one that is gone; `turn` is the uid whose turn is next; an answer is a command's id,
        its reply, and the gear it has destroyed, if any. Raises `sqlite3.Error`, or what SQLite's Python says against
        a value.
        """
        execute, executemany = self._database.execute, self._database.executemany
        execute("BEGIN IMMEDIATE")
        try:
            executemany("DELETE FROM gears WHERE gear_id = ?", [(id_,) for id_, gear in gears.items() if gear is None])
            executemany(_PUT_GEAR, [(id_, gear_to_text(gear)) for id_, gear in gears.items() if gear is not None])
            executemany(_ADD_ANSWER, answers)
            execute("DELETE FROM answers WHERE number <= (SELECT max(number) FROM answers) - ?", (answers_kept,))
            execute("UPDATE node SET turn = ?", (turn,))
            execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:  # after some errors SQLite has rolled back by itself
                execute("ROLLBACK")
            raise

    def _prepare(self, node_id: str) -> None:
        execute = self._database.execute
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = FULL")  # a commit is on the disk, not only in the system's memory
        form = execute("PRAGMA user_version").fetchone()[0]
        if form == 0:
            execute("BEGIN IMMEDIATE")
            for statement in _SCHEMA:
                execute(statement)
            execute("INSERT INTO node (node_id) VALUES (?)", (node_id,))
            execute("COMMIT")
        elif form != FORMAT:
            raise NodeFileUnusable(
                f"{self._directory / FILE_NAME} is of format {form}, and this oo-node knows {FORMAT}: use the oo-node "
                "that wrote it, or name another directory with --data-dir"
            )
        kept_for = execute("SELECT node_id FROM node").fetchone()[0]
        if kept_for != node_id:
            raise NodeFileUnusable(
                f"{self._directory} holds the gears of node {kept_for}, not of {node_id}: "
                "give each node a directory of its own with --data-dir"
            )

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise NodeFileUnusable(f"{self._directory / FILE_NAME} cannot be read: {error}") from error


def _lock_of(directory: Path) -> int:
    """The descriptor by which this process holds the directory."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = os.open(directory / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        text = f"the data directory {directory} cannot be made: {error.strerror}. Name another with --data-dir"
        raise NodeFileUnusable(text) from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        text = f"another oo-node runs in {directory}: end it, or name another directory with --data-dir"
        raise NodeFileUnusable(text) from None
    return held
