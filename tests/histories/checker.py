"""Whether a history could have come from one thing that does one step at a time: a search after Wing and Gong.

Each step of the history took effect at one instant between its call and its return, or, where it is `optional`, at
one after its call or never. Steps that were under way together may have had any order; the search tries them, and
remembers what it has come to, as Porcupine and Knossos do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Generic, TypeVar

State = TypeVar("State")


@dataclass(frozen=True, kw_only=True)
class Step(Generic[State]):
    """One step of one call: `act` gives the state after it, None where it cannot be what happened in that state.

    `after` is the place in the history of a step of the same call that comes before it.
    """

    name: str
    called: float
    returned: float
    act: Callable[[State], State | None]
    after: int | None = None
    optional: bool = False


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """An order of the steps that explains the history; where there is none, the longest that began to."""

    explains: bool
    order: tuple[int, ...]


def explain(history: Sequence[Step[State]], start: State) -> Verdict:
    """Find an order in which the steps could have taken effect, one after the other, from `start`."""
    search = _Search(history)
    explains = search.run(start)
    return Verdict(explains=explains, order=tuple(search.best))


class _Search(Generic[State]):
    """Depth first, over sets of steps that are done; a set with a state that led nowhere is not tried twice."""

    def __init__(self, history: Sequence[Step[State]]) -> None:
        self._history = history
        self._places = sorted(range(len(history)), key=lambda place: history[place].called)
        self._wanted = sum(1 << place for place, step in enumerate(history) if not step.optional)
        self._tried: set[tuple[int, State]] = set()
        self.best: list[int] = []

    def run(self, start: State) -> bool:
        order: list[int] = []
        stack = [self._possible(0, start)]
        done = 0
        while True:
            if done & self._wanted == self._wanted:
                self.best = order
                return True
            found = next(stack[-1], None)
            if found is None:
                stack.pop()
                if not stack:
                    return False
                done &= ~(1 << order.pop())
                continue
            place, state = found
            after = done | 1 << place
            if (after, state) in self._tried:
                continue
            self._tried.add((after, state))
            done = after
            order.append(place)
            if len(order) > len(self.best):
                self.best = list(order)
            stack.append(self._possible(done, state))

    def _possible(self, done: int, state: State):
        """The steps that may be next: none that was called after another had returned that is not done yet."""
        first_back = inf
        waiting = []
        for place in self._places:
            step = self._history[place]
            if step.called > first_back:
                break
            if not done >> place & 1:
                waiting.append(place)
                if not step.optional:
                    first_back = min(first_back, step.returned)
        for place in waiting:
            step = self._history[place]
            ready = step.after is None or done >> step.after & 1
            if ready and step.called <= first_back and (after := step.act(state)) is not None:
                yield place, after
