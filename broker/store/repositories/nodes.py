"""The nodes of the fleet, and the structures that placement reads."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection, Integer, bindparam, cast, func, select, update

from broker.core.gear import Lifecycle
from broker.core.ids import GroupId, NodeId
from broker.core.placement.engine import release
from broker.core.placement.fleet import Fleet
from broker.core.placement.model import Placement
from broker.core.placement.spread import GroupSpread
from broker.interfaces import FleetMoved
from broker.store.fleet_cache import FleetCache
from broker.store.repositories.node_rows import NodeRows
from broker.store.tables import gears, nodes

_RESERVE = (
    update(nodes)
    .where(
        nodes.c.node_id == bindparam("this_node"),
        nodes.c.gears + bindparam("count") <= nodes.c.capacity,
        nodes.c.gears + bindparam("count") >= 0,
    )
    .values(gears=nodes.c.gears + bindparam("count"))
)


class NodeRepository(NodeRows):
    """Node rows, and the fleet in memory; what this unit of work reserved there is given back unless it commits.

    The rows are told of gears taken and freed at the commit, not before: they are few, and everybody places there.
    """

    def __init__(self, connection: Connection, cache: FleetCache) -> None:
        super().__init__(connection, cache)
        self._spreads: dict[GroupId, tuple[int, GroupSpread]] = {}
        self._renewed: list[tuple[tuple[GroupId, ...], int, int]] = []
        self._placed: list[tuple[GroupSpread, tuple[Placement, ...]]] = []
        self._taken: Counter[NodeId] = Counter()
        self._freed: Counter[NodeId] = Counter()
        self._is_placing = False
        self._fleet_seen = -1
        self._fleet_is_doubtful = False

    def fleet(self) -> Fleet:
        """The fleet as of now; nobody else of this process places until `reserve`, or the end."""
        self.hold()
        changes = self._look().seen
        self._place_alone()
        if self._fleet_seen != changes:
            self._fleet_seen = changes
            self._learn_fleet(self._cache.fleet_seen, changes)
        return self._cache.fleet

    def _place_alone(self) -> None:
        if not self._is_placing:
            self._cache.placing.acquire()
            self._is_placing = True

    def _let_place(self) -> None:
        if self._is_placing:
            self._is_placing = False
            self._cache.placing.release()

    def learn_anew(self) -> bool:
        """Learn the fleet from its rows, in case another process has changed them; whether any told something new."""
        changes = self._look().seen
        with self._cache.placing:
            return self._learn_fleet(-1, changes)

    def _learn_fleet(self, seen: int, changes: int) -> bool:
        return seen < changes and self._cache.learn_fleet(self._rows_after(seen), changes)

    def spread(self, group_id: GroupId, generation: int, home_region: str | None) -> GroupSpread:
        """Where the group's gears are, for the application's `generation`; changes are dropped on rollback."""
        held = self._spreads.get(group_id)
        if held is not None:
            return held[1]
        self._look()
        with self._cache.lock:
            spread = self._cache.take_spread(group_id, generation)
        if spread is None:
            spread = self._load_spread(group_id, home_region)
        self._spreads[group_id] = (generation, spread)
        return spread

    def _load_spread(self, group_id: GroupId, home_region: str | None) -> GroupSpread:
        query = (
            select(
                nodes.c.node_id,
                nodes.c.region,
                nodes.c.zone,
                func.count(),
                func.sum(cast(gears.c.carries_proxy, Integer)),
            )
            .join(gears, gears.c.node_id == nodes.c.node_id)
            .where(gears.c.group_id == group_id, gears.c.lifecycle != Lifecycle.DESTROYING)
            .group_by(nodes.c.node_id, nodes.c.region, nodes.c.zone)
        )
        spread = GroupSpread(home_region=home_region)
        for node_id, region, zone, count, proxies in self._connection.execute(query):
            for number in range(count):
                spread.add(node_id, region=region, zone=zone, carries_proxy=number < proxies)
        return spread

    def placed(self, spread: GroupSpread, placements: tuple[Placement, ...]) -> None:
        """Note what placement reserved in memory, to be released unless this unit of work commits."""
        self._placed.append((spread, placements))

    def reserve(self, counts: Mapping[NodeId, int]) -> None:
        """Take gears of nodes, which the fleet in memory counts already; the rows follow at the commit."""
        self._taken.update(counts)
        with self._cache.placing:
            self._cache.reserve(counts)
        self._let_place()

    def free(self, counts: Mapping[NodeId, int]) -> None:
        """Give gears of nodes back; placement sees the room once this unit of work has committed."""
        self._freed.update(counts)

    @contextmanager
    def counting(self) -> Iterator[None]:
        """While this unit of work writes and keeps what it has counted, if anything, nobody else places."""
        if self._taken or self._freed:
            self._place_alone()
        try:
            yield
        finally:
            self._let_place()

    def write_counts(self) -> None:
        """Write what was taken and freed; raises `FleetMoved` where a node has no room: another process was there."""
        counts = self._counts()
        rows = [{"this_node": node_id, "count": count} for node_id, count in sorted(counts.items()) if count]
        if rows and self._connection.execute(_RESERVE, rows).rowcount != len(rows):
            self._fleet_is_doubtful = True
            raise FleetMoved

    def _counts(self) -> dict[NodeId, int]:
        """By how much this unit of work changes the gears of nodes."""
        return {node_id: self._taken[node_id] - self._freed[node_id] for node_id in self._taken | self._freed}

    def renewed(self, group_ids: tuple[GroupId, ...], before: int, after: int) -> None:
        """The application of these groups has moved from one generation to the next."""
        self._renewed.append((group_ids, before, after))

    def committed(self) -> None:
        """Carry the committed changes over to what the process keeps in memory."""
        if self._taken or self._freed:
            self._cache.reserve({node_id: -count for node_id, count in self._taken.items()})
            for node_id, count in self._freed.items():
                self._cache.free(node_id, count)
        with self._cache.lock:
            generations = {group_id: after for ids, _, after in self._renewed for group_id in ids}
            for group_id, (generation, spread) in self._spreads.items():
                self._cache.keep_spread(group_id, generations.get(group_id, generation), spread)
            for group_ids, before, after in self._renewed:
                self._cache.renew(group_ids, before, after)
        self._forget()

    def rolled_back(self, *, in_doubt: bool = False) -> None:
        """Give back in memory what was reserved; the spreads that were changed are forgotten.

        `in_doubt` is a commit of which nobody knows whether it was made.
        """
        self._fleet_is_doubtful |= in_doubt or self._has_changed_nodes
        if self._placed or self._taken or self._fleet_is_doubtful:
            with self._cache.placing:
                for spread, placements in reversed(self._placed):
                    release(self._cache.fleet, spread, placements)
                self._cache.reserve({node_id: -count for node_id, count in self._taken.items()})
                if self._fleet_is_doubtful:
                    self._cache.forget_fleet()
        self._let_place()
        self._forget()

    def _forget(self) -> None:
        self._placed.clear()
        self._spreads.clear()
        self._taken.clear()
        self._freed.clear()
