"""The nodes of the fleet, and the structures that placement reads."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, cast, func, select, update

from broker.core.gear import Lifecycle
from broker.core.ids import GroupId, NodeId
from broker.core.placement.engine import release
from broker.core.placement.fleet import Fleet
from broker.core.placement.model import Placement
from broker.core.placement.spread import GroupSpread
from broker.interfaces import NodeRecord
from broker.store.among import among
from broker.store.fleet_cache import FleetCache, KnownNodes
from broker.store.tables import counters, gears, nodes
from broker.store.upsert import upsert

FLEET_CHANGES = "fleet_changes"
_CHUNK = 500

_RECORD = select(*(nodes.c[name] for name in NodeRecord.__slots__))
_FLEET_CHANGES = select(counters.c.value).where(counters.c.name == FLEET_CHANGES)
_RESERVE = (
    update(nodes)
    .where(
        nodes.c.node_id == bindparam("this_node"),
        nodes.c.gears + bindparam("count") <= nodes.c.capacity,
        nodes.c.gears + bindparam("count") >= 0,
    )
    .values(gears=nodes.c.gears + bindparam("count"))
)


class NodeRepository:
    """Node rows, and the fleet in memory; what this unit of work reserved there is given back unless it commits."""

    def __init__(self, connection: Connection, cache: FleetCache) -> None:
        self._connection = connection
        self._cache = cache
        self._spreads: dict[GroupId, tuple[int, GroupSpread]] = {}
        self._renewed: list[tuple[tuple[GroupId, ...], int, int]] = []
        self._placed: list[tuple[GroupSpread, tuple[Placement, ...]]] = []
        self._freed: dict[NodeId, int] = {}
        self._known: KnownNodes | None = None
        self._fleet_is_fresh = False
        self._fleet_is_doubtful = False
        self._has_changed_nodes = False
        self._is_holding = connection.dialect.name == "sqlite"

    def hold(self) -> None:
        """Let no other process change a node until this unit of work ends.

        Asked before rows of applications and nodes are locked: whoever changes nodes locks in that order too.
        """
        if not self._is_holding:
            self._is_holding = True
            self._connection.execute(_FLEET_CHANGES.with_for_update(read=True))

    def fleet(self) -> Fleet:
        """The fleet as of now, for the one writer of this process."""
        self.hold()
        if not self._fleet_is_fresh:
            self._fleet_is_fresh = True
            self._learn_fleet(self._cache.fleet_seen)
        return self._cache.fleet

    def learn_anew(self) -> bool:
        """Learn the fleet from its rows, in case another process has changed them; whether any told something new."""
        return self._learn_fleet(-1)

    def _learn_fleet(self, seen: int) -> bool:
        changes = self._look().seen
        if seen >= changes:
            return False
        with self._cache.lock:
            return self._cache.learn_fleet(self._rows_after(seen), changes)

    def address(self, node_id: NodeId) -> str:
        """The public address of a node."""
        return self._look().addresses[node_id]

    def zone(self, node_id: NodeId) -> str | None:
        """The zone of a node."""
        return self._look().places[node_id][1]

    def unresponsive(self) -> frozenset[NodeId]:
        """The nodes that are not heard of."""
        return self._look().unresponsive

    def ids(self) -> Collection[NodeId]:
        """The names of all nodes."""
        return self._look().addresses.keys()

    def _look(self) -> KnownNodes:
        """The nodes as this unit of work sees them; one look is enough."""
        if self._known is None:
            self._known = self._known_now()
        return self._known

    def _known_now(self) -> KnownNodes:
        changes: int = self._connection.execute(_FLEET_CHANGES).scalar() or 0
        known = self._cache.known
        if known.seen == changes:
            return known
        # A reader that began before the last change must not mix what is known since into what it reads.
        known = known if known.seen < changes else KnownNodes()
        known = known.learnt(self._rows_after(known.seen), changes)
        if not self._has_changed_nodes:
            with self._cache.lock:
                self._cache.know(known)
        return known

    def _rows_after(self, seen: int) -> Iterable[Any]:
        return self._connection.execute(select(nodes).where(nodes.c.changed > seen))

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

    def reserve(self, counts: Mapping[NodeId, int]) -> bool:
        """Take gears of nodes; False if one would be overcommitted, which means that another process was there."""
        rows: list[dict[str, Any]] = [
            {"this_node": node_id, "count": count} for node_id, count in sorted(counts.items())
        ]
        if rows and self._connection.execute(_RESERVE, rows).rowcount != len(rows):
            self._fleet_is_doubtful = True
            return False
        return True

    def free(self, counts: Mapping[NodeId, int]) -> None:
        """Give gears of nodes back; placement sees the room once this unit of work has committed."""
        self.reserve({node_id: -count for node_id, count in counts.items()})
        for node_id, count in counts.items():
            self._freed[node_id] = self._freed.get(node_id, 0) + count

    def records(self, node_ids: Iterable[NodeId]) -> dict[NodeId, NodeRecord]:
        """Those of these nodes that exist."""
        rows = self._connection.execute(_RECORD.where(among(self._connection, nodes.c.node_id, node_ids)))
        return {row.node_id: NodeRecord(**row._mapping) for row in rows}  # noqa: SLF001 the documented name

    def all(self) -> tuple[NodeRecord, ...]:
        """Every node, by name."""
        rows = self._connection.execute(_RECORD.order_by(nodes.c.node_id)).mappings()
        return tuple(NodeRecord(**row) for row in rows)

    def add(self, added: Sequence[NodeRecord]) -> None:
        """Register nodes, or learn anew what they offer; gears, liveness and an administrator's word on them stay."""
        changed = self._next_change()
        names = [name for name in NodeRecord.__slots__ if name != "gears"]
        own = {"node_id", "active", "liveness"}
        rows = [{name: getattr(node, name) for name in names} | {"changed": changed} for node in added]
        statement = upsert(self._connection.dialect.name, nodes)
        kept = {name: statement.excluded[name] for name in (*names, "changed") if name not in own}
        statement = statement.on_conflict_do_update(index_elements=["node_id"], set_=kept)
        for start in range(0, len(rows), _CHUNK):
            self._connection.execute(statement, [{**row, "gears": 0} for row in rows[start : start + _CHUNK]])
        self._changed_nodes()

    def set_liveness(self, node_ids: Sequence[NodeId], liveness: str) -> tuple[NodeId, ...]:
        """Note which nodes are heard of, or not any more; returns those of which that was not known."""
        wanted = among(self._connection, nodes.c.node_id, node_ids)
        statement = update(nodes).where(wanted, nodes.c.liveness != liveness)
        statement = statement.values(liveness=liveness, changed=self._next_change())
        moved = tuple(self._connection.execute(statement.returning(nodes.c.node_id)).scalars())
        self._changed_nodes()
        return moved

    def _changed_nodes(self) -> None:
        self._known = None
        self._fleet_is_fresh = False
        self._has_changed_nodes = True

    def _next_change(self) -> int:
        statement = upsert(self._connection.dialect.name, counters).values(name=FLEET_CHANGES, value=1)
        statement = statement.on_conflict_do_update(
            index_elements=["name"], set_={"value": counters.c.value + 1}
        ).returning(counters.c.value)
        number: int = self._connection.execute(statement).scalar_one()
        return number

    def renewed(self, group_ids: tuple[GroupId, ...], before: int, after: int) -> None:
        """The application of these groups has moved from one generation to the next."""
        self._renewed.append((group_ids, before, after))

    def committed(self) -> None:
        """Carry the committed changes over to what the process keeps in memory."""
        with self._cache.lock:
            generations = {group_id: after for ids, _, after in self._renewed for group_id in ids}
            for group_id, (generation, spread) in self._spreads.items():
                self._cache.keep_spread(group_id, generations.get(group_id, generation), spread)
            for group_ids, before, after in self._renewed:
                self._cache.renew(group_ids, before, after)
            for node_id, count in self._freed.items():
                self._cache.free(node_id, count)
        self._placed.clear()
        self._spreads.clear()

    def rolled_back(self) -> None:
        """Give back in memory what was reserved; the spreads that were changed are forgotten."""
        with self._cache.lock:
            for spread, placements in reversed(self._placed):
                release(self._cache.fleet, spread, placements)
            if self._fleet_is_doubtful or self._has_changed_nodes:
                self._cache.forget_fleet()
        self._placed.clear()
        self._spreads.clear()
