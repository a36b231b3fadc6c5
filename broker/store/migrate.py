"""Brings the database to the schema this code expects, or says that it is not there.

Alembic is loaded only to change a schema: to look at one is what every command does first, and quickly.
"""

from collections.abc import Callable
from importlib import resources
from typing import TYPE_CHECKING

from sqlalchemy import Select, String, column, func, inspect, select, table

from broker.store.engine import Database

if TYPE_CHECKING:
    from alembic.config import Config

_VERSION: Select[str] = select(column("version_num", String)).select_from(table("alembic_version"))

_OPEN: Select[int] = (
    select(func.count()).select_from(table("operations", column("finished_at"))).where(column("finished_at").is_(None))
)


class SchemaMismatch(Exception):
    """The database is older or newer than this code."""


def migrate(database: Database, revision: str = "head") -> None:
    """Bring the database to `revision`; what is there already is left as it is.

    Raises `SchemaMismatch` for one that a newer code has made.
    """
    from alembic import command  # noqa: PLC0415 as the module says

    found = current_revision(database)
    if found is not None and found not in known_revisions():
        raise SchemaMismatch(_of_a_newer_code(found))
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


def move_to(database: Database, revision: str) -> None:
    """Bring the database to one of the known revisions, up or down; raises `SchemaMismatch` and changes nothing.

    The way down forgets what only later revisions know, so it is taken by nobody while operations are open.
    """
    known, found = known_revisions(), current_revision(database)
    if revision not in known:
        raise SchemaMismatch(f"There is no revision {revision!r}: choose one of {', '.join(sorted(known))}.")
    if found is not None and found not in known:
        check_schema(database)
    if found is None or found <= revision:
        _at_once(database, migrate, revision)
        return
    with database.engine.connect() as connection:
        still_open = connection.execute(_OPEN).scalar_one()
    if still_open:
        raise SchemaMismatch(_of_open_operations(database, still_open))
    _at_once(database, downgrade, revision)


def _at_once(database: Database, go: Callable[[Database, str], None], revision: str) -> None:
    """Go where the way still begins once it is this process's turn."""
    from alembic.util import CommandError  # noqa: PLC0415 as the module says

    try:
        go(database, revision)
    except CommandError as error:
        raise SchemaMismatch("Another migration came first. Look where the database is now, and try again.") from error


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
    raise SchemaMismatch(_of_a_newer_code(found))


def _of_open_operations(database: Database, count: int) -> str:
    is_alone = database.engine.dialect.name == "sqlite"
    ends_them = (
        "Start `gearbroker serve`, let it run until they have ended, and stop it"
        if is_alone
        else "Stop all brokers but one `gearbroker work` until they have ended"
    )
    return (
        f"{count} operations are open, and the way down would forget how they go on. {ends_them};"
        " or end them with `oo-admin-clear-pending-ops --time 0`. Then try again."
    )


def _of_a_newer_code(found: str) -> str:
    return f"The database is at revision {found}, which this code does not know: use a newer gearbroker."


def _config() -> "Config":
    from alembic.config import Config  # noqa: PLC0415 as the module says

    config = Config()
    config.set_main_option("script_location", str(resources.files("migrations")))
    return config
