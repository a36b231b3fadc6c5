"""What repeated requests are answered: one row a key of an owner, written before the request is done."""

from typing import Any

from sqlalchemy import Connection, Update, bindparam, delete, exists, or_, select, update

from broker.core.errors import RequestTakenOver
from broker.core.ids import UserId
from broker.core.operation import OperationState
from broker.interfaces import Json, KeptAnswer
from broker.store.tables import answers, operations, processes
from broker.store.upsert import upsert

_THIS = (answers.c.owner_id == bindparam("this_owner"), answers.c.key == bindparam("this_key"))
_FIND = (
    select(
        answers.c.fingerprint,
        answers.c.operation_id.label("became"),
        answers.c.driver,
        answers.c.status,
        answers.c.headers,
        answers.c.body,
        exists().where(processes.c.process_id == answers.c.driver).label("driver_lives"),
        operations.c.state.label("operation_state"),
    )
    .select_from(answers.outerjoin(operations, operations.c.operation_id == answers.c.operation_id))
    .where(*_THIS)
)
_BECAME = update(answers).where(*_THIS, answers.c.status.is_(None), answers.c.operation_id.is_(None))
_OF_DRIVER = (*_THIS, answers.c.status.is_(None), answers.c.driver == bindparam("this_driver"))
_SETTLE = update(answers).where(*_OF_DRIVER)
# Done by nobody: the operation that it became failed and is undone, or it became nothing.
_UNDONE = or_(
    answers.c.operation_id.is_(None),
    answers.c.operation_id.in_(
        select(operations.c.operation_id).where(
            operations.c.state.in_((OperationState.FAILED.value, OperationState.CANCELLED.value))
        )
    ),
)
_FORGET = delete(answers).where(*_OF_DRIVER, _UNDONE)
_LEAVE = update(answers).where(*_OF_DRIVER)


class AnswerRepository:
    """The answers that owners were given for their keys."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, owner_id: UserId, key: str, *, fingerprint: str, driver: str, at: str) -> bool:
        """Note that the process `driver` works on a request; False, and nothing noted, if its key is known already."""
        row = {"owner_id": owner_id, "key": key, "fingerprint": fingerprint, "driver": driver, "created_at": at}
        statement = upsert(self._connection.dialect.name, answers).on_conflict_do_nothing().returning(answers.c.key)
        return self._connection.execute(statement, row).first() is not None

    def find(self, owner_id: UserId, key: str) -> KeptAnswer | None:
        """What is known of the key, and of the operation that its request became."""
        row = self._connection.execute(_FIND, {"this_owner": owner_id, "this_key": key}).mappings().first()
        return None if row is None else KeptAnswer(**row)

    def take(self, owner_id: UserId, key: str, *, driver: str, after: str | None) -> bool:
        """Work on a request in place of the process `after`; False if another was faster."""
        was = answers.c.driver.is_(None) if after is None else answers.c.driver == after
        statement = update(answers).where(*_THIS, answers.c.status.is_(None), was)
        return self._changed(statement, owner_id, key, driver=driver)

    def became(self, owner_id: UserId, key: str, what: str) -> None:
        """Note the id of the operation that the request became, or of what it changed, in the transaction of that.

        Raises `RequestTakenOver` where it has become another already: a process that was taken for dead comes late.
        """
        if not self._changed(_BECAME, owner_id, key, operation_id=what):
            raise RequestTakenOver

    def settle(self, owner_id: UserId, key: str, driver: str, *, status: int, headers: Json, body: str) -> None:
        """Keep the answer; nothing is kept of a process that another has taken the request over from."""
        values = {"status": status, "headers": headers, "body": body, "driver": None}
        self._changed(_SETTLE, owner_id, key, this_driver=driver, **values)

    def forget(self, owner_id: UserId, key: str, driver: str) -> None:
        """There is no answer to be kept: a repeat does the request anew, unless it became what is not undone."""
        this = {"this_owner": owner_id, "this_key": key, "this_driver": driver}
        if not self._connection.execute(_FORGET, this).rowcount:
            self._changed(_LEAVE, owner_id, key, this_driver=driver, driver=None)

    def _changed(self, statement: Update, owner_id: UserId, key: str, **values: Any) -> bool:
        row = {"this_owner": owner_id, "this_key": key, **values}
        return bool(self._connection.execute(statement, row).rowcount)
