"""What a runtime does to gears."""

from typing import Protocol

from node_agent.gear import Gear


class Runtime(Protocol):
    """Makes gears real; the agent calls it before the book changes.

    Each method either does all it says or raises `RuntimeFailure` and leaves the node as it was.

    Each may be called again with the same arguments, because a crash can come between the act and the book:
    what is done already stays done, and doing it again is no error. A gear that such a crash has left, and that the
    book does not know, holds nothing: `create` replaces whatever has its id or its uid, `destroy` removes it.
    """

    def create(self, gear: Gear) -> None:
        """Make the gear with its cartridges and forwarded ports, and start it if its state says so."""
        ...

    def change(self, before: Gear, after: Gear) -> None:
        """Install, remove, expose or conceal cartridges, so that the gear is as `after` says."""
        ...

    def start(self, gear: Gear) -> None:
        """Start the cartridges of a gear; one that runs keeps running."""
        ...

    def stop(self, gear: Gear, *, force: bool) -> None:
        """Stop the cartridges of a gear, without waiting for them when forced."""
        ...

    def restart(self, gear: Gear) -> None:
        """Stop and start the cartridges of a gear."""
        ...

    def destroy(self, gear_id: str, *, drain_seconds: float) -> None:
        """Stop forwarding, give what is in flight that many seconds to end, and remove what there is of the gear."""
        ...
