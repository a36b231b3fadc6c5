from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from node_agent.addresses import NodeLayout
from node_agent.gear import Gear, GearState, exposing, furnished, with_cartridge
from node_agent.gear_book import GearBook
from node_agent.protocol import CartridgeSpec, PublicEndpoint
from node_agent.refusals import NodeRefusal, NoUidsLeft, UidNotFree

SMALL = NodeLayout(last_uid=1004)
GEAR_IDS = st.integers(0, 9).map(lambda number: f"g{number}")


class UidsOfABook(RuleBasedStateMachine):
    """Gears come, are adopted and go; a plain dict beside the book says who should hold which uid."""

    def __init__(self) -> None:
        super().__init__()
        self.book = GearBook(SMALL)
        self.held: dict[str, int] = {}

    @rule(gear_id=GEAR_IDS)
    def create(self, gear_id: str) -> None:
        """Create a gear with the uid whose turn it is."""
        if gear_id in self.held:
            return
        try:
            gear = self.book.draft(gear_id, GearState.STARTED)
        except NoUidsLeft:
            assert len(self.held) == SMALL.uids
            return
        assert gear.uid not in self.held.values()
        self.book.enter(gear)
        self.held[gear_id] = gear.uid

    @rule(gear_id=GEAR_IDS, uid=st.integers(998, 1007))
    def adopt(self, gear_id: str, uid: int) -> None:
        """Adopt a gear with a uid of its own."""
        if gear_id in self.held:
            return
        free = SMALL.first_uid <= uid <= SMALL.last_uid and uid not in self.held.values()
        try:
            self.book.adopt(Gear(gear_id=gear_id, uid=uid, state=GearState.STOPPED))
        except UidNotFree:
            assert not free
            return
        assert free
        self.held[gear_id] = uid

    @rule(gear_id=GEAR_IDS)
    def remove(self, gear_id: str) -> None:
        """Remove a gear."""
        if gear_id in self.held:
            self.book.remove(gear_id)
            del self.held[gear_id]

    @invariant()
    def the_book_agrees_with_the_dict(self) -> None:
        """Every gear holds the uid it should, and no other gear is there."""
        assert {gear.gear_id: gear.uid for gear in self.book.snapshot()} == self.held


test_no_uid_is_ever_held_twice_or_lost = UidsOfABook.TestCase


SPECS = st.builds(
    lambda name, ports: CartridgeSpec(
        name=name,
        endpoints=tuple(PublicEndpoint(port_name=f"P{port}", internal_port=port) for port in ports),
    ),
    st.sampled_from(["php-5.4", "haproxy-1.4", "mysql-5.5"]),
    st.lists(st.integers(1, 65535), max_size=3),
)


def one_by_one(gear: Gear, specs: list[CartridgeSpec], layout: NodeLayout) -> Gear:
    for spec in specs:
        gear = exposing(with_cartridge(gear, spec), spec.name, layout)
    return gear


@given(uid=st.integers(1000, 6999), specs=st.lists(SPECS, max_size=4))
def test_a_gear_furnished_in_one_go_is_as_if_furnished_one_by_one(uid: int, specs: list[CartridgeSpec]) -> None:
    layout = NodeLayout()
    empty = Gear(gear_id="g1", uid=uid, state=GearState.STARTED)

    def outcome(furnish: Callable[[Gear, list[CartridgeSpec], NodeLayout], Gear]) -> object:
        try:
            return furnish(empty, specs, layout)
        except NodeRefusal as refusal:
            return refusal.code, str(refusal)

    assert outcome(furnished) == outcome(one_by_one)


@given(uid=st.integers(1000, 6999), specs=st.lists(SPECS, max_size=4, unique_by=lambda spec: spec.name))
def test_the_public_ports_of_a_gear_are_its_own_and_each_is_used_once(uid: int, specs: list[CartridgeSpec]) -> None:
    layout = NodeLayout()
    empty = Gear(gear_id="g1", uid=uid, state=GearState.STARTED)
    wanted = sum(len(spec.endpoints) for spec in specs)
    if wanted > layout.ports_per_uid:
        return

    ports = [endpoint.public_port for endpoint in furnished(empty, specs, layout).endpoints()]

    assert len(ports) == len(set(ports)) == wanted
    assert set(ports) <= set(layout.port_block(uid))
