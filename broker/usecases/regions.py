"""The regions that applications can be in: those of the nodes, with their zones."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from broker.core.errors import NotFound
from broker.interfaces import Platform

ID_LENGTH = 24


class RegionNotFound(NotFound):
    """No node is in such a region."""

    code = "region_not_found"

    def __init__(self, region_id: str) -> None:
        super().__init__(f"Region '{region_id}' not found.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Region:
    """A region with the zones that its nodes are in; `is_default` is where applications are that ask for none."""

    name: str
    zones: Sequence[str]
    is_default: bool

    @property
    def region_id(self) -> str:
        """Its id, made from its name, since regions come and go with nodes."""
        return hashlib.sha256(f"region {self.name}".encode()).hexdigest()[:ID_LENGTH]


def list_regions(platform: Platform) -> tuple[Region, ...]:
    """All regions, by name."""
    with platform.reading() as work:
        found = work.nodes.zones_by_region()
    default = platform.policy.default_region
    return tuple(
        Region(name=name, zones=sorted(zones), is_default=name == default) for name, zones in sorted(found.items())
    )


def find_region(platform: Platform, region_id: str) -> Region:
    """The region of that id; raises `RegionNotFound`."""
    for region in list_regions(platform):
        if region.region_id == region_id:
            return region
    raise RegionNotFound(region_id)
