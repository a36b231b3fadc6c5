"""Whatever the fleet, the gear group and the rules: what every placement keeps to."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from broker.core.errors import NoNodeAvailable
from broker.core.placement import (
    Draw,
    Fleet,
    GroupSpread,
    Node,
    Outcome,
    Placement,
    Request,
    Rules,
    explain,
    place,
    release,
)
from broker.core.placement.explain import refusals_by_node
from broker.core.placement.model import load_of

NODE_IDS = [f"node-{number}.example.com" for number in range(12)]

nodes = st.builds(
    lambda capacity, taken, **fields: Node(capacity=capacity, gears=min(taken, capacity), **fields),
    node_id=st.just(""),
    profile=st.sampled_from(["small", "small", "small", "large"]),
    capacity=st.integers(0, 4),
    taken=st.integers(0, 4),
    region=st.sampled_from([None, "r1", "r1", "r2"]),
    zone=st.sampled_from([None, "a", "b", "c"]),
    active=st.sampled_from([True, True, True, False]),
    responsive=st.sampled_from([True, True, True, False]),
)


def named(node: Node, node_id: str) -> Node:
    fields = {name: getattr(node, name) for name in Node.__slots__}
    return Node(**(fields | {"node_id": node_id}))


fleets = st.lists(nodes, min_size=1, max_size=len(NODE_IDS)).map(
    lambda drawn: [named(node, node_id) for node, node_id in zip(drawn, NODE_IDS, strict=False)]
)
requests = st.builds(
    Request,
    profile=st.sampled_from(["small", "small", "small", "large"]),
    region=st.sampled_from([None, None, "r1", "r2"]),
    carries_proxy=st.booleans(),
    excluded=st.frozensets(st.sampled_from(NODE_IDS[:3]), max_size=1),
)
rules = st.builds(
    Rules,
    zones_required=st.booleans(),
    minimum_zones=st.integers(1, 3),
    allow_multiple_proxies_on_node=st.booleans(),
    profile_enabled=st.booleans(),
)
draws = st.integers(0, 2**64 - 1).map(Draw)
policies = st.sampled_from(["least_loaded", "original"])
hosted = st.lists(st.tuples(st.integers(0, len(NODE_IDS) - 1), st.booleans()), max_size=15)


def spread_over(fleet: list[Node], gears: list[tuple[int, bool]]) -> GroupSpread:
    spread = GroupSpread()
    for number, carries_proxy in gears:
        node = fleet[number % len(fleet)]
        spread.add(node.node_id, region=node.region, zone=node.zone, carries_proxy=carries_proxy)
    return spread


def place_some(fleet, spread, batch, rules, draw, policy="least_loaded") -> list[Placement]:
    """One by one, up to the first that finds no node."""
    placed: list[Placement] = []
    for request in batch:
        try:
            placed += place(fleet, spread, [request], rules=rules, draw=draw, policy=policy)
        except NoNodeAvailable:
            break
    return placed


@given(st.data(), fleets, hosted, st.lists(requests, min_size=1, max_size=8), rules, draws, policies)
def test_the_order_of_the_fleet_never_changes_a_placement(data, nodes, gears, batch, rules, draw, policy):
    shuffled = data.draw(st.permutations(nodes))

    first = place_some(Fleet(nodes), spread_over(nodes, gears), batch, rules, draw, policy)
    second = place_some(Fleet(shuffled), spread_over(nodes, gears), batch, rules, draw, policy)

    assert first == second


@given(fleets, hosted, st.lists(requests, min_size=1, max_size=12), rules, draws, policies)
def test_a_batch_is_its_gears_placed_one_by_one(nodes, gears, batch, rules, draw, policy):
    one_by_one = place_some(Fleet(nodes), spread_over(nodes, gears), batch, rules, draw, policy)
    fleet, spread = Fleet(nodes), spread_over(nodes, gears)

    if len(one_by_one) == len(batch):
        together = place(fleet, spread, batch, rules=rules, draw=draw, policy=policy)

        assert list(together) == one_by_one
    else:
        before = fleet.layout(), spread_over(nodes, gears)

        refused = False
        try:
            place(fleet, spread, batch, rules=rules, draw=draw, policy=policy)
        except NoNodeAvailable:
            refused = True

        assert refused
        assert (fleet.layout(), spread) == before


@given(fleets, hosted, requests, rules, draws, policies)
def test_every_node_is_chosen_or_refused_or_outdone_or_not_drawn_as_the_counts_say(
    nodes, gears, request, rules, draw, policy
):
    fleet, spread = Fleet(nodes), spread_over(nodes, gears)

    explanation = explain(fleet, spread, request, rules=rules, draw=draw, policy=policy)

    verdicts = explanation.verdicts.values()
    assert {verdict.node_id for verdict in verdicts} == {node.node_id for node in nodes}
    refused = Counter(verdict.rule for verdict in verdicts if verdict.outcome is Outcome.REFUSED)
    outdone = Counter(verdict.rule for verdict in verdicts if verdict.outcome is Outcome.OUTDONE)
    placement = explanation.placement
    if placement is None:
        assert explanation.refusal.reasons == refused
        assert refused.total() == len(nodes)
    else:
        assert placement.refused == refused
        assert placement.candidates == len(nodes) - refused.total()
        left = placement.candidates
        for step in placement.narrowed:
            left -= outdone[step.preference]
            assert step.left == left
        assert [v.node_id for v in verdicts if v.outcome is Outcome.CHOSEN] == [placement.node_id]


@given(fleets, hosted, st.lists(requests, min_size=1, max_size=8), rules, draws, policies)
def test_a_preference_never_leaves_none(nodes, gears, batch, rules, draw, policy):
    placed = place_some(Fleet(nodes), spread_over(nodes, gears), batch, rules, draw, policy)

    assert all(step.left >= 1 for placement in placed for step in placement.narrowed)


@given(fleets, hosted, st.lists(requests, min_size=1, max_size=30), rules, draws, policies)
def test_no_node_gets_more_gears_than_it_has_room_for(nodes, gears, batch, rules, draw, policy):
    fleet = Fleet(nodes)

    placed = place_some(fleet, spread_over(nodes, gears), batch, rules, draw, policy)

    assert all(node.gears <= node.capacity for node in fleet)
    assert sum(node.gears for node in fleet) == sum(node.gears for node in nodes) + len(placed)


@given(fleets, st.lists(requests, min_size=1, max_size=20), rules, draws, policies)
def test_two_proxy_gears_share_a_node_only_where_that_is_allowed(nodes, batch, rules, draw, policy):
    spread = GroupSpread()

    place_some(Fleet(nodes), spread, batch, rules, draw, policy)

    assert rules.allow_multiple_proxies_on_node or all(count == 1 for count in spread.proxies.values())


@given(fleets, hosted, st.lists(requests, min_size=1, max_size=20), rules, draws, st.data())
def test_releasing_what_was_placed_restores_fleet_and_spread(nodes, gears, batch, rules, draw, data):
    fleet, spread = Fleet(nodes), spread_over(nodes, gears)
    placed = place_some(fleet, spread, batch, rules, draw)

    release(fleet, spread, data.draw(st.permutations(placed)))

    assert fleet.layout() == Fleet(nodes).layout()
    assert spread == spread_over(nodes, gears)


@given(fleets, st.lists(requests, min_size=1, max_size=20), rules, draws)
def test_the_index_after_placing_is_the_index_of_the_nodes_as_they_are_then(nodes, batch, rules, draw):
    fleet = Fleet(nodes)

    place_some(fleet, GroupSpread(), batch, rules, draw)

    assert fleet.layout() == Fleet(list(fleet)).layout()


@given(fleets, hosted, st.lists(requests, min_size=1, max_size=12), rules, draws)
def test_each_gear_goes_where_a_scan_of_every_node_would_put_it(nodes, gears, batch, rules, draw):
    fleet, spread = Fleet(nodes), spread_over(nodes, gears)

    for request in batch:
        best = best_by_scan(list(fleet), spread, request, rules)
        placed = place_some(fleet, spread, [request], rules, draw)

        assert [placement.node_id in best for placement in placed] == [True] * bool(best)


def best_by_scan(nodes: list[Node], spread: GroupSpread, request: Request, rules: Rules) -> set[str]:
    """All nodes that are best by the rules, before chance decides: one key for each node, compared whole."""
    refused = refusals_by_node(nodes, spread, request, rules)
    region = spread.region or request.region
    zone_totals: dict[tuple, list[int]] = {}
    for node in nodes:
        fits = not rules.profile_enabled or node.profile == request.profile
        if fits and node.active and node.responsive and (region is None or node.region == region):
            totals = zone_totals.setdefault((node.region, node.zone), [0, 0])
            totals[0] += node.gears
            totals[1] += node.capacity

    def key(node: Node) -> tuple:
        place = (node.region, node.zone)
        return (
            node.zone is None,
            spread.zone_proxies.get(place, 0) if request.carries_proxy else 0,
            spread.zone_gears.get(place, 0),
            spread.proxies.get(node.node_id, 0) if request.carries_proxy else 0,
            spread.gears.get(node.node_id, 0),
            load_of(node.gears, node.capacity),
            load_of(*zone_totals[place]),
        )

    keys = {node.node_id: key(node) for node in nodes if node.node_id not in refused}
    return {node_id for node_id, each in keys.items() if each == min(keys.values())}
