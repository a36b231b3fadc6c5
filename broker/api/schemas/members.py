"""Members of a domain, a team or an application, and how they are changed."""

from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, missing, post_load

from broker.api.call import Frame
from broker.api.fields import Form, Links, Parameter, Text, text_of
from broker.api.links import Link, Param
from broker.core.access import GIVEN_ROLES
from broker.core.errors import Invalid
from broker.core.membership import TEAM, USER, Member
from broker.usecases.member_wishes import NO_ROLE, MemberWish, refuse_all

_TYPES = (USER, TEAM)
_ID = Param(name="id", description="Id of the account or team")
_LOGIN = Param(name="login", description="Login of the account")


class Entries(Parameter):
    """A list of members, of which each is a mapping or a word; one by itself is a list of it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[Any, ...]:
        del attr, data, kwargs
        return tuple(value) if isinstance(value, list) else (value,)


class MemberChange(Form):
    """Roles for members: for one with `id` or `login`, or for each of `members`; `none` takes a role away."""

    members = Entries(load_default=None)
    member = Entries(load_default=None)
    id = Text(load_default="")
    login = Text(load_default="")
    role = Text(load_default="")
    type = Text(load_default=USER)

    @post_load
    def settle(self, given: dict[str, Any], **_: object) -> dict[str, Any]:
        """The wishes, and whether they came as a list."""
        many = given["members"] is not None
        alone = {name: given[name] for name in ("id", "login", "role", "type")}
        entries = given["members"] if many else given["member"] or (alone,)
        if not entries:
            raise Invalid("You must provide at least a single member that exists.", exit_code=1)
        refuse_all(_refused(place, many=many) for place, each in enumerate(entries) if not isinstance(each, dict))
        return {"wishes": tuple(_wish(each, place) for place, each in enumerate(entries)), "many": many}


def _refused(place: int, *, many: bool) -> Invalid:
    refusal = Invalid("You must provide a member with an id and role.", exit_code=1)
    refusal.index = place if many else None
    return refusal


def _wish(entry: dict[str, Any], place: int) -> MemberWish:
    return MemberWish(
        kind=_text(entry, "type") or USER,
        member_id=_text(entry, "id"),
        login=_text(entry, "login"),
        role=_text(entry, "role"),
        index=place,
    )


def _text(entry: dict[str, Any], name: str) -> str:
    """A text of an entry; what is none, or has a character that no name has, counts as not given."""
    text = text_of(entry.get(name)) or ""
    return text if text.strip() and "\0" not in text else ""


class MemberRemoval(Form):
    """Whose roles are taken away: ids, or mappings with `id` or `login`; without any, everybody's."""

    members = Entries(load_default=())
    member = Entries(load_default=())

    @post_load
    def settle(self, given: dict[str, Any], **_: object) -> dict[str, Any]:
        """The ids and logins."""
        entries = given["members"] or given["member"]
        found = [
            (_text(each, "id") or _text(each, "login")) if isinstance(each, dict) else _text({"id": each}, "id")
            for each in entries
        ]
        if not all(found):
            raise Invalid("Each member must have an id or a login.", exit_code=1)
        return {"references": tuple(found)}


class MemberShowing(Form):
    """Which kind of member is meant: `user` or `team`."""

    type = Text(load_default=USER)


class RoleChange(MemberShowing):
    """The new role of a member; `none` takes it away."""

    role = Text(load_default="")


@dataclass(frozen=True, kw_only=True)
class ShownMember:
    """A member of what is at the path `place`."""

    member: Member
    place: str
    frame: Frame

    @property
    def login(self) -> str | None:
        """The login of an account; a team has none."""
        return self.member.called if self.member.member_kind == USER else None

    @property
    def name(self) -> Any:
        """The name of a team; absent for an account, whose login is its name."""
        return self.member.called if self.member.member_kind == TEAM else missing

    @property
    def explicit_role(self) -> str | None:
        """The role that they were given."""
        return None if self.member.explicit_role is None else self.member.explicit_role.word

    @property
    def origin(self) -> Any:
        """Where their role comes from beside that; absent where it comes from nowhere else."""
        if not self.member.sources:
            return missing
        return [
            {"type": each.kind, "role": each.role.word, **({} if each.team_id is None else {"id": each.team_id})}
            for each in self.member.sources
        ]

    @property
    def links(self) -> dict[str, object] | None:
        """What can be done with them."""
        path = f"{self.place}/member/{self.member.member_id}"
        if self.member.member_kind == TEAM:
            path += "?type=team"
        role = Param(name="role", description="The new role", valid=_roles(self.place))
        changes = (
            Link(name="UPDATE", rel="Change the role of the member", method="PUT", path=path, required=(role,)),
            Link(name="DELETE", rel="Remove the member", method="DELETE", path=path),
        )
        return self.frame.links(
            Link(name="GET", rel="Show the member", path=path), *(() if self.member.is_fixed else changes)
        )


def _roles(place: str) -> tuple[str, ...]:
    return (*_given_in(place), NO_ROLE)


def _given_in(place: str) -> tuple[str, ...]:
    return ("view",) if place.startswith("team/") else tuple(GIVEN_ROLES)


class MemberSchema(Schema):
    """A member."""

    id = fields.String(attribute="member.member_id")
    type = fields.String(attribute="member.member_kind")
    login = fields.String(allow_none=True)
    name = fields.String()
    role = fields.String(attribute="member.role.word")
    explicit_role = fields.String(allow_none=True)
    owner = fields.Boolean(attribute="member.owner")
    origin = fields.List(fields.Dict(keys=fields.String(), values=fields.String()), data_key="from")
    links = Links()


def domain_member_links(path: str) -> tuple[Link, ...]:
    """What can be done with the members of a domain."""
    role = Param(name="role", description="The role", valid=tuple(GIVEN_ROLES))
    kind = Param(name="type", description="Whether an account or a team is meant", valid=_TYPES, default=USER)
    return (
        Link(name="LIST_MEMBERS", rel="List its members", path=f"{path}/members"),
        Link(
            name="UPDATE_MEMBERS",
            rel="Add, change and remove members",
            method="PATCH",
            path=f"{path}/members",
            required=(role,),
            optional=(kind, _ID, _LOGIN, _MANY),
        ),
        _leaving(path),
    )


def team_member_links(path: str) -> tuple[Link, ...]:
    """What can be done with the members of a team that has an owner, beside listing them."""
    role = Param(name="role", description="The role", valid=_given_in(path))
    any_role = Param(name="role", description="The role", valid=_roles(path))
    return (
        Link(
            name="ADD_MEMBER",
            rel="Add a member",
            method="POST",
            path=f"{path}/members",
            required=(role,),
            optional=(_ID, _LOGIN),
        ),
        Link(
            name="UPDATE_MEMBERS",
            rel="Add and remove members",
            method="PATCH",
            path=f"{path}/members",
            required=(any_role,),
            optional=(_ID, _LOGIN, _MANY),
        ),
        _leaving(path),
    )


_MANY = Param(name="members", type="array", description="Members to add, change or remove, each with a role")


def _leaving(path: str) -> Link:
    return Link(name="LEAVE", rel="Be a member no longer", method="DELETE", path=f"{path}/members/self")


def counted(number: int, noun: str) -> str:
    """The number with its noun, such as `2 members`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
