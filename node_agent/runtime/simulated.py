"""A runtime whose gears exist in the book only, so that thousands of nodes fit into one process."""

from node_agent.gear import Gear
from node_agent.protocol import DeploymentSpec
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

    def reload(self, gear: Gear) -> None:  # noqa: ARG002
        """Reload the gear; raises `InjectedFault`."""
        self._faults.strike()

    def tidy(self, gear: Gear) -> None:  # noqa: ARG002
        """Tidy the gear; raises `InjectedFault`."""
        self._faults.strike()

    def start_cartridge(self, gear: Gear, cartridge: str) -> None:  # noqa: ARG002
        """Start the cartridge; raises `InjectedFault`."""
        self._faults.strike()

    def stop_cartridge(self, gear: Gear, cartridge: str) -> None:  # noqa: ARG002
        """Stop the cartridge; raises `InjectedFault`."""
        self._faults.strike()

    def restart_cartridge(self, gear: Gear, cartridge: str) -> None:  # noqa: ARG002
        """Restart the cartridge; raises `InjectedFault`."""
        self._faults.strike()

    def reload_cartridge(self, gear: Gear, cartridge: str) -> None:  # noqa: ARG002
        """Reload the cartridge; raises `InjectedFault`."""
        self._faults.strike()

    def thread_dump(self, gear: Gear, cartridge: str) -> str:
        """Say where a real gear would have the dump; raises `InjectedFault`."""
        self._faults.strike()
        return (
            f"Success\n\nThe threads of {cartridge} on gear {gear.gear_id} are dumped into its log. "
            f"Read it with: rhc tail -f '*/logs/{cartridge}.log*'"
        )

    def activate(self, gear: Gear, deployment: DeploymentSpec, *, restart: bool) -> None:  # noqa: ARG002
        """Activate the deployment; raises `InjectedFault`."""
        self._faults.strike()

    def set_storage(self, gear: Gear) -> None:  # noqa: ARG002
        """Give the gear its storage; raises `InjectedFault`."""
        self._faults.strike()

    def destroy(self, gear_id: str, *, drain_seconds: float) -> None:  # noqa: ARG002
        """Destroy the gear without waiting; raises `InjectedFault`."""
        self._faults.strike()
