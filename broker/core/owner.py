"""Who owns applications, and the namespaces that hold them."""

from dataclasses import dataclass, field

from broker.core.ids import NamespaceId, UserId

UNLIMITED = -1


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """An account with its quota and capabilities.

    `may_use_ha` is the capability `ha`; `may_follow_all_routing` lets a router listener see every application's table.
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
