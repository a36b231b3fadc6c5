"""What the entry of the interface shows: its links, and the environment it serves."""

from dataclasses import dataclass

from marshmallow import Schema, fields

from broker.api.call import Frame
from broker.api.links import Link, Param

_OWNER = (Param(name="owner", description="Whose: one's own", valid=("@self",)),)


@dataclass(frozen=True, kw_only=True)
class ShownEnvironment:
    """The environment of all applications."""

    frame: Frame

    @property
    def domain_suffix(self) -> str:
        """The domain that applications are named in."""
        return self.frame.policy.cloud_domain

    @property
    def download_cartridges_enabled(self) -> bool:
        """Cartridges come from the catalogue only."""
        return False


class EnvironmentSchema(Schema):
    """The environment."""

    domain_suffix = fields.String()
    download_cartridges_enabled = fields.Boolean()


def entry_links(frame: Frame) -> tuple[Link, ...]:
    """Everything a client can begin with."""
    sizes = frame.policy.valid_gear_sizes
    return (
        Link(name="API", rel="This document", path="api"),
        Link(name="GET_ENVIRONMENT", rel="Show the environment", path="environment"),
        Link(name="GET_USER", rel="Show the caller's account", path="user"),
        Link(
            name="ADD_DOMAIN",
            rel="Create a domain",
            method="POST",
            path="domains",
            required=(Param(name="name", description="Name of the domain"),),
            optional=(
                Param(
                    name="allowed_gear_sizes",
                    type="array",
                    description="Gear sizes that its applications may use",
                    valid=sizes,
                ),
            ),
        ),
        Link(name="LIST_DOMAINS", rel="List domains", path="domains"),
        Link(name="LIST_DOMAINS_BY_OWNER", rel="List one's own domains", path="domains", required=_OWNER),
        Link(
            name="SHOW_DOMAIN",
            rel="Show a domain by name",
            path="domain/:name",
            required=(Param(name=":name", description="Name of the domain"),),
        ),
        *_application_links(),
        *_cartridge_links(),
        Link(name="LIST_OPERATIONS", rel="List the operations of one's applications", path="operations"),
        Link(
            name="SHOW_OPERATION",
            rel="Show an operation step by step",
            path="operation/:id",
            required=(Param(name=":id", description="Id of the operation"),),
        ),
        Link(name="GET_ROUTING_SNAPSHOT", rel="Take a snapshot of all routing tables", path="routing/snapshot"),
        Link(
            name="LIST_ROUTING_EVENTS",
            rel="Read or follow the log of routing events",
            path="routing/events",
            optional=(
                Param(name="after", type="integer", description="Position after which to begin", default=0),
                Param(name="limit", type="integer", description="End after so many events"),
                Param(
                    name="follow",
                    type="boolean",
                    description="Go on with events as they come",
                    valid=(True, False),
                    default=False,
                ),
            ),
        ),
    )


def _application_links() -> tuple[Link, ...]:
    return (
        Link(name="LIST_APPLICATIONS", rel="List applications", path="applications"),
        Link(
            name="LIST_APPLICATIONS_BY_OWNER",
            rel="List one's own applications",
            path="applications",
            required=_OWNER,
        ),
        Link(
            name="SHOW_APPLICATION",
            rel="Show an application by id",
            path="application/:id",
            required=(Param(name=":id", description="Id of the application"),),
        ),
        Link(
            name="SHOW_APPLICATION_BY_DOMAIN",
            rel="Show an application by domain and name",
            path="domain/:domain_name/application/:name",
            required=(
                Param(name=":domain_name", description="Name of the domain"),
                Param(name=":name", description="Name of the application"),
            ),
        ),
    )


def _cartridge_links() -> tuple[Link, ...]:
    return (
        Link(
            name="LIST_CARTRIDGES",
            rel="List cartridges",
            path="cartridges",
            optional=(Param(name="category", description="Only those of this category"),),
        ),
        Link(
            name="SHOW_CARTRIDGE",
            rel="Show a cartridge by name",
            path="cartridge/:name",
            required=(Param(name=":name", description="Name of the cartridge"),),
        ),
        Link(
            name="SHOW_CARTRIDGE_BY_ID",
            rel="Show a cartridge by id",
            path="cartridge/:id",
            required=(Param(name=":id", description="Id of the cartridge"),),
        ),
    )
