"""The fleet: every node, kept in classes so that a placement looks at few of them."""

from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile

from broker.core.placement.draw import rank_of
from broker.core.placement.model import Node
from broker.core.placement.node_class import ClassKey, Entry, NodeClass


class Fleet:
    """All nodes by class and load; what it answers never depends on the order in which nodes came.

    Changing a node costs a search in its class, not a pass over the fleet. Not for several threads at once.
    """

    def __init__(self, nodes: Iterable[Node] = ()) -> None:
        self._classes: dict[ClassKey, NodeClass] = {}
        self._by_rank: dict[int, Entry] = {}
        self._by_id: dict[str, Entry] = {}
        self.changes = 0
        """The number of changes so far that `changed_since()` tells of."""
        self._changed: dict[str, int] = {}
        self.entry: Callable[[str], Entry | None] = self._by_id.get
        """The record of a node, or None if it is not in the fleet; to be read, not changed."""
        self.find: Callable[[int], Entry | None] = self._by_rank.get
        """The record of the node that has this rank, or None if it is not in the fleet."""
        self.ranked: Callable[[int], Entry] = self._by_rank.__getitem__
        """The record of the node that has this rank; KeyError if it is not in the fleet."""
        self.memo: dict[object, object] = {}
        """Answers that stay true until a node comes, goes or changes its class, whatever its gears."""
        for node in nodes:
            self.add(node)

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, node_id: object) -> bool:
        return node_id in self._by_id

    def __iter__(self) -> Iterator[Node]:
        return (_node(entry) for entry in self._by_id.values())

    def node(self, node_id: str) -> Node:
        """The node as it is now; KeyError if the fleet does not have it."""
        return _node(self._by_id[node_id])

    def add(self, node: Node) -> None:
        """Take a node in; ValueError if it is here already or its numbers make no sense."""
        if node.node_id in self._by_id:
            raise ValueError(f"node {node.node_id} is in the fleet already")
        if node.gears < 0 or node.capacity < 0:
            raise ValueError(f"node {node.node_id} has {node.gears} gears of {node.capacity}")
        key = (node.profile, node.region, node.zone, node.active, node.responsive)
        home = self._classes.get(key)
        if home is None:
            home = self._classes[key] = NodeClass(key)
        entry = Entry(node.node_id, rank_of(node.node_id), home, gears=node.gears, capacity=node.capacity)
        home.insert(entry)
        self._by_id[node.node_id] = self._by_rank[entry.rank] = entry
        self._note_change(node.node_id)
        self.memo.clear()

    def remove(self, node_id: str) -> Node:
        """Let a node go and return it as it was; KeyError if the fleet does not have it."""
        entry = self._by_id.pop(node_id)
        del self._by_rank[entry.rank]
        entry.home.discard(entry)
        self._note_change(node_id)
        self.memo.clear()
        return _node(entry)

    def update(self, node: Node) -> None:
        """Replace what is known of a node; KeyError if the fleet does not have it."""
        self.remove(node.node_id)
        self.add(node)

    def reserve(self, node_id: str, gears: int = 1) -> None:
        """Take room for gears on a node; ValueError if it has not that much."""
        entry = self._by_id[node_id]
        if entry.gears + gears > entry.capacity:
            raise ValueError(f"node {node_id} has no room for {gears} more: {entry.gears} of {entry.capacity} taken")
        entry.home.shift(entry, gears)
        if entry.gears == entry.capacity:
            self._note_change(node_id)

    def release(self, node_id: str, gears: int = 1) -> None:
        """Give room back; ValueError if the node has fewer gears than that."""
        entry = self._by_id[node_id]
        if gears > entry.gears:
            raise ValueError(f"node {node_id} has {entry.gears} gears, not {gears}")
        entry.home.shift(entry, -gears)
        self._note_change(node_id)

    def changed_since(self, number: int) -> Iterator[str]:
        """Nodes that came, went, opened, became full or less loaded after so many `changes`; each once.

        Of a load that rose and left its node open nothing is told: whoever looks at the node sees it.
        """
        return (node_id for node_id, _ in takewhile(lambda item: item[1] > number, reversed(self._changed.items())))

    def classes(self) -> Iterable[NodeClass]:
        """Every class that has a node, in no promised order; to be read, not changed."""
        return filter(len, self._classes.values())

    def layout(self) -> dict[ClassKey, dict[str, object]]:
        """The whole index as plain data, so that two fleets can be compared."""
        return {
            home.key: {
                "loads": list(home.loads),
                "rings": {load: list(ring) for load, ring in home.rings.items()},
                "full": sorted(home.full),
                "totals": (home.open, home.gears, home.capacity),
            }
            for home in self.classes()
        }

    def _note_change(self, node_id: str) -> None:
        self.changes += 1
        self._changed.pop(node_id, None)
        self._changed[node_id] = self.changes


def _node(entry: Entry) -> Node:
    home = entry.home
    return Node(
        node_id=entry.node_id,
        profile=home.profile,
        region=home.region,
        zone=home.zone,
        active=home.active,
        responsive=home.responsive,
        capacity=entry.capacity,
        gears=entry.gears,
    )
