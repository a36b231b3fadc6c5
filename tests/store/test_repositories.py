"""Repositories: what goes in comes out, and what two could break is refused by the database."""

from dataclasses import replace
from time import monotonic, sleep

import pytest
from sqlalchemy.exc import IntegrityError
from store.rows import a_node
from store.waiting import DEADLINE_SECONDS

from broker.core.errors import ApplicationBusy, StorageUnavailable
from broker.core.ids import ApplicationId, CommandId, GearId, NodeId, OperationId, UserId
from broker.interfaces import (
    OperationRecord,
    OperationStanding,
    OutgoingEvent,
    ProcessRecord,
    QueueState,
    StepRecord,
)

MANY = 40_000  # more than a statement may have parameters
SHOP = ApplicationId("a" * 24)
NODE = NodeId("node-a1.example.com")


def _operation(number: int, application_id: ApplicationId = SHOP, **given: object) -> OperationRecord:
    values: dict[str, object] = {
        "operation_id": OperationId(f"{number:024x}"),
        "application_id": application_id,
        "owner_id": UserId("1" * 24),
        "actor_id": None,
        "app_name": "shop",
        "namespace": "demo",
        "kind": "scale_up",
        "wish": {"by": 2},
        "ending": "scale_up",
        "arguments": {"by": 2},
        "state": "running",
        "turn": 0,
        "attempt": 1,
        "driver": None,
        "created_at": f"2026-01-01T00:00:{number:02}Z",
        "started_at": None,
    }
    return OperationRecord(**{**values, **given})


def _queued(number: int, turn: int, **given: object) -> OperationRecord:
    return _operation(number, state="queued", turn=turn, **given)


def _step(number: int, **given: object) -> StepRecord:
    values: dict[str, object] = {
        "command_id": CommandId(f"{number:024x}"),
        "operation_id": None,
        "application_id": SHOP,
        "node_id": NODE,
        "gear_id": GearId("b" * 24),
        "kind": "stop_gear",
        "body": {"number": number, "text": "ä"},
        "awaited": given.get("operation_id") is not None,
    }
    return StepRecord(**{**values, **given})


def _event(number: int, owner: str = "1") -> OutgoingEvent:
    return OutgoingEvent(
        application_id=SHOP,
        owner_id=UserId(owner * 24),
        sequence=number,
        action="add_alias",
        app_name="shop",
        namespace="demo",
        occurred_at="2026-01-01T00:00:00Z",
        data={"alias": f"www{number}.shop.org"},
    )


def test_an_operation_comes_back_as_it_was(writing):
    with writing() as work:
        work.operations.add(_operation(1))

        assert work.operations.by_id(_operation(1).operation_id) == _operation(1)
        assert work.operations.by_id(OperationId("9" * 24)) is None


def test_only_one_operation_of_an_application_runs(writing):
    with writing() as work:
        work.operations.add(_operation(1))
        with pytest.raises(ApplicationBusy):
            work.operations.add(_operation(2))


def test_operations_of_two_applications_run_side_by_side(writing):
    with writing() as work:
        work.operations.add(_operation(2))
        work.operations.add(_operation(1, ApplicationId("c" * 24)))

        assert [each.created_at[-3:] for each in work.operations.to_be_taken(10)] == ["01Z", "02Z"]


def test_an_operation_ends_and_says_how(writing):
    first = _operation(1)
    with writing() as work:
        work.operations.add(first)
        before = work.operations.standing(first.operation_id)
        work.operations.finish(
            first.operation_id, "failed", "2026-01-01T00:01:00Z", error="no answer", error_code="node_failed"
        )
        after = work.operations.standing(first.operation_id)
        work.operations.add(_operation(2))

    assert before == OperationStanding(state="running", attempt=1, cancelled=False, error=None, error_code=None)
    assert (after.state, after.error, after.error_code) == ("failed", "no answer", "node_failed")


def test_the_queue_of_an_application_tells_who_runs_and_which_turns_are_given(writing):
    with writing() as work:
        empty = work.operations.queue(SHOP)
        work.operations.add(_operation(1))
        for turn in (1, 2):
            work.operations.add(_queued(turn + 1, turn))
        work.operations.add(_queued(9, 7, application_id=ApplicationId("c" * 24)))

        assert empty == QueueState(running=None, waiting=0, last=0)
        assert work.operations.queue(SHOP) == QueueState(running=_operation(1).operation_id, waiting=2, last=2)


def test_the_next_in_turn_waits_for_the_one_that_runs(writing):
    with writing() as work:
        work.operations.add(_operation(1))
        work.operations.add(_queued(3, 2))
        work.operations.add(_queued(2, 1))
        while_it_runs = work.operations.next_in_turn(SHOP)
        work.operations.finish(_operation(1).operation_id, "completed", "2026-01-01T00:01:00Z")

        assert while_it_runs is None
        assert work.operations.next_in_turn(SHOP) == _queued(2, 1).operation_id


def test_a_worker_is_given_only_what_is_in_nobodys_hands_and_whose_turn_it_is(writing):
    alive = ProcessRecord(process_id="a" * 24, role="work", host="h", started_at="2026-01-01T00:00:00Z")
    others = [ApplicationId(letter * 24) for letter in "cd"]
    with writing() as work:
        work.processes.beat(alive)
        work.operations.add(_operation(1, driver=alive.process_id))
        work.operations.add(_queued(2, 1))
        work.operations.add(_queued(3, 1, application_id=others[0]))
        work.operations.add(_queued(4, 2, application_id=others[0]))
        work.operations.add(_operation(5, others[1], driver="b" * 24))

        found = [each.operation_id for each in work.operations.to_be_taken(10)]

    assert found == [_operation(number).operation_id for number in (3, 5)]


def test_an_operation_is_taken_by_one_process_only(writing):
    with writing() as work:
        for letter in "ab":
            work.processes.beat(
                ProcessRecord(process_id=letter * 24, role="work", host="h", started_at="2026-01-01T00:00:00Z")
            )
        work.operations.add(_operation(1))
        operation_id = _operation(1).operation_id

        first = work.operations.take([operation_id], "a" * 24)
        second = work.operations.take([operation_id], "b" * 24)
        held = work.operations.in_hands_of("a" * 24)
        work.operations.let_go([operation_id], "c" * 24)
        not_theirs = work.operations.in_hands_of("a" * 24)
        work.operations.let_go([operation_id], "a" * 24)

        assert (first, second, held, not_theirs) == ({operation_id}, frozenset(), {operation_id}, {operation_id})
        assert work.operations.take([operation_id], "b" * 24) == {operation_id}


def test_what_waits_for_an_application_that_is_gone_has_failed(writing):
    with writing() as work:
        work.operations.add(_queued(1, 1))
        work.operations.fail_queued(SHOP, "2026-01-01T00:01:00Z", "it is gone", "application_not_found")

        assert work.operations.standing(_operation(1).operation_id).error == "it is gone"
        assert work.operations.queue(SHOP).waiting == 0


def test_replies_are_kept_for_an_operation_that_goes_on(writing):
    operation_id = OperationId("f" * 24)
    with writing() as work:
        work.commands.add([_step(1, operation_id=operation_id), _step(2, operation_id=operation_id)])
        work.commands.keep_replies({_step(1).command_id: {"ok": True}})

        kept = [(each.state, each.reply) for each in work.commands.of_operation(operation_id)]

    assert kept == [("done", {"ok": True}), ("pending", None)]


def test_commands_come_back_as_they_were_and_in_their_order(writing):
    operation_id = OperationId("f" * 24)
    steps = [_step(number, operation_id=operation_id) for number in (3, 1, 2)]
    with writing() as work:
        work.commands.add(steps)

        assert work.commands.of_operation(operation_id) == tuple(steps)


def test_commands_wait_for_their_operation_to_let_go_of_them(writing):
    operation_id = OperationId("f" * 24)
    with writing() as work:
        work.nodes.add([a_node(NODE)])
        work.commands.add([_step(1, operation_id=operation_id), _step(2)])
        before = [each.command_id for each in work.commands.owed(1000, a_node=100)]
        work.commands.release(operation_id)
        after = [each.command_id for each in work.commands.owed(1000, a_node=100)]

    assert (len(before), len(after)) == (1, 2)


def test_commands_that_are_settled_are_told_no_more(writing):
    with writing() as work:
        work.nodes.add([a_node(NODE)])
        work.commands.add([_step(number) for number in range(1, 6)])
        work.commands.settle({_step(1).command_id: None, _step(2).command_id: "it failed"})
        work.commands.settle({_step(3).command_id: None})

        assert [each.body["number"] for each in work.commands.owed(1000, a_node=100)] == [4, 5]
        assert work.commands.still_pending([_step(number).command_id for number in (1, 4)]) == {_step(4).command_id}


def test_a_node_that_is_owed_much_does_not_take_the_place_of_the_others(writing):
    other = NodeId("node-b1.example.com")
    with writing() as work:
        work.nodes.add([a_node(NODE), a_node(other)])
        work.commands.add(
            [*map(_step, range(1, 6)), replace(_step(6), node_id=other), replace(_step(7), node_id=other)]
        )

        owed = [each.body["number"] for each in work.commands.owed(4, a_node=3)]
        but_one = [each.body["number"] for each in work.commands.owed(4, a_node=3, but=[NODE])]
        after = [each.body["number"] for each in work.commands.owed(1000, a_node=1)]

    assert (owed, but_one, after) == ([1, 2, 3, 6], [6, 7], [1, 6])


def test_one_at_a_time_tells_nodes_what_they_are_owed(database, writing, reading):
    if database.is_sqlite:
        pytest.skip("on SQLite one process does everything")
    with reading() as one:
        with reading() as other:
            taken = one.commands.take_telling(30.0), other.commands.take_telling(30.0)
        with reading() as late:
            assert not late.commands.take_telling(30.0)
    with reading() as after:
        assert (taken, after.commands.take_telling(30.0)) == ((True, False), True)


def test_who_was_stopped_while_telling_nodes_lets_others_do_it(database, reading):
    if database.is_sqlite:
        pytest.skip("on SQLite one process does everything")
    with pytest.raises(StorageUnavailable):
        _tell_and_stop(reading)


def _tell_and_stop(reading):
    with reading() as stopped:
        assert stopped.commands.take_telling(0.05)
        deadline = monotonic() + DEADLINE_SECONDS
        while not _can_tell(reading):
            assert monotonic() < deadline, "the stopped one keeps the others from telling"
            sleep(0.01)
        stopped.commands.owed(1, a_node=1)


def _can_tell(reading):
    with reading() as work:
        return work.commands.take_telling(30.0)


def test_commands_for_silent_nodes_are_not_among_those_to_be_told(writing):
    with writing() as work:
        work.nodes.add([a_node(NODE)])
        work.nodes.set_liveness([NODE], "unresponsive")
        work.commands.add([_step(1)])
        silent = work.commands.owed(1000, a_node=100)
        work.nodes.set_liveness([NODE], "responsive")

        assert (silent, len(work.commands.owed(1000, a_node=100))) == ((), 1)


def test_a_newer_wish_takes_the_place_of_older_ones_of_its_kind_only(writing):
    gear, other = GearId("b" * 24), GearId("c" * 24)
    with writing() as work:
        work.nodes.add([a_node(NODE)])
        work.commands.add(
            [
                _step(1),
                _step(2, kind="remove_cartridge"),
                _step(3, gear_id=other),
                _step(4, operation_id=OperationId("f" * 24)),
            ]
        )
        work.commands.supersede(SHOP, [gear], ["start_gear", "stop_gear"])

        assert [each.body["number"] for each in work.commands.owed(1000, a_node=100)] == [2, 3]


def test_positions_are_given_in_order_and_once(writing):
    with writing() as work:
        work.log.add([_event(number) for number in range(1, 6)])
        given = [work.log.number(2) for _ in range(4)]

        events = work.log.after(0, 10)
        assert given == [2, 2, 1, 0]
        assert [(event.position, event.sequence) for event in events] == [(n, n) for n in range(1, 6)]
        assert work.log.last_position() == 5


def test_events_are_read_from_a_position_on_and_by_owner(writing):
    with writing() as work:
        work.log.add([_event(1), _event(2, "2"), _event(3)])
        work.log.number(10)

        assert [event.position for event in work.log.after(1, 10)] == [2, 3]
        assert [event.position for event in work.log.after(0, 1)] == [1]
        assert [event.position for event in work.log.after(0, 10, UserId("2" * 24))] == [2]


def test_a_sequence_is_written_once(writing):
    with writing() as work:
        work.log.add([_event(1)])
        with pytest.raises(IntegrityError):
            work.log.add([_event(1)])


def test_a_name_has_one_target_at_most(writing):
    with writing() as work:
        work.names.put([("shop.example.com", "CNAME", "one"), ("blog.example.com", "A", "127.0.0.1")], SHOP)
        work.names.put([("shop.example.com", "CNAME", "other")], SHOP)
        found = work.names.lookup("shop.example.com")
        work.names.remove(["shop.example.com", "unknown.example.com"])

        assert found == (("CNAME", "other"),)
        assert work.names.lookup("shop.example.com") == ()
        assert work.names.lookup("blog.example.com") == (("A", "127.0.0.1"),)


def test_the_names_of_an_application_go_together(writing):
    with writing() as work:
        work.names.put([("a.example.com", "CNAME", "x"), ("b.example.com", "CNAME", "x")], SHOP)
        work.names.put([("c.example.com", "CNAME", "x")], None)
        work.names.remove_of(SHOP)

        assert [bool(work.names.lookup(f"{name}.example.com")) for name in "abc"] == [False, False, True]


def test_more_values_than_a_statement_takes_are_asked_for_at_once(writing):
    ids = [f"{number:024x}" for number in range(MANY)]
    with writing() as work:
        work.nodes.add([a_node(NODE)])

        assert work.applications.many(ids) == ()
        assert work.applications.aliases(ids) == {}
        assert work.gears.by_ids(ids) == ()
        assert work.gears.of_nodes([*ids, NODE]) == ()
        assert work.gears.endpoints_of(ids) == ()
        assert set(work.nodes.records([*ids, NODE])) == {NODE}
        assert work.commands.still_pending(ids) == frozenset()
        work.commands.settle(dict.fromkeys(ids))
        work.gears.change(ids, lifecycle="started")
        work.names.remove(ids)


def test_no_values_are_no_rows(writing):
    with writing() as work:
        assert work.applications.many([]) == ()
        assert work.applications.aliases([]) == {}
        assert work.gears.by_ids([]) == ()
        assert work.nodes.records([]) == {}


def test_values_are_data_whatever_they_hold(writing):
    hostile = "'; DROP TABLE users; --\"\\"
    with writing() as work:
        assert work.gears.by_ids([GearId(hostile), GearId("ä☃")]) == ()
        assert work.users.by_login(hostile) is None
        work.names.put([(hostile, "CNAME", hostile)], None)

        assert work.names.lookup(hostile) == (("CNAME", hostile),)
