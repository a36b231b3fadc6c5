"""The names that a DNS server beside the broker may not have yet as the table of names has them."""

import secrets
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, literal, select, true, update

from broker.core.ids import OperationId
from broker.interfaces import NameChange
from broker.store.tables import dns_changes, dns_records
from broker.store.upsert import upsert

MARK_BYTES = 12

_CHANGES = select(
    dns_changes.c.name,
    dns_changes.c.mark,
    dns_records.c.kind,
    dns_records.c.target,
    dns_changes.c.attempts,
    dns_changes.c.error,
).select_from(dns_changes.outerjoin(dns_records, dns_records.c.name == dns_changes.c.name))
# A row that is being marked anew stays dirty anyway; to wait for it could end in a deadlock with who marks it.
_UNCHANGED = (
    select(dns_changes.c.name)
    .where(dns_changes.c.name == bindparam("this"), dns_changes.c.mark == bindparam("seen"))
    .with_for_update(skip_locked=True)
    .scalar_subquery()
)
_CLEAR = delete(dns_changes).where(dns_changes.c.name == _UNCHANGED)
_NOTE = (
    update(dns_changes)
    .where(dns_changes.c.name == _UNCHANGED)
    .values(attempts=dns_changes.c.attempts + 1, error=bindparam("reason"))
)


@cache
def _renewing(dialect: str) -> Any:
    """An insert of marks that renews those that are there."""
    statement = upsert(dialect, dns_changes)
    new = {name: statement.excluded[name] for name in ("mark", "application_id", "operation_id", "attempts", "error")}
    return statement, new


class NameChangeRepository:
    """Which names have changed since a DNS server was last seen to have them, each with the mark of its last change."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._mark = secrets.token_hex(MARK_BYTES)
        self.has_marked = False

    def mark(self, which: ColumnElement[bool], operation_id: OperationId | None = None) -> None:
        """Note the names that are in the table now and fit the condition, in one statement; before they are removed."""
        found = (
            select(
                dns_records.c.name,
                literal(self._mark),
                dns_records.c.application_id,
                literal(operation_id, dns_changes.c.operation_id.type),
                literal(0),
            )
            .where(which)
            # Everybody holds these rows in the same order.
            .order_by(dns_records.c.name)
        )
        statement, new = _renewing(self._connection.dialect.name)
        columns = ["name", "mark", "application_id", "operation_id", "attempts"]
        marking = statement.from_select(columns, found).on_conflict_do_update(index_elements=["name"], set_=new)
        self._connection.execute(marking)
        self.has_marked = True

    def mark_all(self) -> None:
        """Note every name there is."""
        self.mark(true())

    def waiting(self, limit: int, *, tried: bool, after: str = "") -> tuple[NameChange, ...]:
        """The next changes in order of their names: those never tried, or those that were refused, past `after`."""
        attempts = dns_changes.c.attempts > 0 if tried else dns_changes.c.attempts == 0
        query = _CHANGES.where(attempts, dns_changes.c.name > after).order_by(dns_changes.c.name).limit(limit)
        return self._found(query)

    def waiting_of(self, operation_id: OperationId) -> tuple[NameChange, ...]:
        """The names that an operation has changed and that are still to be told, in order."""
        query = _CHANGES.where(dns_changes.c.operation_id == operation_id).order_by(dns_changes.c.name)
        return self._found(query)

    def clear(self, told: Mapping[str, str]) -> None:
        """The DNS server has these names as they were at their marks; those with another mark by now stay."""
        if told:
            self._connection.execute(_CLEAR, [{"this": name, "seen": told[name]} for name in sorted(told)])

    def note(self, refused: Sequence[tuple[NameChange, str]]) -> None:
        """One more attempt was in vain, for the reason given with each change."""
        if refused:
            rows = [{"this": change.name, "seen": change.mark, "reason": reason} for change, reason in refused]
            self._connection.execute(_NOTE, rows)

    def count(self) -> tuple[int, str | None]:
        """How many names wait, and the error of the one that was tried most often."""
        number = self._connection.execute(select(func.count()).select_from(dns_changes)).scalar_one()
        most_tried = dns_changes.c.attempts.desc(), dns_changes.c.name
        error = self._connection.execute(select(dns_changes.c.error).order_by(*most_tried).limit(1)).scalar()
        return number, error

    def _found(self, query: Any) -> tuple[NameChange, ...]:
        return tuple(
            NameChange(
                name=name,
                mark=mark,
                record=None if kind is None else (kind, target),
                attempts=attempts,
                error=error,
            )
            for name, mark, kind, target, attempts, error in self._connection.execute(query)
        )
