"""The whole interface as one table: method, path, resource, what it takes, what it answers, and who may ask."""

from broker.api.application_urls import application_urls
from broker.api.resources import (
    catalogue,
    discovery,
    domains,
    operations,
    routing,
    user,
)
from broker.api.schemas import catalogue as catalogue_schemas
from broker.api.schemas import discovery as discovery_schemas
from broker.api.schemas import domains as domain_schemas
from broker.api.schemas import routing as routing_schemas
from broker.api.schemas import user as user_schemas
from broker.api.streams import MEDIA
from broker.api.url import NOTHING, Paths, Shape, Url, application, domain, here


def urls() -> tuple[Url, ...]:
    """Every resource of the interface."""
    return (
        *_entry(),
        *_domains(),
        *application_urls(),
        *_catalogue(),
        *_routing(),
    )


def _entry() -> tuple[Url, ...]:
    links = Shape(kind="links")
    environment = Shape(kind="environment", schema=discovery_schemas.EnvironmentSchema())
    account = Shape(kind="user", schema=user_schemas.UserSchema())
    return (
        Url("GET", here("/api"), discovery.show_entry, "Show what the interface offers", links, login=False),
        Url(
            "GET",
            here("/environment"),
            discovery.show_environment,
            "Show the environment of applications",
            environment,
            login=False,
        ),
        Url("GET", here("/user"), user.show_user, "Show the caller's account", account),
    )


def _domains() -> tuple[Url, ...]:
    schemas = domain_schemas
    one = Shape(kind="domain", schema=schemas.DomainSchema())
    many = Shape(kind="domains", schema=one.schema, many=True)
    listing, wish = schemas.DomainListing(), schemas.DomainWish()
    return (
        Url(
            "GET",
            Paths(here("/domains").current + here("/user/domains").current),
            domains.list_domains,
            "List domains",
            many,
            form=listing,
            refusals=(400,),
        ),
        Url(
            "POST",
            here("/domains"),
            domains.create_domain,
            "Create a domain",
            one,
            form=wish,
            status=201,
            refusals=(409, 422),
            recall=domains.show_created,
        ),
        Url(
            "GET",
            domain(),
            domains.show_domain,
            "Show a domain",
            one,
            form=schemas.DomainShowing(),
            refusals=(404,),
        ),
        Url(
            "PUT",
            domain(),
            domains.update_domain,
            "Rename a domain or change its gear sizes",
            one,
            form=schemas.DomainChange(),
            refusals=(404, 422),
            recall=domains.show_updated,
        ),
        Url(
            "DELETE",
            domain(),
            domains.delete_domain,
            "Delete a domain",
            NOTHING,
            form=schemas.DomainRemoval(),
            refusals=(404, 422, 500),
            recall=operations.nothing_left,
        ),
    )


def _catalogue() -> tuple[Url, ...]:
    one = Shape(kind="cartridge", schema=catalogue_schemas.CartridgeTypeSchema())
    many = Shape(kind="cartridges", schema=one.schema, many=True)
    return (
        Url(
            "GET",
            here("/cartridges"),
            catalogue.list_catalogue,
            "List or search the catalogue",
            many,
            form=catalogue_schemas.CatalogueSearch(),
            login=False,
        ),
        Url(
            "GET",
            here("/cartridges/<feature>"),
            catalogue.list_feature,
            "List the cartridges that provide a feature",
            many,
            login=False,
        ),
        Url(
            "GET",
            here("/cartridge/<cartridge>"),
            catalogue.show_cartridge_type,
            "Show a cartridge of the catalogue",
            one,
            login=False,
            refusals=(404,),
        ),
    )


def _routing() -> tuple[Url, ...]:
    table = Shape(kind="routing_table", schema=routing_schemas.PositionedTableSchema(), is_wire=True)
    snapshot = Shape(kind="routing_snapshot", schema=routing_schemas.SnapshotSchema(), is_wire=True)
    return (
        Url(
            "GET",
            application("/routing_table", "/routing-table"),
            routing.show_routing_table,
            "Show what routers know of an application",
            table,
            refusals=(404, 409),
        ),
        Url("GET", here("/routing/snapshot"), routing.show_snapshot, "Take a snapshot of all routing tables", snapshot),
        Url(
            "GET",
            here("/routing/events"),
            routing.read_log,
            "Read or follow the log of routing events",
            Shape(kind=None, bare=True),
            form=routing_schemas.EventReading(),
            media=MEDIA,
            refusals=(410, 422, 503),
        ),
    )
