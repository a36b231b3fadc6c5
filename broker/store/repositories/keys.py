"""SSH keys of accounts, and tokens, of which only hashes are kept."""

import hashlib
from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import IntegrityError

from broker.core.errors import Conflict
from broker.core.ids import AuthorizationId, UserId
from broker.core.owner import Authorization, SshKey
from broker.store.among import among
from broker.store.tables import authorizations, ssh_keys

_KEY_COLUMNS = tuple(column for column in ssh_keys.columns if column.name != "digest")
_KEYS = select(*_KEY_COLUMNS).order_by(ssh_keys.c.name)
_BY_HASH = select(authorizations).where(authorizations.c.token_hash == bindparam("wanted"))
_BY_ID = select(authorizations).where(authorizations.c.authorization_id == bindparam("wanted"))
_PLACE = (authorizations.c.created_at, authorizations.c.authorization_id)
_NEWEST_FIRST = select(authorizations).order_by(*(column.desc() for column in _PLACE))


def _good(user_id: UserId, at: str) -> tuple[ColumnElement[bool], ...]:
    return (authorizations.c.user_id == user_id, authorizations.c.expires_at > at)


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


class KeyRepository:
    """SSH keys of accounts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_user(self, user_id: UserId) -> tuple[SshKey, ...]:
        """All of an account, by name."""
        rows = self._connection.execute(_KEYS.where(ssh_keys.c.user_id == user_id)).mappings()
        return tuple(SshKey(**row) for row in rows)

    def named(self, user_id: UserId, name: str) -> SshKey | None:
        """The key of that name."""
        query = _KEYS.where(ssh_keys.c.user_id == user_id, ssh_keys.c.name == name)
        row = self._connection.execute(query).mappings().first()
        return None if row is None else SshKey(**row)

    def has_content(self, user_id: UserId, content: str, *, but: str = "") -> bool:
        """Whether a key of the account other than the one named `but` has this content."""
        same = (ssh_keys.c.user_id == user_id, ssh_keys.c.digest == _digest(content), ssh_keys.c.name != but)
        return bool(self._connection.execute(select(exists().where(*same))).scalar())

    def put(self, key: SshKey) -> None:
        """Store a new key, or a known one's new type and content; raises `Conflict` when others were faster."""
        this = (ssh_keys.c.user_id == key.user_id, ssh_keys.c.name == key.name)
        values = {"type": key.type, "content": key.content, "digest": _digest(key.content)}
        try:
            if not self._connection.execute(update(ssh_keys).where(*this).values(**values)).rowcount:
                row = {"user_id": key.user_id, "name": key.name, "created_at": key.created_at, **values}
                self._connection.execute(insert(ssh_keys).values(**row))
        except IntegrityError as error:
            text = "A key of this name or content was added at the same moment. Look at the keys and try again."
            raise Conflict(text, field="name", exit_code=120) from error

    def remove(self, user_id: UserId, name: str) -> None:
        """Remove a key."""
        self._connection.execute(delete(ssh_keys).where(ssh_keys.c.user_id == user_id, ssh_keys.c.name == name))

    def count_of(self, user_id: UserId) -> int:
        """How many an account has."""
        query = select(func.count()).select_from(ssh_keys).where(ssh_keys.c.user_id == user_id)
        return int(self._connection.execute(query).scalar_one())


class AuthorizationRepository:
    """Tokens by their hashes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _read(self, query: Select[Any], wanted: str) -> Authorization | None:
        row = self._connection.execute(query, {"wanted": wanted}).mappings().first()
        return None if row is None else Authorization(**row)

    def by_hash(self, token_hash: str) -> Authorization | None:
        """The authorization whose token has this hash."""
        return self._read(_BY_HASH, token_hash)

    def by_id(self, authorization_id: AuthorizationId) -> Authorization | None:
        """The authorization of that id."""
        return self._read(_BY_ID, authorization_id)

    def of_user(
        self,
        user_id: UserId,
        *,
        unexpired_at: str,
        limit: int | None = None,
        after: tuple[str, AuthorizationId] | None = None,
    ) -> tuple[Authorization, ...]:
        """Those of an account that are still good at that time, newest first; at most so many past a place."""
        query = _NEWEST_FIRST.where(*_good(user_id, unexpired_at)).limit(limit)
        if after is not None:
            query = query.where(tuple_(*_PLACE) < tuple_(literal(after[0]), literal(after[1])))
        return tuple(Authorization(**row) for row in self._connection.execute(query).mappings())

    def count_of(self, user_id: UserId, *, unexpired_at: str) -> int:
        """How many of an account are still good at that time."""
        query = select(func.count()).select_from(authorizations).where(*_good(user_id, unexpired_at))
        return int(self._connection.execute(query).scalar_one())

    def like(
        self, user_id: UserId, *, note: str | None, scopes: Collection[str], unexpired_at: str
    ) -> Authorization | None:
        """The newest one with this note and exactly these scopes, in whatever order, that is good at that time."""
        # None is twice in either text, so they are the same where one has all of the other and is as long.
        padded = literal(" ") + authorizations.c.scopes + literal(" ")
        same = [padded.contains(f" {scope} ", autoescape=True) for scope in scopes]
        query = _NEWEST_FIRST.where(
            *_good(user_id, unexpired_at),
            authorizations.c.note.is_not_distinct_from(note),
            func.length(authorizations.c.scopes) == len(" ".join(scopes)),
            *same,
        )
        row = self._connection.execute(query.limit(1)).mappings().first()
        return None if row is None else Authorization(**row)

    def add(self, authorization: Authorization) -> None:
        """Store a new authorization."""
        row = {column.name: getattr(authorization, column.name) for column in authorizations.columns}
        self._connection.execute(insert(authorizations).values(**row))

    def set_note(self, authorization_id: AuthorizationId, note: str | None) -> None:
        """Change what its owner has written beside it."""
        this = authorizations.c.authorization_id == authorization_id
        self._connection.execute(update(authorizations).where(this).values(note=note))

    def remove(self, authorization_ids: Collection[AuthorizationId]) -> None:
        """Revoke these."""
        these = among(self._connection, authorizations.c.authorization_id, authorization_ids)
        self._connection.execute(delete(authorizations).where(these))

    def remove_expired(self, user_id: UserId, *, before: str) -> None:
        """Forget those of an account that were good no more at that time."""
        these = (authorizations.c.user_id == user_id, authorizations.c.expires_at <= before)
        self._connection.execute(delete(authorizations).where(*these))

    def remove_of(self, user_id: UserId) -> None:
        """Revoke all of an account."""
        self._connection.execute(delete(authorizations).where(authorizations.c.user_id == user_id))
