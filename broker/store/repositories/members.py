"""Teams, and the roles that accounts and teams were given in namespaces."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, func, insert, literal, select, union_all
from sqlalchemy.exc import IntegrityError

from broker.core.access import Role
from broker.core.errors import Conflict
from broker.core.ids import NamespaceId, TeamId, UserId
from broker.core.owner import Membership, Team
from broker.store.among import among
from broker.store.tables import namespace_members, team_members, teams, users
from broker.store.upsert import upsert

_USER, _TEAM = "user", "team"
# The roles of one account: those that it was given, and those of the teams that it is in.
_DIRECT = select(namespace_members.c.namespace_id, namespace_members.c.role).where(
    namespace_members.c.member_kind == _USER, namespace_members.c.member_id == bindparam("this_user")
)
_THROUGH_TEAMS = (
    select(namespace_members.c.namespace_id, namespace_members.c.role)
    .join(team_members, team_members.c.team_id == namespace_members.c.member_id)
    .where(namespace_members.c.member_kind == _TEAM, team_members.c.user_id == bindparam("this_user"))
)
_THIS_NAMESPACE = namespace_members.c.namespace_id == bindparam("this_namespace")
_IN_ONE = union_all(_DIRECT.where(_THIS_NAMESPACE), _THROUGH_TEAMS.where(_THIS_NAMESPACE)).subquery()
_ROLE_IN = select(func.max(_IN_ONE.c.role))
_IN_ALL = union_all(_DIRECT, _THROUGH_TEAMS).subquery()
_ROLES_OF = select(_IN_ALL.c.namespace_id, func.max(_IN_ALL.c.role)).group_by(_IN_ALL.c.namespace_id)


class MemberRepository:
    """The roles that accounts and teams were given in namespaces."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def role_in(self, namespace_id: NamespaceId, user_id: UserId) -> Role | None:
        """The highest role that the account has in the namespace, by itself or through teams."""
        given = {"this_namespace": namespace_id, "this_user": user_id}
        role = self._connection.execute(_ROLE_IN, given).scalar()
        return None if role is None else Role(role)

    def roles_of(self, user_id: UserId) -> dict[NamespaceId, Role]:
        """The same for every namespace in which the account has any."""
        rows = self._connection.execute(_ROLES_OF, {"this_user": user_id})
        return {namespace_id: Role(role) for namespace_id, role in rows}

    def of(self, namespace_ids: Collection[NamespaceId]) -> dict[NamespaceId, tuple[Membership, ...]]:
        """Who was given a role in these namespaces, accounts before teams, by login or name."""
        these = among(self._connection, namespace_members.c.namespace_id, namespace_ids)
        given = select(
            namespace_members.c.namespace_id,
            namespace_members.c.member_kind,
            namespace_members.c.member_id,
            namespace_members.c.role,
        ).where(these)
        accounts = given.add_columns(users.c.login.label("called")).join(
            users, (users.c.user_id == namespace_members.c.member_id) & (namespace_members.c.member_kind == _USER)
        )
        groups = given.add_columns(teams.c.name.label("called")).join(
            teams, (teams.c.team_id == namespace_members.c.member_id) & (namespace_members.c.member_kind == _TEAM)
        )
        found: dict[NamespaceId, list[Membership]] = defaultdict(list)
        for row in self._connection.execute(union_all(accounts, groups)).mappings():
            found[row["namespace_id"]].append(
                _membership(row["member_kind"], row["member_id"], row["called"], row["role"])
            )
        return {
            namespace_id: tuple(sorted(members, key=lambda member: (member.member_kind == _TEAM, member.called)))
            for namespace_id, members in found.items()
        }

    def put(self, namespace_id: NamespaceId, member_kind: str, member_id: str, role: Role) -> None:
        """Give a role, in place of any that was given before."""
        row = {"namespace_id": namespace_id, "member_kind": member_kind, "member_id": member_id, "role": int(role)}
        statement = upsert(self._connection.dialect.name, namespace_members)
        statement = statement.on_conflict_do_update(
            index_elements=("namespace_id", "member_kind", "member_id"), set_={"role": statement.excluded.role}
        )
        self._connection.execute(statement, row)

    def remove(self, namespace_id: NamespaceId, members: Collection[tuple[str, str]]) -> None:
        """Remove these (kind, id)."""
        for kind in (_USER, _TEAM):
            ids = [member_id for member_kind, member_id in members if member_kind == kind]
            if ids:
                these = (
                    namespace_members.c.namespace_id == namespace_id,
                    namespace_members.c.member_kind == kind,
                    among(self._connection, namespace_members.c.member_id, ids),
                )
                self._connection.execute(delete(namespace_members).where(*these))


def _membership(kind: str, member_id: str, called: str, role: int) -> Membership:
    return Membership(member_kind=kind, member_id=member_id, called=called, role=Role(role))


def _seen_by(user_id: UserId) -> ColumnElement[bool]:
    joined = select(team_members.c.team_id).where(team_members.c.user_id == user_id)
    return (teams.c.owner_id == user_id) | teams.c.team_id.in_(joined)


class TeamRepository:
    """Teams, and the accounts in them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _load(self, query: Select[tuple[object, ...]]) -> tuple[Team, ...]:
        return tuple(Team(**row) for row in self._connection.execute(query).mappings())

    def by_id(self, team_id: TeamId) -> Team | None:
        """The team of that id."""
        return next(iter(self._load(select(teams).where(teams.c.team_id == team_id))), None)

    def locked(self, team_id: TeamId) -> Team | None:
        """The same, with its row held until the unit of work ends."""
        return next(iter(self._load(select(teams).where(teams.c.team_id == team_id).with_for_update())), None)

    def of_user(self, user_id: UserId) -> tuple[Team, ...]:
        """Those that the account owns or is in, by name."""
        return self._load(select(teams).where(_seen_by(user_id)).order_by(teams.c.name, teams.c.team_id))

    def search(self, text: str, *, user_id: UserId | None, limit: int) -> tuple[Team, ...]:
        """Those that have an owner and that the account owns or is in, or the global ones, by name; with the text."""
        is_global = teams.c.owner_id.is_(None)
        whose = is_global if user_id is None else _seen_by(user_id) & ~is_global
        named = func.instr if self._connection.dialect.name == "sqlite" else func.strpos
        fits = named(func.lower(teams.c.name), func.lower(literal(text))) > 0
        return self._load(select(teams).where(whose, fits).order_by(teams.c.name, teams.c.team_id).limit(limit))

    def many(self, team_ids: Collection[TeamId]) -> dict[TeamId, Team]:
        """The teams of these ids that exist."""
        found = self._load(select(teams).where(among(self._connection, teams.c.team_id, team_ids)))
        return {team.team_id: team for team in found}

    def count_of(self, owner_id: UserId) -> int:
        """How many teams the account owns."""
        query = select(func.count()).select_from(teams).where(teams.c.owner_id == owner_id)
        return self._connection.execute(query).scalar_one()

    def add(self, team: Team) -> None:
        """Store a new team; raises `Conflict` when its owner has a team of that name."""
        row = {column.name: getattr(team, column.name) for column in teams.columns}
        try:
            self._connection.execute(insert(teams).values(**row))
        except IntegrityError as error:
            text = f"Team name '{team.name}' is already in use. Please choose another."
            raise Conflict(text, field="name", exit_code=-1) from error

    def delete(self, team_id: TeamId) -> None:
        """Remove a team with its members, and from wherever it is one."""
        a_member = (namespace_members.c.member_kind == _TEAM, namespace_members.c.member_id == team_id)
        self._connection.execute(delete(namespace_members).where(*a_member))
        self._connection.execute(delete(team_members).where(team_members.c.team_id == team_id))
        self._connection.execute(delete(teams).where(teams.c.team_id == team_id))

    def members(self, team_ids: Collection[TeamId]) -> dict[TeamId, tuple[Membership, ...]]:
        """The accounts in these teams, by login."""
        query = (
            select(team_members, users.c.login)
            .join(users, users.c.user_id == team_members.c.user_id)
            .where(among(self._connection, team_members.c.team_id, team_ids))
            .order_by(users.c.login)
        )
        found: dict[TeamId, list[Membership]] = defaultdict(list)
        for row in self._connection.execute(query).mappings():
            found[row["team_id"]].append(_membership(_USER, row["user_id"], row["login"], row["role"]))
        return {team_id: tuple(members) for team_id, members in found.items()}

    def role_in(self, team_id: TeamId, user_id: UserId) -> Role | None:
        """The role of an account in a team."""
        query = select(team_members.c.role).where(team_members.c.team_id == team_id, team_members.c.user_id == user_id)
        role = self._connection.execute(query).scalar()
        return None if role is None else Role(role)

    def put_member(self, team_id: TeamId, user_id: UserId, role: Role) -> None:
        """Take an account in, or change its role."""
        statement = upsert(self._connection.dialect.name, team_members)
        statement = statement.on_conflict_do_update(
            index_elements=("team_id", "user_id"), set_={"role": statement.excluded.role}
        )
        self._connection.execute(statement, {"team_id": team_id, "user_id": user_id, "role": int(role)})

    def remove_members(self, team_id: TeamId, user_ids: Collection[UserId]) -> None:
        """Let accounts go."""
        these = among(self._connection, team_members.c.user_id, user_ids)
        self._connection.execute(delete(team_members).where(team_members.c.team_id == team_id, these))
