"""A condition on many values that is one parameter, so its statement is prepared once and has no upper bound."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Connection, String, any_, cast, func, literal, select


def among(connection: Connection, column: ColumnElement[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """`column` is one of `values`."""
    wanted = list(values)
    if connection.dialect.name == "sqlite":
        each = func.json_each(literal(json.dumps(wanted))).table_valued("value")
        return column.in_(select(each.c.value))
    return column == any_(cast(literal(wanted, ARRAY(String)), ARRAY(String)))
