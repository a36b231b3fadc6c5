"""Keeps in memory what placement reads, the fleet and where each group's gears are, in step with the rows."""

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from broker.core.ids import GroupId, NodeId
from broker.core.node import Liveness
from broker.core.placement.fleet import Fleet
from broker.core.placement.model import Node
from broker.core.placement.spread import GroupSpread

# Nodes with gears of a group, remembered over all groups together: about 250 bytes each.
MAX_REMEMBERED_PLACES = 500_000


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownNodes:
    """Where nodes are and which of them are silent, as of the change number `seen`; never changed, only replaced."""

    seen: int = -1
    addresses: Mapping[NodeId, str] = field(default_factory=dict)
    places: Mapping[NodeId, tuple[str | None, str | None]] = field(default_factory=dict)
    unresponsive: frozenset[NodeId] = frozenset()
    regions: frozenset[str] = frozenset()

    def learnt(self, rows: Iterable[Any], seen: int) -> "KnownNodes":
        """The same with the node rows that changed up to the change number `seen`."""
        addresses, places, unresponsive = dict(self.addresses), dict(self.places), set(self.unresponsive)
        for row in rows:
            addresses[row.node_id] = row.public_address
            places[row.node_id] = (row.region, row.zone)
            (unresponsive.discard if row.liveness == Liveness.RESPONSIVE else unresponsive.add)(row.node_id)
        return KnownNodes(
            seen=seen,
            addresses=addresses,
            places=places,
            unresponsive=frozenset(unresponsive),
            regions=frozenset(region for region, _ in places.values() if region is not None),
        )

    def has_moved(self, other: "KnownNodes") -> bool:
        """Whether a node of both is in another place in `other`."""
        return any(other.places.get(node_id, place) != place for node_id, place in self.places.items())


class FleetCache:
    """The fleet and the spreads of one process.

    `known` holds committed rows only and is for everybody. `fleet` is those rows with what was placed since and is
    not committed yet, counted in `reserved`; it is looked at and changed with `placing` held, and so are the rows
    that it follows. Everything else is called with `lock` held, which is always the last to be taken.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.placing = threading.RLock()
        self.fleet = Fleet()
        self.fleet_seen = -1
        self.reserved: Counter[NodeId] = Counter()
        self.known = KnownNodes()
        self._spreads: OrderedDict[GroupId, tuple[int, GroupSpread]] = OrderedDict()
        self._places = 0

    def know(self, known: KnownNodes) -> None:
        """Take in what was committed, unless more is known already."""
        if known.seen > self.known.seen:
            if self.known.has_moved(known):
                self._spreads.clear()
                self._places = 0
            self.known = known

    def learn_fleet(self, rows: Iterable[Any], seen: int) -> bool:
        """Take in the node rows that changed up to the change number `seen`; whether any told something new."""
        news = False
        for row in rows:
            node = Node(
                node_id=row.node_id,
                profile=row.profile,
                region=row.region,
                zone=row.zone,
                capacity=row.capacity,
                gears=row.gears + self.reserved[row.node_id],
                active=row.active,
                responsive=row.liveness == Liveness.RESPONSIVE,
            )
            if node.node_id not in self.fleet:
                self.fleet.add(node)
            elif self.fleet.node(node.node_id) != node:
                self.fleet.update(node)
            else:
                continue
            news = True
        self.fleet_seen = seen
        return news

    def reserve(self, counts: Mapping[NodeId, int]) -> None:
        """Remember that so many gears are in the fleet and not in the rows yet; negative counts take that back."""
        for node_id, count in counts.items():
            self.reserved[node_id] += count
            if not self.reserved[node_id]:
                del self.reserved[node_id]

    def free(self, node_id: NodeId, count: int) -> None:
        """Give room back; where another process took it, or nothing is known yet, the fleet is learnt anew."""
        entry = self.fleet.entry(node_id)
        if self.fleet_seen < 0 or entry is None or entry.gears < count:
            self.forget_fleet()
        else:
            self.fleet.release(node_id, count)

    def forget_fleet(self) -> None:
        """Learn the whole fleet anew at the next look."""
        self.fleet_seen = -1

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
