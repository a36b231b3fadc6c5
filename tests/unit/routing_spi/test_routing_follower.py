from dataclasses import replace

import pytest
from routing_fakes import TableListener, ToldBroker

from routing_spi.conformance_story import FIRST_GEAR, SECOND_GEAR, Story, a_life, tables_after
from routing_spi.delivery import Decision
from routing_spi.follower import Follower, ListenerFailed, SnapshotHeld, SourceUnavailable
from routing_spi.hold import HoldReason, HoldRule
from routing_spi.snapshot import Snapshot
from routing_spi.state import MemoryState


class World:
    def __init__(self, events, *, every_position=False, rule=None):
        self.broker = ToldBroker(events)
        self.listener = TableListener()
        self.state = MemoryState()
        self.reports = []
        self.follower = Follower(
            listener=self.listener,
            source=self.broker,
            state=self.state,
            report=self.reports.append,
            rule=rule,
            every_position=every_position,
        )

    def receive(self, *events):
        return [self.follower.receive(event) for event in events]


def large_and_small():
    """A snapshot with eight endpoints, and later ones with four and with three of them."""
    story = Story("testha", position=0)
    grown = [story.create(), *(story.add(FIRST_GEAR, "203.0.113.17", port) for port in range(1, 9))]
    shrinking = [story.remove(FIRST_GEAR, "203.0.113.17", port) for port in range(1, 6)]
    return [
        Snapshot(position=len(events), tables=tables_after(events))
        for events in (grown, grown + shrinking[:4], grown + shrinking)
    ]


def test_events_in_order_are_told_once_each_and_nothing_is_asked():
    events = a_life(position=0)
    world = World(events)

    decisions = world.receive(*events)

    assert set(decisions) == {Decision.APPLY}
    assert world.listener.told == [event.event_id for event in events]
    assert world.broker.asked == []


def test_a_repeat_is_not_told():
    events = a_life(position=0)
    world = World(events)

    world.receive(*events, *events)

    assert len(world.listener.told) == len(events)


def test_a_gap_is_filled_with_that_application_s_table_only():
    events = a_life(position=0)
    world = World(events[:6])

    decisions = world.receive(events[0], events[5])

    assert decisions == [Decision.APPLY, Decision.GAP]
    assert world.broker.asked == [events[0].application_id]
    assert world.listener.tables == tables_after(events[:6])


def test_an_event_that_comes_late_after_its_gap_was_filled_is_a_repeat():
    events = a_life(position=0)
    world = World(events[:3])

    decisions = world.receive(events[0], events[2], events[1])

    assert decisions == [Decision.APPLY, Decision.GAP, Decision.REPEAT]
    assert world.follower.position == 3


def test_a_gap_in_an_application_that_is_gone_removes_it():
    events = a_life(position=0)
    story = Story("testha", position=len(events))
    story._sequence = len(events)
    world = World([*events, story.delete()])
    world.receive(*events[:5])

    world.receive(events[10])

    assert world.listener.tables == {}


def test_a_deleted_application_does_not_come_back_with_a_late_event():
    story = Story("testha")
    created, deleted = story.create(), story.delete()
    world = World([created, deleted])

    decisions = world.receive(created, deleted, created)

    assert decisions[-1] is Decision.REPEAT
    assert world.listener.tables == {}


def test_a_gap_stays_a_gap_while_the_broker_cannot_be_asked():
    events = a_life(position=0)
    world = World(events[:3])
    world.receive(events[0])
    world.broker.reachable = False

    with pytest.raises(SourceUnavailable):
        world.receive(events[2])

    assert world.listener.tables == tables_after(events[:1])
    world.broker.reachable = True
    assert world.receive(events[2]) == [Decision.GAP]


def test_a_table_older_than_the_event_that_asks_for_it_is_not_believed():
    events = a_life(position=0)
    world = World(events[:2])

    with pytest.raises(SourceUnavailable, match="older"):
        world.receive(events[4])


def test_where_all_events_come_a_missing_position_asks_for_the_snapshot():
    first, second = Story("one", position=0), Story("two", position=1)
    events = [first.create(), second.create()]
    events.append(Story("three", position=2).create())
    world = World(events, every_position=True)

    decisions = world.receive(events[0], events[2])

    assert decisions == [Decision.APPLY, Decision.GAP]
    assert world.listener.tables == tables_after(events)
    assert world.follower.position == 3


def test_where_some_events_come_a_missing_position_is_no_gap():
    events = [Story("one", position=0).create(), Story("three", position=2).create()]
    world = World(events)

    assert world.receive(*events) == [Decision.APPLY, Decision.APPLY]
    assert world.broker.asked == []


def test_for_a_reader_who_may_see_some_applications_other_positions_are_no_gap():
    mine = a_life(position=9)
    world = World(mine, every_position=True)
    world.follower.offer(Snapshot(position=4, tables={}, partial=True))

    decisions = world.receive(*mine)

    assert set(decisions) == {Decision.APPLY}
    assert world.broker.asked == []
    assert world.follower.position == mine[-1].position


def test_a_listener_that_raises_is_told_the_same_again():
    events = a_life(position=0)
    world = World(events)
    world.listener.failures.append(OSError("disk full"))

    with pytest.raises(ListenerFailed, match="disk full"):
        world.receive(events[0])

    assert world.receive(events[0]) == [Decision.APPLY]


def test_an_empty_snapshot_is_held_and_nothing_is_removed():
    events = a_life(position=0)
    world = World(events)
    world.receive(*events)
    world.broker.told = []

    with pytest.raises(SnapshotHeld, match="nothing was removed"):
        world.follower.resync()

    assert world.listener.tables == tables_after(events)
    assert world.follower.held.reason is HoldReason.EMPTY


def test_half_of_the_endpoints_is_believed_and_less_is_held():
    large, half, less = large_and_small()
    world = World([])
    world.follower.offer(large)

    world.follower.offer(half)

    assert world.listener.tables == half.tables
    other = World([])
    other.follower.offer(large)
    with pytest.raises(SnapshotHeld, match="3 endpoints of 1 applications, while 8 endpoints are known"):
        other.follower.offer(less)


def test_how_much_is_sharply_smaller_can_be_chosen():
    large, _, less = large_and_small()
    world = World([], rule=HoldRule(from_endpoints=9))
    world.follower.offer(large)

    world.follower.offer(less)

    assert world.listener.tables == less.tables


def test_an_older_snapshot_is_held():
    events = a_life(position=0)
    world = World(events)
    world.receive(*events)
    world.broker.told = list(events[:-1])

    with pytest.raises(SnapshotHeld, match="older"):
        world.follower.resync()


def test_a_held_snapshot_is_applied_when_it_is_accepted():
    large, _, less = large_and_small()
    world = World([])
    world.follower.offer(large)
    with pytest.raises(SnapshotHeld):
        world.follower.offer(less)

    accepted = world.follower.accept()

    assert accepted
    assert world.listener.tables == less.tables
    assert world.follower.held is None
    assert not world.follower.accept()


def test_the_operator_s_confirmation_lets_one_snapshot_pass():
    large, _, less = large_and_small()
    world = World([])
    world.follower.offer(large)
    world.state.accepted = True

    world.follower.offer(less)

    assert world.listener.tables == less.tables
    with pytest.raises(SnapshotHeld):
        world.follower.offer(Snapshot(position=99, tables={}))


def test_a_confirmation_does_not_outlive_a_snapshot_that_needed_none():
    large, half, _ = large_and_small()
    world = World([])
    world.state.accepted = True
    world.follower.offer(large)

    world.follower.offer(half)

    with pytest.raises(SnapshotHeld):
        world.follower.offer(Snapshot(position=99, tables={}))


def test_a_better_snapshot_ends_the_hold():
    large, half, less = large_and_small()
    world = World([])
    world.follower.offer(large)
    with pytest.raises(SnapshotHeld):
        world.follower.offer(less)

    world.follower.offer(half)

    assert world.follower.held is None


def test_events_after_a_snapshot_that_had_them_already_are_repeats():
    story = Story("testha", position=0)
    events = [
        story.create(),
        story.add(FIRST_GEAR, "203.0.113.17", 1),
        story.add(SECOND_GEAR, "203.0.113.18", 2),
    ]
    world = World(events)
    # The broker had committed all three when it had relayed but one.
    world.follower.offer(Snapshot(position=1, tables=tables_after(events)))

    decisions = world.receive(*events[1:])

    assert decisions == [Decision.REPEAT, Decision.REPEAT]
    assert world.follower.position == 3


def test_an_application_in_the_snapshot_before_its_first_event_is_begun_by_it():
    event = Story("testha", position=0).create()
    (table,) = tables_after([event]).values()
    world = World([event])
    world.follower.offer(Snapshot(position=0, tables={table.application_id: replace(table, sequence=0)}))

    assert world.receive(event) == [Decision.APPLY]
    assert world.listener.tables == {table.application_id: table}
