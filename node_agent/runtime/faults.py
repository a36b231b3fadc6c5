"""The faults of a simulated node, which can be switched on and off while it runs."""

from node_agent.refusals import InjectedFault


class Faults:
    """What is wrong with one simulated node; at first, nothing.

    `killed`: the host is down: no command arrives, nothing is answered, no heartbeat, no gear serves.
    `cut_off`: only the way to the bus is lost: no command arrives, no heartbeat gets out, gears serve on.
    `slow_seconds`: every reply is that late.
    `fail_every`: every n-th command that would change the node is refused instead; 0 is never, 1 is always.
    """

    __slots__ = ("_acts", "_fail_every", "_slow_seconds", "cut_off", "killed")

    def __init__(self) -> None:
        self.killed = False
        self.cut_off = False
        self._slow_seconds = 0.0
        self._fail_every = 0
        self._acts = 0

    @property
    def reachable(self) -> bool:
        """Say whether messages get in and out."""
        return not (self.killed or self.cut_off)

    @property
    def slow_seconds(self) -> float:
        """How late every reply is, in seconds."""
        return self._slow_seconds

    @slow_seconds.setter
    def slow_seconds(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError(f"a reply cannot be {seconds} seconds late")
        self._slow_seconds = seconds

    @property
    def fail_every(self) -> int:
        """Which command fails: every n-th, 0 for none."""
        return self._fail_every

    @fail_every.setter
    def fail_every(self, every: int) -> None:
        if every < 0:
            raise ValueError(f"every {every}. command cannot fail")
        self._fail_every = every
        self._acts = 0

    def strike(self) -> None:
        """Count one act of the runtime; raises `InjectedFault` when it is one that fails."""
        if self._fail_every:
            self._acts += 1
            if self._acts % self._fail_every == 0:
                raise InjectedFault(self._fail_every)
