import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from node_agent.addresses import NodeLayout
from node_agent.agent import Agent
from node_agent.durable import DurableBook, DurableJournal
from node_agent.gear_book import GearBook
from node_agent.journal import MemoryJournal
from node_agent.node_file import NodeFile
from node_agent.protocol import Command, Reply
from node_agent.runtime.faults import Faults
from node_agent.runtime.simulated import SimulatedRuntime

NODE = "node-a1.example.com"
SMALL = NodeLayout(last_uid=1005)
CARTRIDGES = [
    {
        "name": name,
        "endpoints": [{"port_name": f"P{port}", "internal_port": port} for port in range(8080, 8080 + ports)],
    }
    for name, ports in (("php-5.4", 1), ("haproxy-1.4", 2), ("cron-1.4", 0))
]
CREATE = st.builds(
    lambda cartridges, start, more: (
        "create_gear",
        {"application": "a", "namespace": "n", "profile": "small", "cartridges": cartridges, "start": start} | more,
    ),
    st.lists(st.sampled_from(CARTRIDGES), max_size=3),
    st.booleans(),
    st.fixed_dictionaries(
        {},
        optional={
            "deployment_id": st.sampled_from(["d1", "d2"]),
            "additional_gigabytes": st.integers(0, 2),
            "stopped_cartridges": st.lists(st.sampled_from(["php-5.4", "cron-1.4"]), max_size=2),
        },
    ),
)
ACTIVATE = st.builds(
    lambda deployment_id, hot_deploy: (
        "activate_deployment",
        {"deployment_id": deployment_id, "hot_deploy": hot_deploy, "force_clean_build": False},
    ),
    st.sampled_from(["d1", "d2", "d3"]),
    st.booleans(),
)
OF_A_CARTRIDGE = st.builds(
    lambda kind, cartridge: (kind, {"cartridge": cartridge}),
    st.sampled_from(["start_cartridge", "stop_cartridge", "restart_cartridge", "reload_cartridge", "thread_dump"]),
    st.sampled_from([each["name"] for each in CARTRIDGES]),
)
OTHERS = st.sampled_from(
    [
        ("destroy_gear", {"drain_seconds": 0}),
        ("start_gear", {}),
        ("stop_gear", {"force": True}),
        ("restart_gear", {}),
        ("add_cartridge", {"cartridge": CARTRIDGES[1]}),
        ("remove_cartridge", {"cartridge": "php-5.4"}),
        ("expose_endpoints", {"cartridge": "haproxy-1.4"}),
        ("conceal_endpoints", {"cartridge": "php-5.4"}),
        ("stop_gear", {}),
        ("reload_gear", {}),
        ("tidy_gear", {}),
        ("set_storage", {"additional_gigabytes": 3}),
        ("set_storage", {"additional_gigabytes": 0}),
        ("add_cartridge", {"cartridge": CARTRIDGES[2]}),
        ("remove_cartridge", {"cartridge": "cron-1.4"}),
    ]
)
ANY = st.one_of(CREATE, CREATE, OTHERS, OTHERS, ACTIVATE, OF_A_CARTRIDGE)
Order = tuple[int, tuple[str, dict[str, object]], int, list[int]]
# To which gear, what, with which number, and how many commands before it those were that it undoes.
ORDERS = st.lists(
    st.tuples(st.integers(0, 7), ANY, st.integers(0, 3), st.lists(st.integers(1, 4), max_size=2)),
    min_size=1,
    max_size=6,
)


class DurableNode(RuleBasedStateMachine):
    """A node that crashes and whose disk fills up, beside one in memory that is told only what was kept."""

    def __init__(self) -> None:
        super().__init__()
        self._directory = tempfile.TemporaryDirectory()
        self.model_book = GearBook(SMALL)
        self.model = Agent(NODE, SimulatedRuntime(Faults()), MemoryJournal(100_000), self.model_book)
        self.kept: list[tuple[Command, Reply]] = []
        self.told = 0
        self.start()

    def start(self) -> None:
        self.file = NodeFile(Path(self._directory.name), NODE)
        self.book = DurableBook(SMALL)
        self.agent = Agent(NODE, SimulatedRuntime(Faults()), DurableJournal(self.file, self.book), self.book)

    def commands(self, orders: list[Order]) -> list[Command]:
        made = []
        for gear, (kind, arguments), issued, before in orders:
            self.told += 1
            wire = {"command_id": f"c{self.told}", "node_id": NODE, "kind": kind, "gear_id": f"g{gear}"}
            late = {"issued": issued, "undoes": [f"c{self.told - number}" for number in before]}
            made.append(Command.from_wire(wire | late | {"arguments": arguments}))
        return made

    def pages(self) -> int:
        return int(self.file._database.execute("PRAGMA page_count").fetchone()[0])

    @rule(orders=ORDERS)
    def tell(self, orders: list[Order]) -> None:
        """A batch is done and kept."""
        batch = self.commands(orders)
        replies = self.agent.handle_all(batch)
        assert replies == [self.model.handle(each) for each in batch]
        self.kept += zip(batch, replies, strict=True)

    @rule(orders=ORDERS)
    def crash_before_it_is_kept(self, orders: list[Order]) -> None:
        """Commands are done, and the process ends before they are kept."""
        for each in self.commands(orders):
            self.agent.handle(each)
        self.crash()

    @rule()
    def crash(self) -> None:
        """The process ends, and the next one begins with what was kept."""
        self.file.close()
        self.start()

    @rule(orders=ORDERS)
    def fill_the_disk(self, orders: list[Order]) -> None:
        """A batch meets a full disk: it is done and kept as a whole, or refused as a whole."""
        self.file._database.execute(f"PRAGMA max_page_count = {self.pages()}")
        batch = self.commands(orders)
        replies = self.agent.handle_all(batch)
        self.file._database.execute("PRAGMA max_page_count = 1000000")
        if any(reply.error_code == "not_kept" for reply in replies):
            assert {reply.error_code for reply in replies} == {"not_kept"}
        else:
            assert replies == [self.model.handle(each) for each in batch]
            self.kept += zip(batch, replies, strict=True)

    @rule(data=st.data())
    def tell_again(self, data: st.DataObject) -> None:
        """Commands that were answered come again, in any order."""
        if self.kept:
            again = data.draw(st.lists(st.sampled_from(self.kept), min_size=1, max_size=5))
            assert self.agent.handle_all([each for each, _ in again]) == [reply for _, reply in again]

    @invariant()
    def the_book_is_that_of_what_was_kept(self) -> None:
        """Gears with all they hold are those of the model, and whose turn it is; no uid or port is there twice."""
        gears = self.book.snapshot()
        assert gears == self.model_book.snapshot()
        assert self.book.turn == self.model_book.turn
        ports = [port for gear in gears for port in gear.public_ports()]
        assert len(ports) == len(set(ports))
        assert len({gear.uid for gear in gears}) == len(gears)

    def teardown(self) -> None:
        self.file.close()
        self._directory.cleanup()


test_a_node_is_after_any_crash_what_it_was_at_its_last_commit = DurableNode.TestCase
DurableNode.TestCase.settings = settings(max_examples=60, stateful_step_count=30)
