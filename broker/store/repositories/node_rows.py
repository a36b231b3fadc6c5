"""What is known of nodes: their rows, and what of them every process keeps in memory."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select, update

from broker.core.ids import NodeId
from broker.interfaces import NodeRecord
from broker.store.advisory_locks import FLEET_LOCK
from broker.store.among import among
from broker.store.fleet_cache import FleetCache, KnownNodes
from broker.store.tables import counters, nodes
from broker.store.upsert import upsert

FLEET_CHANGES = "fleet_changes"
_CHUNK = 500

_RECORD = select(*(nodes.c[name] for name in NodeRecord.__slots__))
_FLEET_CHANGES = select(counters.c.value).where(counters.c.name == FLEET_CHANGES)
# Not a lock on the counter's row: sharing one writes to the row, and lets whoever wants it alone wait for long.
_HOLD = select(func.pg_advisory_xact_lock_shared(FLEET_LOCK))
_HOLD_ALONE = select(func.pg_advisory_xact_lock(FLEET_LOCK))


class NodeRows:
    """Nodes as they are registered and heard of."""

    def __init__(self, connection: Connection, cache: FleetCache) -> None:
        self._connection = connection
        self._cache = cache
        self._known: KnownNodes | None = None
        self._has_changed_nodes = False
        self._is_holding = connection.dialect.name == "sqlite"

    def hold(self) -> None:
        """Let nobody change what a node is, or whether it is heard of, until this unit of work ends.

        Asked before any row is locked: whoever changes nodes locks in that order too.
        """
        if not self._is_holding:
            self._is_holding = True
            self._connection.execute(_HOLD)
            self._known = None  # what was seen before may have changed since

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

    def regions(self) -> frozenset[str]:
        """The regions that nodes are in; to ask holds nobody up who places."""
        return self._look().regions

    def zones_by_region(self) -> Mapping[str, frozenset[str]]:
        """The zones of each region that nodes are in; none where they are in no zone."""
        places = set(self._look().places.values())
        return {
            region: frozenset(zone for each, zone in places if each == region and zone is not None)
            for region, _ in places
            if region is not None
        }

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
        statement = update(nodes).where(
            among(self._connection, nodes.c.node_id, node_ids), nodes.c.liveness != liveness
        )
        statement = statement.values(liveness=liveness, changed=self._next_change())
        moved = tuple(self._connection.execute(statement.returning(nodes.c.node_id)).scalars())
        self._changed_nodes()
        return moved

    def _changed_nodes(self) -> None:
        self._known = None
        self._has_changed_nodes = True

    def _next_change(self) -> int:
        if self._connection.dialect.name != "sqlite":
            self._is_holding = True
            self._connection.execute(_HOLD_ALONE)
        statement = upsert(self._connection.dialect.name, counters).values(name=FLEET_CHANGES, value=1)
        statement = statement.on_conflict_do_update(
            index_elements=["name"], set_={"value": counters.c.value + 1}
        ).returning(counters.c.value)
        number: int = self._connection.execute(statement).scalar_one()
        return number
