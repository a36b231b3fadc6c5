"""Brings the database to the schema this code expects, or says that it is not there."""

from importlib import resources

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from broker.store.engine import Database


class SchemaMismatch(Exception):
    """The database is older or newer than this code."""


def migrate(database: Database, revision: str = "head") -> None:
    """Bring the database to `revision`; what is there already is left as it is."""
    config = _config()
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def downgrade(database: Database, revision: str) -> None:
    """Take the database back to `revision` ("base": empty)."""
    config = _config()
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def current_revision(database: Database) -> str | None:
    """The revision the database is at; None for one that has no schema."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def expected_revision() -> str:
    """The revision this code needs."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise SchemaMismatch("the migrations are missing from this installation")
    return revision


def check_schema(database: Database) -> None:
    """Raises `SchemaMismatch` with what to do, unless the database is at the revision this code needs."""
    found, wanted = current_revision(database), expected_revision()
    if found == wanted:
        return
    if found is None:
        raise SchemaMismatch("The database is empty. Run `gearbroker migrate`, or start `gearbroker serve`.")
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found in known:
        raise SchemaMismatch(
            f"The database is at revision {found}, this code needs {wanted}. Run `gearbroker migrate`."
        )
    raise SchemaMismatch(f"The database is at revision {found}, which this code does not know: use a newer gearbroker.")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.files("migrations")))
    return config
