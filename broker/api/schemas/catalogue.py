"""The catalogue of cartridges."""

from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, missing

from broker.api.call import Frame
from broker.api.fields import Form, Text
from broker.core.cartridge import Cartridge


class CatalogueSearch(Form):
    """Which cartridges are listed; `features` is another name of `feature`."""

    category = Text(load_default=None)
    id = Text(load_default=None)
    name = Text(load_default=None)
    feature = Text(load_default=None)
    features = Text(load_default=None)


@dataclass(frozen=True, kw_only=True)
class ShownCartridgeType:
    """A cartridge of the catalogue."""

    cartridge: Cartridge
    frame: Frame

    automatic_updates = True

    @property
    def type(self) -> str:
        """Whether it is an application by itself."""
        return "standalone" if self.cartridge.is_standalone else "embedded"

    @property
    def activation_time(self) -> str:
        """Since when it can be used: as long as it is in the catalogue."""
        return self.cartridge.created_at

    @property
    def usage_rates(self) -> list[object]:
        """Nothing is charged."""
        return []

    @property
    def valid_gear_sizes(self) -> Any:
        """The only sizes of gears it can be on; absent where it can be on any."""
        return self.frame.policy.cartridge_gear_sizes.get(self.cartridge.name, missing)


class ListIfAny(fields.List[Any]):
    """A list that is absent where it would be empty."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return super()._serialize(value, attr, obj, **kwargs) or missing


class StringIfAny(fields.String):
    """A string that is absent where there is none."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return super()._serialize(value, attr, obj, **kwargs) or missing


class TrueOrAbsent(fields.Boolean):
    """True, or nothing at all."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return super()._serialize(value, attr, obj, **kwargs) or missing


class CartridgeTextSchema(Schema):
    """What the manifest says about a cartridge."""

    name = fields.String(attribute="cartridge.name")
    type = fields.String()
    version = fields.String(attribute="cartridge.version")
    display_name = fields.String(attribute="cartridge.display_name")
    description = fields.String(attribute="cartridge.description")
    license = fields.String(attribute="cartridge.license")
    license_url = fields.String(attribute="cartridge.license_url")
    website = fields.String(attribute="cartridge.website")
    tags = fields.List(fields.String(), attribute="cartridge.categories")
    help_topics = fields.Dict(attribute="cartridge.help_topics")
    requires = ListIfAny(fields.List(fields.String()), attribute="cartridge.requires")
    maintained_by = StringIfAny(attribute="cartridge.maintained_by")
    obsolete = TrueOrAbsent(attribute="cartridge.obsolete")
    url = StringIfAny(attribute="cartridge.url")
    usage_rates = fields.List(fields.Dict())
    automatic_updates = fields.Boolean()
    creation_time = fields.String(attribute="cartridge.created_at")
    activation_time = fields.String()


class CartridgeTypeSchema(CartridgeTextSchema):
    """A cartridge of the catalogue."""

    id = fields.String(attribute="cartridge.cartridge_id")
    supported_scales_from = fields.Integer(attribute="cartridge.scales_from")
    supported_scales_to = fields.Integer(attribute="cartridge.scales_to")
    valid_gear_sizes = fields.List(fields.String())
