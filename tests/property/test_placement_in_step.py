"""What a gear group remembers of the fleet between placements: always what it would learn anew."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from broker.core.errors import NoNodeAvailable
from broker.core.placement import Draw, Fleet, GroupSpread, Node, Placement, Request, Rules, explain, place, release
from broker.core.placement.guests import Guests, guests_of

NODE_IDS = [f"node-{number}.example.com" for number in range(6)]
RULES = Rules(minimum_zones=2)
DRAWS = {"first": Draw.for_application("first"), "second": Draw.for_application("second")}

indexes = st.integers(0, len(NODE_IDS) - 1)
states = st.fixed_dictionaries(
    {
        "capacity": st.integers(1, 6),
        "zone": st.sampled_from([None, "a", "b"]),
        "profile": st.sampled_from(["small", "small", "small", "large"]),
        "active": st.sampled_from([True, True, True, False]),
        "responsive": st.sampled_from([True, True, True, False]),
    }
)
requests = st.builds(
    Request,
    profile=st.sampled_from(["small", "small", "small", "large"]),
    carries_proxy=st.booleans(),
    excluded=st.one_of(st.just(frozenset()), st.frozensets(st.sampled_from(NODE_IDS), max_size=2)),
)


def copied(spread: GroupSpread) -> GroupSpread:
    """The same counts, and nothing remembered."""
    copy = GroupSpread(home_region=spread.home_region)
    for name in ("gears", "proxies", "zone_gears", "zone_proxies", "regions"):
        setattr(copy, name, dict(getattr(spread, name)))
    copy.total = spread.total
    return copy


class TwoGroupsOnAFleet(RuleBasedStateMachine):
    """Two applications place and release while nodes come, go, fail and are moved to other zones."""

    def __init__(self) -> None:
        super().__init__()
        self.fleet = Fleet()
        self.spreads = {name: GroupSpread() for name in DRAWS}
        self.placed: dict[str, list[Placement]] = {name: [] for name in DRAWS}

    @initialize(states=st.lists(states, min_size=len(NODE_IDS), max_size=len(NODE_IDS)))
    def start(self, states):
        for node_id, state in zip(NODE_IDS, states, strict=True):
            self.fleet.add(Node(node_id=node_id, **state))

    @rule(name=st.sampled_from(sorted(DRAWS)), batch=st.lists(requests, min_size=1, max_size=6))
    def grow(self, name, batch):
        for request in batch:
            try:
                self.placed[name] += place(self.fleet, self.spreads[name], [request], rules=RULES, draw=DRAWS[name])
            except NoNodeAvailable:
                return

    @rule(name=st.sampled_from(sorted(DRAWS)), number=st.integers(0, 100))
    def shrink(self, name, number):
        if self.placed[name]:
            gone = self.placed[name].pop(number % len(self.placed[name]))
            release(self.fleet, self.spreads[name], [gone])

    @rule(index=indexes, state=states)
    def change_a_node(self, index, state):
        node_id = NODE_IDS[index]
        gears = self.fleet.remove(node_id).gears if node_id in self.fleet else 0
        self.fleet.add(Node(node_id=node_id, gears=gears, **state))

    @rule(index=indexes)
    def lose_an_empty_node(self, index):
        node_id = NODE_IDS[index]
        if node_id in self.fleet and not self.fleet.node(node_id).gears:
            self.fleet.remove(node_id)

    @rule(name=st.sampled_from(sorted(DRAWS)), request=requests)
    def the_next_gear_goes_where_it_would_with_all_learnt_anew(self, name, request):
        spread, draw = self.spreads[name], DRAWS[name]

        remembered = explain(self.fleet, spread, request, rules=RULES, draw=draw)
        anew = explain(Fleet(self.fleet), copied(spread), request, rules=RULES, draw=draw)

        assert remembered.verdicts == anew.verdicts
        assert remembered.placement == anew.placement
        assert (remembered.refusal is None) == (anew.refusal is None)
        if anew.refusal and remembered.refusal:
            assert remembered.refusal.reasons == anew.refusal.reasons

    @rule(name=st.sampled_from(sorted(DRAWS)))
    def the_seats_are_those_of_guests_learnt_anew(self, name):
        spread, point = self.spreads[name], DRAWS[name].point
        guests = guests_of(self.fleet, spread, point)
        guests.bar(frozenset())

        assert guests.layout() == Guests(self.fleet, copied(spread), point).layout()


TestTwoGroupsOnAFleet = TwoGroupsOnAFleet.TestCase


@given(st.lists(st.tuples(indexes, st.booleans()), min_size=1, max_size=30))
def test_a_group_told_of_each_gear_keeps_the_seats_it_would_learn_at_once(gears):
    fleet = Fleet(Node(node_id=node_id, profile="small", capacity=40, zone="a") for node_id in NODE_IDS)
    spread = GroupSpread()
    guests = guests_of(fleet, spread, 0)

    for number, carries_proxy in gears:
        spread.add(NODE_IDS[number], region=None, zone="a", carries_proxy=carries_proxy)

    assert guests.layout() == Guests(fleet, copied(spread), 0).layout()
