"""Members of a domain or of an application: its owner."""

from dataclasses import dataclass

from marshmallow import Schema, fields

from broker.api.call import Frame
from broker.api.fields import Links


@dataclass(frozen=True, kw_only=True)
class ShownMember:
    """The owner as a member; `source` says through what: owning the domain, or the domain of an application."""

    id: str
    login: str
    source: str
    frame: Frame

    type = "user"
    role = "admin"
    explicit_role = None
    owner = True

    @property
    def origin(self) -> list[dict[str, str]]:
        """Where the role comes from."""
        return [{"type": self.source, "role": self.role}]

    @property
    def links(self) -> dict[str, object] | None:
        """The owner can be neither changed nor removed."""
        return self.frame.links()


class MemberSchema(Schema):
    """A member."""

    id = fields.String()
    type = fields.String()
    login = fields.String()
    role = fields.String()
    explicit_role = fields.String(allow_none=True)
    owner = fields.Boolean()
    origin = fields.List(fields.Dict(keys=fields.String(), values=fields.String()), data_key="from")
    links = Links()
