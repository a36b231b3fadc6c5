"""The cartridges of an application, with the scale that holds for each."""

from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema, fields

from broker.api.call import Frame
from broker.api.fields import EventName, Form, Links, Number, Parameter
from broker.api.links import Link, Param
from broker.api.schemas.catalogue import CartridgeTextSchema
from broker.core.cartridge import Cartridge
from broker.core.limits import UNLIMITED
from broker.usecases.views import CartridgeView

GEAR_STORAGE_GB = 1
StatusMessages = tuple[tuple[str, str], ...]


class StorageText(Parameter):
    """A number of gigabytes as it was given: what is none is refused after the permission to change it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str | int:
        del attr, data, kwargs
        return value if isinstance(value, str | int) and not isinstance(value, bool) else ""


class CartridgeChange(Form):
    """New limits of a cartridge."""

    scales_from = Number(load_default=None)
    scales_to = Number(load_default=None)
    additional_gear_storage = StorageText(load_default=None)


class CartridgeEvent(Form):
    """An event of a cartridge."""

    event = EventName(load_default="")
    by = Number(load_default=None)
    to = Number(load_default=None)


@dataclass(frozen=True, kw_only=True)
class ShownCartridge:
    """A cartridge of an application; a sparse one shows the limits of its manifest, whatever HA asks for."""

    view: CartridgeView
    frame: Frame
    messages: StatusMessages | None = field(default=None)

    base_gear_storage = GEAR_STORAGE_GB
    automatic_updates = True

    @property
    def cartridge(self) -> Cartridge:
        """What the catalogue says of it."""
        return self.view.cartridge

    @property
    def type(self) -> str:
        """Whether it is the application's web framework."""
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
    def properties(self) -> list[dict[str, str]]:
        """What it tells of itself; without the values for who may not see them."""
        values = self.view.values
        return [
            {
                "name": each.name,
                "type": each.kind,
                "description": each.description,
                **({"value": values[each.name]} if each.name in values else {}),
            }
            for each in self.cartridge.properties
        ]

    @property
    def scales_from(self) -> int:
        """The fewest gears that may carry it."""
        return self.cartridge.scales_from if self.cartridge.is_sparse else self.view.limits.minimum

    @property
    def scales_to(self) -> int:
        """The most gears that may carry it; -1 is no limit."""
        if not self.view.parts.application.scalable:
            return 1
        return self.cartridge.scales_to if self.cartridge.is_sparse else self.view.limits.maximum

    @property
    def supported_scales_to(self) -> int:
        """The most the cartridge itself allows; where the application does not scale, 1 stands for no limit."""
        is_endless = self.cartridge.scales_to == UNLIMITED
        return 1 if is_endless and not self.view.parts.application.scalable else self.cartridge.scales_to

    @property
    def status_messages(self) -> list[dict[str, str]] | None:
        """What each gear that carries it says; None where nobody was asked."""
        if self.messages is None:
            return None
        return [{"gear_id": gear_id, "message": text} for gear_id, text in self.messages]

    @property
    def links(self) -> dict[str, object] | None:
        """What can be done with it."""
        path = f"application/{self.view.parts.application.application_id}/cartridge/{self.cartridge.name}"
        return self.frame.links(
            Link(name="GET", rel="Show the cartridge", path=path),
            Link(
                name="UPDATE",
                rel="Change the limits of the cartridge",
                method="PUT",
                path=path,
                optional=(
                    Param(name="additional_gear_storage", type="integer", description="Gigabytes more for each gear"),
                    Param(name="scales_from", type="integer", description="The fewest gears"),
                    Param(name="scales_to", type="integer", description="The most gears, -1 for no limit"),
                ),
            ),
            *(_event(path, event) for event in ("stop", "start", "restart", "reload")),
            Link(name="DELETE", rel="Remove the cartridge", method="DELETE", path=path),
        )


def _event(path: str, event: str) -> Link:
    required = (Param(name="event", description="The event", valid=(event,)),)
    rel = f"{event.capitalize()} the cartridge"
    return Link(name=event.upper(), rel=rel, method="POST", path=f"{path}/events", required=required)


class StatusMessageSchema(Schema):
    """What a gear says of a cartridge it carries."""

    gear_id = fields.String()
    message = fields.String()


class CartridgeSchema(CartridgeTextSchema):
    """A cartridge of an application."""

    properties = fields.List(fields.Dict())
    scales_from = fields.Integer()
    scales_to = fields.Integer()
    supported_scales_from = fields.Integer(attribute="cartridge.scales_from")
    supported_scales_to = fields.Integer()
    current_scale = fields.Integer(attribute="view.current_scale")
    scales_with = fields.String(attribute="view.scales_with", allow_none=True)
    gear_profile = fields.String(attribute="view.group.profile")
    base_gear_storage = fields.Integer()
    additional_gear_storage = fields.Integer(attribute="view.group.additional_storage")
    collocated_with = fields.List(fields.String(), attribute="view.collocated_with")
    status_messages = fields.List(fields.Nested(StatusMessageSchema), allow_none=True)
    added_time = fields.String(attribute="view.added_at")
    links = Links()
