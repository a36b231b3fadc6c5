"""Deployments of an application, and the settings of how it is deployed."""

from typing import Any

from marshmallow import Schema, fields, post_load

from broker.api.fields import Flag, Form, Parameter, Text, Words
from broker.core.errors import Invalid
from broker.usecases.deployment_wishes import DeploymentWish


class Reported(Parameter):
    """The deployments that gears say they have: a list, whose entries are read where they are taken in."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[object]:
        del attr, data, kwargs
        if not isinstance(value, list):
            raise Invalid("Invalid deployments: expected array of hashes", field="deployments", exit_code=-1)
        return value


class Setting(Parameter):
    """A setting whose rule is that of its name: a text or a number."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> object:
        del attr, data, kwargs
        return value


class DeploymentForm(Form):
    """Code to be deployed, or with `deployments` what gears report to have."""

    ref = Text(load_default=None)
    artifact_url = Text(load_default=None)
    hot_deploy = Flag(load_default=False)
    force_clean_build = Flag(load_default=False)
    deployments = Reported(load_default=None)

    @post_load
    def settle(self, given: dict[str, Any], **_: object) -> dict[str, Any]:
        """The wish, and the report where it is one."""
        reported = given.pop("deployments")
        return {"wish": DeploymentWish(**given), "deployments": reported}


class ApplicationUpdate(Form):
    """The settings that are to change, and how much of the application is shown."""

    auto_deploy = Flag(load_default=None)
    deployment_branch = Setting(load_default=None)
    keep_deployments = Setting(load_default=None)
    deployment_type = Setting(load_default=None)
    include = Words(load_default=())

    @post_load
    def settle(self, given: dict[str, Any], **_: object) -> dict[str, Any]:
        """The settings apart from what is shown."""
        include = given.pop("include")
        return {"settings": given, "include": include}


class DeploymentSchema(Schema):
    """Code that the application was given; `activations` are the times from which its gears were to run it."""

    id = fields.String(attribute="deployment_id")
    created_at = fields.String()
    ref = fields.String(allow_none=True)
    sha1 = fields.String(allow_none=True)
    hot_deploy = fields.Boolean()
    force_clean_build = fields.Boolean()
    activations = fields.List(fields.String())
