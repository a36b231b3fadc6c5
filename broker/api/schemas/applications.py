"""Applications: what one is created from, and what is shown of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema, fields, missing, post_load

from broker.api.call import Frame
from broker.api.fields import Flag, Form, Links, Owner, Text, Words
from broker.api.paging import Cursor, PageSize
from broker.api.schemas.aliases import AliasSchema, ShownAlias
from broker.api.schemas.application_links import application_links
from broker.api.schemas.application_wishes import CartridgeWishes, Config, SetVariables, Unread
from broker.api.schemas.cartridges import CartridgeSchema, ShownCartridge
from broker.api.schemas.members import MemberSchema, ShownMember
from broker.core.application import Application
from broker.core.dns_names import app_dns_name
from broker.core.gear_group import GroupLimits, effective_limits
from broker.usecases.views import ApplicationView, CartridgeView
from broker.usecases.wishes import ApplicationWish


class ApplicationListing(Form):
    """Which applications are listed, at most `limit` that come behind `after`, and whether with their cartridges."""

    owner = Owner()
    include = Words(load_default=())
    limit = PageSize(load_default=None)
    after = Cursor(load_default=None)


class ApplicationShowing(Form):
    """How much of an application is shown."""

    include = Words(load_default=())


class ApplicationCreation(Form):
    """An application to be created; `cartridge` and `gear_profile` are other names of `cartridges` and `gear_size`."""

    scale = Flag(load_default=False)
    ha = Flag(load_default=False)
    name = Text(load_default="")
    domain_id = Text(load_default="")
    region = Text(load_default=None)
    initial_git_url = Text(load_default=None)
    initial_git_branch = Text(load_default=None)
    cartridges = CartridgeWishes(later=True, load_default=())
    cartridge = CartridgeWishes(later=True, load_default=())
    gear_size = Text(load_default=None)
    gear_profile = Text(load_default=None)
    environment_variables = SetVariables(later=True, load_default=())
    config = Config(later=True, load_default=None)
    include = Words(load_default=())

    @post_load
    def settle(self, given: dict[str, Any], **_: object) -> dict[str, Any]:
        """The wish, and how much of its fulfilment is shown."""
        parts = {
            "cartridges": given["cartridges"] or given["cartridge"],
            "environment_variables": given["environment_variables"],
            "config": given["config"] or {},
        }
        wish = ApplicationWish(
            name=given["name"],
            namespace=given["domain_id"],
            scale=given["scale"],
            ha=given["ha"],
            gear_size=given["gear_size"] or given["gear_profile"],
            region=given["region"],
            initial_git_url=given["initial_git_url"],
            initial_git_branch=given["initial_git_branch"],
            unread={name: part.refusal for name, part in parts.items() if isinstance(part, Unread)},
            **{"cartridges": (), **{name: part for name, part in parts.items() if not isinstance(part, Unread)}},
        )
        return {"wish": wish, "include": given["include"]}


@dataclass(frozen=True, kw_only=True)
class ShownApplication:
    """An application of the caller's; `cartridges` only where they were asked for."""

    view: ApplicationView
    frame: Frame
    installed: tuple[CartridgeView, ...] | None = None
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    health_check_path = "health"
    building_with = building_app = build_job_url = None

    @property
    def application(self) -> Application:
        """The application itself."""
        return self.view.parts.application

    @property
    def framework(self) -> Any:
        """Its web framework; absent if it has none."""
        catalogue = self.frame.catalogue_of(self.view.parts)
        names = (each.name for each in self.view.parts.cartridges)
        return next((name for name in names if catalogue[name].is_web_framework), missing)

    @property
    def embedded(self) -> dict[str, dict[str, object]]:
        """All its other cartridges, with what they tell the caller."""
        catalogue = self.frame.catalogue_of(self.view.parts)
        names = (each.name for each in self.view.parts.cartridges)
        return {name: _told(self.values.get(name, {})) for name in names if not catalogue[name].is_web_framework}

    @property
    def scale_limits(self) -> GroupLimits | None:
        """How many gears its web framework may have, which version 1.0 shows; None if it has none."""
        parts = self.view.parts
        catalogue = self.frame.catalogue_of(parts)
        group = next((each.group_id for each in parts.cartridges if catalogue[each.name].is_web_framework), None)
        if group is None:
            return None
        if not parts.application.scalable:
            return GroupLimits(minimum=1, maximum=1)
        return effective_limits(parts, catalogue, ha=parts.application.ha)[group]

    @property
    def host(self) -> str:
        """Its own name."""
        application = self.application
        return app_dns_name(application.name, application.namespace, self.frame.policy.cloud_domain)

    @property
    def app_url(self) -> str:
        """Where it is served; the same with and without HA."""
        return f"{self.frame.policy.base_url_scheme}://{self.host}/"

    @property
    def ssh_url(self) -> Any:
        """The way to its head gear; absent if there is none."""
        head = self.application.head_gear_id
        return missing if head is None else f"ssh://{head}@{self.host}"

    @property
    def git_url(self) -> Any:
        """Its code on the head gear; absent if there is none."""
        return missing if self.ssh_url is missing else f"{self.ssh_url}/~/git/{self.application.name}.git/"

    @property
    def aliases(self) -> list[ShownAlias]:
        """Its further names."""
        application_id = self.application.application_id
        added_at = self.view.certificates
        return [
            ShownAlias(id=alias, application_id=application_id, added_at=added_at.get(alias), frame=self.frame)
            for alias in self.view.aliases
        ]

    @property
    def members(self) -> list[ShownMember]:
        """Those of its domain."""
        place = f"application/{self.application.application_id}"
        return [ShownMember(member=each, place=place, frame=self.frame) for each in self.view.members]

    @property
    def cartridges(self) -> Any:
        """Its cartridges, absent unless asked for."""
        if self.installed is None:
            return missing
        return [ShownCartridge(view=each, frame=self.frame) for each in self.installed]

    @property
    def links(self) -> dict[str, object] | None:
        """What can be done with it."""
        names = tuple(each.name for each in self.view.parts.cartridges)
        links = application_links(self.application.application_id, names, self.frame.policy)
        return self.frame.links(*links)


def _told(values: Mapping[str, str]) -> dict[str, object]:
    """What a cartridge tells, with the field's sentence of where it is."""
    url = values.get("connection_url")
    return {**values, **({} if url is None else {"info": f"Connection URL: {url}"})}


class ApplicationSchema(Schema):
    """An application."""

    id = fields.String(attribute="application.application_id")
    name = fields.String(attribute="application.name")
    domain_id = fields.String(attribute="application.namespace")
    creation_time = fields.String(attribute="application.created_at")
    framework = fields.String()
    embedded = fields.Dict(keys=fields.String(), values=fields.Dict())
    scalable = fields.Boolean(attribute="application.scalable")
    ha = fields.Boolean(attribute="application.ha")
    gear_count = fields.Integer(attribute="view.parts.gear_count")
    gear_profile = fields.String(attribute="application.profile")
    app_url = fields.String()
    git_url = fields.String()
    ssh_url = fields.String()
    health_check_path = fields.String()
    aliases = fields.List(fields.Nested(AliasSchema))
    members = fields.List(fields.Nested(MemberSchema))
    building_with = fields.String(allow_none=True)
    building_app = fields.String(allow_none=True)
    build_job_url = fields.String(allow_none=True)
    initial_git_url = fields.String(attribute="application.initial_git_url", allow_none=True)
    auto_deploy = fields.Boolean(attribute="application.auto_deploy")
    deployment_branch = fields.String(attribute="application.deployment_branch")
    keep_deployments = fields.Integer(attribute="application.keep_deployments")
    deployment_type = fields.String(attribute="application.deployment_type")
    cartridges = fields.List(fields.Nested(CartridgeSchema))
    links = Links()
