"""Brings the database to the schema this code expects, or says that it is not there.

Alembic is loaded only to change a schema: to look at one is what every command does first, and quickly.
"""

from importlib import resources
from typing import TYPE_CHECKING

from sqlalchemy import Select, String, column, inspect, select, table

from broker.store.engine import Database

if TYPE_CHECKING:
    from alembic.config import Config

_VERSION: Select[str] = select(column("version_num", String)).select_from(table("alembic_version"))


class SchemaMismatch(Exception):
    """The database is older or newer than this code."""


def migrate(database: Database, revision: str = "head") -> None:
    """Bring the database to `revision`; what is there already is left as it is."""
    from alembic import command  # noqa: PLC0415 as the module says

    config = _config()
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def downgrade(database: Database, revision: str) -> None:
    """Take the database back to `revision` ("base": empty)."""
    from alembic import command  # noqa: PLC0415 as the module says

    config = _config()
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def current_revision(database: Database) -> str | None:
    """The revision the database is at; None for one that has no schema."""
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.execute(_VERSION).scalar()
        return found


def expected_revision() -> str:
    """The revision this code needs."""
    return max(known_revisions())


def known_revisions() -> frozenset[str]:
    """Every revision of this installation: the number that the file of each begins with."""
    versions = resources.files("migrations").joinpath("versions").iterdir()
    numbers = frozenset(each.name.partition("_")[0] for each in versions if each.name[:1].isdigit())
    if not numbers:
        raise SchemaMismatch("the migrations are missing from this installation")
    return numbers


def check_schema(database: Database) -> None:
    """Raises `SchemaMismatch` with what to do, unless the database is at the revision this code needs."""
    found, wanted = current_revision(database), expected_revision()
    if found == wanted:
        return
    if found is None:
        raise SchemaMismatch("The database is empty. Run `gearbroker migrate`, or start `gearbroker serve`.")
    if found in known_revisions():
        raise SchemaMismatch(
            f"The database is at revision {found}, this code needs {wanted}. Run `gearbroker migrate`."
        )
    raise SchemaMismatch(f"The database is at revision {found}, which this code does not know: use a newer gearbroker.")


def _config() -> "Config":
    from alembic.config import Config  # noqa: PLC0415 as the module says

    config = Config()
    config.set_main_option("script_location", str(resources.files("migrations")))
    return config
