"""Domains, which the rest of the broker calls namespaces."""

from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, missing, post_load

from broker.api.call import Frame
from broker.api.fields import Flag, Form, Links, Owner, Text, Words
from broker.api.links import Link, Param
from broker.api.schemas.members import MemberSchema, ShownMember, domain_member_links
from broker.core.limits import UNLIMITED
from broker.core.policy import Policy
from broker.usecases.views import NamespaceView


class DomainShowing(Form):
    """How much of a domain is shown: `application_info`, or not."""

    include = Words(load_default=())


class DomainListing(DomainShowing):
    """Which domains are listed, and how much of each."""

    owner = Owner()


class DomainWish(Form):
    """A domain to be created; `id` and `namespace` are older names of `name`."""

    name = Text()
    id = Text()
    namespace = Text()
    allowed_gear_sizes = Words(load_default=None)

    @post_load
    def settle(self, given: dict[str, Any], **_: object) -> dict[str, Any]:
        """One name, empty if none was given."""
        name = given.get("name") or given.get("id") or given.get("namespace") or ""
        return {"name": name, "gear_sizes": given["allowed_gear_sizes"]}


class DomainChange(DomainWish):
    """A domain's new name or gear sizes."""


class DomainRemoval(Form):
    """How a domain is deleted: with `force` its applications go first."""

    force = Flag(load_default=False)


@dataclass(frozen=True, kw_only=True)
class ShownDomain:
    """A domain that the caller may see, with the quota and capabilities of its owner."""

    view: NamespaceView
    frame: Frame

    @property
    def path(self) -> str:
        """Where it is."""
        return f"domain/{self.view.namespace.name}"

    @property
    def suffix(self) -> str:
        """The domain that its applications are named in."""
        return self.frame.policy.cloud_domain

    @property
    def members(self) -> list[ShownMember]:
        """Its owner, and who else has a part in it."""
        return [ShownMember(member=each, place=self.path, frame=self.frame) for each in self.view.members]

    @property
    def allowed_gear_sizes(self) -> list[str]:
        """Those of the domain that its owner has."""
        return [size for size in self.view.namespace.allowed_gear_sizes if size in self.view.owner.gear_sizes]

    @property
    def available_gears(self) -> int:
        """How many gears its owner may still use; -1 is no limit."""
        most = self.view.owner.max_gears
        return UNLIMITED if most == UNLIMITED else most - self.view.owner.consumed_gears

    @property
    def application_count(self) -> Any:
        """How many applications it has; absent unless asked for."""
        return missing if self.view.contents is None else self.view.contents.applications

    @property
    def gear_counts(self) -> Any:
        """How many gears of each size they have; absent unless asked for."""
        return missing if self.view.contents is None else self.view.contents.gears

    @property
    def usage_rates(self) -> dict[str, object]:
        """Nothing is charged."""
        return {}

    @property
    def links(self) -> dict[str, object] | None:
        """What can be done with it."""
        return self.frame.links(*_domain_links(self.path, tuple(self.allowed_gear_sizes), self.frame.policy))


class DomainSchema(Schema):
    """A domain."""

    id = fields.String(attribute="view.namespace.namespace_id")
    name = fields.String(attribute="view.namespace.name")
    suffix = fields.String()
    creation_time = fields.String(attribute="view.namespace.created_at")
    members = fields.List(fields.Nested(MemberSchema))
    allowed_gear_sizes = fields.List(fields.String())
    available_gears = fields.Integer()
    max_storage_per_gear = fields.Integer(attribute="view.owner.max_storage")
    usage_rates = fields.Dict()
    private_ssl_certificates = fields.Boolean(attribute="view.owner.may_use_private_ssl")
    application_count = fields.Integer()
    gear_counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    links = Links()


_TRUE_OR_FALSE = (True, False)


def _domain_links(path: str, sizes: tuple[str, ...], policy: Policy) -> tuple[Link, ...]:
    allowed = Param(
        name="allowed_gear_sizes", type="array", description="Gear sizes that its applications may use", valid=sizes
    )
    return (
        Link(name="GET", rel="Show the domain", path=path),
        Link(
            name="ADD_APPLICATION",
            rel="Create an application",
            method="POST",
            path=f"{path}/applications",
            required=(Param(name="name", description="Name of the application"),),
            optional=_creation(sizes, downloads=policy.download_cartridges),
        ),
        Link(name="LIST_APPLICATIONS", rel="List its applications", path=f"{path}/applications"),
        *domain_member_links(path),
        Link(
            name="UPDATE",
            rel="Change the domain",
            method="PUT",
            path=path,
            required=(Param(name="name", description="New name of the domain"),),
            optional=(allowed,),
        ),
        Link(
            name="DELETE",
            rel="Delete the domain",
            method="DELETE",
            path=path,
            optional=(_flag("force", "Delete its applications first"),),
        ),
    )


def _creation(sizes: tuple[str, ...], *, downloads: bool) -> tuple[Param, ...]:
    default = sizes[0] if sizes else None
    by_url = Param(name="cartridges[][url]", description="Where the manifest of a cartridge is")
    return (
        Param(name="cartridges", type="array", description="Names of cartridges"),
        _flag("scale", "Whether it can have more than one gear"),
        Param(name="gear_size", description="Size of its gears", valid=sizes, default=default),
        Param(name="initial_git_url", description="Where its code comes from", valid=("", "empty")),
        Param(name="cartridges[][name]", description="Name of a cartridge"),
        Param(name="cartridges[][gear_size]", description="Gear size of a cartridge", valid=sizes),
        *((by_url,) if downloads else ()),
        Param(name="environment_variables", type="array", description="Environment variables"),
        Param(name="region", description="Name of the region of its gears"),
    )


def _flag(name: str, description: str) -> Param:
    return Param(name=name, type="boolean", description=description, valid=_TRUE_OR_FALSE, default=False)
