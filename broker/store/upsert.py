"""An insert that may meet a row that is there already, in the words of either database."""

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite


def upsert(dialect: str, table: Table) -> Any:
    """An insert with the conflict clauses of the database of that name."""
    if dialect == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 slow to load

    return postgresql.insert(table)
