"""Who owns applications, the namespaces that hold them, and who else has a part in these."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from broker.core.access import SESSION, Role, Scopes
from broker.core.ids import AuthorizationId, NamespaceId, TeamId, UserId

UNLIMITED = -1


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """An account with its quota and capabilities.

    `may_use_ha` is the capability `ha`; `may_follow_all_routing` lets a router listener see every application's table.
    `parent_id` is the account that made it, None for one that stands for itself; `inherited` names the capabilities
    that its own sub-accounts have of it. Storage is in gigabytes for each gear, beside what every gear has.

    `scopes` narrow what it may do now: they belong to what it has logged in with, and are not stored with it.
    """

    user_id: UserId
    login: str
    password_hash: str | None = field(repr=False)
    max_gears: int
    max_namespaces: int
    max_teams: int
    consumed_gears: int
    gear_sizes: tuple[str, ...]
    may_use_ha: bool
    may_follow_all_routing: bool
    created_at: str
    may_have_subaccounts: bool = False
    may_use_private_ssl: bool = False
    may_view_global_teams: bool = False
    max_untracked_storage: int = 0
    max_tracked_storage: int = 0
    parent_id: UserId | None = None
    inherited: tuple[str, ...] = ()
    scopes: Scopes = field(default=SESSION, compare=False)

    @property
    def max_storage(self) -> int:
        """Gigabytes that each of its gears may have beside the usual ones."""
        return self.max_untracked_storage + self.max_tracked_storage

    def has_room_for(self, gears: int) -> bool:
        """Whether the quota lets the account have so many gears more; a quota of -1 has no end."""
        return self.max_gears == UNLIMITED or self.consumed_gears + gears <= self.max_gears

    def may_add_namespace(self, owned: int) -> bool:
        """Whether an account that owns so many namespaces may have another."""
        return self.max_namespaces == UNLIMITED or owned < self.max_namespaces


@dataclass(frozen=True, kw_only=True, slots=True)
class Namespace:
    """A user's DNS part and container of applications; `name` is lower-case and globally unique."""

    namespace_id: NamespaceId
    name: str
    owner_id: UserId
    allowed_gear_sizes: tuple[str, ...]
    created_at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NamespaceContents:
    """How many applications a namespace has, and how many gears of each size."""

    applications: int = 0
    gears: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class SshKey:
    """A public key of an account; `content` is without type and comment."""

    user_id: UserId
    name: str
    type: str
    content: str
    created_at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Authorization:
    """What a token allows, until when; of the token itself only a hash is kept. `scopes` is their text."""

    authorization_id: AuthorizationId
    user_id: UserId
    token_hash: str = field(repr=False)
    note: str | None
    scopes: str
    created_at: str
    expires_at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Team:
    """Accounts that can be given a role together; one without owner is global. `maps_to` names a group elsewhere."""

    team_id: TeamId
    name: str
    owner_id: UserId | None
    maps_to: str | None
    created_at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Membership:
    """A role that an account or a team was given in a domain, or an account in a team; `called` is its login or name.

    `member_kind` is `user` or `team`.
    """

    member_kind: str
    member_id: str
    called: str
    role: Role
