"""What all processes of a platform must agree on, by name."""

from sqlalchemy import Connection, select, update

from broker.store.tables import agreements
from broker.store.upsert import upsert


class AgreementRepository:
    """One value a name; who proposes one first is who all others find."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, name: str) -> str | None:
        """What holds."""
        found: str | None = self._connection.execute(
            select(agreements.c.value).where(agreements.c.name == name)
        ).scalar()
        return found

    def propose(self, name: str, value: str) -> str:
        """What holds: this value if none did, else the one that does."""
        statement = upsert(self._connection.dialect.name, agreements).on_conflict_do_nothing()
        self._connection.execute(statement, {"name": name, "value": value})
        return self.find(name) or value

    def replace(self, name: str, before: str, after: str) -> bool:
        """Agree on something else; False if it was not as it was `before`."""
        this = (agreements.c.name == name, agreements.c.value == before)
        return bool(self._connection.execute(update(agreements).where(*this).values(value=after)).rowcount)
