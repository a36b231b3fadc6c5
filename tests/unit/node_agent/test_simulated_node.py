import pytest

from node_agent.addresses import NodeLayout
from node_agent.protocol import Command, CommandKind
from node_agent.simulated_node import SimulatedNode

NODE = "node-a1.example.com"


def a_node() -> SimulatedNode:
    return SimulatedNode(NODE, "boot-1", NodeLayout())


def creating(gear_id: str) -> Command:
    return Command(
        command_id=f"create {gear_id}",
        node_id=NODE,
        kind=CommandKind.CREATE_GEAR,
        gear_id=gear_id,
        arguments={"application": "a", "namespace": "n", "profile": "small", "cartridges": [], "start": True},
    )


def test_heartbeats_rise_and_count_the_gears() -> None:
    node = a_node()
    first = node.heartbeat()

    node.handle(creating("g1"))
    second = node.heartbeat()

    assert first is not None
    assert second is not None
    assert [(beat.boot_id, beat.number, beat.gears) for beat in (first, second)] == [
        ("boot-1", 1, 0),
        ("boot-1", 2, 1),
    ]


def test_a_killed_node_says_nothing_does_nothing_and_serves_nothing() -> None:
    node = a_node()
    node.handle(creating("g1"))

    node.kill()

    assert node.heartbeat() is None
    assert node.handle(creating("g2")) is None
    assert len(node.book) == 1
    assert not node.serves("g1")


def test_a_revived_node_is_a_new_boot_with_the_gears_it_had() -> None:
    node = a_node()
    node.handle(creating("g1"))
    before = node.book.snapshot()
    node.kill()

    node.revive("boot-2")

    beat = node.heartbeat()
    assert beat is not None
    assert (beat.boot_id, beat.number, beat.gears) == ("boot-2", 1, 1)
    assert node.book.snapshot() == before
    assert node.serves("g1")


def test_a_revived_node_still_knows_which_commands_it_has_done() -> None:
    node = a_node()
    done = node.handle(creating("g1"))
    node.kill()
    node.revive("boot-2")

    assert node.handle(creating("g1")) == done


def test_a_node_that_is_not_killed_is_not_rebooted_by_reviving_it() -> None:
    node = a_node()

    node.revive("boot-2")

    beat = node.heartbeat()
    assert beat is not None
    assert beat.boot_id == "boot-1"


def test_a_killed_node_cannot_be_revived_into_the_boot_that_ended() -> None:
    node = a_node()
    node.kill()

    with pytest.raises(ValueError, match="boot-1"):
        node.revive("boot-1")

    assert node.heartbeat() is None


def test_a_node_that_is_cut_off_hears_and_says_nothing_but_serves_on() -> None:
    node = a_node()
    node.handle(creating("g1"))

    node.faults.cut_off = True

    assert node.heartbeat() is None
    assert node.handle(creating("g2")) is None
    assert len(node.book) == 1
    assert node.serves("g1")


def test_a_node_back_from_being_cut_off_is_in_the_same_boot() -> None:
    node = a_node()
    node.faults.cut_off = True
    node.heartbeat()

    node.faults.cut_off = False

    beat = node.heartbeat()
    assert beat is not None
    assert (beat.boot_id, beat.number) == ("boot-1", 2)


def test_a_slow_node_says_how_late_its_reply_is() -> None:
    node = a_node()

    node.faults.slow_seconds = 12.5

    delivery = node.handle(creating("g1"))
    assert delivery is not None
    assert (delivery.reply.ok, delivery.delay_seconds) == (True, 12.5)


def test_a_failing_node_fails_every_nth_command_and_does_not_do_it() -> None:
    node = a_node()
    node.faults.fail_every = 3

    deliveries = [node.handle(creating(f"g{number}")) for number in range(6)]

    assert [each and each.reply.error_code for each in deliveries] == [None, None, "injected_fault"] * 2
    assert [gear.gear_id for gear in node.book.snapshot()] == ["g0", "g1", "g3", "g4"]


def test_a_command_that_was_made_to_fail_is_done_when_it_comes_again() -> None:
    node = a_node()
    node.faults.fail_every = 1
    node.handle(creating("g1"))

    node.faults.fail_every = 0

    again = node.handle(creating("g1"))
    assert again is not None
    assert again.reply.ok


@pytest.mark.parametrize("name", ["slow_seconds", "fail_every"])
def test_a_fault_below_zero_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="-1"):
        setattr(a_node().faults, name, -1)


def test_a_gear_that_is_stopped_or_unknown_does_not_serve() -> None:
    node = a_node()
    node.handle(creating("g1"))

    node.handle(
        Command(
            command_id="stop",
            node_id=NODE,
            kind=CommandKind.STOP_GEAR,
            gear_id="g1",
            arguments={"force": False},
        )
    )

    assert not node.serves("g1")
    assert not node.serves("g2")
