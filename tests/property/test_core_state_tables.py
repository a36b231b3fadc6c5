from hypothesis import given
from hypothesis import strategies as st
from state_machines import ends, reachable

from broker.core.errors import ImpossibleTransition
from broker.core.gear import LIFECYCLE, Lifecycle, LifecycleInput
from broker.core.node import LIVENESS, Liveness, LivenessInput
from broker.core.operation import OPERATION, OperationInput, OperationState
from broker.core.rotation import ROTATION, Rotation, RotationInput

MACHINES = [
    (LIFECYCLE, Lifecycle, LifecycleInput),
    (LIVENESS, Liveness, LivenessInput),
    (ROTATION, Rotation, RotationInput),
    (OPERATION, OperationState, OperationInput),
]


@given(st.data(), st.sampled_from(MACHINES))
def test_every_input_in_every_state_moves_or_is_refused(data, machine):
    table, states, inputs = machine
    state, what = data.draw(st.sampled_from(states)), data.draw(st.sampled_from(inputs))

    try:
        following = table.after(state, what)
    except ImpossibleTransition:
        assert (state, what) not in table.moves
    else:
        assert (state, what) in table.moves
        assert following in states


@given(st.data(), st.sampled_from(MACHINES))
def test_no_sequence_of_inputs_leads_out_of_the_table_or_past_an_end(data, machine):
    table, _, inputs = machine
    state = table.initial

    for what in data.draw(st.lists(st.sampled_from(inputs), max_size=30)):
        before = state
        if (state, what) in table.moves:
            state = table.after(state, what)
        assert state in reachable(table)
        assert before not in ends(table) or state is before
