"""What a use case answers with: everything a representation needs, and nothing it has to fetch."""

from dataclasses import dataclass

from broker.core.application import ApplicationParts, Gear, GearGroup
from broker.core.cartridge import Cartridge
from broker.core.gear_group import GroupLimits
from broker.core.ids import GearId, GroupId
from broker.core.verdict import Verdict
from broker.interfaces import StoredEndpoint


@dataclass(frozen=True, kw_only=True)
class ApplicationView:
    """An application as its owner sees it."""

    parts: ApplicationParts
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CartridgeView:
    """A cartridge of an application, with the limits that hold for it and how many gears carry it."""

    cartridge: Cartridge
    parts: ApplicationParts
    group: GearGroup
    limits: GroupLimits
    current_scale: int
    added_at: str
    collocated_with: tuple[str, ...]
    scales_with: str | None


@dataclass(frozen=True, kw_only=True)
class GearView:
    """A gear with the state a client is shown, and its endpoints where they were asked for."""

    gear: Gear
    state: str
    public_address: str
    endpoints: tuple[StoredEndpoint, ...] = ()


@dataclass(frozen=True, kw_only=True)
class GearGroupView:
    """A gear group with its gears."""

    parts: ApplicationParts
    group: GearGroup
    limits: GroupLimits
    cartridges: tuple[Cartridge, ...]
    gears: tuple[GearView, ...]


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
