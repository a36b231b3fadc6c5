"""What an account is shown of itself."""

from dataclasses import dataclass

from marshmallow import Schema, fields

from broker.api.call import Frame
from broker.api.fields import Links
from broker.core.owner import User


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
        """What the account may do."""
        return {
            "ha": self.user.may_use_ha,
            "subaccounts": False,
            "gear_sizes": list(self.user.gear_sizes),
            "view_global_teams": False,
            "private_ssl_certificates": False,
            "max_storage_per_gear": 0,
        }

    @property
    def links(self) -> dict[str, object] | None:
        """An account cannot be changed over this interface yet."""
        return self.frame.links()


class CapabilitiesSchema(Schema):
    """What an account may do."""

    ha = fields.Boolean()
    subaccounts = fields.Boolean()
    gear_sizes = fields.List(fields.String())
    view_global_teams = fields.Boolean()
    private_ssl_certificates = fields.Boolean()
    max_storage_per_gear = fields.Integer()


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
