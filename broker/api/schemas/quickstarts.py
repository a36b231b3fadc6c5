"""Quickstarts, each in a wrapping of its own as the field's clients expect it."""

from dataclasses import dataclass

from marshmallow import Schema, fields

from broker.core.quickstart import Quickstart


@dataclass(frozen=True, kw_only=True)
class ShownQuickstart:
    """A quickstart of a list."""

    quickstart: Quickstart


class QuickstartSchema(Schema):
    """A quickstart."""

    id = fields.String(attribute="quickstart_id")
    name = fields.String()
    website = fields.String()
    initial_git_url = fields.String()
    cartridges = fields.List(fields.String())
    summary = fields.String()
    tags = fields.List(fields.String())
    admin_tags = fields.List(fields.String())


class QuickstartItemSchema(Schema):
    """A quickstart in its wrapping."""

    quickstart = fields.Nested(QuickstartSchema)
