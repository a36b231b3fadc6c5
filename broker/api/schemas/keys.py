"""SSH keys."""

from dataclasses import dataclass

from marshmallow import Schema, fields

from broker.api.call import Frame
from broker.api.fields import Form, Links, Text
from broker.api.links import Link, Param
from broker.core.owner import SshKey
from broker.core.policy import Policy


class KeyChange(Form):
    """A key's new type and content; what is missing is refused in the words of the contract."""

    type = Text(load_default="")
    content = Text(load_default="")


class KeyWish(KeyChange):
    """A key to be added."""

    name = Text(load_default="")


@dataclass(frozen=True, kw_only=True)
class ShownKey:
    """A key of the caller's."""

    key: SshKey
    frame: Frame

    @property
    def links(self) -> dict[str, object] | None:
        """What can be done with it; in every version by the plural."""
        path = f"user/keys/{self.key.name}"
        return self.frame.links(
            Link(name="GET", rel="Show the SSH key", path=path),
            Link(
                name="UPDATE",
                rel="Change the SSH key",
                method="PUT",
                path=path,
                required=key_params(self.frame.policy),
            ),
            Link(name="DELETE", rel="Remove the SSH key", method="DELETE", path=path),
        )


class KeySchema(Schema):
    """A key."""

    name = fields.String(attribute="key.name")
    content = fields.String(attribute="key.content")
    type = fields.String(attribute="key.type")
    links = Links()


def key_params(policy: Policy) -> tuple[Param, ...]:
    """What a key is made of, beside its name."""
    return (
        Param(name="type", description="Type of the SSH key", valid=policy.ssh_key_types),
        Param(name="content", description="The key itself, without type and comment"),
    )
