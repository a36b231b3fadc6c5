"""Accounts, their quota, and the namespaces they own."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    bindparam,
    delete,
    exists,
    func,
    insert,
    null,
    select,
    union_all,
    update,
)
from sqlalchemy.exc import IntegrityError

from broker.core.application import ApplicationPhase
from broker.core.errors import Conflict
from broker.core.ids import NamespaceId, UserId
from broker.core.owner import UNLIMITED, Namespace, NamespaceContents, User
from broker.interfaces import Collided
from broker.store.among import among
from broker.store.tables import (
    applications,
    authorizations,
    gear_groups,
    namespace_members,
    namespaces,
    ssh_keys,
    team_members,
    teams,
    users,
)

_BY_ID = select(users).where(users.c.user_id == bindparam("wanted"))
_BY_LOGIN = select(users).where(users.c.login == bindparam("wanted"))
# So that rows which refer to the account can be written meanwhile.
_LOCKED = _BY_LOGIN.with_for_update(key_share=True)
_CONSUMED = users.c.consumed_gears + bindparam("count", type_=Integer)
_GIVE_BACK = update(users).where(users.c.user_id == bindparam("this_user")).values(consumed_gears=_CONSUMED)
_CONSUME = _GIVE_BACK.where((users.c.max_gears == UNLIMITED) | (users.c.max_gears >= _CONSUMED))


_COLUMNS = tuple(column.name for column in users.columns)


def _user(row: Mapping[str, Any]) -> User:
    return User(**{**row, "gear_sizes": tuple(row["gear_sizes"]), "inherited": tuple(row["inherited"])})


def _namespace(row: Mapping[str, Any]) -> Namespace:
    return Namespace(**{**row, "allowed_gear_sizes": tuple(row["allowed_gear_sizes"])})


def _user_row(user: User) -> dict[str, Any]:
    row = {name: getattr(user, name) for name in _COLUMNS}
    return {**row, "gear_sizes": list(user.gear_sizes), "inherited": list(user.inherited)}


def _namespace_row(namespace: Namespace) -> dict[str, Any]:
    row = {name: getattr(namespace, name) for name in Namespace.__slots__}
    return {**row, "allowed_gear_sizes": list(namespace.allowed_gear_sizes)}


class UserRepository:
    """Accounts and their quota; what this unit of work takes of a quota is written at its end."""

    def __init__(self, connection: Connection, hold: Callable[[], None]) -> None:
        self._connection = connection
        self._hold = hold
        self._known: dict[UserId, User] = {}
        self._counts: dict[UserId, int] = {}

    def _read(self, query: Select[Any], wanted: str) -> User | None:
        row = self._connection.execute(query, {"wanted": wanted}).mappings().first()
        if row is None:
            return None
        user = _user(dict(row))
        self._known[user.user_id] = user
        return self._counted(user)

    def _counted(self, user: User) -> User:
        """With what this unit of work has taken of the quota and not written yet."""
        taken = self._counts.get(user.user_id)
        return replace(user, consumed_gears=user.consumed_gears + taken) if taken else user

    def by_login(self, login: str) -> User | None:
        """The account of that login."""
        return self._read(_BY_LOGIN, login)

    def locked(self, login: str) -> User | None:
        """The same, with its row held until the unit of work ends."""
        self._hold()
        return self._read(_LOCKED, login)

    def by_id(self, user_id: UserId) -> User | None:
        """The account of that id."""
        return self._read(_BY_ID, user_id)

    def add(self, user: User) -> None:
        """Store a new account; raises `Conflict` when the login is taken."""
        try:
            self._connection.execute(insert(users).values(**_user_row(user)))
        except IntegrityError as error:
            raise Conflict(f"User '{user.login}' exists already.") from error

    def save(self, user: User) -> None:
        """Store everything but `consumed_gears`."""
        row = _user_row(user)
        del row["consumed_gears"]
        self._connection.execute(update(users).where(users.c.user_id == user.user_id).values(**row))

    def consume_gears(self, user_id: UserId, count: int) -> bool:
        """Take gears from the quota, or give them back; False if they do not suffice."""
        self._hold()
        if count > 0:
            # What was read before may be old: then the commit finds that out.
            user = self._known.get(user_id) or self.by_id(user_id)
            if user is None or not self._counted(user).has_room_for(count):
                return False
        self._counts[user_id] = self._counts.get(user_id, 0) + count
        return True

    def write_counts(self) -> None:
        """Write what was taken and given back; raises `Collided` where others have used the quota up meanwhile."""
        for user_id, count in sorted(self._counts.items()):
            statement = _CONSUME if count > 0 else _GIVE_BACK
            if self._connection.execute(statement, {"this_user": user_id, "count": count}).rowcount != 1:
                raise Collided
        self._counts.clear()

    def count_namespaces(self, user_id: UserId) -> int:
        """How many namespaces the account owns."""
        query = select(func.count()).select_from(namespaces).where(namespaces.c.owner_id == user_id)
        return self._connection.execute(query).scalar_one()

    def many(self, user_ids: Collection[UserId]) -> dict[UserId, User]:
        """The accounts of these ids that exist."""
        return {user.user_id: user for user in self._all(among(self._connection, users.c.user_id, user_ids))}

    def many_named(self, logins: Collection[str]) -> dict[str, User]:
        """The accounts of these logins that exist, by login."""
        return {user.login: user for user in self._all(among(self._connection, users.c.login, logins))}

    def children(self, user_id: UserId) -> tuple[User, ...]:
        """The accounts that it has made, by login."""
        return self._all(users.c.parent_id == user_id)

    def _all(self, condition: ColumnElement[bool]) -> tuple[User, ...]:
        query = select(users).where(condition).order_by(users.c.login)
        return tuple(_user(dict(row)) for row in self._connection.execute(query).mappings())

    def delete(self, user_id: UserId) -> None:
        """Remove an account that owns no namespace, with its keys, tokens, teams and memberships.

        Raises `Collided` where it was given one of these at the same moment.
        """
        own_teams = select(teams.c.team_id).where(teams.c.owner_id == user_id)
        gone = namespace_members.c.member_id
        self._connection.execute(delete(namespace_members).where((gone == user_id) | gone.in_(own_teams)))
        for table, condition in (
            (team_members, (team_members.c.user_id == user_id) | team_members.c.team_id.in_(own_teams)),
            (teams, teams.c.owner_id == user_id),
            (ssh_keys, ssh_keys.c.user_id == user_id),
            (authorizations, authorizations.c.user_id == user_id),
            (users, users.c.user_id == user_id),
        ):
            try:
                self._connection.execute(delete(table).where(condition))
            except IntegrityError as error:
                raise Collided from error


class NamespaceRepository:
    """The namespaces of all owners."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_name(self, name: str) -> Namespace | None:
        """The namespace of that name, in lower case."""
        query = select(namespaces).where(namespaces.c.name == name)
        row = self._connection.execute(query).mappings().first()
        return None if row is None else _namespace(dict(row))

    def locked(self, namespace_id: NamespaceId) -> Namespace | None:
        """The namespace of that id, with its row held until the unit of work ends: no application comes into it."""
        query = select(namespaces).where(namespaces.c.namespace_id == namespace_id).with_for_update()
        row = self._connection.execute(query).mappings().first()
        return None if row is None else _namespace(dict(row))

    def of_owner(self, owner_id: UserId) -> tuple[Namespace, ...]:
        """All namespaces of an owner, oldest first."""
        query = (
            select(namespaces)
            .where(namespaces.c.owner_id == owner_id)
            .order_by(namespaces.c.created_at, namespaces.c.namespace_id)
        )
        return tuple(_namespace(dict(row)) for row in self._connection.execute(query).mappings())

    def many(self, namespace_ids: Collection[NamespaceId]) -> tuple[Namespace, ...]:
        """Those of these ids, oldest first."""
        query = (
            select(namespaces)
            .where(among(self._connection, namespaces.c.namespace_id, namespace_ids))
            .order_by(namespaces.c.created_at, namespaces.c.namespace_id)
        )
        return tuple(_namespace(dict(row)) for row in self._connection.execute(query).mappings())

    def add(self, namespace: Namespace) -> None:
        """Store a new namespace; raises `Conflict` when the name is taken."""
        try:
            self._connection.execute(insert(namespaces).values(**_namespace_row(namespace)))
        except IntegrityError as error:
            text = f"Namespace '{namespace.name}' is already in use. Please choose another."
            raise Conflict(text, field="id", exit_code=103) from error

    def save(self, namespace: Namespace) -> None:
        """Store a changed namespace; raises `Conflict` when the new name is taken."""
        statement = (
            update(namespaces)
            .where(namespaces.c.namespace_id == namespace.namespace_id)
            .values(**_namespace_row(namespace))
        )
        try:
            self._connection.execute(statement)
        except IntegrityError as error:
            text = f"Namespace '{namespace.name}' is already in use. Please choose another."
            raise Conflict(text, field="id", exit_code=103) from error

    def delete(self, namespace_id: NamespaceId) -> None:
        """Remove a namespace that has no applications."""
        self._connection.execute(delete(namespace_members).where(namespace_members.c.namespace_id == namespace_id))
        self._connection.execute(namespaces.delete().where(namespaces.c.namespace_id == namespace_id))

    def contents(self, namespace_ids: Collection[NamespaceId]) -> dict[NamespaceId, NamespaceContents]:
        """What is in those of these that have applications; one that is being deleted does not count."""
        counts, gears = Counter[NamespaceId](), defaultdict[NamespaceId, dict[str, int]](dict)
        within = among(self._connection, applications.c.namespace_id, namespace_ids)
        within &= applications.c.phase != ApplicationPhase.DELETING.value
        apps = select(applications.c.namespace_id, null(), func.count()).where(within)
        groups = (
            select(applications.c.namespace_id, gear_groups.c.profile, func.sum(gear_groups.c.gear_count))
            .join_from(applications, gear_groups, gear_groups.c.application_id == applications.c.application_id)
            .where(within)
        )
        both = union_all(
            apps.group_by(applications.c.namespace_id),
            groups.group_by(applications.c.namespace_id, gear_groups.c.profile),
        )
        for namespace_id, profile, count in self._connection.execute(both):
            if profile is None:
                counts[namespace_id] = count
            else:
                gears[namespace_id][profile] = count
        return {each: NamespaceContents(applications=count, gears=gears[each]) for each, count in counts.items()}

    def has_applications(self, namespace_id: NamespaceId) -> bool:
        """Whether any application lives in it."""
        query = select(exists().where(applications.c.namespace_id == namespace_id))
        return bool(self._connection.execute(query).scalar())
