"""Aliases: further names of an application."""

from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, post_load

from broker.api.call import Frame
from broker.api.fields import Form, Links, Text
from broker.api.links import Link


class AliasWish(Form):
    """A name to be added; `alias` is another name of `id`."""

    id = Text()
    alias = Text()
    ssl_certificate = Text(load_default="")

    @post_load
    def settle(self, given: dict[str, Any], **_: object) -> dict[str, Any]:
        """One name, empty if none was given."""
        alias = given.get("id") or given.get("alias") or ""
        return {"alias": alias, "with_certificate": bool(given["ssl_certificate"])}


@dataclass(frozen=True, kw_only=True)
class ShownAlias:
    """An alias; certificates are not kept here."""

    id: str
    application_id: str
    frame: Frame

    has_private_ssl_certificate = False
    certificate_added_at = None

    @property
    def links(self) -> dict[str, object] | None:
        """What can be done with it."""
        path = f"application/{self.application_id}/alias/{self.id}"
        return self.frame.links(
            Link(name="GET", rel="Show the alias", path=path),
            Link(name="DELETE", rel="Remove the alias", method="DELETE", path=path),
        )


class AliasSchema(Schema):
    """An alias."""

    id = fields.String()
    has_private_ssl_certificate = fields.Boolean()
    certificate_added_at = fields.String(allow_none=True)
    links = Links()
