"""A database that cannot be used: the request is told what to do, nothing is half done, and then it works again."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import event

CREATION = "name=shop&cartridge=php-5.4&scale=true"


@pytest.fixture
def told(world):
    """What every connection to the database is told when it is taken from the pool; empty: nothing."""
    statements = []

    def tell(connection, _entry, _proxy) -> None:
        for statement in statements:
            connection.execute(f"PRAGMA {statement}").close()

    event.listen(world.embedded.built.database.engine, "checkout", tell)
    return statements


def _gears(world):
    with world.embedded.platform.reading() as work:
        return sum(node.gears for node in work.nodes.all()), len(work.gears.all())


def test_a_full_disk_is_no_fault_and_leaves_nothing_behind(world, told):
    world.demo("POST", "/broker/rest/domains", "name=demo")
    with world.embedded.platform.reading() as work:
        pages = work._connection.exec_driver_sql("PRAGMA page_count").scalar()
    told.append(f"max_page_count = {pages + 1}")
    description = "x" * 16_000

    full = world.demo(
        "POST", "/broker/rest/domain/demo/applications", f"{CREATION}&initial_git_url=http://{description}"
    )
    during = _gears(world)
    told[:] = ["max_page_count = 4294967294"]
    again = world.demo("POST", "/broker/rest/domain/demo/applications", CREATION)

    assert (full.status, during, again.status, _gears(world)) == (507, (0, 0), 201, (1, 1))
    assert full.texts == ["The broker's storage is full. Nothing was changed; its operator has to make room."]


def test_a_database_that_another_program_holds_asks_to_try_again(world, told):
    told.append("busy_timeout = 1")
    with closing(sqlite3.connect(world.embedded.built.database.engine.url.database)) as other:
        other.execute("BEGIN IMMEDIATE")
        held = world.demo("POST", "/broker/rest/domains", "name=demo")
        other.rollback()
    again = world.demo("POST", "/broker/rest/domains", "name=demo")

    assert (held.status, again.status) == (503, 201)
    assert "please try again" in held.texts[0]
