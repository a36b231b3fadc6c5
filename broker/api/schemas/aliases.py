"""Aliases: further names of an application."""

from dataclasses import dataclass
from typing import Any, Final

from marshmallow import Schema, fields, post_load

from broker.api.call import Frame
from broker.api.fields import Form, Links, Text
from broker.api.links import Link, Param
from broker.usecases.alias_certificates import CertificateWish

CERTIFICATE: Final = Param(name="ssl_certificate", description="Its certificate as PEM, with the chain behind it")
PRIVATE_KEY: Final = Param(name="private_key", description="The private key of the certificate as PEM")
PASS_PHRASE: Final = Param(name="pass_phrase", description="What opens the private key, if it is encrypted")


class CertificateForm(Form):
    """The certificate that an alias is to have; nothing for none."""

    ssl_certificate = Text(load_default="")
    private_key = Text(load_default="")
    pass_phrase = Text(load_default="")

    @post_load
    def settle(self, given: dict[str, Any], **_: object) -> dict[str, Any]:
        """One wish, None if neither certificate nor key was given."""
        certificate, private_key = given.pop("ssl_certificate"), given.pop("private_key")
        wish = CertificateWish(certificate=certificate, private_key=private_key, pass_phrase=given.pop("pass_phrase"))
        return {**given, "certificate": wish if certificate or private_key else None}


class AliasWish(CertificateForm):
    """A name to be added, perhaps with a certificate; `alias` is another name of `id`."""

    id = Text(load_default="")
    alias = Text(load_default="")

    @post_load
    def choose(self, given: dict[str, Any], **_: object) -> dict[str, Any]:
        """One name, empty if none was given."""
        return {**given, "alias": given["id"] or given["alias"]}


@dataclass(frozen=True, kw_only=True)
class ShownAlias:
    """An alias; `added_at` is when it was given its certificate, None without one."""

    id: str
    application_id: str
    added_at: str | None
    frame: Frame

    @property
    def has_private_ssl_certificate(self) -> bool:
        """Whether it has a certificate of its own."""
        return self.added_at is not None

    @property
    def certificate_added_at(self) -> str | None:
        """The day on which it was given that, as the midnight before."""
        return None if self.added_at is None else f"{self.added_at.partition('T')[0]}T00:00:00Z"

    @property
    def links(self) -> dict[str, object] | None:
        """What can be done with it."""
        path = f"application/{self.application_id}/alias/{self.id}"
        return self.frame.links(
            Link(name="GET", rel="Show the alias", path=path),
            Link(
                name="UPDATE",
                rel="Give the alias a certificate, or take it away",
                method="PUT",
                path=path,
                required=(CERTIFICATE, PRIVATE_KEY),
                optional=(PASS_PHRASE,),
            ),
            Link(name="DELETE", rel="Remove the alias", method="DELETE", path=path),
        )


class AliasSchema(Schema):
    """An alias."""

    id = fields.String()
    has_private_ssl_certificate = fields.Boolean()
    certificate_added_at = fields.String(allow_none=True)
    links = Links()
