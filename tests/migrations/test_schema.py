"""The schema: up, down and up again; migrations and tables agree; and a database this code cannot use is named so."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert, inspect, select, text

from broker.bootstrap import build
from broker.config import Settings, load_settings
from broker.core.errors import ConfigurationError, StorageUnavailable
from broker.store import tables
from broker.store.engine import Database, open_database
from broker.store.fleet_cache import FleetCache
from broker.store.lanes import cursor_names, lane_of
from broker.store.migrate import (
    SchemaMismatch,
    check_schema,
    current_revision,
    downgrade,
    expected_revision,
    migrate,
    move_to,
)
from broker.store.repositories.node_rows import NodeRows
from broker.store.tables import metadata

CHECKOUT = Path(__file__).parents[2]
WAIT_SECONDS = 20.0


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services("postgresql"))])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        opened = open_database(f"sqlite:///{tmp_path / 'gearbroker.db'}")
    else:
        opened = open_database(request.getfixturevalue("postgresql_url"))
    yield opened
    opened.engine.dispose()


def test_migrations_lead_to_the_tables_of_the_code(database):
    migrate(database)

    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_partial_indexes_have_their_conditions(database):
    migrate(database)

    wanted = {
        index.name: str(index.dialect_options["postgresql"]["where"])
        for table in metadata.tables.values()
        for index in table.indexes
        if index.dialect_options["postgresql"]["where"] is not None
    }
    with database.engine.connect() as connection:
        inspector = inspect(connection)
        found = {
            index["name"]
            for table in metadata.tables
            for index in inspector.get_indexes(table)
            if any(option.endswith("_where") for option in index.get("dialect_options", {}))
        }
    assert found == set(wanted)


def test_the_way_down_leaves_nothing_and_the_way_up_again_everything(database):
    migrate(database)

    downgrade(database, "base")
    empty = inspect(database.engine).get_table_names()
    migrate(database)

    assert empty == ["alembic_version"]
    assert current_revision(database) == expected_revision()
    assert set(inspect(database.engine).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_to_migrate_twice_changes_nothing(database):
    migrate(database)
    with database.engine.connect() as connection:
        connection.execute(text("UPDATE counters SET value = 7 WHERE name = 'routing_position'"))
        connection.commit()

    migrate(database)

    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT value FROM counters WHERE name = 'routing_position'")).scalar() == 7


def test_several_processes_that_migrate_at_once_do_it_once(database):
    url = database.engine.url.render_as_string(hide_password=False)
    code = "import sys; from broker.store import engine, migrate; migrate.migrate(engine.open_database(sys.argv[1]))"

    processes = [subprocess.Popen([sys.executable, "-c", code, url], cwd=CHECKOUT) for _ in range(3)]

    assert [process.wait() for process in processes] == [0, 0, 0]
    assert current_revision(database) == expected_revision()


def test_data_survive_the_way_down_and_up_again(database):
    migrate(database)
    with database.engine.begin() as connection:
        connection.execute(insert(tables.operations), [_operation("1" * 24, "completed")])
        event = {
            "position": 1, "lane": lane_of(APPLICATION), "application_id": APPLICATION, "owner_id": "b" * 24,
            "sequence": 1, "action": "add_alias", "app_name": "shop", "namespace": "demo",
            "occurred_at": "2026-01-01T00:00:00Z", "data": "{}",
        }  # fmt: skip
        connection.execute(insert(tables.routing_events), event)
        cursors = [{"name": name, "value": 1} for name in cursor_names("bus/json")]
        connection.execute(insert(tables.counters), cursors)
    before = _kept(database)

    for revision in ("0001", "0002", expected_revision(), "0002", expected_revision()):
        move_to(database, revision)
        assert current_revision(database) == revision

    assert _kept(database) == before


def test_an_application_of_before_has_its_code_as_its_first_deployment(database):
    migrate(database)
    move_to(database, "0003")
    with database.engine.begin() as connection:
        _add_application_of_before(connection)

    migrate(database)

    with database.engine.connect() as connection:
        found = connection.execute(select(tables.deployments)).mappings().one()
        active = connection.execute(select(tables.activations)).mappings().one()
        wanted = connection.execute(select(tables.applications.c.deployment_id)).scalar_one()
        running = {row.gear_id: row.deployment_id for row in connection.execute(select(tables.gears))}
    assert (found["ref"], found["created_at"], active["activated_at"]) == ("live", TIME, TIME)
    assert found["deployment_id"] == active["deployment_id"] == wanted
    assert running == {"web": wanted, "database": None}

    move_to(database, "0003")
    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM gears")).scalar_one() == 2


TIME = "2026-01-01T00:00:00Z"
_GROUP = "INSERT INTO gear_groups VALUES (:group, :application, :place, 'small', NULL, NULL, 1, 0, 1, false)"
_GEAR = (
    "INSERT INTO gears (gear_id, application_id, group_id, node_id, ordinal, is_head, carries_proxy, lifecycle,"
    " rotation, created_at) VALUES (:gear, :application, :group, 'node', 1, false, false, 'started', 'in', :time)"
)
_APPLICATION = (
    "INSERT INTO applications (application_id, name, namespace_id, owner_id, phase, scalable, ha, running, profile,"
    " default_multiplier, verdict, sequence, generation, auto_deploy, deployment_branch, keep_deployments,"
    " deployment_type, created_at) VALUES (:application, 'shop', 'n', 'u', 'ready', true, false, true, 'small', 0,"
    " 'not_ha', 0, 1, true, 'live', 1, 'git', :time)"
)


def _add_application_of_before(connection):
    """One with a gear of its web framework and one of a database, as the schema before had them."""
    given = {"application": APPLICATION, "time": TIME}
    connection.execute(
        text("INSERT INTO users VALUES ('u', 'demo', NULL, 1, 1, 0, 2, '[]', false, false, :time)"), given
    )
    connection.execute(text("INSERT INTO namespaces VALUES ('n', 'test', 'u', '[]', :time)"), given)
    connection.execute(text(_APPLICATION), given)
    connection.execute(
        text("INSERT INTO nodes VALUES ('node', '127.0.0.1', 'small', NULL, NULL, 9, 2, true, 'alive', 1)")
    )
    for place, gear in enumerate(("web", "database")):
        row = {**given, "group": f"group of {gear}", "place": place, "gear": gear}
        connection.execute(text(_GROUP), row)
        connection.execute(text(_GEAR), row)


APPLICATION = "a" * 24


def _operation(operation_id, state):
    return {
        "operation_id": operation_id, "application_id": APPLICATION, "kind": "scale", "ending": "scale",
        "arguments": {}, "wish": {}, "state": state, "created_at": "2026-01-01T00:00:00Z",
        "started_at": "2026-01-01T00:00:00Z",
        "finished_at": "2026-01-01T00:00:01Z" if state == "completed" else None,
    }  # fmt: skip


def _kept(database):
    with database.engine.connect() as connection:
        return [
            [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for table in (tables.operations, tables.routing_events, tables.counters)
        ]


@pytest.mark.parametrize("state", ["running", "queued"])
def test_the_way_down_is_not_taken_while_operations_are_open(database, state):
    migrate(database)
    with database.engine.begin() as connection:
        connection.execute(insert(tables.operations), [_operation("1" * 24, state)])

    ends_them = "Start `gearbroker serve`" if database.engine.dialect.name == "sqlite" else "one `gearbroker work`"
    with pytest.raises(SchemaMismatch, match=rf"1 operations are open.* {ends_them}.*oo-admin-clear-pending-ops"):
        move_to(database, "0002")

    assert current_revision(database) == expected_revision()


def test_a_revision_that_there_is_not_is_refused_with_those_there_are(database):
    with pytest.raises(SchemaMismatch, match=r"no revision '7777': choose one of 0001, "):
        move_to(database, "7777")
    assert current_revision(database) is None


def test_several_that_go_down_and_up_at_once_end_at_one_revision_each_can_use(database):
    migrate(database)
    url = database.engine.url.render_as_string(hide_password=False)
    code = (
        "import sys; from broker.store import engine, migrate\n"
        "try: migrate.move_to(engine.open_database(sys.argv[1]), sys.argv[2])\n"
        "except migrate.SchemaMismatch as refused: sys.exit(3 if 'came first' in str(refused) else 4)"
    )
    ways = ["0001", expected_revision(), "0002", expected_revision()]

    processes = [subprocess.Popen([sys.executable, "-c", code, url, way], cwd=CHECKOUT) for way in ways]

    assert {process.wait() for process in processes} <= {0, 3}
    migrate(database)
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_schema_of_the_right_revision_is_taken(database):
    migrate(database)

    check_schema(database)


# --- databases that this code cannot use ------------------------------------------------------------------------


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"GEARBROKER_DATA_DIR": str(tmp_path)})


def _at_revision(settings: Settings, revision: str) -> None:
    database = open_database(settings.database_url)
    migrate(database)
    with database.engine.connect() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
        connection.commit()
    database.engine.dispose()


def _refusal(settings: Settings, *, create: bool = False) -> str:
    with pytest.raises(ConfigurationError) as raised:
        build(settings, create=create)
    assert "\n" not in raised.value.text
    return raised.value.text


def test_a_database_that_is_not_there_is_named_with_what_to_do(settings):
    assert "There is no broker's data in" in _refusal(settings)


def test_an_empty_database_asks_to_be_migrated(settings, tmp_path):
    (tmp_path / "gearbroker.db").touch()

    assert "gearbroker migrate" in _refusal(settings)


def test_a_newer_database_asks_for_a_newer_broker(settings):
    _at_revision(settings, "9999")

    assert "use a newer gearbroker" in _refusal(settings)


def test_a_newer_database_is_refused_also_where_one_would_be_created(settings):
    _at_revision(settings, "9999")

    assert "9999" in _refusal(settings, create=True)


def test_a_file_that_is_no_database_is_a_refusal(settings, tmp_path):
    (tmp_path / "gearbroker.db").write_bytes(b"no database at all" * 1000)

    assert "The database cannot be used: file is not a database" in _refusal(settings)
    assert "file is not a database" in _refusal(settings, create=True)


def test_a_directory_where_the_file_should_be_is_a_refusal(settings, tmp_path):
    (tmp_path / "gearbroker.db").mkdir()

    assert "The database cannot be used" in _refusal(settings, create=True)


def test_a_data_directory_that_cannot_be_made_is_a_refusal(tmp_path):
    (tmp_path / "file").touch()

    settings = load_settings({"GEARBROKER_DATA_DIR": str(tmp_path / "file" / "data")})

    assert "cannot be made" in _refusal(settings, create=True)


def test_a_server_that_is_not_there_is_a_refusal_without_the_password():
    settings = load_settings({"DATABASE_URL": "postgresql://me:hidden@127.0.0.1:1/none"})

    with pytest.raises(StorageUnavailable) as refused:
        build(settings)

    assert "The database cannot be used" in refused.value.text
    assert "hidden" not in refused.value.text
    assert "\n" not in refused.value.text


@pytest.mark.services("postgresql")
def test_a_migration_waits_for_nobody_who_counts_on_the_nodes(postgresql_url):
    opened = open_database(postgresql_url)
    with opened.writing() as connection:
        NodeRows(connection, FleetCache()).hold()
        # Whoever migrates waits as long as it takes, so it is asked from beside.
        migrating = threading.Thread(target=migrate, args=(opened,), daemon=True)
        migrating.start()
        migrating.join(WAIT_SECONDS)
        assert not migrating.is_alive()
    check_schema(opened)
    opened.engine.dispose()
