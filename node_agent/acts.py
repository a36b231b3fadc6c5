"""What each kind of command does to a gear: first by the runtime, then in the book."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from node_agent.fields import list_in, number_in, optional_text_in, text_in, texts_in, truth_in, whole_in
from node_agent.gear import Gear, GearState, concealing, exposing, furnished, with_cartridge, without_cartridge
from node_agent.gear_book import GearBook
from node_agent.journal import Journal
from node_agent.protocol import (
    LONGEST_OUTPUT,
    CartridgeSpec,
    Command,
    CommandKind,
    DeploymentSpec,
    ExposedEndpoint,
    Reply,
)
from node_agent.refusals import GearDestroyed, NotRunning
from node_agent.runtime.base import Runtime
from node_agent.wishes import (
    carried_by,
    heeding,
    heeding_cartridge,
    heeding_deployment,
    heeding_storage,
    in_state,
    newest_for,
    refuse_if_late,
    with_stopped,
)


class Acts:
    """Carries out commands, each of which is done as a whole or refused. One thread at a time.

    To take away what is not there is done already: destroying an unknown gear, removing or concealing
    a cartridge that the gear does not carry. So is whatever only a running cartridge needs, where it does not run.
    """

    __slots__ = ("_book", "_journal", "_runtime")

    def __init__(self, runtime: Runtime, journal: Journal, book: GearBook) -> None:
        self._runtime = runtime
        self._journal = journal
        self._book = book

    def carry_out(self, command: Command) -> Reply:
        """Do it and return the reply; raises `NodeRefusal`, `MalformedMessage`."""
        return _ACTS[command.kind](self, command)

    def create(self, command: Command) -> Reply:
        """Make a gear with all it carries."""
        arguments = command.arguments
        for name in ("application", "namespace", "profile"):
            text_in(arguments, name)
        if self._journal.has_destroyed(command.gear_id):
            raise GearDestroyed(command.gear_id)
        state = GearState.STARTED if truth_in(arguments, "start") else GearState.STOPPED
        specs = [CartridgeSpec.from_wire(wire) for wire in list_in(arguments, "cartridges")]
        gear = furnished(self._book.draft(command.gear_id, state), specs, self._book.layout)
        gear = _as_wished(gear, arguments)
        self._runtime.create(gear)
        self._book.enter(gear)
        return _done(command, gear, gear.endpoints())

    def destroy(self, command: Command) -> Reply:
        """Remove what there is of a gear."""
        drain_seconds = number_in(command.arguments, "drain_seconds")
        # Told even where the book has no such gear: a crash may have come between its creation and the book.
        self._runtime.destroy(command.gear_id, drain_seconds=drain_seconds)
        if self._book.find(command.gear_id) is not None:
            self._book.remove(command.gear_id)
        return Reply(command_id=command.command_id, node_id=command.node_id, ok=True)

    def start(self, command: Command) -> Reply:
        """Start the gear with all its cartridges."""
        after = self._in_state(command, GearState.STARTED)
        self._runtime.start(after)
        return self._kept(command, after)

    def stop(self, command: Command) -> Reply:
        """Stop the gear with all its cartridges."""
        force = truth_in(command.arguments, "force")
        after = self._in_state(command, GearState.STOPPED)
        self._runtime.stop(after, force=force)
        return self._kept(command, after)

    def restart(self, command: Command) -> Reply:
        """Restart the gear with all its cartridges."""
        after = self._in_state(command, GearState.STARTED)
        self._runtime.restart(after)
        return self._kept(command, after)

    def reload(self, command: Command) -> Reply:
        """Let the running cartridges of the gear read their configuration again."""
        return self._if_started(command, self._runtime.reload)

    def tidy(self, command: Command) -> Reply:
        """Remove what the started gear does not need."""
        return self._if_started(command, self._runtime.tidy)

    def start_cartridge(self, command: Command) -> Reply:
        """Let a cartridge run whenever its gear does."""
        return self._turn(command, self._runtime.start_cartridge, stopped=False)

    def stop_cartridge(self, command: Command) -> Reply:
        """Let a cartridge not run although its gear does."""
        return self._turn(command, self._runtime.stop_cartridge, stopped=True)

    def restart_cartridge(self, command: Command) -> Reply:
        """Restart a cartridge, which runs whenever its gear does from then on."""
        return self._turn(command, self._runtime.restart_cartridge, stopped=False)

    def reload_cartridge(self, command: Command) -> Reply:
        """Let a running cartridge read its configuration again."""
        cartridge = text_in(command.arguments, "cartridge")
        gear = self._book.get(command.gear_id)
        refuse_if_late(gear, command.issued, newest_for(gear, carried_by(gear, cartridge)))
        if gear.runs(cartridge):
            self._runtime.reload_cartridge(gear, cartridge)
        return _done(command, gear)

    def thread_dump(self, command: Command) -> Reply:
        """Let a cartridge dump its threads; the reply says what the runtime does."""
        cartridge = text_in(command.arguments, "cartridge")
        gear = self._book.get(command.gear_id)
        carried_by(gear, cartridge)
        if not gear.runs(cartridge):
            raise NotRunning(gear.gear_id, cartridge)
        return replace(_done(command, gear), output=_bounded(self._runtime.thread_dump(gear, cartridge)))

    def activate(self, command: Command) -> Reply:
        """Let the gear run a deployment; what is stopped stays so."""
        deployment = DeploymentSpec.from_wire(command.arguments)
        before = self._book.get(command.gear_id)
        gear = self._heeded(before, heeding_deployment(before, command.issued))
        after = replace(gear, deployment_id=deployment.deployment_id)
        restart = gear.state is GearState.STARTED and not deployment.hot_deploy
        self._runtime.activate(after, deployment, restart=restart)
        return self._kept(command, after)

    def set_storage(self, command: Command) -> Reply:
        """Let the gear hold so many gigabytes more than its profile says."""
        additional = whole_in(command.arguments, "additional_gigabytes")
        before = self._book.get(command.gear_id)
        gear = self._heeded(before, heeding_storage(before, command.issued))
        after = replace(gear, additional_gigabytes=additional)
        self._runtime.set_storage(after)
        return self._kept(command, after)

    def change(self, command: Command) -> Reply:
        """Add, remove, expose or conceal a cartridge."""
        before = self._book.get(command.gear_id)
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
        after = exposing(gear, cartridge, self._book.layout)
        return after, after.endpoints_of(cartridge)

    def _heeded(self, before: Gear, heeded: Gear) -> Gear:
        """Keep that the gear has heard of a wish, which is so even if it cannot be fulfilled now."""
        if heeded is not before:
            self._book.keep(heeded)
        return heeded

    def _in_state(self, command: Command, state: GearState) -> Gear:
        """The gear as it will be when this wish for its state is fulfilled."""
        before = self._book.get(command.gear_id)
        return in_state(self._heeded(before, heeding(before, command.issued)), state, command.issued)

    def _if_started(self, command: Command, act: Callable[[Gear], None]) -> Reply:
        gear = self._book.get(command.gear_id)
        refuse_if_late(gear, command.issued, gear.issued)
        if gear.state is GearState.STARTED:
            act(gear)
        return _done(command, gear)

    def _turn(self, command: Command, act: Callable[[Gear, str], None], *, stopped: bool) -> Reply:
        """Fulfil a wish for the state of a cartridge; where the gear is stopped there is nothing to start or stop."""
        cartridge = text_in(command.arguments, "cartridge")
        before = self._book.get(command.gear_id)
        gear = self._heeded(before, heeding_cartridge(before, cartridge, command.issued))
        after = with_stopped(gear, [cartridge], stopped=stopped)
        if after.state is GearState.STARTED:
            act(after, cartridge)
        return self._kept(command, after)

    def _kept(self, command: Command, gear: Gear, endpoints: tuple[ExposedEndpoint, ...] = ()) -> Reply:
        self._book.keep(gear)
        return _done(command, gear, endpoints)


# By kind and not by `Acts`, of which there may be thousands in a process.
_ACTS: Mapping[CommandKind, Callable[[Acts, Command], Reply]] = {
    CommandKind.CREATE_GEAR: Acts.create,
    CommandKind.DESTROY_GEAR: Acts.destroy,
    CommandKind.START_GEAR: Acts.start,
    CommandKind.STOP_GEAR: Acts.stop,
    CommandKind.RESTART_GEAR: Acts.restart,
    CommandKind.RELOAD_GEAR: Acts.reload,
    CommandKind.TIDY_GEAR: Acts.tidy,
    CommandKind.THREAD_DUMP: Acts.thread_dump,
    CommandKind.START_CARTRIDGE: Acts.start_cartridge,
    CommandKind.STOP_CARTRIDGE: Acts.stop_cartridge,
    CommandKind.RESTART_CARTRIDGE: Acts.restart_cartridge,
    CommandKind.RELOAD_CARTRIDGE: Acts.reload_cartridge,
    CommandKind.ACTIVATE_DEPLOYMENT: Acts.activate,
    CommandKind.SET_STORAGE: Acts.set_storage,
    CommandKind.ADD_CARTRIDGE: Acts.change,
    CommandKind.REMOVE_CARTRIDGE: Acts.change,
    CommandKind.EXPOSE_ENDPOINTS: Acts.change,
    CommandKind.CONCEAL_ENDPOINTS: Acts.change,
}


def _as_wished(gear: Gear, arguments: Mapping[str, object]) -> Gear:
    """The new gear with its deployment, its storage, and those of its cartridges stopped that are to be."""
    wished = replace(
        gear,
        deployment_id=optional_text_in(arguments, "deployment_id"),
        additional_gigabytes=whole_in(arguments, "additional_gigabytes") if "additional_gigabytes" in arguments else 0,
    )
    return with_stopped(wished, texts_in(arguments, "stopped_cartridges") if "stopped_cartridges" in arguments else ())


def _bounded(text: str) -> str | None:
    """As much of a text as a reply may hold, in characters that can be written down; None where nothing is left."""
    written = text.replace("\0", "").encode(errors="replace")
    return written[:LONGEST_OUTPUT].decode(errors="ignore") or None


def _done(command: Command, gear: Gear, endpoints: tuple[ExposedEndpoint, ...] = ()) -> Reply:
    return Reply(
        command_id=command.command_id,
        node_id=command.node_id,
        ok=True,
        gear_state=gear.state.value,
        uid=gear.uid,
        endpoints=endpoints,
    )
