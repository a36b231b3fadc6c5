"""Whatever happens to events on their way, every listener ends in the broker's table."""

import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from routing_fakes import TableListener, ToldBroker

from routing_spi.codec import decode_json, decode_ose2_yaml, encode_json, encode_ose2_yaml
from routing_spi.conformance_story import Story, tables_after
from routing_spi.events import ORIGINAL_ACTIONS, Action, RoutingEvent
from routing_spi.follower import Follower, ListenerFailed, SnapshotHeld, SourceUnavailable
from routing_spi.hold import HoldRule
from routing_spi.ose2_yaml import Notification
from routing_spi.snapshot import Snapshot
from routing_spi.state import MemoryState, StateDirectory
from routing_spi.table import RoutingTable

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
NAMES = TEXTS.map(str.lower).filter(lambda text: text and text == text.lower())
WORDS = TEXTS.filter(bool)
GEARS = st.sampled_from(["g1", "g2", "g3"])
ADDRESSES = st.sampled_from(["203.0.113.17", "203.0.113.18"])
PORTS = st.integers(1, 4)
PLACE = {"node": st.none() | WORDS, "region": st.none() | WORDS, "zone": st.none() | WORDS}
MAPPINGS = st.lists(st.fixed_dictionaries({"frontend": TEXTS, "backend": TEXTS}), max_size=2)
APPLICATION = {"scalable": st.booleans(), "ha": st.booleans(), "dns_name": WORDS}
HA = {"ha_dns_name": st.none() | WORDS, "managed_dns": st.booleans(), "router_hostname": TEXTS}
ENDPOINT = {"gear_id": GEARS, "public_address": ADDRESSES, "public_port": PORTS}

OWN = {
    Action.CREATE_APPLICATION: APPLICATION,
    Action.DELETE_APPLICATION: APPLICATION,
    Action.ADD_PUBLIC_ENDPOINT: {
        **ENDPOINT, "public_port_name": WORDS, "protocols": st.lists(TEXTS, max_size=2),
        "types": st.lists(st.sampled_from(["load_balancer", "web_framework"]), max_size=2),
        "mappings": MAPPINGS,
        **PLACE, "state": st.sampled_from(["started", "stopped"]), "rotation": st.sampled_from(["in", "out"]),
        "is_head": st.booleans(),
    },
    Action.REMOVE_PUBLIC_ENDPOINT: {**ENDPOINT, **PLACE},
    Action.ADD_ALIAS: {"alias": WORDS},
    Action.REMOVE_ALIAS: {"alias": WORDS},
    Action.ADD_SSL: {"alias": WORDS, "ssl": TEXTS, "private_key_reference": st.none() | TEXTS},
    Action.REMOVE_SSL: {"alias": WORDS},
    Action.HA_ENABLED: HA,
    Action.HA_DISABLED: HA,
    Action.GEAR_STATE_CHANGED: {"gear_id": GEARS, "state": st.sampled_from(["started", "stopped"]), **PLACE},
    Action.GEAR_ROTATED_IN: {"gear_id": GEARS, "reason": TEXTS},
    Action.GEAR_ROTATED_OUT: {"gear_id": GEARS, "reason": TEXTS},
    Action.HEAD_CHANGED: {"gear_id": GEARS, "previous_gear_id": st.none() | GEARS},
    Action.HA_VERDICT_CHANGED: {"verdict": st.sampled_from(["ha", "not_ha"]), "reasons": st.lists(TEXTS)},
    Action.APPLICATION_MOVED: {**ENDPOINT, "previous_address": ADDRESSES, "previous_port": PORTS, **PLACE},
}  # fmt: skip


@st.composite
def events(draw: st.DrawFn) -> RoutingEvent:
    """Any event at all."""
    action = draw(st.sampled_from(Action))
    return RoutingEvent(
        action=action,
        application_id=draw(WORDS),
        app_name=draw(NAMES),
        namespace=draw(NAMES),
        sequence=draw(st.integers(1, 10**9)),
        position=draw(st.none() | st.integers(1, 10**9)),
        occurred_at="2026-01-01T00:00:00Z",
        data=draw(st.fixed_dictionaries(OWN[action])),
    )


@st.composite
def histories(draw: st.DrawFn) -> list[RoutingEvent]:
    """What a broker told of up to three applications, interleaved, as it was relayed."""
    stories = {name: Story(name) for name in ("one", "two", "three")}
    alive: dict[str, bool] = {}
    told: list[RoutingEvent] = []
    for name in draw(st.lists(st.sampled_from(sorted(stories)), max_size=25)):
        if name not in alive:
            action = Action.CREATE_APPLICATION
        elif alive[name]:
            action = draw(st.sampled_from([action for action in Action if action is not Action.CREATE_APPLICATION]))
        else:
            continue
        alive[name] = action is not Action.DELETE_APPLICATION
        event = stories[name].tell(action, **draw(st.fixed_dictionaries(OWN[action])))
        told.append(replace(event, position=len(told) + 1))
    return told


@given(events())
def test_the_json_dialect_loses_nothing(event):
    assert decode_json(encode_json(event)) == event


@given(events().filter(lambda event: event.action in ORIGINAL_ACTIONS))
def test_the_old_dialect_loses_only_what_it_does_not_have(event):
    assert decode_ose2_yaml(encode_ose2_yaml(event)) == Notification.of(event)


@given(histories(), st.randoms(use_true_random=False))
def test_the_digest_does_not_depend_on_the_order_of_keys_and_endpoints(told, chance):
    for table in tables_after(told).values():
        wire = json.loads(json.dumps(table.to_wire()))
        for unordered in (wire["endpoints"], wire["aliases"]):
            chance.shuffle(unordered)
        names = list(wire)
        chance.shuffle(names)

        assert RoutingTable.from_wire({name: wire[name] for name in names}).digest == table.digest


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[RoutingEvent], list[int]]:
    """A history, and which of its events arrive, as indexes: lost, repeated, late and out of order."""
    told = draw(histories())
    arriving = draw(st.lists(st.integers(0, len(told) - 1), max_size=40)) if told else []
    return told, arriving


@given(deliveries(), st.booleans())
def test_repeated_late_lost_and_reordered_events_never_leave_a_table_wrong(delivery, every_position):
    told, arriving = delivery
    listener, broker = TableListener(), ToldBroker(told)
    follower = Follower(
        listener=listener, source=broker, state=MemoryState(), report=lambda _: None,
        every_position=every_position,
    )  # fmt: skip

    for index in arriving:
        _receive(follower, told[index])
        # Whatever an application's table was at some moment of its history, it is never anything else.
        _expect_only_true_tables(listener, told)

    # Once the last event of each application has come, everything is as the broker has it.
    for event in _last_events(told):
        _receive(follower, event)
    assert listener.tables == follower.known.tables
    assert _digests(listener.tables) == _digests(tables_after(told))


@given(histories(), st.data())
def test_a_stream_cut_anywhere_and_continued_from_its_position_ends_in_the_broker_s_tables(told, data):
    broker, position = ToldBroker(told), 0
    cuts = data.draw(st.lists(st.integers(0, len(told)), max_size=4))

    with tempfile.TemporaryDirectory() as directory:
        for cut in [*sorted(cuts), len(told)]:
            # Each time a new process: what it knows comes from the directory, its listener is new.
            with StateDirectory(Path(directory)) as state:
                listener = TableListener()
                follower = Follower(
                    listener=listener, source=broker, state=state, report=lambda _: None, every_position=True
                )
                follower.start()
                position = follower.position
                for event in told[position:cut]:
                    follower.receive(event)

            assert _digests(listener.tables) == _digests(tables_after(told[: max(position, cut)]))
    assert broker.asked == []


@given(histories(), st.data())
def test_a_snapshot_at_any_moment_and_any_events_around_it_end_in_the_broker_s_tables(told, data):
    moment = data.draw(st.integers(0, len(told)))
    before = data.draw(st.lists(st.sampled_from(told[:moment]), max_size=10)) if moment else []
    listener, broker = TableListener(), ToldBroker(told[:moment])
    follower = Follower(
        listener=listener, source=broker, state=MemoryState(), report=lambda _: None,
        rule=HoldRule(from_endpoints=99),
    )  # fmt: skip
    for event in before:
        _receive(follower, event)

    try:
        follower.resync()
    except SnapshotHeld:
        follower.accept()
    for event in told[moment:]:
        broker.told.append(event)
        _receive(follower, event)

    assert _digests(listener.tables) == _digests(tables_after(told))


class RefusingListener(TableListener):
    """Refuses whatever concerns an application of `bad`."""

    def __init__(self, bad):
        super().__init__()
        self.bad = bad

    def apply(self, event):
        if event.application_id in self.bad:
            raise ValueError("cannot be routed")
        super().apply(event)

    def resync(self, snapshot):
        if self.bad.intersection(snapshot.tables):
            raise ValueError("cannot be routed")
        super().resync(snapshot)


class Reader:
    """A listener behind a follower on a directory: one process after another, each killed at any moment."""

    def __init__(self, directory, broker, *, every_position=False):
        self.directory, self.broker, self.every_position = directory, broker, every_position
        self.seconds, self.bad = 0.0, set()
        self.begin()

    def begin(self):
        self.state = StateDirectory(self.directory)
        self.kept = {}
        self.listener = RefusingListener(self.bad)
        self.follower = Follower(
            listener=self.listener, source=self.broker, state=self.state, report=lambda _: None,
            rule=HoldRule(from_endpoints=10**6), every_position=self.every_position, now=lambda: self.seconds,
        )  # fmt: skip
        self._until_done(self.follower.start)

    def crash(self, lost):
        """Kill the process; of what it wrote since it last settled, so many bytes never reached the disk."""
        self.state.close()
        for journal in self.directory.glob("journal-*.jsonl"):
            os.truncate(journal, max(self.kept.get(journal, 0), journal.stat().st_size - lost))
        self.begin()

    def settle(self):
        self.follower.settle()
        self.kept = {journal: journal.stat().st_size for journal in self.directory.glob("journal-*.jsonl")}

    def receive(self, event):
        self._until_done(lambda: self.follower.receive(event))

    def resync(self):
        self._until_done(self.follower.resync)

    def retry(self):
        self.seconds += 10**6
        self._until_done(self.follower.retry)

    def heal(self):
        self.bad.clear()
        self.retry()

    def take(self, step, number, arriving):
        match step:
            case "receive" if arriving:
                self.receive(arriving[number % len(arriving)])
            case "settle":
                self.settle()
            case "crash":
                self.crash(number)
            case "snapshot":
                self.resync()
            case "unreadable":
                self.follower.park("{", "message is not JSON")
            case "refuse":
                self.bad.add(Story(("one", "two", "three")[number % 3]).application_id)
            case "retry":
                self.retry()

    def _until_done(self, call):
        """As a transport does it: what could not be taken in comes again."""
        for _ in range(20):
            try:
                call()
            except ListenerFailed:
                continue
            except SnapshotHeld:
                self._until_done(self.follower.accept)
            return
        # A listener that takes nothing at all blames no application; somebody mends it.
        self.bad.clear()
        call()


STEP_NAMES = ["receive", "receive", "receive", "settle", "crash", "snapshot", "unreadable", "refuse", "retry"]
STEPS = st.lists(st.tuples(st.sampled_from(STEP_NAMES), st.integers(0, 2000)), max_size=30)


@given(histories(), STEPS, st.randoms(use_true_random=False))
def test_over_the_bus_whatever_happens_on_the_way_the_listener_ends_in_the_broker_s_tables(told, steps, chance):
    """Lanes permute the applications; events are lost, repeated and late; the process dies; the listener refuses."""
    arriving = _permuted_lanes(told, chance)
    with tempfile.TemporaryDirectory() as directory:
        reader = Reader(Path(directory), ToldBroker(told))
        for step, number in steps:
            reader.take(step, number, arriving)
            _expect_only_true_tables(reader.listener, told)
        # The bus repeats whatever was not settled; what is refused is offered again once it can be taken.
        for event in arriving:
            reader.receive(event)
        reader.heal()
        reader.settle()

        assert _digests(reader.listener.tables) == _digests(tables_after(told))
        reader.crash(10**6)
        assert _digests(reader.listener.tables) == _digests(tables_after(told))
        reader.state.close()


@given(histories(), STEPS, st.integers(0, 25))
def test_over_http_a_cut_stream_and_a_pruned_log_end_in_the_broker_s_tables(told, steps, floor):
    """The log is read from the position after what is known; below its floor only a snapshot helps."""
    floor = min(floor, len(told))
    with tempfile.TemporaryDirectory() as directory:
        reader = Reader(Path(directory), ToldBroker(told), every_position=True)
        for step, number in [*steps, ("receive", 0), ("receive", 0)]:
            if step != "receive":
                reader.take(step, number, told)
            elif reader.follower.position < floor:
                reader.resync()
            else:
                for event in told[reader.follower.position :][: number % 5 or None]:
                    reader.receive(event)
        reader.heal()

        assert _digests(reader.listener.tables) == _digests(tables_after(told))
        assert reader.follower.position == len(told)
        reader.state.close()


@given(histories(), st.sets(st.sampled_from(["one", "two", "three"])), STEPS)
def test_who_may_see_some_applications_ends_in_the_tables_of_those(told, mine, steps):
    """Other readers' events lie between, and are no gap."""
    ids = {Story(name).application_id for name in mine}
    ours = [event for event in told if event.application_id in ids]

    class OwnersBroker(ToldBroker):
        def snapshot(self):
            return Snapshot(position=len(told), tables=tables_after(ours), partial=True)

    with tempfile.TemporaryDirectory() as directory:
        reader = Reader(Path(directory), OwnersBroker(ours), every_position=True)
        reader.follower.offer(Snapshot(position=0, tables={}, partial=True))
        for step, number in [*steps, ("receive", 0)]:
            if step != "receive":
                reader.take(step, number, ours)
            else:
                left = [event for event in ours if event.position > reader.follower.position]
                for event in left[: number % 5 or None]:
                    reader.receive(event)
        reader.heal()

        assert _digests(reader.listener.tables) == _digests(tables_after(ours))
        reader.state.close()


def _permuted_lanes(told, chance):
    """The events as several relays publish them: in the order of each application, and in no other."""
    lanes = {event.application_id: [] for event in told}
    for event in told:
        lanes[event.application_id].append(event)
    arriving = []
    while lanes:
        application_id = chance.choice(sorted(lanes))
        arriving.append(lanes[application_id].pop(0))
        if not lanes[application_id]:
            del lanes[application_id]
    return arriving


def _receive(follower, event):
    try:
        follower.receive(event)
    except SnapshotHeld:
        follower.accept()
    except SourceUnavailable as error:
        raise AssertionError(error) from error


def _last_events(told):
    return {event.application_id: event for event in told}.values()


def _expect_only_true_tables(listener, told):
    for table in listener.tables.values():
        history = [e for e in told if e.application_id == table.application_id and e.sequence <= table.sequence]
        assert tables_after(history)[table.application_id] == table


def _digests(tables):
    return {application_id: table.digest for application_id, table in tables.items()}
