"""What a driver's error means for who asked: do it again, wait, or make room."""

import logging
import sqlite3
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from broker.core.errors import StorageFull, StorageUnavailable
from broker.interfaces import Collided

_log = logging.getLogger(__name__)

IN_DOUBT = "The database went away while it kept the change, which is made or not: look before you ask again."
UNREAD = "The database does not answer. Please try again."
NO_CONNECTION = "Too many requests use the database at once. Please try again."
OTHER_SCHEMA = (
    "The database has been changed by another version of the broker. Nothing was changed;"
    " the operator has to run the version that fits, or `gearbroker migrate`, and start the broker again."
)

Refusing = Callable[[], StorageUnavailable]


def _other_schema() -> StorageUnavailable:
    return StorageUnavailable(OTHER_SCHEMA)


# https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL: dict[str, Refusing] = {
    "40001": Collided,  # serialization failure
    "40P01": Collided,  # deadlock detected
    "55P03": Collided,  # lock not available
    "53100": StorageFull,
    "42P01": _other_schema,  # undefined table
    "42703": _other_schema,  # undefined column
}
# A server that shuts down, starts, has too little memory or too many connections, is a standby, or whose disk fails.
_AWAY = {"57P01", "57P02", "57P03", "53200", "53300", "25006", "58030"}
_AWAY_CLASS = "08"

_SQLITE: dict[int, Refusing] = {
    sqlite3.SQLITE_BUSY: Collided,
    sqlite3.SQLITE_LOCKED: Collided,
    sqlite3.SQLITE_FULL: StorageFull,
}
# Among them the errors of a disk that has no room for what SQLite keeps beside the file.
_SQLITE_AWAY = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PROTOCOL}
# The kind of an error is the last byte of its code; the rest says where in SQLite it was met.
_KIND = 0xFF


def refusal_of(
    error: BaseException | None, *, committing: bool = False, reading: bool = False
) -> StorageUnavailable | None:
    """The refusal that an error of the database is; None for what is a fault of ours, or no such error.

    With `committing` the error came while the transaction was being kept, so a broken connection leaves that open.
    With `reading` it says nothing of changes: what is read may be what has come of one.
    """
    away = StorageUnavailable(IN_DOUBT if committing else UNREAD) if committing or reading else StorageUnavailable()
    refusal = _refusal(error, away)
    if refusal is not None and not isinstance(refusal, Collided):
        _log.error("the database cannot be used", extra={"reason": _first_line(error)})
    return refusal


def _refusal(error: BaseException | None, away: StorageUnavailable) -> StorageUnavailable | None:
    if isinstance(error, PoolTimeout):
        return StorageUnavailable(NO_CONNECTION)
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(cause, away)
    state = getattr(cause, "sqlstate", None)
    if state in _POSTGRESQL:
        return _POSTGRESQL[state]()
    if not isinstance(error, DBAPIError) or not _is_away(error, state):
        return None
    return away


def _is_away(error: DBAPIError, state: str | None) -> bool:
    if error.connection_invalidated or (state or "").startswith(_AWAY_CLASS):
        return True
    # A connection that was never made has no state to tell.
    return state in _AWAY or (state is None and isinstance(error, OperationalError))


def _of_sqlite(error: sqlite3.Error, away: StorageUnavailable) -> StorageUnavailable | None:
    # Python's own errors have no code.
    kind = getattr(error, "sqlite_errorcode", 0) & _KIND
    if kind == sqlite3.SQLITE_ERROR and str(error).startswith(("no such table", "no such column")):
        return _other_schema()
    if kind in _SQLITE_AWAY:
        return away
    return _SQLITE[kind]() if kind in _SQLITE else None


def _first_line(error: BaseException | None) -> str:
    return str(getattr(error, "orig", error)).partition("\n")[0]
