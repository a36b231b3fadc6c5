"""The certificate that an alias is served with, as a listener knows it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from routing_spi.wire import JSON, Fields

_WHAT: Final = "certificate"


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """A certificate with its chain as PEM, its own first, and what its private key is fetched by, if by anything."""

    alias: str
    ssl: str
    private_key_reference: str | None

    def to_wire(self) -> dict[str, JSON]:
        """The wire form."""
        return {"alias": self.alias, "ssl": self.ssl, "private_key_reference": self.private_key_reference}

    @classmethod
    def from_wire(cls, wire: object) -> "Certificate":
        """The certificate of a wire form; raises `MalformedMessage`."""
        return cls.of(Fields.of(wire, _WHAT))

    @classmethod
    def of(cls, fields: Fields) -> "Certificate":
        """The certificate that these fields tell, as those of an `add_ssl` do."""
        return cls(
            alias=fields.text("alias"),
            ssl=fields.any_text("ssl"),
            private_key_reference=fields.optional_text("private_key_reference"),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchedCertificate:
    """A certificate with its private key, both PEM, as the broker gives it to who may have it."""

    alias: str
    ssl: str
    private_key: str = field(repr=False)

    @classmethod
    def from_wire(cls, wire: object) -> "FetchedCertificate":
        """The certificate of a wire form; raises `MalformedMessage`, which shows nothing of the key."""
        fields = Fields.of({} if wire is None else wire, _WHAT)
        key = fields.values.get("private_key")
        return cls(
            alias=fields.text("alias"),
            ssl=fields.text("ssl"),
            private_key=key if isinstance(key, str) and key else Fields(values={}, what=_WHAT).text("private_key"),
        )


def certificates(each: Iterable[Certificate]) -> tuple[Certificate, ...]:
    """Those certificates by alias in order; of several for one alias the last."""
    by_alias = {certificate.alias: certificate for certificate in each}
    return tuple(by_alias[alias] for alias in sorted(by_alias))
