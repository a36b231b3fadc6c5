"""Regions with their zones."""

from dataclasses import dataclass

from marshmallow import Schema, fields

from broker.api.call import Frame
from broker.usecases.regions import Region


@dataclass(frozen=True, kw_only=True)
class ShownRegion:
    """A region of the platform."""

    region: Region
    frame: Frame

    @property
    def zones(self) -> list[dict[str, str]]:
        """Its zones, by name."""
        return [{"name": zone} for zone in self.region.zones]

    @property
    def allow_selection(self) -> bool:
        """Whether an application may ask for it."""
        return self.frame.policy.allow_region_selection


class ZoneSchema(Schema):
    """A zone of a region."""

    name = fields.String()


class RegionSchema(Schema):
    """A region."""

    id = fields.String(attribute="region.region_id")
    name = fields.String(attribute="region.name")
    zones = fields.List(fields.Nested(ZoneSchema))
    default = fields.Boolean(attribute="region.is_default")
    allow_selection = fields.Boolean()
