"""What the entry of the interface shows: its links, and the environment it serves."""

from dataclasses import dataclass

from marshmallow import Schema, fields

from broker.api.call import Frame
from broker.api.links import Link, Param
from broker.api.schemas.authorizations import entry_links as authorization_links

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
        """Whether applications may have cartridges by URL."""
        return self.frame.policy.download_cartridges


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
            required=(Param(name="name", description="Name of the domain", invalid=frame.policy.blacklisted_words),),
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
        *_team_links(),
        *_application_links(),
        *_cartridge_links(),
        *authorization_links(),
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


def _team_links() -> tuple[Link, ...]:
    in_global = Param(
        name="global", type="boolean", description="Whether teams without an owner are meant", valid=(True, False)
    )
    return (
        Link(
            name="ADD_TEAM",
            rel="Create a team",
            method="POST",
            path="teams",
            required=(Param(name="name", description="Name of the team"),),
        ),
        Link(name="LIST_TEAMS", rel="List teams", path="teams"),
        Link(name="LIST_TEAMS_BY_OWNER", rel="List one's own teams", path="teams", required=_OWNER),
        Link(
            name="SHOW_TEAM",
            rel="Show a team",
            path="team/:id",
            required=(Param(name=":id", description="Id of the team"),),
        ),
        Link(
            name="SEARCH_TEAMS",
            rel="Find teams by name",
            path="teams",
            required=(Param(name="search", description="At least two characters of the name"), in_global),
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
        Link(name="LIST_REGIONS", rel="List the regions with their zones", path="regions"),
        Link(name="LIST_QUICKSTARTS", rel="List quickstarts", path="quickstarts"),
        Link(
            name="SHOW_QUICKSTART",
            rel="Show a quickstart",
            path="quickstart/:id",
            required=(Param(name=":id", description="Id of the quickstart"),),
        ),
    )
