"""Keeps in memory what placement reads, the fleet and where each group's gears are, in step with the rows."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

from broker.core.ids import GroupId, NodeId
from broker.core.node import Liveness
from broker.core.placement.fleet import Fleet
from broker.core.placement.model import Node
from broker.core.placement.spread import GroupSpread

# Places remembered over all groups together: about 100 bytes each.
MAX_REMEMBERED_PLACES = 500_000


class FleetCache:
    """The fleet and the spreads of one process; every method is called with `lock` held."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.fleet = Fleet()
        self.addresses: dict[NodeId, str] = {}
        self.unresponsive: set[NodeId] = set()
        self.seen = -1
        self._spreads: OrderedDict[GroupId, tuple[int, GroupSpread]] = OrderedDict()
        self._places = 0

    def learn(self, rows: Iterable[Any], seen: int) -> None:
        """Take in the node rows that changed up to the change number `seen`."""
        for row in rows:
            node = Node(
                node_id=row.node_id,
                profile=row.profile,
                region=row.region,
                zone=row.zone,
                capacity=row.capacity,
                gears=row.gears,
                active=row.active,
                responsive=row.liveness == Liveness.RESPONSIVE,
            )
            (self.fleet.update if row.node_id in self.fleet else self.fleet.add)(node)
            self.addresses[row.node_id] = row.public_address
            (self.unresponsive.discard if node.responsive else self.unresponsive.add)(row.node_id)
        self.seen = seen

    def forget(self) -> None:
        """Learn the whole fleet anew at the next look: another process has changed what is known here."""
        self.seen = -1

    def take_spread(self, group_id: GroupId, generation: int) -> GroupSpread | None:
        """Hand out the spread for that generation; the taker gives it back with `keep_spread`, or it is gone."""
        found = self._spreads.pop(group_id, None)
        if found is None:
            return None
        self._places -= len(found[1].gears)
        return found[1] if found[0] == generation else None

    def keep_spread(self, group_id: GroupId, generation: int, spread: GroupSpread) -> None:
        """Remember the spread; the least recently used ones go when there are too many places."""
        self.take_spread(group_id, generation)
        self._spreads[group_id] = (generation, spread)
        self._places += len(spread.gears)
        while self._places > MAX_REMEMBERED_PLACES and len(self._spreads) > 1:
            _, (_, oldest) = self._spreads.popitem(last=False)
            self._places -= len(oldest.gears)

    def renew(self, group_ids: Sequence[GroupId], before: int, after: int) -> None:
        """The application's generation moved on without touching where its gears are."""
        for group_id in group_ids:
            found = self._spreads.get(group_id)
            if found is not None and found[0] == before:
                self._spreads[group_id] = (after, found[1])
