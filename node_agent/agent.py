"""The agent of a node: commands in, replies out, and never the same command done twice."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import inf

from node_agent.fields import MalformedMessage, list_in, number_in, text_in, truth_in
from node_agent.gear import (
    Gear,
    GearState,
    concealing,
    exposing,
    furnished,
    heeding,
    in_state,
    with_cartridge,
    without_cartridge,
)
from node_agent.gear_book import GearBook
from node_agent.journal import Journal
from node_agent.protocol import CartridgeSpec, Command, CommandKind, ExposedEndpoint, Reply
from node_agent.refusals import (
    CommandSuperseded,
    CommandUndone,
    GearDestroyed,
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

    To take away what is not there is done already: destroying an unknown gear, removing or concealing
    a cartridge that the gear does not carry. Whatever else is impossible is refused, and changes nothing.
    What comes too late is refused: to create a gear that was destroyed, a command that was undone before it came,
    a wish for a gear's state that is older than the last.
    """

    __slots__ = ("_journal", "_now", "_runtime", "book", "node_id")

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
        self._runtime = runtime
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
            return self._carry_out(command)
        except RuntimeFailure:
            raise
        except NodeRefusal as refusal:
            return self._refused(command, refusal)
        except MalformedMessage as malformed:
            return self._refused(command, MalformedCommand(str(malformed)))

    def _carry_out(self, command: Command) -> Reply:
        arguments = command.arguments
        match command.kind:
            case CommandKind.CREATE_GEAR:
                return self._create(command, arguments)
            case CommandKind.DESTROY_GEAR:
                return self._destroy(command, number_in(arguments, "drain_seconds"))
            case CommandKind.START_GEAR:
                return self._start(command)
            case CommandKind.STOP_GEAR:
                return self._stop(command, force=truth_in(arguments, "force"))
            case CommandKind.RESTART_GEAR:
                return self._restart(command)
            case _:
                return self._change(command)

    def _create(self, command: Command, arguments: Mapping[str, object]) -> Reply:
        for name in ("application", "namespace", "profile"):
            text_in(arguments, name)
        if self._journal.has_destroyed(command.gear_id):
            raise GearDestroyed(command.gear_id)
        state = GearState.STARTED if truth_in(arguments, "start") else GearState.STOPPED
        specs = [CartridgeSpec.from_wire(wire) for wire in list_in(arguments, "cartridges")]
        gear = furnished(self.book.draft(command.gear_id, state), specs, self.book.layout)
        self._runtime.create(gear)
        self.book.enter(gear)
        return _done(command, gear, gear.endpoints())

    def _destroy(self, command: Command, drain_seconds: float) -> Reply:
        # Told even where the book has no such gear: a crash may have come between its creation and the book.
        self._runtime.destroy(command.gear_id, drain_seconds=drain_seconds)
        if self.book.find(command.gear_id) is not None:
            self.book.remove(command.gear_id)
        return Reply(command_id=command.command_id, node_id=command.node_id, ok=True)

    def _heeded(self, command: Command) -> Gear:
        """Return the gear as one that knows this wish for its state, even if the wish cannot be fulfilled now."""
        gear = self.book.get(command.gear_id)
        if 0 < command.issued < gear.issued:
            raise CommandSuperseded(command.gear_id)
        heeded = heeding(gear, command.issued)
        if heeded is not gear:
            self.book.keep(heeded)
        return heeded

    def _start(self, command: Command) -> Reply:
        gear = self._heeded(command)
        self._runtime.start(gear)
        return self._kept(command, in_state(gear, GearState.STARTED))

    def _stop(self, command: Command, *, force: bool) -> Reply:
        gear = self._heeded(command)
        self._runtime.stop(gear, force=force)
        return self._kept(command, in_state(gear, GearState.STOPPED))

    def _restart(self, command: Command) -> Reply:
        gear = self._heeded(command)
        self._runtime.restart(gear)
        return self._kept(command, in_state(gear, GearState.STARTED))

    def _change(self, command: Command) -> Reply:
        before = self.book.get(command.gear_id)
        after, endpoints = self._changed(before, command)
        if after != before:
            self._runtime.change(before, after)
        return self._kept(command, after, endpoints)

    def _changed(self, gear: Gear, command: Command) -> tuple[Gear, tuple[ExposedEndpoint, ...]]:
        if command.kind is CommandKind.ADD_CARTRIDGE:
            return with_cartridge(gear, CartridgeSpec.from_wire(command.arguments.get("cartridge"))), ()
        cartridge = text_in(command.arguments, "cartridge")
        if command.kind is CommandKind.REMOVE_CARTRIDGE:
            return without_cartridge(gear, cartridge), ()
        if command.kind is CommandKind.CONCEAL_ENDPOINTS:
            return concealing(gear, cartridge), ()
        after = exposing(gear, cartridge, self.book.layout)
        return after, after.endpoints_of(cartridge)

    def _kept(self, command: Command, gear: Gear, endpoints: tuple[ExposedEndpoint, ...] = ()) -> Reply:
        self.book.keep(gear)
        return _done(command, gear, endpoints)

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


def _done(command: Command, gear: Gear, endpoints: tuple[ExposedEndpoint, ...]) -> Reply:
    return Reply(
        command_id=command.command_id,
        node_id=command.node_id,
        ok=True,
        gear_state=gear.state.value,
        uid=gear.uid,
        endpoints=endpoints,
    )
