"""What a runtime does to gears."""

from typing import Protocol

from node_agent.gear import Gear
from node_agent.protocol import DeploymentSpec


class Runtime(Protocol):
    """Makes gears real; the agent calls it before the book changes.

    Each method either does all it says or raises `RuntimeFailure` and leaves the node as it was.

    Each may be called again with the same arguments, because a crash can come between the act and the book:
    what is done already stays done, and doing it again is no error. A gear that such a crash has left, and that the
    book does not know, holds nothing: `create` replaces whatever has its id or its uid, `destroy` removes it.
    """

    def create(self, gear: Gear) -> None:
        """Make the gear with its cartridges, forwarded ports, deployment and storage; start what is not stopped."""
        ...

    def change(self, before: Gear, after: Gear) -> None:
        """Install, remove, expose or conceal cartridges, so that the gear is as `after` says."""
        ...

    def start(self, gear: Gear) -> None:
        """Start the cartridges of a gear that are not stopped ones; one that runs keeps running."""
        ...

    def stop(self, gear: Gear, *, force: bool) -> None:
        """Stop the cartridges of a gear, without waiting for them when forced."""
        ...

    def restart(self, gear: Gear) -> None:
        """Stop the cartridges of a gear, and start those that are not stopped ones."""
        ...

    def reload(self, gear: Gear) -> None:
        """Let the running cartridges of a gear read their configuration again."""
        ...

    def tidy(self, gear: Gear) -> None:
        """Remove what a started gear does not need: old logs, temporary files, what its builds left over."""
        ...

    def start_cartridge(self, gear: Gear, cartridge: str) -> None:
        """Start one cartridge of a started gear; one that runs keeps running."""
        ...

    def stop_cartridge(self, gear: Gear, cartridge: str) -> None:
        """Stop one cartridge of a started gear."""
        ...

    def restart_cartridge(self, gear: Gear, cartridge: str) -> None:
        """Stop one cartridge of a started gear, if it runs, and start it."""
        ...

    def reload_cartridge(self, gear: Gear, cartridge: str) -> None:
        """Let one running cartridge read its configuration again."""
        ...

    def thread_dump(self, gear: Gear, cartridge: str) -> str:
        """Let a running cartridge dump its threads; returns what its user is told, such as where the dump is."""
        ...

    def activate(self, gear: Gear, deployment: DeploymentSpec, *, restart: bool) -> None:
        """Bring the deployment to the gear, which runs it from then on; with `restart`, restart the gear for it."""
        ...

    def set_storage(self, gear: Gear) -> None:
        """Let the gear hold as many gigabytes more than its profile says as it says itself."""
        ...

    def destroy(self, gear_id: str, *, drain_seconds: float) -> None:
        """Stop forwarding, give what is in flight that many seconds to end, and remove what there is of the gear."""
        ...
