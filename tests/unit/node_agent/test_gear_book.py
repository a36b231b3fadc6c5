import pytest

from node_agent.addresses import NodeLayout
from node_agent.gear import (
    CarriedCartridge,
    Gear,
    GearState,
    concealing,
    exposing,
    with_cartridge,
    without_cartridge,
)
from node_agent.gear_book import GearBook
from node_agent.protocol import CartridgeSpec, PublicEndpoint
from node_agent.refusals import (
    GearExists,
    GearUnknown,
    NoAddressesLeft,
    NoPortsLeft,
    NoUidsLeft,
    PortNotFree,
    UidNotFree,
)

LAYOUT = NodeLayout()


def a_cartridge(name: str = "php-5.4", *, endpoints: int = 1) -> CartridgeSpec:
    ports = tuple(PublicEndpoint(port_name=f"PORT_{n}", internal_port=8080 + n) for n in range(endpoints))
    return CartridgeSpec(name=name, endpoints=ports)


def a_gear(gear_id: str = "g1", *, uid: int = 1000, cartridges: tuple[CarriedCartridge, ...] = ()) -> Gear:
    return Gear(gear_id=gear_id, uid=uid, state=GearState.STARTED, cartridges=cartridges)


def book_with(*gear_ids: str, layout: NodeLayout = LAYOUT) -> GearBook:
    book = GearBook(layout)
    for gear_id in gear_ids:
        book.enter(book.draft(gear_id, GearState.STARTED))
    return book


def test_the_first_gear_gets_the_first_uid() -> None:
    assert book_with("g1").get("g1").uid == 1000


def test_the_uid_of_a_removed_gear_rests_while_others_are_free() -> None:
    book = book_with("g1")

    book.remove("g1")

    assert book.draft("g2", GearState.STARTED).uid == 1001


def test_a_full_book_refuses_and_takes_a_gear_again_after_one_was_removed() -> None:
    book = book_with("g1", "g2", layout=NodeLayout(last_uid=1001))
    with pytest.raises(NoUidsLeft, match="between 1000 and 1001"):
        book.draft("g3", GearState.STARTED)

    book.remove("g1")

    assert book.draft("g3", GearState.STARTED).uid == 1000


def test_a_gear_is_not_drafted_under_an_id_that_is_taken() -> None:
    with pytest.raises(GearExists, match="g1"):
        book_with("g1").draft("g1", GearState.STARTED)


def test_an_unknown_gear_is_neither_kept_nor_removed() -> None:
    book = book_with()

    with pytest.raises(GearUnknown, match="g1"):
        book.keep(a_gear())
    with pytest.raises(GearUnknown, match="g1"):
        book.remove("g1")


def test_an_adopted_gear_is_as_it_was_recorded() -> None:
    recorded = a_gear(uid=2500, cartridges=(CarriedCartridge(spec=a_cartridge(), host=2, public_ports=(45533,)),))
    book = book_with()

    book.adopt(recorded)

    assert book.snapshot() == (recorded,)
    assert recorded.endpoints()[0].internal_address == "127.4.226.2"


def test_the_snapshot_of_one_book_can_be_adopted_by_an_empty_one() -> None:
    book = book_with("g1", "g2", "g3")
    book.remove("g2")
    restored = GearBook(LAYOUT)

    for gear in book.snapshot():
        restored.adopt(gear)

    assert restored.snapshot() == book.snapshot()


def test_a_drafted_gear_never_gets_the_uid_of_an_adopted_one() -> None:
    book = GearBook(NodeLayout(last_uid=1002))
    book.adopt(a_gear("g1", uid=1001))

    book.enter(book.draft("g2", GearState.STARTED))
    book.enter(book.draft("g3", GearState.STARTED))

    assert {gear.uid for gear in book.snapshot()} == {1000, 1001, 1002}


@pytest.mark.parametrize("uid", [1000, 999, 7000, -1])  # held; outside the pool
def test_a_gear_is_not_adopted_with_a_uid_that_is_not_free(uid: int) -> None:
    book = book_with("g1")

    with pytest.raises(UidNotFree, match=str(uid)):
        book.adopt(a_gear("g2", uid=uid))

    assert len(book) == 1


@pytest.mark.parametrize(
    ("endpoints", "ports"),
    [
        (1, (38036,)),  # the block of the next uid
        (2, (38031, 38031)),  # twice
        (2, (38031,)),  # one too few
        (1, (38031, 38032)),  # one too many
    ],
)
def test_a_gear_is_not_adopted_with_ports_it_cannot_hold(endpoints: int, ports: tuple[int, ...]) -> None:
    carried = CarriedCartridge(spec=a_cartridge(endpoints=endpoints), host=1, public_ports=ports)

    with pytest.raises(PortNotFree):
        book_with().adopt(a_gear(cartridges=(carried,)))


@pytest.mark.parametrize("hosts", [(0,), (128,), (1, 1)])
def test_a_gear_is_not_adopted_with_private_addresses_it_cannot_hold(hosts: tuple[int, ...]) -> None:
    carried = tuple(CarriedCartridge(spec=a_cartridge(f"c{n}"), host=host) for n, host in enumerate(hosts))

    with pytest.raises(NoAddressesLeft):
        book_with().adopt(a_gear(cartridges=carried))


def test_the_first_free_port_of_the_block_is_used_again() -> None:
    gear = a_gear()
    for name in ("a", "b"):
        gear = exposing(with_cartridge(gear, a_cartridge(name)), name, LAYOUT)
    gear = without_cartridge(gear, "a")

    gear = exposing(with_cartridge(gear, a_cartridge("c", endpoints=2)), "c", LAYOUT)

    assert [each.public_port for each in gear.endpoints()] == [38032, 38031, 38033]


def test_exposing_again_keeps_the_ports() -> None:
    exposed = exposing(with_cartridge(a_gear(), a_cartridge()), "php-5.4", LAYOUT)

    assert exposing(exposed, "php-5.4", LAYOUT) == exposed


def test_concealing_undoes_exposing() -> None:
    concealed = with_cartridge(a_gear(), a_cartridge())

    assert concealing(exposing(concealed, "php-5.4", LAYOUT), "php-5.4") == concealed


def test_each_cartridge_of_a_gear_has_a_private_address_of_its_own() -> None:
    gear = with_cartridge(with_cartridge(a_gear(), a_cartridge("a")), a_cartridge("b"))

    assert [each.host for each in gear.cartridges] == [1, 2]


def test_a_sixth_public_port_is_refused_in_the_words_of_the_field() -> None:
    gear = with_cartridge(a_gear(), a_cartridge(endpoints=6))

    with pytest.raises(NoPortsLeft, match=r"^No ports were left available to map 127\.1\.244\.1:8085$"):
        exposing(gear, "php-5.4", LAYOUT)


def test_a_gear_cannot_carry_more_cartridges_than_it_has_private_addresses() -> None:
    gear = a_gear()
    for number in range(127):
        gear = with_cartridge(gear, a_cartridge(f"c{number}"))

    with pytest.raises(NoAddressesLeft):
        with_cartridge(gear, a_cartridge("one-more"))
