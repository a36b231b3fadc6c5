"""A runtime whose gears exist in the book only, so that thousands of nodes fit into one process."""

from node_agent.gear import Gear
from node_agent.runtime.faults import Faults


class SimulatedRuntime:
    """Does at once whatever it is asked, unless its faults say that this one fails."""

    __slots__ = ("_faults",)

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def create(self, gear: Gear) -> None:  # noqa: ARG002 - the book holds all there is of a simulated gear
        """Create the gear; raises `InjectedFault`."""
        self._faults.strike()

    def change(self, before: Gear, after: Gear) -> None:  # noqa: ARG002
        """Change the gear; raises `InjectedFault`."""
        self._faults.strike()

    def start(self, gear: Gear) -> None:  # noqa: ARG002
        """Start the gear; raises `InjectedFault`."""
        self._faults.strike()

    def stop(self, gear: Gear, *, force: bool) -> None:  # noqa: ARG002
        """Stop the gear; raises `InjectedFault`."""
        self._faults.strike()

    def restart(self, gear: Gear) -> None:  # noqa: ARG002
        """Restart the gear; raises `InjectedFault`."""
        self._faults.strike()

    def destroy(self, gear_id: str, *, drain_seconds: float) -> None:  # noqa: ARG002
        """Destroy the gear without waiting; raises `InjectedFault`."""
        self._faults.strike()
