"""What a request costs does not grow with what has been: it looks through no table that only grows."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from scenarios.world import World
from sqlalchemy import event, text

from broker.core.node import Liveness
from broker.usecases import aliases
from broker.usecases.nodes import change_liveness
from broker.usecases.state import StateEvent, change_state

GROWING = "routing_events|operations|commands"
# An index of what is open yet holds nothing of what has been.
OPEN = "pending|owed|open|queued|running|unnumbered"
LOOKS_THROUGH = re.compile(rf"(Seq Scan on|SCAN) ({GROWING})\b(?! USING (COVERING )?INDEX \w+_({OPEN})\b)")
# Every tenth operation is of the application that is scaled: an old one has much behind it.
PAST = """
INSERT INTO routing_events
    (position, lane, application_id, owner_id, sequence, action, app_name, namespace, occurred_at, data)
    SELECT 1000 + i, i % 8, lpad(to_hex(i % 500), 24, '0'), :owner, 1000 + i,
        'add_alias', 'shop', 'demo', :now, '{}'
    FROM generate_series(1, 20000) i;
INSERT INTO operations
    (operation_id, application_id, owner_id, kind, wish, arguments, state, created_at, started_at, finished_at)
    SELECT lpad(to_hex(i), 24, '0'),
        CASE WHEN i % 10 = 0 THEN :application ELSE lpad(to_hex(i % 500), 24, '0') END,
        :owner, 'scale_up', '{}', '{}', 'completed', :now, :now, :now
    FROM generate_series(1, 10000) i;
INSERT INTO commands (command_id, operation_id, application_id, node_id, gear_id, kind, body, state)
    SELECT lpad(to_hex(i), 24, '0'), lpad(to_hex(i), 24, '0'),
        CASE WHEN i % 10 = 0 THEN :application ELSE lpad(to_hex(i % 500), 24, '0') END,
        'node-a1.example.com', lpad(to_hex(i), 24, '0'), 'create_gear', '{}', 'done'
    FROM generate_series(1, 10000) i;
UPDATE counters SET value = 30000 WHERE name = 'routing_position';
ANALYZE
"""


@contextmanager
def _noted(world: World) -> Iterator[dict[str, object]]:
    """The statements of a block, each with parameters that it was given."""
    noted: dict[str, object] = {}

    def note(_connection, _cursor, statement, parameters, _context, executemany) -> None:
        noted.setdefault(statement, parameters[0] if executemany else parameters)

    engine = world.embedded.built.database.engine
    event.listen(engine, "before_cursor_execute", note)
    yield noted
    event.remove(engine, "before_cursor_execute", note)


def _requests(world: World) -> None:
    """What owners ask for, and what follows when a node is lost."""
    world.scale(6)
    world.scale(4)
    world.enable()
    aliases.add_alias(world.platform, world.demo, "shop", "www.shop.org")
    change_state(world.platform, world.demo, "shop", StateEvent.STOP)
    change_state(world.platform, world.demo, "shop", StateEvent.START)
    world.disable(scale_down=True)
    for liveness in (Liveness.UNRESPONSIVE, Liveness.RESPONSIVE):
        change_liveness(world.platform, world.node_ids[:1], liveness)
    world.tell_positions()


def _plans(world: World, explain: str) -> dict[str, str]:
    with _noted(world) as noted:
        _requests(world)
    plans = {}
    with world.embedded.built.database.engine.connect() as connection:
        cursor = connection.connection.cursor()
        for statement, parameters in noted.items():
            if re.match(r"(SELECT|UPDATE|DELETE|INSERT|WITH)\b", statement) and re.search(GROWING, statement):
                cursor.execute(f"{explain} {statement}", parameters)
                plans[statement] = "\n".join(" ".join(map(str, row)) for row in cursor.fetchall())
    return plans


def _looking_through(plans: dict[str, str]) -> list[str]:
    return [f"{statement}\n{plan}" for statement, plan in plans.items() if LOOKS_THROUGH.search(plan)]


def test_no_statement_of_a_request_looks_through_what_has_been_on_sqlite(world):
    world.create(gears=4)

    plans = _plans(world, "EXPLAIN QUERY PLAN")

    assert _looking_through(plans) == []
    assert len(plans) > 10  # it was looked at


@pytest.mark.services("postgresql")
def test_no_statement_of_a_request_looks_through_what_has_been_on_postgresql(found, postgresql_url):
    world = found(DATABASE_URL=postgresql_url)
    world.create(gears=4)
    application = world.parts().application
    given = {
        "owner": application.owner_id,
        "application": application.application_id,
        "now": application.created_at,
    }
    with world.embedded.built.database.engine.begin() as connection:
        for statement in PAST.split(";"):
            names = set(re.findall(r":(\w+)", statement))
            connection.execute(text(statement), {name: given[name] for name in names})

    plans = _plans(world, "EXPLAIN")

    assert _looking_through(plans) == []
    assert len(plans) > 10
