"""What a use case answers with: everything a representation needs, and nothing it has to fetch."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from broker.core.application import ApplicationParts, Gear, GearGroup
from broker.core.cartridge import Cartridge
from broker.core.gear_group import GroupLimits
from broker.core.ids import GearId, GroupId
from broker.core.membership import Member
from broker.core.owner import Namespace, NamespaceContents, Team, User
from broker.core.verdict import Verdict
from broker.interfaces import StoredEndpoint


@dataclass(frozen=True, kw_only=True)
class ApplicationView:
    """An application with its aliases and members; `certificates` is when aliases were given theirs, by alias."""

    parts: ApplicationParts
    aliases: tuple[str, ...] = ()
    certificates: Mapping[str, str] = field(default_factory=dict)
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, kw_only=True)
class NamespaceView:
    """A namespace with its owner, whose quota and capabilities hold in it, and its members."""

    namespace: Namespace
    owner: User
    members: tuple[Member, ...]
    contents: NamespaceContents | None = None


@dataclass(frozen=True, kw_only=True)
class TeamView:
    """A team; its members where they are shown."""

    team: Team
    members: tuple[Member, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class CartridgeView:
    """A cartridge of an application, with the limits that hold for it and how many gears carry it.

    `values` are what it tells of itself, such as credentials, as far as the caller may see them.
    """

    cartridge: Cartridge
    parts: ApplicationParts
    group: GearGroup
    limits: GroupLimits
    current_scale: int
    added_at: str
    collocated_with: tuple[str, ...]
    scales_with: str | None
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class GearView:
    """A gear with the state a client is shown, and its endpoints where they were asked for."""

    gear: Gear
    state: str
    public_address: str
    endpoints: tuple[StoredEndpoint, ...] = ()


@dataclass(frozen=True, kw_only=True)
class GearGroupView:
    """A gear group with its gears, and what its cartridges tell the caller, by name of the cartridge."""

    parts: ApplicationParts
    group: GearGroup
    limits: GroupLimits
    cartridges: tuple[Cartridge, ...]
    gears: tuple[GearView, ...]
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ApplicationReport:
    """All there is to say of an application to an operator."""

    parts: ApplicationParts
    groups: tuple[GearGroupView, ...]
    verdict: Verdict
    dns: tuple[tuple[str, str, str], ...]
    owner_login: str

    def gear(self, gear_id: GearId) -> GearView:
        """One gear of the report."""
        return next(view for group in self.groups for view in group.gears if view.gear.gear_id == gear_id)

    def group(self, group_id: GroupId) -> GearGroupView:
        """One group of the report."""
        return next(view for view in self.groups if view.group.group_id == group_id)
