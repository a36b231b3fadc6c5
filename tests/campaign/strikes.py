"""Who dies, where and how often: drawn from the seed, carried out on processes that are in the middle of their work."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from campaign.processes import Victim
from campaign.stack import Stack, Trouble
from campaign.watched import Watched

SIGKILLED = -9
# A point that is not passed so often in this time: the process dies where it happens to be.
PATIENCE_SECONDS = 2.5
# Within which a trouble befalls a round.
MOST_SECONDS = 1.5


@dataclass(frozen=True, kw_only=True)
class Strike:
    """One death: when `point` is passed for the n-th time, or without a point after so many seconds; then a pause."""

    point: str | None
    passing: int
    seconds: float
    pause: float
    at_birth: bool

    def __str__(self) -> str:
        where = f"after {self.seconds:.3f} s" if self.point is None else f"{self.point} #{self.passing}"
        return f"{where}{' since its start' if self.at_birth else ''}, pause {self.pause:.2f} s"


def draw_strikes(chance: Random, victim: Victim, most: int) -> list[Strike]:
    """Strikes for this victim: six of seven at a point, most of them within its first passings."""
    return [_draw_strike(chance, victim) for _ in range(chance.randint(1, most))]


def _draw_strike(chance: Random, victim: Victim) -> Strike:
    at_point = chance.random() < 6 / 7
    return Strike(
        point=chance.choice(victim.points) if at_point else None,
        passing=1 + int(chance.expovariate(1 / 1.2)),
        seconds=chance.uniform(0.0, 0.8),
        pause=0.0 if chance.random() < 0.5 else chance.uniform(0.0, 0.4),
        at_birth=chance.random() < 0.3,
    )


class Fate(Watched):
    """Lets one victim suffer its strikes one after another, and starts it again after each."""

    def __init__(self, stack: Stack, victim: Victim, strikes: Sequence[Strike]) -> None:
        super().__init__(f"fate of {victim.name}")
        self.victim = victim
        self.strikes = tuple(strikes)
        self.deaths: list[str] = []
        self._stack = stack

    def act(self) -> None:
        for strike in self.strikes:
            self._suffer(strike)
        self.victim.trap.disarm()
        self.victim.start()

    def _suffer(self, strike: Strike) -> None:
        if strike.at_birth:
            self._arm(strike)
            self.victim.start()
        else:
            self.victim.start()
            self._await_readiness()
            self._arm(strike)
        status = self.victim.died_within(PATIENCE_SECONDS if strike.point else strike.seconds)
        if status is None:
            status = self.victim.kill()
        where = self.victim.trap.sprung or "at any instant"
        self.victim.trap.disarm()
        if status == SIGKILLED:
            self.deaths.append(where)
        elif not self._stack.is_troubled:
            self.violations.append(f"{self.victim.name} ended by itself with status {status}")
        time.sleep(strike.pause)

    def _arm(self, strike: Strike) -> None:
        if strike.point is None:
            self.victim.trap.disarm()
        else:
            self.victim.trap.arm(strike.point, strike.passing)

    def _await_readiness(self) -> None:
        name = self.victim.name
        ready_or_dead = lambda: self._stack.is_ready(name) or not self.victim.alive  # noqa: E731 said once
        try:
            self._stack.wait_for(ready_or_dead, f"{name} to be ready")
        except TimeoutError as late:
            self.violations.append(str(late))


class Befalling(Watched):
    """Lets a trouble befall the stack after so many seconds."""

    def __init__(self, trouble: Trouble, seconds: float, chance: Random) -> None:
        super().__init__(trouble.text)
        self.seconds = seconds
        self._trouble = trouble
        self._chance = chance

    def act(self) -> None:
        time.sleep(self.seconds)
        self._trouble.befall(self._chance)


def draw_troubles(chance: Random, stack: Stack) -> list[Befalling]:
    """The troubles of one round."""
    return [
        Befalling(trouble, chance.uniform(0, MOST_SECONDS), Random(chance.random()))
        for trouble in stack.troubles
        if chance.random() < trouble.share
    ]
