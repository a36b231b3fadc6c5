"""The few gears of a group that do not serve are found by an index of their own."""

from sqlalchemy import event
from store.rows import a_namespace, a_node, an_application

from broker.core.application import Gear
from broker.core.ids import GearId, NodeId

MANY = 300


def _gear(parts, number, **given) -> Gear:
    values = {
        "gear_id": GearId(f"{number:024x}"),
        "application_id": parts.application.application_id,
        "group_id": parts.groups[0].group_id,
        "node_id": NodeId("node-a1.example.com"),
        "zone": "a",
        "region": "r1",
        "ordinal": number,
        "is_head": number == 1,
        "carries_proxy": False,
        "lifecycle": "started",
        "rotation": "in",
        "uid": 1000,
        "operation_id": None,
        "created_at": "2026-01-01T00:00:00Z",
    }
    return Gear(**{**values, **given})


def test_gears_that_are_not_started_or_held_out_are_apart(database, writing, reading, user):
    parts = an_application(user, a_namespace(user, "demo"))
    group_id = parts.groups[0].group_id
    held = {"held_out": True, "rotation": "out", "drained_at": "2026-01-01T00:02:00Z"}
    odd = (
        _gear(parts, 2, lifecycle="stopped"),
        _gear(parts, 3, **held),
        _gear(parts, 4, lifecycle="stopped", **held),
    )
    with writing() as work:
        work.namespaces.add(a_namespace(user, "demo"))
        work.nodes.add([a_node("node-a1.example.com", capacity=MANY + 10)])
        work.applications.add(parts.application, parts.groups, parts.cartridges)
        work.gears.add([_gear(parts, 1), *odd, _gear(parts, 5, lifecycle="destroying", **held)])
        work.gears.add([_gear(parts, number) for number in range(6, MANY)])
        work.commit()
    seen = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: seen.append(given[2:4]))

    with reading() as work:
        apart, held_out = work.gears.apart_of(group_id), work.gears.held_out_of(group_id)

    assert apart == odd
    assert held_out == odd[1:]
    if database.engine.dialect.name == "sqlite":
        with database.engine.connect() as connection:
            for statement, parameters in [each for each in seen if "held_out" in each[0]]:
                cursor = connection.connection.cursor()
                plan = cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
                assert any("ix_gears_apart" in row[-1] for row in plan), plan
