from collections.abc import Mapping

import pytest

from node_agent.addresses import NodeLayout
from node_agent.agent import Agent
from node_agent.gear import Gear, GearState
from node_agent.gear_book import GearBook
from node_agent.journal import MemoryJournal
from node_agent.protocol import CartridgeSpec, Command, CommandKind, PublicEndpoint, Reply
from node_agent.runtime.faults import Faults
from node_agent.runtime.simulated import SimulatedRuntime

NODE = "node-a1.example.com"
GEAR = "a" * 24
PHP = CartridgeSpec(name="php-5.4", endpoints=(PublicEndpoint(port_name="PROXY_PORT", internal_port=8080),))
HAPROXY = CartridgeSpec(name="haproxy-1.4", endpoints=(PublicEndpoint(port_name="PROXY_PORT", internal_port=8080),))


class BrokenRuntime(SimulatedRuntime):
    """A runtime that breaks in a way it does not declare."""

    def start(self, gear: Gear) -> None:
        """Break."""
        raise OSError(f"no disk for {gear.gear_id}")


class Told:
    """An agent, told what to do in few words, each time under a new command id."""

    def __init__(self, runtime: SimulatedRuntime | None = None, layout: NodeLayout | None = None) -> None:
        self.book = GearBook(layout or NodeLayout())
        self.agent = Agent(NODE, runtime or SimulatedRuntime(Faults()), MemoryJournal(), self.book)
        self._told = 0

    def command(self, kind: str, arguments: Mapping[str, object] | None = None, *, gear_id: str = GEAR) -> Command:
        """Make the next command."""
        self._told += 1
        return Command(
            command_id=f"c{self._told}",
            node_id=NODE,
            kind=CommandKind(kind),
            gear_id=gear_id,
            arguments=arguments or {},
        )

    def to(self, kind: str, arguments: Mapping[str, object] | None = None, *, gear_id: str = GEAR) -> Reply:
        """Make the next command and let it be done."""
        return self.agent.handle(self.command(kind, arguments, gear_id=gear_id))

    def to_create(self, *cartridges: CartridgeSpec, start: bool = True, gear_id: str = GEAR) -> Reply:
        """Let a gear be created."""
        return self.to("create_gear", creating(*cartridges, start=start), gear_id=gear_id)


def creating(*cartridges: CartridgeSpec, start: bool = True) -> dict[str, object]:
    return {
        "application": "testha",
        "namespace": "test",
        "profile": "small",
        "cartridges": [each.to_wire() for each in cartridges],
        "start": start,
    }


def test_a_created_gear_is_started_and_has_its_cartridges_exposed() -> None:
    reply = Told().to_create(PHP, HAPROXY)

    assert (reply.ok, reply.gear_state, reply.uid) == (True, "started", 1000)
    assert [
        (each.cartridge, each.port_name, each.public_port, each.internal_address, each.internal_port)
        for each in reply.endpoints
    ] == [
        ("php-5.4", "PROXY_PORT", 38031, "127.1.244.1", 8080),
        ("haproxy-1.4", "PROXY_PORT", 38032, "127.1.244.2", 8080),
    ]


def test_a_gear_created_without_starting_is_stopped() -> None:
    assert Told().to_create(PHP, start=False).gear_state == "stopped"


def test_the_same_command_id_is_answered_the_same_and_done_once() -> None:
    told = Told()
    command = told.command("create_gear", creating(PHP))

    first, second = told.agent.handle(command), told.agent.handle(command)

    assert first == second
    assert len(told.book) == 1


def test_a_command_turned_down_is_answered_the_same_even_when_it_would_now_succeed() -> None:
    told = Told()
    command = told.command("start_gear")
    refused = told.agent.handle(command)

    told.to_create(PHP)

    assert told.agent.handle(command) == refused


def test_a_second_gear_under_the_same_id_is_refused_and_the_first_stays() -> None:
    told = Told()
    told.to_create(PHP)

    reply = told.to_create(HAPROXY)

    assert (reply.ok, reply.error_code, reply.gear_state, reply.uid) == (
        False,
        "gear_exists",
        "started",
        1000,
    )
    assert [each.spec for each in told.book.get(GEAR).cartridges] == [PHP]


@pytest.mark.parametrize(
    ("kind", "arguments", "state"),
    [
        ("stop_gear", {"force": False}, "stopped"),
        ("stop_gear", {"force": True}, "stopped"),
        ("start_gear", {}, "started"),
        ("restart_gear", {}, "started"),
    ],
)
@pytest.mark.parametrize("start", [True, False])
def test_a_gear_ends_in_the_state_it_is_told_to_whatever_it_was_in(
    kind: str, arguments: dict[str, object], state: str, *, start: bool
) -> None:
    told = Told()
    told.to_create(start=start)

    reply = told.to(kind, arguments)

    assert (reply.ok, reply.gear_state, told.book.get(GEAR).state) == (True, state, GearState(state))


def test_a_destroyed_gear_is_gone() -> None:
    told = Told()
    told.to_create(PHP)

    reply = told.to("destroy_gear", {"drain_seconds": 2.5})

    assert (reply.ok, reply.gear_state, reply.uid) == (True, None, None)
    assert told.book.snapshot() == ()


def test_destroying_a_gear_that_is_not_there_is_done() -> None:
    assert Told().to("destroy_gear", {"drain_seconds": 0}).ok


def test_an_added_cartridge_is_concealed_until_it_is_exposed() -> None:
    told = Told()
    told.to_create(PHP)

    added = told.to("add_cartridge", {"cartridge": HAPROXY.to_wire()})
    exposed = told.to("expose_endpoints", {"cartridge": "haproxy-1.4"})

    assert (added.ok, added.endpoints) == (True, ())
    assert [each.public_port for each in exposed.endpoints] == [38032]


def test_exposing_what_is_exposed_answers_the_same_ports() -> None:
    told = Told()
    created = told.to_create(PHP)

    assert told.to("expose_endpoints", {"cartridge": "php-5.4"}).endpoints == created.endpoints


@pytest.mark.parametrize("kind", ["remove_cartridge", "conceal_endpoints"])
def test_a_cartridge_taken_away_or_concealed_has_no_public_port(kind: str) -> None:
    told = Told()
    told.to_create(PHP)

    reply = told.to(kind, {"cartridge": "php-5.4"})

    assert (reply.ok, reply.endpoints, told.book.get(GEAR).endpoints()) == (True, (), ())


@pytest.mark.parametrize("kind", ["remove_cartridge", "conceal_endpoints"])
def test_taking_away_what_is_not_there_is_done(kind: str) -> None:
    told = Told()
    told.to_create()

    assert told.to(kind, {"cartridge": "php-5.4"}).ok


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("start_gear", {}),
        ("stop_gear", {"force": False}),
        ("restart_gear", {}),
        ("add_cartridge", {"cartridge": PHP.to_wire()}),
        ("remove_cartridge", {"cartridge": "php-5.4"}),
        ("expose_endpoints", {"cartridge": "php-5.4"}),
        ("conceal_endpoints", {"cartridge": "php-5.4"}),
    ],
)
def test_a_gear_that_is_not_there_cannot_be_changed(kind: str, arguments: dict[str, object]) -> None:
    reply = Told().to(kind, arguments)

    assert (reply.ok, reply.error_code, reply.gear_state) == (False, "unknown_gear", None)


def test_a_cartridge_is_not_added_twice() -> None:
    told = Told()
    told.to_create(PHP)

    reply = told.to("add_cartridge", {"cartridge": PHP.to_wire()})

    assert (reply.ok, reply.error_code, reply.gear_state, reply.uid) == (
        False,
        "cartridge_present",
        "started",
        1000,
    )


def test_a_gear_is_not_created_with_the_same_cartridge_twice() -> None:
    told = Told()

    assert told.to_create(PHP, PHP).error_code == "cartridge_present"
    assert len(told.book) == 0


def test_a_cartridge_that_is_not_carried_cannot_be_exposed() -> None:
    told = Told()
    told.to_create()

    assert told.to("expose_endpoints", {"cartridge": "php-5.4"}).error_code == "cartridge_absent"


def test_a_gear_that_needs_too_many_ports_is_not_created_at_all() -> None:
    told = Told()
    wide = CartridgeSpec(
        name="wide",
        endpoints=tuple(PublicEndpoint(port_name=f"P{n}", internal_port=9000 + n) for n in range(5)),
    )

    reply = told.to_create(PHP, wide)

    assert (reply.error_code, reply.error) == (
        "no_ports_left",
        "No ports were left available to map 127.1.244.2:9004",
    )
    assert told.to_create(PHP).uid == 1000


def test_a_node_without_free_uids_refuses_a_gear() -> None:
    told = Told(layout=NodeLayout(last_uid=1000))
    told.to_create()

    assert told.to_create(gear_id="b" * 24).error_code == "no_uids_left"


def test_a_command_for_another_node_is_refused_and_not_remembered() -> None:
    told = Told()
    elsewhere = Command(command_id="c1", node_id="other", kind=CommandKind.START_GEAR, gear_id=GEAR)

    assert told.agent.handle(elsewhere).error_code == "wrong_node"
    assert told.to_create().ok


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("create_gear", {}),
        ("create_gear", creating() | {"cartridges": [{"name": "php-5.4"}]}),
        ("create_gear", creating() | {"cartridges": "php-5.4"}),
        ("create_gear", creating() | {"start": 1}),
        ("create_gear", creating() | {"profile": None}),
        ("stop_gear", {}),
        ("destroy_gear", {"drain_seconds": -1}),
        ("destroy_gear", {"drain_seconds": float("nan")}),
        ("destroy_gear", {"drain_seconds": True}),
    ],
)
def test_malformed_arguments_are_answered_and_change_nothing(kind: str, arguments: dict[str, object]) -> None:
    told = Told()

    reply = told.to(kind, arguments)

    assert (reply.ok, reply.error_code) == (False, "malformed_command")
    assert len(told.book) == 0


@pytest.mark.parametrize("cartridge", [None, 5, {"name": ""}, "php-5.4"])
def test_a_malformed_cartridge_is_answered_and_not_added(cartridge: object) -> None:
    told = Told()
    told.to_create()

    assert told.to("add_cartridge", {"cartridge": cartridge}).error_code == "malformed_command"


def test_a_runtime_that_breaks_is_answered_logged_and_leaves_the_gear_as_it_was(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told = Told(runtime=BrokenRuntime(Faults()))
    told.to_create(start=False)

    reply = told.to("start_gear")

    assert (reply.ok, reply.error_code, reply.gear_state) == (False, "node_failure", "stopped")
    assert "no disk for" in caplog.text


def test_a_journal_forgets_the_oldest_reply_first() -> None:
    journal = MemoryJournal(kept=2)
    for number in range(3):
        journal.record(Reply(command_id=f"c{number}", node_id=NODE, ok=True))

    assert [journal.answer_to(f"c{number}") is None for number in range(3)] == [True, False, False]


def test_a_journal_that_keeps_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="not 0"):
        MemoryJournal(kept=0)
