"""Gear groups with their gears, and the endpoints of each gear."""

from dataclasses import dataclass

from marshmallow import Schema, fields, missing

from broker.api.call import Frame
from broker.api.fields import Form, Words
from broker.api.schemas.cartridges import GEAR_STORAGE_GB
from broker.core.cartridge import Cartridge, PublicEndpoint
from broker.core.dns_names import app_dns_name, gear_dns_name
from broker.interfaces import StoredEndpoint
from broker.usecases.views import GearGroupView, GearView


class GearGroupShowing(Form):
    """How much of a gear group is shown: `endpoints`, or not."""

    include = Words(load_default=())


@dataclass(frozen=True, kw_only=True)
class ShownEndpoint:
    """Where a gear can be reached, with the field's names; ports are strings there."""

    stored: StoredEndpoint
    cartridge: Cartridge
    external_address: str

    @property
    def _public(self) -> PublicEndpoint:
        return next(each for each in self.cartridge.endpoints if each.port_name == self.stored.port_name)

    @property
    def protocols(self) -> tuple[str, ...]:
        """What is spoken there."""
        return self._public.protocols

    @property
    def types(self) -> list[str]:
        """What it is for."""
        return [self.cartridge.endpoint_type.value]

    @property
    def mappings(self) -> list[dict[str, str]]:
        """Which path of the application it serves."""
        return [{"frontend": each.frontend, "backend": each.backend} for each in self._public.mappings]


class MappingSchema(Schema):
    """Which path outside leads to which path inside."""

    frontend = fields.String()
    backend = fields.String()


class EndpointSchema(Schema):
    """Where a gear can be reached."""

    cartridge_name = fields.String(attribute="cartridge.name")
    external_address = fields.String()
    external_port = fields.String(attribute="stored.public_port")
    internal_address = fields.String(attribute="stored.internal_address")
    internal_port = fields.String(attribute="stored.internal_port")
    protocols = fields.List(fields.String())
    types = fields.List(fields.String())
    mappings = fields.List(fields.Nested(MappingSchema))


@dataclass(frozen=True, kw_only=True)
class ShownGear:
    """A gear of the group; `endpoints` only where they were asked for."""

    view: GearView
    group: GearGroupView
    frame: Frame
    with_endpoints: bool

    @property
    def ssh_url(self) -> str:
        """The way to it; a head gear is named as its application."""
        gear, application = self.view.gear, self.group.parts.application
        domain = self.frame.policy.cloud_domain
        if gear.is_head:
            return f"ssh://{gear.gear_id}@{app_dns_name(application.name, application.namespace, domain)}"
        return f"ssh://{gear.gear_id}@{gear_dns_name(gear.gear_id, application.namespace, domain)}"

    @property
    def deployment_pending(self) -> bool:
        """Whether it carries the application's code, and is not known to run the deployment that is active."""
        carries_code = any(cartridge.is_web_framework for cartridge in self.group.cartridges)
        wanted = self.group.parts.application.deployment_id
        return carries_code and wanted is not None and self.view.gear.deployment_id != wanted

    @property
    def endpoints(self) -> object:
        """Where it can be reached, absent unless asked for."""
        if not self.with_endpoints:
            return missing
        catalogue = self.frame.catalogue_of(self.group.parts)
        return [
            ShownEndpoint(
                stored=each,
                cartridge=catalogue[each.cartridge],
                external_address=self.view.public_address,
            )
            for each in self.view.endpoints
        ]


class GearSchema(Schema):
    """A gear."""

    id = fields.String(attribute="view.gear.gear_id")
    state = fields.String(attribute="view.state")
    ssh_url = fields.String()
    region = fields.String(attribute="view.gear.region", allow_none=True)
    zone = fields.String(attribute="view.gear.zone", allow_none=True)
    endpoints = fields.List(fields.Nested(EndpointSchema))
    deployment_id = fields.String(attribute="view.gear.deployment_id", allow_none=True)
    deployment_pending = fields.Boolean()


@dataclass(frozen=True, kw_only=True)
class ShownGearGroup:
    """A gear group of an application."""

    view: GearGroupView
    frame: Frame
    with_endpoints: bool

    base_gear_storage = GEAR_STORAGE_GB

    @property
    def name(self) -> str:
        """Groups are named by their ids."""
        return self.view.group.group_id

    @property
    def cartridges(self) -> list[dict[str, object]]:
        """What its gears carry, a sparse cartridge only some of them, with what each tells the caller."""
        return [
            {
                **self.view.values.get(each.name, {}),
                "name": each.name,
                "display_name": each.display_name,
                "tags": list(each.categories),
            }
            for each in self.view.cartridges
        ]

    @property
    def gears(self) -> list[ShownGear]:
        """Its gears, in the order of their creation."""
        return [
            ShownGear(view=each, group=self.view, frame=self.frame, with_endpoints=self.with_endpoints)
            for each in self.view.gears
        ]


class GearGroupSchema(Schema):
    """A gear group."""

    id = fields.String(attribute="view.group.group_id")
    name = fields.String()
    gear_profile = fields.String(attribute="view.group.profile")
    scales_from = fields.Integer(attribute="view.limits.minimum")
    scales_to = fields.Integer(attribute="view.limits.maximum")
    base_gear_storage = fields.Integer()
    additional_gear_storage = fields.Integer(attribute="view.group.additional_storage")
    cartridges = fields.List(fields.Dict())
    gears = fields.List(fields.Nested(GearSchema))
