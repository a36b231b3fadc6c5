"""The part of the table of the interface that is about applications: themselves, what is in them, what is done."""

from broker.api.resources import (
    aliases,
    applications,
    cartridges,
    environment_variables,
    events,
    gear_groups,
    operations,
)
from broker.api.schemas import aliases as alias_schemas
from broker.api.schemas import applications as application_schemas
from broker.api.schemas import cartridges as cartridge_schemas
from broker.api.schemas import environment_variables as variable_schemas
from broker.api.schemas import events as event_schemas
from broker.api.schemas import gear_groups as group_schemas
from broker.api.schemas import operations as operation_schemas
from broker.api.url import NOTHING, Paths, Shape, Url, application, domain, here


def application_urls() -> tuple[Url, ...]:
    """Every resource of applications and of what is below them."""
    return (
        *_applications(),
        *_cartridges(),
        *_groups_and_aliases(),
        *_variables(),
        *_operations(),
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
            recall=applications.show_one,
            becomes_operation=True,
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
            recall=operations.nothing_left,
            becomes_operation=True,
        ),
        Url(
            "POST",
            application("/events"),
            events.post_event,
            "Start, stop, scale, or make highly available",
            one,
            form=event_schemas.ApplicationEvent(),
            refusals=(404, 409, 410, 422, 500),
            recall=applications.show_one,
            becomes_operation=True,
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
            recall=cartridges.show_installed,
            becomes_operation=True,
        ),
        Url(
            "POST",
            event_paths,
            cartridges.post_cartridge_event,
            "Scale a cartridge",
            Shape(kind="application", schema=application_schemas.ApplicationSchema()),
            form=schemas.CartridgeEvent(),
            refusals=(404, 409, 422, 500),
            recall=applications.show_one,
            becomes_operation=True,
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
            recall=aliases.show_created,
            becomes_operation=True,
        ),
        Url("GET", alias_path, aliases.show_one_alias, "Show an alias", alias, refusals=(404, 409)),
        Url(
            "DELETE",
            alias_path,
            aliases.delete_alias,
            "Remove an alias",
            NOTHING,
            refusals=(404, 409, 500),
            recall=operations.nothing_left,
            becomes_operation=True,
        ),
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
                recall=resource.show_changed,
                becomes_operation=True,
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
            recall=resource.show_one,
            becomes_operation=True,
        ),
        Url(
            "DELETE",
            member,
            resource.delete,
            "Remove an environment variable",
            NOTHING,
            refusals=(404, 409, 500),
            recall=operations.nothing_left,
            becomes_operation=True,
        ),
    )


def _operations() -> tuple[Url, ...]:
    schemas = operation_schemas
    one = Shape(kind="operation", schema=schemas.OperationSchema())
    many = Shape(kind="operations", schema=one.schema, many=True)
    listing = schemas.OperationListing()
    member = Paths(here("/operation/<operation_id>").current, here("/operations/<operation_id>").current)
    event_paths = Paths(
        here("/operation/<operation_id>/events").current, here("/operations/<operation_id>/events").current
    )
    return (
        Url(
            "GET",
            application("/operations"),
            operations.list_of_application,
            "List the operations of an application, newest first",
            many,
            form=listing,
            refusals=(404, 409, 422),
            pages=True,
        ),
        Url(
            "GET",
            here("/operations"),
            operations.list_own,
            "List the operations of all the caller's applications, newest first",
            many,
            form=listing,
            refusals=(422,),
            pages=True,
        ),
        Url("GET", member, operations.show_one, "Show an operation step by step", one, refusals=(404,)),
        Url(
            "POST",
            event_paths,
            operations.post_operation_event,
            "Cancel an operation",
            one,
            form=schemas.OperationEvent(),
            refusals=(404, 409, 422),
        ),
    )
