"""Environment variables of an application."""

from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, post_load

from broker.api.call import Frame
from broker.api.fields import Form, Links, Text, Value
from broker.api.links import Link, Param
from broker.api.schemas.application_wishes import VariableWishes
from broker.core.errors import Invalid


class VariableChange(Form):
    """One variable by `name` and `value`, or several as `environment_variables`: those without a value are unset."""

    name = Text(load_default=None)
    value = Value(load_default=None)
    environment_variables = VariableWishes(load_default=None)

    @post_load
    def settle(self, given: dict[str, Any], **_: object) -> dict[str, Any]:
        """Either one or several, never both or none; and one has a value."""
        several = given["environment_variables"]
        single = given["name"] is not None or given["value"] is not None
        if single == bool(several) or (single and given["name"] is None):
            text = "Specify parameters 'name'/'value' or 'environment_variables'"
            raise Invalid(text, exit_code=186)
        if single:
            check_given(given["name"], given["value"])
        return given


class VariableValue(Form):
    """The new value of the variable `name` of the path."""

    name = Text(load_default="")
    value = Value(load_default=None)

    @post_load
    def settle(self, given: dict[str, Any], **_: object) -> dict[str, Any]:
        """There is a value."""
        check_given(given["name"], given["value"])
        return given


def check_given(name: str, value: str | None) -> None:
    """Refuses a variable without a value."""
    if value is None:
        text = f"Value not specified for environment variable '{name}'"
        raise Invalid(text, field="value", exit_code=190)


@dataclass(frozen=True, kw_only=True)
class ShownVariable:
    """An environment variable."""

    name: str
    value: str
    application_id: str
    frame: Frame

    @property
    def links(self) -> dict[str, object] | None:
        """What can be done with it."""
        path = f"application/{self.application_id}/environment-variable/{self.name}"
        return self.frame.links(
            Link(name="GET", rel="Show the variable", path=path),
            Link(
                name="UPDATE",
                rel="Change the variable",
                method="PUT",
                path=path,
                required=(Param(name="value", description="The new value"),),
            ),
            Link(name="DELETE", rel="Remove the variable", method="DELETE", path=path),
        )


class VariableSchema(Schema):
    """An environment variable."""

    name = fields.String()
    value = fields.String()
    links = Links()
