"""Whatever happens to a platform in whatever order, its invariants hold after every step, beside a small model."""

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import pytest
from histories.aliases import AliasRules
from histories.cartridges import DATABASE, NAMES, CartridgeRules
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from scenarios.world import World

from broker.core.errors import OperationNotCancellable, Refusal
from broker.core.ids import OperationId
from broker.core.scaling import ScaleDirection
from broker.interfaces import Accepted, Json, Origin, Platform
from broker.process.turns import LocalTurns
from broker.usecases import environment
from broker.usecases.availability import set_multiplier
from broker.usecases.cancelling import cancel
from broker.usecases.gear_deletion import delete_gear
from broker.usecases.gears import GearTarget, restart_gear, rotate_in, rotate_out
from broker.usecases.open_operations import resume_operations
from broker.usecases.scaling import scale
from broker.usecases.state import StateEvent, change_state

NODES = st.integers(0, 5)
RATIO = "OPENSHIFT_HAPROXY_GEAR_RATIO"


class Model:
    """What an owner thinks there is: the gears of each application, and which of them are HA."""

    def __init__(self) -> None:
        self.gears: dict[str, int] = {}
        self.ha: set[str] = set()
        self.aliases: dict[str, set[str]] = {}
        # What each application has been given: a database has a gear of its own, the other lives on the web gears.
        self.added: dict[str, set[str]] = {}

    @property
    def databases(self) -> int:
        return sum(DATABASE in added for added in self.added.values())


@dataclass(frozen=True)
class Left:
    """A scaling of an application that its caller did not wait for, or did not live to see the end of."""

    operation_id: OperationId
    name: str
    to: int


class PowerCut(BaseException):
    """What no handler of errors may catch."""


class PlatformHistory(AliasRules, CartridgeRules):
    def __init__(self) -> None:
        super().__init__()
        self._directory = Path(tempfile.mkdtemp())
        self._world = World.founded(self._directory, capacity=4, COMMAND_DEADLINE_SECONDS="0.005")
        numbers = count(1)
        self._world.use_ids(lambda: f"{next(numbers):024x}")
        self._model = Model()
        self._ill: set[str] = set()
        # Operations that nobody waits for, oldest first, and those of them that somebody has cancelled.
        self._left: list[Left] = []
        self._cancelled: set[OperationId] = set()

    def teardown(self) -> None:
        self._heal()
        self._world.close()
        shutil.rmtree(self._directory)

    def _is_well(self) -> bool:
        return not self._ill

    def _heal(self) -> None:
        self._world.heal()
        self._resume()
        self._world.heal()
        self._ill.clear()
        self._world.check()

    def _waits(self, name: str) -> bool:
        return any(left.name == name for left in self._left)

    def _resume(self) -> None:
        """Another process carries everything to its end; the model learns what that was, and asks why."""
        if not self._left:
            return
        resume_operations(self._another_process())
        self._settle()

    def _another_process(self) -> Platform:
        platform = self._world.platform
        return replace(platform, process_id=platform.new_id(), turns=LocalTurns())

    def _settle(self) -> None:
        for left in self._left:
            with self._world.platform.reading() as work:
                standing = work.operations.standing(left.operation_id)
            assert standing is not None
            if standing.state == "completed":
                assert left.operation_id not in self._cancelled or left.to <= self._model.gears[left.name]
                self._model.gears[left.name] = left.to
            elif standing.state == "cancelled":
                assert left.operation_id in self._cancelled
            else:
                before = self._model.gears[left.name]
                minimum = 1 + (left.name in self._model.ha)
                assert standing.state == "failed", standing
                held = self._holds_gears(left.name)
                assert self._ill or held or left.to < minimum or self._is_full(left.to - before), standing
        self._left.clear()
        self._cancelled.clear()

    def _scaling(self, platform: Platform, name: str, to: int) -> None:
        now = self._world.parts(name).groups[0].gear_count
        direction = ScaleDirection.UP if to >= now else ScaleDirection.DOWN
        scale(platform, self._world.demo, name, direction, to=to)

    @rule(name=NAMES, to=st.integers(1, 9))
    def scale_without_waiting(self, name: str, to: int) -> None:
        if name not in self._model.gears:
            return
        detached = replace(self._world.platform, origin=Origin(respond_async=True))
        try:
            self._scaling(detached, name, to)
        except Accepted as accepted:
            self._left.append(Left(accepted.operation_id, name, to))
        except Refusal:
            assert not self._waits(name)

    @rule(name=NAMES, to=st.integers(1, 9), delivers=st.booleans())
    def crash_in_the_middle(self, name: str, to: int, *, delivers: bool) -> None:
        if name not in self._model.gears or self._waits(name):
            return
        fleet = self._world.fleet

        class CutChannel:
            def call(self, commands: Sequence[Json], deadline_seconds: float) -> Mapping[str, Json]:
                if delivers:
                    fleet.call(commands, deadline_seconds)
                raise PowerCut

        try:
            self._scaling(replace(self._world.platform, channel=CutChannel()), name, to)
        except PowerCut:
            with self._world.platform.reading() as work:
                (entry,) = work.operation_history.of_owner(self._world.demo.user_id, limit=1, after=None)
            self._left.append(Left(entry.operation_id, name, to))
        except Refusal:
            refused = to < 1 + (name in self._model.ha) or self._is_full(to - self._model.gears[name])
            assert self._ill or refused or self._holds_gears(name)
        else:
            self._model.gears[name] = to

    @precondition(lambda self: self._left)
    @rule(which=st.integers(0, 9))
    def cancel(self, which: int) -> None:
        operation_id = self._left[which % len(self._left)].operation_id
        try:
            cancel(self._world.platform, operation_id)
        except OperationNotCancellable:
            return
        self._cancelled.add(operation_id)

    @rule()
    def resume(self) -> None:
        self._resume()

    @initialize(ha=st.booleans())
    def begin(self, *, ha: bool) -> None:
        self.create("one", ha=ha)

    @rule(name=NAMES, ha=st.booleans())
    def create(self, name: str, *, ha: bool) -> None:
        if self._waits(name):
            return
        try:
            self._world.create(name, ha=ha)
        except Refusal:
            assert name in self._model.gears or self._ill or self._is_full(2)
            return
        assert name not in self._model.gears
        self._model.gears[name] = 2 if ha else 1
        self._model.aliases[name] = set()
        self._model.added[name] = set()
        if ha:
            self._model.ha.add(name)

    def _is_full(self, wanted: int) -> bool:
        return sum(self._model.gears.values()) + self._model.databases + wanted > 4 * 6 - 8

    @rule(name=NAMES, to=st.integers(1, 9))
    def scale(self, name: str, to: int) -> None:
        if self._waits(name):
            return
        before = self._model.gears.get(name)
        if before is None:
            return
        try:
            self._world.scale(to, name)
        except Refusal:
            refused = to < 1 + (name in self._model.ha) or self._is_full(to - before)
            assert self._ill or refused or self._holds_gears(name)
            return
        assert to >= 1 + (name in self._model.ha)
        self._model.gears[name] = to

    @rule(name=NAMES)
    def enable(self, name: str) -> None:
        if self._waits(name):
            return
        if name not in self._model.gears:
            return
        try:
            self._world.enable(name)
        except Refusal:
            assert name in self._model.ha or self._ill or self._is_full(2)
            return
        self._model.ha.add(name)
        grown = len(self._world.gears(name))
        assert self._model.gears[name] <= grown <= self._model.gears[name] + 2
        self._model.gears[name] = grown

    @rule(name=NAMES, scale_down=st.booleans())
    def disable(self, name: str, *, scale_down: bool) -> None:
        if self._waits(name):
            return
        try:
            self._world.disable(name, scale_down=scale_down)
        except Refusal:
            assert name not in self._model.ha or (scale_down and self._holds_gears(name))
            return
        self._model.ha.remove(name)
        left = len(self._world.gears(name))
        assert left == self._model.gears[name] or scale_down
        self._model.gears[name] = left

    @rule(name=NAMES, multiplier=st.integers(-1, 3))
    def multiply(self, name: str, multiplier: int) -> None:
        if name in self._model.gears:
            application_id = self._world.parts(name).application.application_id
            set_multiplier(self._world.platform, application_id, "haproxy-1.4", multiplier)

    @rule(name=NAMES, ratio=st.integers(-1, 4))
    def set_ratio(self, name: str, ratio: int) -> None:
        if name in self._model.gears:
            values = [(RATIO, str(ratio))]
            environment.patch_variables(self._world.platform, self._world.demo, name, values, [])

    @rule(name=NAMES, event=st.sampled_from(list(StateEvent)))
    def change_state(self, name: str, event: StateEvent) -> None:
        if self._waits(name):
            return
        try:
            change_state(self._world.platform, self._world.demo, name, event)
        except Refusal:
            assert self._ill or name not in self._model.gears

    def _holds_gears(self, name: str) -> bool:
        """Whether some of its gears are out of rotation by hand, so that one that serves may have to stay."""
        return any(gear.held_out for gear in self._world.gears(name))

    def _target(self, name: str, which: int) -> GearTarget:
        gears = self._world.gears(name)
        gear_id = gears[which % len(gears)].gear_id
        return GearTarget(platform=self._world.platform, user=self._world.demo, reference=name, gear_id=gear_id)

    @rule(name=NAMES, which=st.integers(0, 9), turns=st.sampled_from([rotate_out, rotate_in]))
    def turn_by_hand(self, name: str, which: int, turns: Callable[[GearTarget], object]) -> None:
        if name not in self._model.gears:
            return
        try:
            turns(self._target(name, which))
        except Refusal:
            assert turns is rotate_out or self._waits(name)

    @rule(name=NAMES, which=st.integers(0, 9))
    def restart_one(self, name: str, which: int) -> None:
        if name not in self._model.gears or self._waits(name):
            return
        try:
            restart_gear(self._target(name, which))
        except Refusal:
            assert self._ill or not self._world.parts(name).application.running

    @rule(name=NAMES, which=st.integers(0, 9))
    def delete_one(self, name: str, which: int) -> None:
        if name not in self._model.gears or self._waits(name):
            return
        target = self._target(name, which)
        before = self._model.gears[name]
        try:
            delete_gear(target)
        except Refusal:
            assert len(self._world.gears(name)) == before
            return
        left = [gear.gear_id for gear in self._world.gears(name)]
        assert target.gear_id not in left
        assert len(left) in {before - 1, before}
        assert len(left) >= 1 + (name in self._model.ha)
        self._model.gears[name] = len(left)

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        if self._waits(name):
            return
        try:
            self._world.delete(name)
        except Refusal:
            assert name not in self._model.gears
            return
        del self._model.gears[name], self._model.aliases[name], self._model.added[name]
        self._model.ha.discard(name)

    @rule(node=NODES, noticed=st.booleans())
    def kill(self, node: int, *, noticed: bool) -> None:
        node_id = self._world.node_ids[node]
        self._world.fleet.kill(node_id)
        self._ill.add(node_id)
        if noticed:
            self._world.lose(node_id)

    @rule(node=NODES, fault=st.sampled_from(["cut_off", "slow", "fail_every"]))
    def harm(self, node: int, fault: str) -> None:
        node_id = self._world.node_ids[node]
        faults = self._world.fleet.node(node_id).faults
        match fault:
            case "cut_off":
                faults.cut_off = True
            case "slow":
                faults.slow_seconds = 1.0
            case _:
                faults.fail_every = 2
        self._ill.add(node_id)

    @rule()
    def let_time_pass(self) -> None:
        self._world.beat(6.0)

    @precondition(lambda self: self._ill)
    @rule()
    def heal(self) -> None:
        self._heal()

    @rule()
    def restart(self) -> None:
        self._world.reopen()
        self._ill.clear()
        self._settle()

    @invariant()
    def everything_agrees(self) -> None:
        if self._left:
            return
        self._world.check(healed=self._is_well() and not self._world.owed())
        for name, gears in self._model.gears.items():
            parts = self._world.parts(name)
            added = self._model.added[name]
            assert (parts.gear_count, parts.application.ha) == (gears + (DATABASE in added), name in self._model.ha)
            assert {each.name for each in parts.cartridges} == {"php-5.4", "haproxy-1.4", *added}
        assert self._world.demo.consumed_gears == sum(self._model.gears.values()) + self._model.databases


@pytest.mark.slow
def test_every_history_leaves_everything_in_agreement() -> None:
    thorough = settings().max_examples > 100
    examples = settings().max_examples if thorough else 15
    run_state_machine_as_test(
        PlatformHistory, settings=settings(max_examples=examples, stateful_step_count=20, deadline=None)
    )
