"""The greedy choice beside an independent judge: OR-tools' CP-SAT, which looks at all gears at once."""

from collections import Counter

import pytest

from broker.core.placement import Draw, Fleet, GroupSpread, Node, Request, Rules, place
from broker.core.placement.model import load_of

cp_model = pytest.importorskip("ortools.sat.python.cp_model")

NODES = 1_000
GEARS = 100


def a_loaded_fleet(zones: int) -> list[Node]:
    """Nodes of loads between 0 and 90 per cent, as different in each zone as can be."""
    return [
        Node(
            node_id=f"node-{number}.example.com",
            profile="small",
            zone=f"zone-{number % zones}",
            capacity=50 + number % 3 * 25,
            gears=number * number * 31 % (10 + 5 * (number % zones)),
        )
        for number in range(NODES)
    ]


def optimum(nodes: list[Node]) -> tuple[int, int]:
    """The least difference between zones' gears and, with it, the least sum of loads; one gear a node."""
    model = cp_model.CpModel()
    takes = {node.node_id: model.new_bool_var(node.node_id) for node in nodes}
    model.add(sum(takes.values()) == GEARS)
    fewest, most = model.new_int_var(0, GEARS, "fewest"), model.new_int_var(0, GEARS, "most")
    for zone in {node.zone for node in nodes}:
        gears = sum(takes[node.node_id] for node in nodes if node.zone == zone)
        model.add(gears >= fewest)
        model.add(gears <= most)
    loads = sum(load_of(node.gears, node.capacity) * takes[node.node_id] for node in nodes)
    beyond_any_load = 1_000_000 * GEARS
    model.minimize((most - fewest) * beyond_any_load + loads)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(model) == cp_model.OPTIMAL
    return divmod(round(solver.objective_value), beyond_any_load)


@pytest.mark.parametrize("zones", [1, 3, 4])
def test_a_hundred_gears_are_as_even_and_as_light_as_they_can_be(zones):
    nodes = a_loaded_fleet(zones)

    placements = place(
        Fleet(nodes),
        GroupSpread(),
        [Request(profile="small")] * GEARS,
        rules=Rules(zones_required=True, minimum_zones=2),
        draw=Draw.for_application("5f0000000000000000000001"),
    )

    by_zone = Counter(placement.zone for placement in placements)
    before = {node.node_id: load_of(node.gears, node.capacity) for node in nodes}
    loads = sum(before[placement.node_id] for placement in placements)
    assert len({placement.node_id for placement in placements}) == GEARS
    assert (max(by_zone.values()) - min(by_zone.values()), loads) == optimum(nodes)
