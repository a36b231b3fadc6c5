"""What tests ask of a table of transitions: which states it leads to, and which of them are ends."""

from broker.core.transitions import TransitionTable


def reachable(table: TransitionTable) -> frozenset:
    """Every state that some sequence of inputs leads to from the initial one, itself included."""
    found = {table.initial}
    frontier = [table.initial]
    while frontier:
        state = frontier.pop()
        new = {table.after(state, given) for given in table.inputs_of(state)} - found
        found |= new
        frontier.extend(new)
    return frozenset(found)


def ends(table: TransitionTable) -> frozenset:
    """The reachable states that accept no input."""
    return frozenset(state for state in reachable(table) if not table.inputs_of(state))
