"""What router listeners read: tables, snapshots, and the log; these are shown as the routing interface has them."""

from marshmallow import Schema, fields

from broker.api.fields import Count, Flag, Form, Position


class EventReading(Form):
    """From where the log is read, how much of it, and whether it is followed."""

    after = Position(load_default=None)
    limit = Count(load_default=None)
    follow = Flag(load_default=None)


class RoutedMappingSchema(Schema):
    """Which path outside leads to which path inside."""

    frontend = fields.String()
    backend = fields.String()


class RoutedEndpointSchema(Schema):
    """Where one cartridge of one gear can be reached."""

    gear_id = fields.String()
    public_port_name = fields.String()
    public_address = fields.String()
    public_port = fields.Integer()
    protocols = fields.List(fields.String())
    types = fields.List(fields.String())
    mappings = fields.List(fields.Nested(RoutedMappingSchema))
    node = fields.String()
    region = fields.String(allow_none=True)
    zone = fields.String(allow_none=True)
    state = fields.String()
    rotation = fields.String()
    is_head = fields.Boolean()


class RoutedNamesSchema(Schema):
    """The names of an application."""

    application = fields.String()
    ha = fields.String(allow_none=True)


class RoutedCertificateSchema(Schema):
    """The certificate of an alias with its chain, and what its private key is fetched by."""

    alias = fields.String()
    ssl = fields.String()
    private_key_reference = fields.String()


class CertificateSchema(RoutedCertificateSchema):
    """A certificate with its private key, for a router."""

    application_id = fields.String()
    private_key = fields.String()


class RoutingTableSchema(Schema):
    """All that a router needs to know of an application; `sequence` is the number of its last event.

    `certificates` are those of its aliases; where there are none they are not named.
    """

    application_id = fields.String()
    app_name = fields.String()
    namespace = fields.String()
    scalable = fields.Boolean()
    ha = fields.Boolean()
    verdict = fields.String()
    sequence = fields.Integer()
    dns = fields.Nested(RoutedNamesSchema)
    head_gear_id = fields.String(allow_none=True)
    aliases = fields.List(fields.String())
    certificates = fields.List(fields.Nested(RoutedCertificateSchema))
    endpoints = fields.List(fields.Nested(RoutedEndpointSchema))
    digest = fields.String()


class PositionedTableSchema(RoutingTableSchema):
    """A routing table, and the position up to which the log tells of it."""

    position = fields.Integer()


class SnapshotSchema(Schema):
    """All routing tables, and the position after which to go on reading."""

    position = fields.Integer()
    partial_ = fields.Boolean(
        data_key="partial", metadata={"description": "Only the caller's own applications are in it"}
    )
    applications = fields.List(fields.Nested(RoutingTableSchema))
