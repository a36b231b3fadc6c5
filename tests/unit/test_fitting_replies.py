import pytest

from broker.core.ids import ApplicationId, CommandId, GearId, NodeId
from broker.interfaces import StepRecord
from broker.usecases.replies import endpoints_told, fitting
from node_agent.protocol import LONGEST_OUTPUT, Command, CommandKind, Reply

DUMPED = Reply(command_id="c1", node_id="n1", ok=True, gear_state="started", uid=1000, output="It is in the log.")


def a_step(kind: CommandKind) -> StepRecord:
    arguments = {"cartridge": {"name": "php-5.4", "endpoints": []} if kind is CommandKind.ADD_CARTRIDGE else "php-5.4"}
    command = Command(command_id="c1", node_id="n1", kind=kind, gear_id="g1", arguments=arguments)
    return StepRecord(
        command_id=CommandId("c1"),
        operation_id=None,
        application_id=ApplicationId("a1"),
        node_id=NodeId("n1"),
        gear_id=GearId("g1"),
        kind=kind.value,
        body=command.to_wire(),
        awaited=True,
    )


def judged(kind: CommandKind, wire: dict[str, object]) -> Reply | None:
    step = a_step(kind)
    return fitting(step, wire, endpoints_told([step]))


@pytest.mark.parametrize("output", ["It is in the log.", "x" * LONGEST_OUTPUT, None])
def test_what_a_thread_dump_says_is_taken_and_so_is_that_it_says_nothing(output: str | None) -> None:
    wire = DUMPED.to_wire() | {"output": output}

    assert judged(CommandKind.THREAD_DUMP, wire) == Reply.from_wire(wire)


@pytest.mark.parametrize("output", ["", 5, "a\0b", "\ud800", "x" * (LONGEST_OUTPUT + 1), "\N{SNOWMAN}" * 2731])
def test_what_no_thread_dump_can_say_is_as_if_nothing_had_come(output: object) -> None:
    assert judged(CommandKind.THREAD_DUMP, DUMPED.to_wire() | {"output": output}) is None


def test_a_thread_dump_that_failed_has_nothing_to_say() -> None:
    assert judged(CommandKind.THREAD_DUMP, DUMPED.to_wire() | {"ok": False}) is None


@pytest.mark.parametrize("kind", [each for each in CommandKind if each not in {"thread_dump", "create_gear"}])
def test_no_other_command_leads_to_a_text_for_the_user(kind: CommandKind) -> None:
    wire = DUMPED.to_wire()

    assert judged(kind, wire) is None
    assert judged(kind, wire | {"output": None}) is not None
