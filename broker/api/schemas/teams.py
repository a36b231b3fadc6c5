"""Teams, which domains can have as members."""

from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, missing, post_load

from broker.api.call import Frame
from broker.api.fields import Flag, Form, Links, Parameter, Text, Words
from broker.api.links import Link
from broker.api.schemas.members import MemberSchema, ShownMember, team_member_links
from broker.core.errors import Invalid
from broker.usecases.views import TeamView


class TeamOwner(Parameter):
    """Whose teams are listed: one's own, which is all that can be asked for."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        del attr, data, kwargs
        if value != "@self":
            raise Invalid("Only @self is supported for the 'owner' argument.", exit_code=1)
        return "@self"


class TeamListing(Form):
    """Which teams are listed: all of the caller's, their own, or those that `search` finds."""

    owner = TeamOwner()
    search = Text(load_default=None)
    of_nobody = Flag(data_key="global", load_default=None)
    include = Words(load_default=())

    @post_load
    def settle(self, given: dict[str, Any], **_: object) -> dict[str, Any]:
        """Who searches says whether in global teams."""
        if given["search"] is not None and given["of_nobody"] is None:
            text = "You must specify the global flag when searching.  Valid values are [true, false]."
            raise Invalid(text, exit_code=1)
        return given


class TeamWish(Form):
    """A team to be created."""

    name = Text(load_default="")


@dataclass(frozen=True, kw_only=True)
class ShownTeam:
    """A team that the caller may see; its members only where they are asked for."""

    view: TeamView
    frame: Frame

    @property
    def path(self) -> str:
        """Where it is."""
        return f"team/{self.view.team.team_id}"

    @property
    def is_global(self) -> bool:
        """Whether it has no owner."""
        return self.view.team.owner_id is None

    @property
    def members(self) -> Any:
        """Its members; absent unless asked for."""
        if self.view.members is None:
            return missing
        return [ShownMember(member=each, place=self.path, frame=self.frame) for each in self.view.members]

    @property
    def links(self) -> dict[str, object] | None:
        """What can be done with it."""
        changes = () if self.is_global else (*team_member_links(self.path), self._deletion())
        return self.frame.links(
            Link(name="GET", rel="Show the team", path=self.path),
            Link(name="LIST_MEMBERS", rel="List its members", path=f"{self.path}/members"),
            *changes,
        )

    def _deletion(self) -> Link:
        return Link(name="DELETE", rel="Delete the team", method="DELETE", path=self.path)


class TeamSchema(Schema):
    """A team."""

    id = fields.String(attribute="view.team.team_id")
    name = fields.String(attribute="view.team.name")
    is_global = fields.Boolean(data_key="global")
    maps_to = fields.String(attribute="view.team.maps_to", allow_none=True)
    members = fields.List(fields.Nested(MemberSchema))
    links = Links()
