"""Accounts, what they log in with, their namespaces, and who else has a part in these."""

from collections.abc import Collection
from typing import Protocol

from broker.core.access import Role
from broker.core.ids import AuthorizationId, NamespaceId, TeamId, UserId
from broker.core.owner import Authorization, Membership, Namespace, NamespaceContents, SshKey, Team, User


class Users(Protocol):
    """Accounts and their quota."""

    def by_login(self, login: str) -> User | None: ...
    def locked(self, login: str) -> User | None:
        """The account of that login, with its row held until the unit of work ends."""

    def by_id(self, user_id: UserId) -> User | None: ...
    def add(self, user: User) -> None: ...
    def save(self, user: User) -> None:
        """Store everything but `consumed_gears`, which only `consume_gears` changes."""

    def consume_gears(self, user_id: UserId, count: int) -> bool:
        """Take `count` gears (negative: give back) from the quota; False, and nothing changed, if too few are left.

        Written at the commit, which raises `Collided` where others have used the quota up meanwhile.
        """

    def count_namespaces(self, user_id: UserId) -> int: ...
    def many(self, user_ids: Collection[UserId]) -> dict[UserId, User]: ...
    def many_named(self, logins: Collection[str]) -> dict[str, User]:
        """The accounts of these logins that exist, by login."""

    def children(self, user_id: UserId) -> tuple[User, ...]:
        """The accounts that it has made, by login."""

    def delete(self, user_id: UserId) -> None:
        """Remove an account that owns no namespace, with its keys, tokens, teams and memberships."""


class Namespaces(Protocol):
    """The namespaces of all owners."""

    def by_name(self, name: str) -> Namespace | None: ...
    def locked(self, namespace_id: NamespaceId) -> Namespace | None:
        """The namespace of that id, with its row held until the unit of work ends: no application comes into it."""

    def of_owner(self, owner_id: UserId) -> tuple[Namespace, ...]: ...
    def add(self, namespace: Namespace) -> None:
        """Raises `Conflict` when the name is taken."""

    def save(self, namespace: Namespace) -> None: ...
    def delete(self, namespace_id: NamespaceId) -> None: ...
    def has_applications(self, namespace_id: NamespaceId) -> bool: ...
    def contents(self, namespace_ids: Collection[NamespaceId]) -> dict[NamespaceId, NamespaceContents]:
        """What is in those of these that have applications, without those that are being deleted."""

    def many(self, namespace_ids: Collection[NamespaceId]) -> tuple[Namespace, ...]:
        """Those of these ids, oldest first."""


class Keys(Protocol):
    """SSH keys of accounts."""

    def of_user(self, user_id: UserId) -> tuple[SshKey, ...]:
        """All of an account, by name."""

    def named(self, user_id: UserId, name: str) -> SshKey | None: ...
    def has_content(self, user_id: UserId, content: str, *, but: str = "") -> bool:
        """Whether a key of the account other than the one named `but` has this content."""

    def put(self, key: SshKey) -> None:
        """Store a new key, or a known one's new type and content; raises `Conflict` when others were faster."""

    def remove(self, user_id: UserId, name: str) -> None: ...
    def count_of(self, user_id: UserId) -> int: ...


class Authorizations(Protocol):
    """Tokens, of which only hashes are kept."""

    def by_hash(self, token_hash: str) -> Authorization | None: ...
    def by_id(self, authorization_id: AuthorizationId) -> Authorization | None: ...
    def of_user(
        self,
        user_id: UserId,
        *,
        unexpired_at: str,
        limit: int | None = None,
        after: tuple[str, AuthorizationId] | None = None,
    ) -> tuple[Authorization, ...]:
        """Those of an account that are still good at that time, newest first.

        At most `limit` of them, those behind the place `after`: when that one was created, and its id.
        """

    def count_of(self, user_id: UserId, *, unexpired_at: str) -> int: ...
    def like(
        self, user_id: UserId, *, note: str | None, scopes: Collection[str], unexpired_at: str
    ) -> Authorization | None:
        """The newest one with this note and exactly these scopes, in whatever order, that is good at that time."""

    def add(self, authorization: Authorization) -> None: ...
    def set_note(self, authorization_id: AuthorizationId, note: str | None) -> None: ...
    def remove(self, authorization_ids: Collection[AuthorizationId]) -> None: ...
    def remove_expired(self, user_id: UserId, *, before: str) -> None:
        """Forget those of an account that were good no more at that time."""

    def remove_of(self, user_id: UserId) -> None:
        """Revoke all of an account."""


class Teams(Protocol):
    """Teams, and the accounts in them."""

    def by_id(self, team_id: TeamId) -> Team | None: ...
    def locked(self, team_id: TeamId) -> Team | None:
        """The same, with its row held until the unit of work ends."""

    def of_user(self, user_id: UserId) -> tuple[Team, ...]:
        """Those that the account owns or is in, by name."""

    def search(self, text: str, *, user_id: UserId | None, limit: int) -> tuple[Team, ...]:
        """Those that have an owner and that the account owns or is in, or the global ones, by name.

        Only those whose names contain the text, in whatever case.
        """

    def many(self, team_ids: Collection[TeamId]) -> dict[TeamId, Team]: ...
    def count_of(self, owner_id: UserId) -> int: ...
    def add(self, team: Team) -> None:
        """Raises `Conflict` when its owner has a team of that name."""

    def delete(self, team_id: TeamId) -> None:
        """Remove a team with its members, and from wherever it is one."""

    def members(self, team_ids: Collection[TeamId]) -> dict[TeamId, tuple[Membership, ...]]:
        """The accounts in these teams, by login."""

    def role_in(self, team_id: TeamId, user_id: UserId) -> Role | None: ...
    def put_member(self, team_id: TeamId, user_id: UserId, role: Role) -> None: ...
    def remove_members(self, team_id: TeamId, user_ids: Collection[UserId]) -> None: ...


class Members(Protocol):
    """The roles that accounts and teams were given in namespaces; an owner's role is not among them."""

    def role_in(self, namespace_id: NamespaceId, user_id: UserId) -> Role | None:
        """The highest role that the account has in the namespace, by itself or through teams; one statement."""

    def roles_of(self, user_id: UserId) -> dict[NamespaceId, Role]:
        """The same for every namespace in which the account has any."""

    def of(self, namespace_ids: Collection[NamespaceId]) -> dict[NamespaceId, tuple[Membership, ...]]:
        """Who was given a role in these namespaces, accounts before teams, by login or name."""

    def put(self, namespace_id: NamespaceId, member_kind: str, member_id: str, role: Role) -> None: ...
    def remove(self, namespace_id: NamespaceId, members: Collection[tuple[str, str]]) -> None:
        """Remove these (kind, id)."""
