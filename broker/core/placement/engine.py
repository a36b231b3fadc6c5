"""Placement: gears of one group come to their nodes, all or none, and leave them again."""

from collections.abc import Iterable, Sequence

from broker.core.placement.batch import Batch
from broker.core.placement.draw import Draw
from broker.core.placement.fleet import Fleet
from broker.core.placement.model import Placement, Request, Rules
from broker.core.placement.policies import Pick, named
from broker.core.placement.spread import GroupSpread


def place(
    fleet: Fleet,
    spread: GroupSpread,
    requests: Sequence[Request],
    *,
    rules: Rules,
    draw: Draw,
    policy: str | Pick = "least_loaded",
) -> tuple[Placement, ...]:
    """Give every gear a node, reserve it in the fleet and count it in the spread.

    The outcome is that of placing the gears one by one in this order. If one finds no node, nothing is
    changed and NoNodeAvailable is raised with the number of nodes each requirement refused for that gear.
    KeyError for a policy name that is not in `POLICIES`.
    """
    picked_by = named(policy)
    placed: list[Placement] = []
    batch: Batch | None = None
    try:
        for request in requests:
            if batch is None or not batch.takes(request):
                batch = Batch(fleet, spread, request, rules=rules, draw=draw, policy=picked_by)
            placed.append(batch.place(request))
    except Exception:
        release(fleet, spread, placed)
        raise
    return tuple(placed)


def release(fleet: Fleet, spread: GroupSpread, placements: Iterable[Placement]) -> None:
    """Give the room of placed gears back and count them out; a node that left the fleet gets none back."""
    for placed in placements:
        if placed.node_id in fleet:
            fleet.release(placed.node_id)
        spread.remove(placed.node_id, region=placed.region, zone=placed.zone, carries_proxy=placed.carries_proxy)
