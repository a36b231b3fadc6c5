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
from broker.store.fleet_cache import FleetCache
from broker.store.repositories.outbox import upsert
from broker.store.tables import counters, gears, nodes

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
        self._looked = False

    def fleet(self) -> Fleet:
        """The fleet as of now."""
        self._refresh()
        return self._cache.fleet

    def address(self, node_id: NodeId) -> str:
        """The public address of a node."""
        self._refresh()
        return self._cache.addresses[node_id]

    def unresponsive(self) -> frozenset[NodeId]:
        """The nodes that are not heard of."""
        self._refresh()
        return frozenset(self._cache.unresponsive)

    def ids(self) -> Collection[NodeId]:
        """The names of all nodes; to be read at once, not kept."""
        self._refresh()
        return self._cache.addresses.keys()

    def _refresh(self) -> None:
        """Take in what has changed in the fleet; one look in a unit of work is enough."""
        if self._looked:
            return
        self._looked = True
        changes = self._connection.execute(_FLEET_CHANGES).scalar() or 0
        with self._cache.lock:
            if changes <= self._cache.seen:
                return
            rows = self._connection.execute(select(nodes).where(nodes.c.changed > self._cache.seen))
            self._cache.learn(rows, changes)

    def spread(self, group_id: GroupId, generation: int, home_region: str | None) -> GroupSpread:
        """Where the group's gears are, for the application's `generation`; changes are dropped on rollback."""
        held = self._spreads.get(group_id)
        if held is not None:
            return held[1]
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
            with self._cache.lock:
                self._cache.forget()
            return False
        return True

    def free(self, counts: Mapping[NodeId, int]) -> None:
        """Give gears of nodes back; placement sees the room once this unit of work has committed."""
        self.reserve({node_id: -count for node_id, count in counts.items()})
        for node_id, count in counts.items():
            self._freed[node_id] = self._freed.get(node_id, 0) + count

    def record(self, node_id: NodeId) -> NodeRecord | None:
        """One node."""
        return self.records([node_id]).get(node_id)

    def records(self, node_ids: Iterable[NodeId]) -> dict[NodeId, NodeRecord]:
        """Those of these nodes that exist."""
        rows = self._connection.execute(_RECORD.where(among(self._connection, nodes.c.node_id, node_ids)))
        return {row.node_id: NodeRecord(**row._mapping) for row in rows}  # noqa: SLF001 the documented name

    def all(self) -> tuple[NodeRecord, ...]:
        """Every node, by name."""
        rows = self._connection.execute(_RECORD.order_by(nodes.c.node_id)).mappings()
        return tuple(NodeRecord(**row) for row in rows)

    def add(self, added: Sequence[NodeRecord]) -> None:
        """Register nodes, or learn anew what is known of them; the gears they have stay counted."""
        changed = self._next_change()
        names = [name for name in NodeRecord.__slots__ if name != "gears"]
        rows = [{name: getattr(node, name) for name in names} | {"changed": changed} for node in added]
        statement = upsert(self._connection.dialect.name, nodes)
        kept = {name: statement.excluded[name] for name in (*names, "changed") if name != "node_id"}
        statement = statement.on_conflict_do_update(index_elements=["node_id"], set_=kept)
        for start in range(0, len(rows), _CHUNK):
            self._connection.execute(statement, [{**row, "gears": 0} for row in rows[start : start + _CHUNK]])
        self._looked = False

    def set_liveness(self, node_ids: Sequence[NodeId], liveness: str) -> None:
        """Note which nodes are heard of, or not any more."""
        self._connection.execute(
            update(nodes)
            .where(among(self._connection, nodes.c.node_id, node_ids))
            .values(liveness=liveness, changed=self._next_change())
        )
        self._looked = False

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
                self._cache.fleet.release(node_id, count)
        self._placed.clear()
        self._spreads.clear()

    def rolled_back(self) -> None:
        """Give back in memory what was reserved; the spreads that were changed are forgotten."""
        with self._cache.lock:
            for spread, placements in reversed(self._placed):
                release(self._cache.fleet, spread, placements)
        self._placed.clear()
        self._spreads.clear()
