"""One process of a platform that several share: the others know that it lives, it reaches the nodes, it runs loops."""

import gc
from collections.abc import Callable, Sequence

from broker.bootstrap import Built, Settings, build, bus_channel
from broker.core.errors import ConfigurationError, StorageUnavailable
from broker.interfaces import Platform
from broker.usecases.platform_secret import check_secret
from broker.workers.loop import Worker, stop_all
from broker.workers.operations import forgetting
from broker.workers.processes import ProcessWatch
from broker.workers.team import Nodes

# What runs when the process is asked to end may finish so long; what is not finished, another process goes on with.
FINISHING_SECONDS = 10.0


class Member:
    """A process that shares database and bus with others. `start` makes it known, `stop` takes it away in order."""

    def __init__(self, built: Built, nodes: Nodes, role: str) -> None:
        self.built = built
        self.nodes = nodes
        self._life = ProcessWatch(built.platform, role, dead_after_seconds=built.settings.dead_after_seconds)
        self._beating = self._life.worker()
        self._workers: list[Worker] = []

    @property
    def platform(self) -> Platform:
        """What the use cases are given."""
        return self.built.platform

    def start(self, workers: Sequence[Worker] = ()) -> None:
        """Be known to the others before anything is taken in hand, then begin the loops."""
        gc.freeze()  # what is here now stays; looking through it for garbage would hold requests up
        self._life.begin()
        self._beating.start()
        self.nodes.start()
        self._workers = [forgetting(self.platform), *workers]
        for worker in self._workers:
            worker.start()

    def stop(self, first: Callable[[], None] = lambda: None) -> bool:
        """End in order: `first`, the loops, which finish what they have in hand, and at last the beat.

        False if something has not finished in time. It is left as a crash would leave it, for other processes to go
        on with; this one must end without waiting for its threads.
        """
        first()
        self.built.signal.close()
        ended = stop_all(self._workers, FINISHING_SECONDS)
        self._beating.stop()
        self._life.end()
        if ended:
            # Otherwise who waits for a node would take its silence for a failure.
            self.nodes.close()
            self.built.close()
        return ended


def open_member(settings: Settings, role: str) -> Member:
    """A process of the platform of these settings, not started yet.

    Raises `ConfigurationError` where they do not describe a platform that several processes share, where the
    database has another schema, and where there is no secret key; `StorageUnavailable` where it does not answer.
    """
    if not settings.is_shared:
        text = (
            "Several processes can share a platform only on PostgreSQL and with nodes on a bus: set DATABASE_URL,"
            " BUS_URL and NODES=bus. Otherwise `gearbroker serve` alone does everything, the work too."
        )
        raise ConfigurationError(text, field="NODES" if settings.nodes != "bus" else "DATABASE_URL")
    nodes = bus_channel(settings, watches=role == "work")
    made = build(settings, channel=nodes)
    try:
        check_secret(made.platform)
    except (ConfigurationError, StorageUnavailable):
        made.close()
        raise
    return Member(made, nodes, role)
