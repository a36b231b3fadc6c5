"""The DNS names that must exist, at most one target a name."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, delete, select

from broker.core.ids import ApplicationId, OperationId
from broker.store.among import among
from broker.store.repositories.name_changes import NameChangeRepository
from broker.store.tables import dns_records
from broker.store.upsert import upsert


@cache
def _put(dialect: str) -> Any:
    statement = upsert(dialect, dns_records)
    new = {"kind": statement.excluded.kind, "target": statement.excluded.target}
    return statement.on_conflict_do_update(index_elements=["name"], set_=new)


class NameRepository:
    """DNS names, kept in the transaction of the change that asks for them.

    With `changes`, a name that is put or removed is noted there in the same transaction, for a DNS server beside the
    broker to be told of it. `operation_id` is the operation whose owner is shown that the name is on its way.
    """

    def __init__(self, connection: Connection, changes: NameChangeRepository | None = None) -> None:
        self._connection = connection
        self._changes = changes

    def put(
        self,
        records: Sequence[tuple[str, str, str]],
        application_id: ApplicationId | None,
        *,
        operation_id: OperationId | None = None,
    ) -> None:
        """(name, kind, target) each; an existing name gets the new target."""
        if not records:
            return
        rows = [
            {"name": name, "kind": kind, "target": target, "application_id": application_id}
            for name, kind, target in records
        ]
        self._connection.execute(_put(self._connection.dialect.name), rows)
        if self._changes:
            self._changes.mark(self._named([name for name, _, _ in records]), operation_id)

    def remove(self, names: Sequence[str], *, operation_id: OperationId | None = None) -> None:
        """Remove names; those that do not exist are no error."""
        if names:
            self._remove(self._named(names), operation_id)

    def remove_of(self, application_id: ApplicationId, *, operation_id: OperationId | None = None) -> None:
        """Remove every name of an application."""
        self._remove(dns_records.c.application_id == application_id, operation_id)

    def lookup(self, name: str) -> tuple[tuple[str, str], ...]:
        """(kind, target) of a name in lower case; empty if it does not exist."""
        query = select(dns_records.c.kind, dns_records.c.target).where(dns_records.c.name == name)
        return tuple((kind, target) for kind, target in self._connection.execute(query))

    def _named(self, names: Sequence[str]) -> Any:
        return among(self._connection, dns_records.c.name, names)

    def _remove(self, which: Any, operation_id: OperationId | None) -> None:
        if self._changes:
            self._changes.mark(which, operation_id)
        self._connection.execute(delete(dns_records).where(which))
