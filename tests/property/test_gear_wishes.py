from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from node_agent.addresses import NodeLayout
from node_agent.agent import Agent
from node_agent.gear import Gear
from node_agent.gear_book import GearBook
from node_agent.journal import MemoryJournal
from node_agent.protocol import Command, CommandKind, DeploymentSpec
from node_agent.runtime.faults import Faults
from node_agent.runtime.simulated import SimulatedRuntime

NODE = "node-a1.example.com"
NAMES = ("php-5.4", "mysql-5.5")
CREATION = {
    "application": "a",
    "namespace": "n",
    "profile": "small",
    "cartridges": [{"name": name, "endpoints": []} for name in NAMES],
    "start": True,
}
Told = tuple[CommandKind, dict[str, object]]
WISHES = st.one_of(
    st.sampled_from(
        [
            (CommandKind.START_GEAR, {}),
            (CommandKind.STOP_GEAR, {"force": False}),
            (CommandKind.RESTART_GEAR, {}),
            (CommandKind.RELOAD_GEAR, {}),
            (CommandKind.TIDY_GEAR, {}),
        ]
    ),
    st.tuples(
        st.sampled_from(
            [
                CommandKind.START_CARTRIDGE,
                CommandKind.STOP_CARTRIDGE,
                CommandKind.RESTART_CARTRIDGE,
                CommandKind.RELOAD_CARTRIDGE,
            ]
        ),
        st.sampled_from(NAMES).map(lambda name: {"cartridge": name}),
    ),
    st.integers(1, 9).map(
        lambda number: (CommandKind.ACTIVATE_DEPLOYMENT, DeploymentSpec(deployment_id=f"d{number}").to_wire())
    ),
    st.integers(0, 9).map(lambda number: (CommandKind.SET_STORAGE, {"additional_gigabytes": number})),
)


def command(number: int, told: Told) -> Command:
    """The wish of that number, which is the id of the command as well."""
    kind, arguments = told
    return Command(command_id=f"c{number}", node_id=NODE, kind=kind, gear_id="g1", arguments=arguments, issued=number)


def gear_after(commands: Sequence[Command]) -> Gear:
    """The gear after these commands, without the numbers that it has heard of."""
    book = GearBook(NodeLayout())
    agent = Agent(NODE, SimulatedRuntime(Faults()), MemoryJournal(), book)
    agent.handle(command(0, (CommandKind.CREATE_GEAR, CREATION)))
    for each in commands:
        reply = agent.handle(each)
        assert reply.error_code in {None, "superseded"}
    gear = book.get("g1")
    cartridges = tuple(replace(each, issued=0) for each in gear.cartridges)
    return replace(gear, cartridges=cartridges, issued=0, deployment_issued=0, storage_issued=0)


@given(data=st.data(), told=st.lists(WISHES, min_size=1, max_size=8))
def test_a_gear_is_as_the_newest_wishes_say_in_whatever_order_and_however_often_they_come(
    data: st.DataObject, told: list[Told]
) -> None:
    in_order = [command(number, each) for number, each in enumerate(told, start=1)]
    copies = data.draw(st.lists(st.sampled_from(in_order), max_size=4))
    as_they_come = data.draw(st.permutations([*in_order, *copies]))

    assert gear_after(as_they_come) == gear_after(in_order)


@given(told=st.lists(WISHES, max_size=8), start=st.sampled_from([CommandKind.START_GEAR, CommandKind.RESTART_GEAR]))
def test_whatever_was_wished_before_all_of_a_gear_runs_once_it_is_started(told: list[Told], start: CommandKind) -> None:
    before = [command(number, each) for number, each in enumerate(told, start=1)]

    gear = gear_after([*before, command(len(told) + 1, (start, {}))])

    assert [gear.runs(name) for name in NAMES] == [True, True]
