"""The processes that share the database, and what the dead among them had in hand."""

from collections.abc import Mapping
from dataclasses import asdict

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from broker.interfaces import ProcessRecord
from broker.store.tables import operations, processes

_BEAT = update(processes).where(processes.c.process_id == bindparam("this_process")).values(beats=processes.c.beats + 1)
_ALL = select(*(processes.c[name] for name in ProcessRecord.__slots__)).order_by(processes.c.process_id)
_KNOWN = select(processes.c.process_id)
_FORGET = delete(processes).where(
    processes.c.process_id == bindparam("this_process"), processes.c.beats == bindparam("these_beats")
)
_RELEASE = update(operations).where(operations.c.finished_at.is_(None)).values(driver=None)


class ProcessRepository:
    """One row a process; no time in it is ever compared with another machine's."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def beat(self, process: ProcessRecord) -> bool:
        """One beat more; False where its row was not there, which is then begun."""
        if self._connection.execute(_BEAT, {"this_process": process.process_id}).rowcount:
            return True
        self._connection.execute(insert(processes), asdict(process))
        return False

    def all(self) -> tuple[ProcessRecord, ...]:
        """Every process, in the order in which they began."""
        return tuple(ProcessRecord(**row) for row in self._connection.execute(_ALL).mappings())

    def bury(self, seen: Mapping[str, int]) -> int:
        """Forget those that have not beaten since, and take their open operations out of their hands.

        One that has beaten, or has come back, keeps what it has.
        Returns the number of operations.
        """
        if not seen:
            return 0
        self._connection.execute(
            _FORGET, [{"this_process": each, "these_beats": beats} for each, beats in seen.items()]
        )
        gone = operations.c.driver.in_(list(seen)) & operations.c.driver.not_in(_KNOWN)
        return self._connection.execute(_RELEASE.where(gone)).rowcount
