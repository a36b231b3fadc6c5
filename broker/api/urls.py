"""The whole interface as one table: method, path, resource, what it takes, what it answers, and who may ask."""

from broker.api.resources import (
    aliases,
    applications,
    cartridges,
    catalogue,
    discovery,
    domains,
    environment_variables,
    events,
    gear_groups,
    routing,
    user,
)
from broker.api.schemas import aliases as alias_schemas
from broker.api.schemas import applications as application_schemas
from broker.api.schemas import cartridges as cartridge_schemas
from broker.api.schemas import catalogue as catalogue_schemas
from broker.api.schemas import discovery as discovery_schemas
from broker.api.schemas import domains as domain_schemas
from broker.api.schemas import environment_variables as variable_schemas
from broker.api.schemas import events as event_schemas
from broker.api.schemas import gear_groups as group_schemas
from broker.api.schemas import routing as routing_schemas
from broker.api.schemas import user as user_schemas
from broker.api.streams import MEDIA
from broker.api.url import Paths, Shape, Url, application, domain, here

NOTHING = Shape(kind=None)


def urls() -> tuple[Url, ...]:
    """Every resource of the interface."""
    return (
        *_entry(),
        *_domains(),
        *_applications(),
        *_cartridges(),
        *_groups_and_aliases(),
        *_variables(),
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
        ),
        Url(
            "DELETE",
            domain(),
            domains.delete_domain,
            "Delete a domain",
            NOTHING,
            form=schemas.DomainRemoval(),
            refusals=(404, 422, 500),
        ),
    )


def _applications() -> tuple[Url, ...]:
    schemas = application_schemas
    one = Shape(kind="application", schema=schemas.ApplicationSchema())
    many = Shape(kind="applications", schema=one.schema, many=True)
    listing, creation = schemas.ApplicationListing(), schemas.ApplicationCreation()
    everywhere = Paths(here("/applications").current + domain("/applications").current, domain("/applications").plural)
    return (
        Url(
            "GET",
            everywhere,
            applications.list_all,
            "List applications",
            many,
            form=listing,
            refusals=(400, 404),
        ),
        Url(
            "POST",
            everywhere,
            applications.create,
            "Create an application",
            one,
            form=creation,
            status=201,
            refusals=(403, 409, 422, 500),
            finds=False,
        ),
        Url(
            "GET",
            application(),
            applications.show_one,
            "Show an application",
            one,
            form=schemas.ApplicationShowing(),
            refusals=(404, 409),
        ),
        Url(
            "DELETE",
            application(),
            applications.delete,
            "Delete an application",
            NOTHING,
            refusals=(404, 409, 500),
        ),
        Url(
            "POST",
            application("/events"),
            events.post_event,
            "Start, stop, scale, or make highly available",
            one,
            form=event_schemas.ApplicationEvent(),
            refusals=(404, 409, 410, 422, 500),
        ),
    )


def _cartridges() -> tuple[Url, ...]:
    schemas = cartridge_schemas
    one = Shape(kind="cartridge", schema=schemas.CartridgeSchema())
    many = Shape(kind="cartridges", schema=one.schema, many=True)
    member = application("/cartridge/<cartridge_name>", "/cartridges/<cartridge_name>")
    event_paths = application("/cartridge/<cartridge_name>/events", "/cartridges/<cartridge_name>/events")
    return (
        Url(
            "GET",
            application("/cartridges"),
            cartridges.list_installed,
            "List the cartridges of an application",
            many,
            refusals=(404, 409),
        ),
        Url(
            "GET",
            member,
            cartridges.show_installed,
            "Show a cartridge with its status",
            one,
            refusals=(404, 409),
        ),
        Url(
            "PUT",
            member,
            cartridges.update_installed,
            "Set how many gears a cartridge may have",
            one,
            form=schemas.CartridgeChange(),
            refusals=(404, 409, 422, 500),
        ),
        Url(
            "POST",
            event_paths,
            cartridges.post_cartridge_event,
            "Scale a cartridge",
            Shape(kind="application", schema=application_schemas.ApplicationSchema()),
            form=schemas.CartridgeEvent(),
            refusals=(404, 409, 422, 500),
        ),
    )


def _groups_and_aliases() -> tuple[Url, ...]:
    group = Shape(kind="gear_group", schema=group_schemas.GearGroupSchema())
    groups = Shape(kind="gear_groups", schema=group.schema, many=True)
    showing = group_schemas.GearGroupShowing()
    alias = Shape(kind="alias", schema=alias_schemas.AliasSchema())
    several = Shape(kind="aliases", schema=alias.schema, many=True)
    alias_path = application("/alias/<alias>", "/aliases/<alias>")
    return (
        Url(
            "GET",
            application("/gear_groups", "/gear-groups"),
            gear_groups.list_gear_groups,
            "List gear groups, with their endpoints if wanted",
            groups,
            form=showing,
            refusals=(404, 409),
        ),
        Url(
            "GET",
            application("/gear_group/<group_id>", "/gear-group/<group_id>", "/gear_groups/<group_id>"),
            gear_groups.show_gear_group,
            "Show a gear group",
            group,
            form=showing,
            refusals=(404, 409),
        ),
        Url(
            "GET",
            application("/gears", "/gear/<gear_id>"),
            gear_groups.list_gears,
            "Gears are shown in their groups",
            NOTHING,
            status=301,
            refusals=(404, 409),
        ),
        Url("GET", application("/aliases"), aliases.list_aliases, "List aliases", several, refusals=(404, 409)),
        Url(
            "POST",
            application("/aliases"),
            aliases.create_alias,
            "Add an alias",
            alias,
            form=alias_schemas.AliasWish(),
            status=201,
            refusals=(403, 404, 409, 422, 500),
        ),
        Url("GET", alias_path, aliases.show_one_alias, "Show an alias", alias, refusals=(404, 409)),
        Url("DELETE", alias_path, aliases.delete_alias, "Remove an alias", NOTHING, refusals=(404, 409, 500)),
    )


def _variables() -> tuple[Url, ...]:
    schemas, resource = variable_schemas, environment_variables
    one = Shape(kind=resource.ONE, schema=schemas.VariableSchema())
    many = Shape(kind=resource.SEVERAL, schema=one.schema, many=True)
    collection = application("/environment-variables", "/environment_variables")
    member = application(
        "/environment-variable/<name>",
        "/environment_variable/<name>",
        "/environment-variables/<name>",
        "/environment_variables/<name>",
    )
    change = schemas.VariableChange()
    return (
        Url("GET", collection, resource.list_all, "List environment variables", many, refusals=(404, 409)),
        *(
            Url(
                method,
                collection,
                resource.set_and_unset,
                "Add one environment variable, or set and unset several",
                one,
                other_shapes=(many,),
                form=change,
                status=201,
                refusals=(404, 409, 422, 500),
            )
            for method in ("POST", "PATCH")
        ),
        Url("GET", member, resource.show_one, "Show an environment variable", one, refusals=(404, 409)),
        Url(
            "PUT",
            member,
            resource.update,
            "Change an environment variable",
            one,
            form=schemas.VariableValue(),
            refusals=(404, 409, 422, 500),
        ),
        Url("DELETE", member, resource.delete, "Remove an environment variable", NOTHING, refusals=(404, 409, 500)),
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
