"""What an account is shown of itself."""

from dataclasses import dataclass

from marshmallow import Schema, fields

from broker.api.call import Frame
from broker.api.fields import Flag, Form, Links
from broker.api.links import Link, Param
from broker.api.schemas.keys import key_params
from broker.core.owner import User


class UserRemoval(Form):
    """How an account is deleted: with `force` its domains go first."""

    force = Flag(load_default=False)


@dataclass(frozen=True, kw_only=True)
class ShownUser:
    """An account with its quota and capabilities; what is None is not kept here."""

    user: User
    frame: Frame

    email = plan_id = plan_state = plan_expiration_date = usage_account_id = currency_cd = None
    plan_quantity = 1

    @property
    def usage_rates(self) -> dict[str, object]:
        """Nothing is charged."""
        return {}

    @property
    def capabilities(self) -> dict[str, object]:
        """What the account may do, and what its sub-accounts have of that, where they have anything."""
        user = self.user
        inherited = {"inherit_on_subaccounts": list(user.inherited)} if user.inherited else {}
        return {
            "ha": user.may_use_ha,
            "subaccounts": user.may_have_subaccounts,
            "gear_sizes": list(user.gear_sizes),
            "view_global_teams": user.may_view_global_teams,
            "private_ssl_certificates": user.may_use_private_ssl,
            "max_storage_per_gear": user.max_storage,
            **inherited,
        }

    @property
    def links(self) -> dict[str, object] | None:
        """What can be done with it; only a sub-account can be deleted."""
        name = Param(name="name", description="Name of the SSH key")
        deletion = Link(
            name="DELETE_USER",
            rel="Delete the account",
            method="DELETE",
            path="user",
            optional=(
                Param(
                    name="force",
                    type="boolean",
                    description="Delete its domains first, with their applications",
                    valid=(True, False),
                    default=False,
                ),
            ),
        )
        return self.frame.links(
            Link(
                name="ADD_KEY",
                rel="Add an SSH key",
                method="POST",
                path="user/keys",
                required=(name, *key_params(self.frame.policy)),
            ),
            Link(name="LIST_KEYS", rel="List SSH keys", path="user/keys"),
            *(() if self.user.parent_id is None else (deletion,)),
        )


class CapabilitiesSchema(Schema):
    """What an account may do."""

    ha = fields.Boolean()
    subaccounts = fields.Boolean()
    gear_sizes = fields.List(fields.String())
    view_global_teams = fields.Boolean()
    private_ssl_certificates = fields.Boolean()
    max_storage_per_gear = fields.Integer()
    inherit_on_subaccounts = fields.List(fields.String())


class UserSchema(Schema):
    """An account."""

    id = fields.String(attribute="user.user_id")
    login = fields.String(attribute="user.login")
    email = fields.String(allow_none=True)
    consumed_gears = fields.Integer(attribute="user.consumed_gears")
    max_gears = fields.Integer(attribute="user.max_gears")
    max_domains = fields.Integer(attribute="user.max_namespaces")
    max_teams = fields.Integer(attribute="user.max_teams")
    capabilities = fields.Nested(CapabilitiesSchema)
    plan_id = fields.String(allow_none=True)
    plan_state = fields.String(allow_none=True)
    plan_quantity = fields.Integer()
    plan_expiration_date = fields.String(allow_none=True)
    usage_account_id = fields.String(allow_none=True)
    currency_cd = fields.String(allow_none=True)
    created_at = fields.String(attribute="user.created_at")
    usage_rates = fields.Dict()
    links = Links()
