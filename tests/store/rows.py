"""Values to be stored."""

from broker.core.ids import NamespaceId, NodeId
from broker.core.owner import Namespace, User
from broker.interfaces import NodeRecord


def a_namespace(user: User, name: str, number: int = 1) -> Namespace:
    return Namespace(
        namespace_id=NamespaceId(f"{number:024x}"),
        name=name,
        owner_id=user.user_id,
        allowed_gear_sizes=("small",),
        created_at="2026-01-01T00:00:00Z",
    )


def a_node(name: str, *, zone: str | None = "a", capacity: int = 2, liveness: str = "responsive") -> NodeRecord:
    return NodeRecord(
        node_id=NodeId(name),
        public_address="127.0.1.1",
        profile="small",
        region="r1",
        zone=zone,
        capacity=capacity,
        gears=0,
        active=True,
        liveness=liveness,
    )
