"""The loops that somebody must run for a platform: the broker in its one process, or workers of their own."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from broker.bootstrap import Built
from broker.interfaces import Json
from broker.workers.catching_up import catching_up
from broker.workers.loop import Worker
from broker.workers.name_publication import name_publication
from broker.workers.node_watch import Listening, NodeWatch
from broker.workers.operations import OperationRunner
from broker.workers.relay import relay
from broker.workers.retention import retention

OPERATIONS_AT_ONCE = 8


class Nodes(Protocol):
    """The way to the nodes, simulated or on the bus, and word of who is alive."""

    def start(self) -> None:
        """Begin to hear them."""

    def heard(self) -> list[str]:
        """The nodes that were heard of since the last call."""

    def listening(self) -> Listening:
        """From when to when, without a break and in monotonic seconds, a heartbeat would have been heard."""

    def call(self, commands: Sequence[Json], deadline_seconds: float) -> Mapping[str, Json]:
        """Send commands and wait for their replies, by command id, until the deadline."""

    def close(self) -> None:
        """Nobody waits any more."""


def team(built: Built, nodes: Nodes, *, threads: int = OPERATIONS_AT_ONCE) -> list[Worker]:
    """All of them, not started; any number of processes may run them for one database.

    `threads` is how many operations are carried out at once.
    """
    platform = built.platform
    return [
        OperationRunner(platform, threads=threads).worker(),
        *relay(platform),
        node_watch(built, nodes).worker(),
        catching_up(platform),
        *name_publication(platform),
        retention(platform, built.settings),
    ]


def node_watch(built: Built, nodes: Nodes) -> NodeWatch:
    """The watch over these nodes, as patient as the settings say."""
    return NodeWatch(
        built.platform,
        nodes.heard,
        interval_seconds=built.settings.heartbeat_interval_seconds,
        missed_allowed=built.settings.heartbeats_missed,
        listening=nodes.listening,
    )
