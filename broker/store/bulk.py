"""Inserts of many rows as the driver takes them: SQLAlchemy's care for each row would be most of the cost."""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Connection, Table


def insert_rows(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]
) -> None:
    """Insert rows whose values are in the order of `columns` and as the driver knows them: JSON is text."""
    if rows:
        mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
        connection.exec_driver_sql(_statement(table.name, columns, mark), list(rows))


@cache
def _statement(table: str, columns: tuple[str, ...], mark: str) -> str:
    # Names come from the tables of this package, never from a request.
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join([mark] * len(columns))})"  # noqa: S608
