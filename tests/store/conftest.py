"""A migrated database of each kind, and units of work on it."""

from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from broker.core.ids import UserId
from broker.core.owner import User
from broker.process.signal import LocalSignal
from broker.store.engine import Database, open_database
from broker.store.fleet_cache import FleetCache
from broker.store.migrate import migrate
from broker.store.unit_of_work import SqlUnitOfWork

Opener = Callable[[], SqlUnitOfWork]


@cache
def _migrated_file() -> bytes:
    """The file of an empty database, which takes longer to make than most tests."""
    with TemporaryDirectory() as directory:
        file = Path(directory) / "gearbroker.db"
        database = open_database(f"sqlite:///{file}")
        migrate(database)
        database.engine.dispose()
        return file.read_bytes()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services("postgresql"))])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty, migrated database."""
    if request.param == "sqlite":
        file = tmp_path / "gearbroker.db"
        file.write_bytes(_migrated_file())
        opened = open_database(f"sqlite:///{file}")
    else:
        opened = open_database(request.getfixturevalue("postgresql_url"))
        migrate(opened)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def cache() -> FleetCache:
    return FleetCache()


@pytest.fixture
def writing(database: Database, cache: FleetCache) -> Opener:
    """Opens units of work that may commit."""
    return partial(SqlUnitOfWork, database, cache, LocalSignal())


@pytest.fixture
def reading(database: Database, cache: FleetCache) -> Opener:
    """Opens units of work that only look."""
    return partial(SqlUnitOfWork, database, cache, LocalSignal(), read_only=True)


@pytest.fixture
def user(writing: Opener) -> User:
    """A stored account with a quota of three gears."""
    made = User(
        user_id=UserId("1" * 24),
        login="demo",
        password_hash=None,
        max_gears=3,
        max_namespaces=-1,
        max_teams=0,
        consumed_gears=0,
        gear_sizes=("small", "large"),
        may_use_ha=True,
        may_follow_all_routing=False,
        created_at="2026-01-01T00:00:00Z",
    )
    with writing() as work:
        work.users.add(made)
        work.commit()
    return made
