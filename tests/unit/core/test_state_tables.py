from enum import StrEnum

import pytest

from broker.core.errors import ImpossibleTransition
from broker.core.gear import LIFECYCLE, Lifecycle, LifecycleInput, can_serve, shown_state
from broker.core.node import LIVENESS, Liveness, LivenessInput
from broker.core.operation import OPERATION, STEP, OperationState, StepInput, StepState, is_over
from broker.core.rotation import ROTATION, Rotation, RotationInput, as_routed
from broker.core.transitions import TransitionTable


class Door(StrEnum):
    """A machine of four states, one of which nothing leads to."""

    OPEN = "open"
    SHUT = "shut"
    WALLED = "walled"
    LOST = "lost"


class Push(StrEnum):
    """What is done to it."""

    OPEN = "open"
    SHUT = "shut"
    WALL = "wall"


DOOR = TransitionTable[Door, Push](
    initial=Door.OPEN,
    moves={
        (Door.OPEN, Push.SHUT): Door.SHUT,
        (Door.SHUT, Push.OPEN): Door.OPEN,
        (Door.SHUT, Push.WALL): Door.WALLED,
    },
)

TABLES = [LIFECYCLE, LIVENESS, ROTATION, OPERATION, STEP]


def test_a_move_in_the_table_gives_its_state():
    assert DOOR.after(Door.OPEN, Push.SHUT) is Door.SHUT


def test_a_move_that_is_not_in_the_table_is_refused_and_names_what_the_state_can_do():
    with pytest.raises(ImpossibleTransition, match="shut cannot shut; it can open, wall"):
        DOOR.after(Door.SHUT, Push.SHUT)


def test_allows_answers_as_after_would():
    assert DOOR.allows(Door.OPEN, Push.SHUT)
    assert not DOOR.allows(Door.OPEN, Push.WALL)


def test_reachable_leaves_out_a_state_nothing_leads_to():
    assert DOOR.reachable() == {Door.OPEN, Door.SHUT, Door.WALLED}


def test_terminal_are_the_states_without_a_way_on():
    assert DOOR.terminal() == {Door.WALLED}


@pytest.mark.parametrize("table", TABLES)
def test_every_state_of_every_table_is_reachable(table):
    assert table.reachable() == frozenset(type(table.initial))


@pytest.mark.parametrize("table", [LIFECYCLE, OPERATION, STEP])
def test_every_state_of_a_table_that_ends_can_still_come_to_an_end(table):
    for state in table.reachable():
        onwards = TransitionTable(initial=state, moves=table.moves)

        assert onwards.terminal()


@pytest.mark.parametrize(
    ("table", "ends"),
    [
        (LIFECYCLE, {Lifecycle.GONE}),
        (LIVENESS, set()),  # a node comes and goes for ever
        (ROTATION, set()),
        (OPERATION, {OperationState.COMPLETED, OperationState.FAILED, OperationState.CANCELLED}),
        (STEP, {StepState.UNDONE, StepState.ABANDONED}),  # a done step can still be undone
    ],
)
def test_the_ends_of_every_table(table, ends):
    assert table.terminal() == ends


@pytest.mark.parametrize("state", [state for state in Lifecycle if state not in {Lifecycle.NEW, Lifecycle.GONE}])
def test_every_gear_that_a_node_knows_can_be_destroyed(state):
    assert LIFECYCLE.after(state, LifecycleInput.DESTROY) is Lifecycle.DESTROYING


def test_a_gear_begins_out_of_rotation_because_it_cannot_serve_yet():
    assert ROTATION.initial is Rotation.OUT


def test_a_draining_gear_can_be_taken_back_in():
    assert ROTATION.after(Rotation.DRAINING, RotationInput.ROTATE_IN) is Rotation.IN


def test_a_gear_out_of_rotation_has_nothing_to_drain():
    with pytest.raises(ImpossibleTransition):
        ROTATION.after(Rotation.OUT, RotationInput.DRAIN)


def test_a_heartbeat_brings_an_unresponsive_node_back():
    assert LIVENESS.after(Liveness.UNRESPONSIVE, LivenessInput.HEAR) is Liveness.RESPONSIVE


def test_a_command_may_be_sent_twice():
    assert STEP.after(StepState.SENT, StepInput.SEND) is StepState.SENT


@pytest.mark.parametrize(
    ("state", "over"),
    [
        (OperationState.QUEUED, False),
        (OperationState.RUNNING, False),
        (OperationState.ROLLING_BACK, False),
        (OperationState.COMPLETED, True),
        (OperationState.FAILED, True),
        (OperationState.CANCELLED, True),
    ],
)
def test_an_operation_is_over_when_nothing_moves_it(state, over):
    assert is_over(state) is over


def test_a_gear_on_a_responsive_node_is_shown_as_it_is():
    assert shown_state(Lifecycle.STOPPED, node_responds=True) == "stopped"


def test_a_gear_on_an_unresponsive_node_is_shown_as_unresponsive():
    assert shown_state(Lifecycle.STARTED, node_responds=False) == "unresponsive"


@pytest.mark.parametrize(
    ("state", "responds", "serves"),
    [
        (Lifecycle.STARTED, True, True),
        (Lifecycle.STARTED, False, False),  # its node is not heard of
        (Lifecycle.IDLE, True, False),
        (Lifecycle.BUILDING, True, False),
    ],
)
def test_only_a_started_gear_that_is_heard_of_can_serve(state, responds, serves):
    assert can_serve(state, node_responds=responds) is serves


@pytest.mark.parametrize(
    ("rotation", "told"),
    [
        (Rotation.IN, Rotation.IN),
        (Rotation.DRAINING, Rotation.OUT),  # no new requests
        (Rotation.OUT, Rotation.OUT),
    ],
)
def test_a_router_is_told_in_or_out(rotation, told):
    assert as_routed(rotation) is told
