from enum import StrEnum

import pytest
from state_machines import ends, reachable

from broker.core.errors import ImpossibleTransition
from broker.core.gear import LIFECYCLE, Lifecycle, LifecycleInput, shown_state
from broker.core.node import LIVENESS, Liveness, LivenessInput
from broker.core.operation import OPERATION, OperationInput, OperationState
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

TABLES = [LIFECYCLE, LIVENESS, ROTATION, OPERATION]


def test_a_move_in_the_table_gives_its_state():
    assert DOOR.after(Door.OPEN, Push.SHUT) is Door.SHUT


def test_a_move_that_is_not_in_the_table_is_refused_and_names_what_the_state_can_do():
    with pytest.raises(ImpossibleTransition, match="shut cannot shut; it can open, wall"):
        DOOR.after(Door.SHUT, Push.SHUT)


def test_reachable_leaves_out_a_state_nothing_leads_to():
    assert reachable(DOOR) == {Door.OPEN, Door.SHUT, Door.WALLED}


def test_the_ends_are_the_states_without_a_way_on():
    assert ends(DOOR) == {Door.WALLED}


@pytest.mark.parametrize("table", TABLES)
def test_every_state_of_every_table_is_reachable(table):
    assert reachable(table) == frozenset(type(table.initial))


@pytest.mark.parametrize("table", [LIFECYCLE, OPERATION])
def test_every_state_of_a_table_that_ends_can_still_come_to_an_end(table):
    for state in reachable(table):
        onwards = TransitionTable(initial=state, moves=table.moves)

        assert ends(onwards)


@pytest.mark.parametrize(
    ("table", "states"),
    [
        (LIFECYCLE, {Lifecycle.GONE}),
        (LIVENESS, set()),  # a node comes and goes for ever
        (ROTATION, set()),
        (OPERATION, {OperationState.COMPLETED, OperationState.FAILED, OperationState.CANCELLED}),
    ],
)
def test_the_ends_of_every_table(table, states):
    assert ends(table) == states


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


@pytest.mark.parametrize("ended", [OperationState.COMPLETED, OperationState.FAILED])
@pytest.mark.parametrize("again", list(OperationInput))
def test_an_operation_ends_once(ended, again):
    with pytest.raises(ImpossibleTransition, match="it can nothing"):
        OPERATION.after(ended, again)


def test_a_gear_on_a_responsive_node_is_shown_as_it_is():
    assert shown_state(Lifecycle.STOPPED, node_responds=True) == "stopped"


def test_a_gear_on_an_unresponsive_node_is_shown_as_unresponsive():
    assert shown_state(Lifecycle.STARTED, node_responds=False) == "unresponsive"


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
