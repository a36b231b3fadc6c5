"""Accounts, namespaces and nodes: what goes in comes out, and no count goes beyond its limit."""

import pytest
from store.rows import a_namespace, a_node

from broker.core.errors import Conflict
from broker.core.ids import NodeId
from broker.interfaces import FleetMoved

NODE = NodeId("node-a1.example.com")


def test_an_account_comes_back_as_it_was(reading, user):
    with reading() as work:
        assert work.users.by_login("demo") == user
        assert work.users.by_id(user.user_id) == user
        assert work.users.by_login("Demo") is None


def test_two_accounts_of_one_login_are_a_conflict(writing, user):
    with writing() as work, pytest.raises(Conflict, match="'demo' exists already"):
        work.users.add(user)


def test_a_quota_is_never_exceeded_and_a_refusal_takes_nothing(writing, user):
    with writing() as work:
        answers = [work.users.consume_gears(user.user_id, count) for count in (2, 2, 1, 1, -3, 4)]
        consumed = work.users.by_id(user.user_id).consumed_gears

    assert (answers, consumed) == ([True, False, True, False, True, False], 0)


def test_saving_an_account_leaves_its_consumed_gears(writing, user):
    with writing() as work:
        work.users.consume_gears(user.user_id, 2)
        work.users.save(user)

        assert work.users.by_id(user.user_id).consumed_gears == 2


def test_two_namespaces_of_one_name_are_a_conflict(writing, user):
    with writing() as work:
        work.namespaces.add(a_namespace(user, "shop"))
        with pytest.raises(Conflict, match="already in use"):
            work.namespaces.add(a_namespace(user, "shop", 2))


def _take(writing, count):
    with writing() as work:
        work.nodes.reserve({NODE: count}) if count > 0 else work.nodes.free({NODE: -count})
        work.commit()


def test_a_node_is_never_overcommitted(writing, reading):
    with writing() as work:
        work.nodes.add([a_node(NODE, capacity=2)])
        work.commit()

    _take(writing, 1)
    with pytest.raises(FleetMoved):
        _take(writing, 2)
    _take(writing, 1)
    with pytest.raises(FleetMoved):
        _take(writing, 1)

    with reading() as work:
        assert work.nodes.records([NODE])[NODE].gears == 2


def test_a_node_never_has_fewer_gears_than_none(writing):
    with writing() as work:
        work.nodes.add([a_node(NODE)])
        work.commit()

    with pytest.raises(FleetMoved):
        _take(writing, -1)


def test_registering_a_node_again_keeps_its_gears_its_liveness_and_its_activity(writing):
    with writing() as work:
        work.nodes.add([a_node(NODE, capacity=2)])
        work.commit()
    _take(writing, 1)
    with writing() as work:
        work.nodes.set_liveness([NODE], "unresponsive")

        work.nodes.add([a_node(NODE, capacity=5, zone="b")])

        found = work.nodes.records([NODE])[NODE]
        assert (found.gears, found.liveness, found.capacity, found.zone) == (1, "unresponsive", 5, "b")


def test_liveness_tells_which_nodes_it_is_news_of(writing):
    other = NodeId("node-a2.example.com")
    with writing() as work:
        work.nodes.add([a_node(NODE), a_node(other)])
        first = work.nodes.set_liveness([NODE], "unresponsive")
        second = work.nodes.set_liveness([NODE, other, NodeId("unknown")], "unresponsive")

    assert (first, second) == ((NODE,), (other,))
