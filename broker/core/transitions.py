"""The one way to write down a state machine: two enums and a table of what each input does in each state."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from broker.core.errors import ImpossibleTransition

S = TypeVar("S", bound=StrEnum)
I = TypeVar("I", bound=StrEnum)  # noqa: E741  (S and I read as state and input)


@dataclass(frozen=True, kw_only=True)
class TransitionTable(Generic[S, I]):
    """What follows when an input meets a state; a pair that is not in the table is refused."""

    initial: S
    moves: Mapping[tuple[S, I], S]

    def after(self, state: S, given: I) -> S:
        """The state that `given` leads to; ImpossibleTransition when the table has no such move."""
        following = self.moves.get((state, given))
        if following is None:
            allowed = ", ".join(sorted(self.inputs_of(state))) or "nothing"
            raise ImpossibleTransition(f"{state!s} cannot {given!s}; it can {allowed}")
        return following

    def inputs_of(self, state: S) -> frozenset[I]:
        """The inputs that this state accepts."""
        return frozenset(given for source, given in self.moves if source == state)
