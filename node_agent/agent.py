"""The agent of a node: commands in, replies out, and never the same command done twice."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf

from node_agent.acts import Acts
from node_agent.fields import MalformedMessage
from node_agent.gear_book import GearBook
from node_agent.journal import Journal
from node_agent.protocol import Command, CommandKind, Reply
from node_agent.refusals import (
    CommandUndone,
    MalformedCommand,
    NodeRefusal,
    NotKept,
    RuntimeFailure,
    WrongNode,
)
from node_agent.runtime.base import Runtime

_log = logging.getLogger(__name__)


class Agent:
    """Carries out commands on the gears of one node. One thread at a time.

    Whatever is impossible is refused, and changes nothing. So is what comes too late: to create a gear that was
    destroyed, a command that was undone before it came, a wish that is older than the newest of its sort.
    """

    __slots__ = ("_acts", "_journal", "_now", "book", "node_id")

    def __init__(
        self,
        node_id: str,
        runtime: Runtime,
        journal: Journal,
        book: GearBook,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.node_id = node_id
        self.book = book
        self._acts = Acts(runtime, journal, book)
        self._journal = journal
        self._now = now

    def handle_all(self, commands: Sequence[Command], seconds: float = inf) -> list[Reply]:
        """Carry out commands in order, and keep what they did in one go before anybody is told.

        After so many seconds it stops: the replies are then fewer than the commands, though one at least, and
        the others are for the next call. What could not be kept is not done, and refused as such.
        """
        until = self._now() + seconds
        replies: list[Reply] = []
        for command in commands:
            replies.append(self.handle(command))
            if self._now() >= until:
                break
        try:
            self._journal.commit()
        except NotKept as failure:
            _log.exception("commands could not be kept", extra={"node_id": self.node_id, "commands": len(replies)})
            done = commands[: len(replies)]
            return [self._journal.answer_to(each.command_id) or self._refused(each, failure) for each in done]
        return replies

    def handle(self, command: Command) -> Reply:
        """Carry out a command and answer it, without keeping what it did yet.

        A command id that was done or turned down before gets the same reply, and nothing is done again.
        One that the runtime failed to do is tried again: the reason was the node's, not the command's, and a
        gear that could not be destroyed must not stay for ever.
        """
        if command.node_id != self.node_id:
            return self._refused(command, WrongNode(command.node_id, self.node_id))
        earlier = self._journal.answer_to(command.command_id)
        if earlier is not None:
            return earlier
        try:
            reply = self._answer(command)
        except RuntimeFailure as failure:
            return self._refused(command, failure)
        except Exception as failure:  # noqa: BLE001 - a runtime that breaks must not take the agent with it
            _log.exception("command failed", extra={"command_id": command.command_id})
            return self._refused(command, RuntimeFailure(f"The node failed: {failure}"))
        destroyed = command.gear_id if reply.ok and command.kind is CommandKind.DESTROY_GEAR else None
        self._journal.record(reply, destroyed)
        self._refuse_from_now_on(command)
        return reply

    def _refuse_from_now_on(self, command: Command) -> None:
        """What this command has undone is not done when a copy of it comes late; what was answered stays so."""
        for undone in command.undoes:
            if self._journal.answer_to(undone) is None:
                self._journal.record(self._refused(replace(command, command_id=undone), CommandUndone()))

    def _answer(self, command: Command) -> Reply:
        try:
            return self._acts.carry_out(command)
        except RuntimeFailure:
            raise
        except NodeRefusal as refusal:
            return self._refused(command, refusal)
        except MalformedMessage as malformed:
            return self._refused(command, MalformedCommand(str(malformed)))

    def _refused(self, command: Command, refusal: NodeRefusal) -> Reply:
        gear = self.book.find(command.gear_id)
        return Reply(
            command_id=command.command_id,
            node_id=self.node_id,
            ok=False,
            error_code=refusal.code,
            error=str(refusal),
            gear_state=None if gear is None else gear.state.value,
            uid=None if gear is None else gear.uid,
        )
