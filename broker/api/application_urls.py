"""The part of the table of the interface that is about applications: themselves, what is in them, what is done."""

from broker.api.alias_urls import alias_urls
from broker.api.cartridge_urls import cartridge_urls
from broker.api.resources import (
    applications,
    environment_variables,
    events,
    gear_groups,
    operations,
)
from broker.api.schemas import applications as application_schemas
from broker.api.schemas import environment_variables as variable_schemas
from broker.api.schemas import events as event_schemas
from broker.api.schemas import gear_groups as group_schemas
from broker.api.schemas import members as member_schemas
from broker.api.schemas import operations as operation_schemas
from broker.api.url import NOTHING, Paths, Shape, Url, application, domain, here


def application_urls() -> tuple[Url, ...]:
    """Every resource of applications and of what is below them."""
    return (
        *_applications(),
        *_one_application(),
        *cartridge_urls(),
        *_groups(),
        *alias_urls(),
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
            refusals=(400, 404, 422),
            pages=True,
        ),
        Url(
            "POST",
            everywhere,
            applications.create,
            "Create an application",
            one,
            form=creation,
            status=201,
            refusals=(403, 404, 409, 422, 500),
            finds=False,
            recall=applications.show_created,
            becomes_operation=True,
        ),
    )


def _one_application() -> tuple[Url, ...]:
    one = Shape(kind="application", schema=application_schemas.ApplicationSchema())
    return (
        Url(
            "GET",
            application(),
            applications.show_one,
            "Show an application",
            one,
            form=application_schemas.ApplicationShowing(),
            refusals=(404, 409),
            tagged=True,
        ),
        Url(
            "GET",
            application("/members"),
            applications.list_members,
            "List the members of an application",
            Shape(kind="members", schema=member_schemas.MemberSchema(), many=True),
            refusals=(404, 409),
        ),
        Url(
            "DELETE",
            application(),
            applications.delete,
            "Delete an application",
            NOTHING,
            refusals=(403, 404, 409, 500),
            recall=operations.nothing_left,
            becomes_operation=True,
            conditional=True,
        ),
        Url(
            "POST",
            application("/events"),
            events.post_event,
            "Start, stop, scale, or make highly available",
            one,
            form=event_schemas.ApplicationEvent(),
            refusals=(403, 404, 409, 410, 422, 500),
            recall=applications.show_changed,
            becomes_operation=True,
            conditional=True,
        ),
    )


def _groups() -> tuple[Url, ...]:
    group = Shape(kind="gear_group", schema=group_schemas.GearGroupSchema())
    groups = Shape(kind="gear_groups", schema=group.schema, many=True)
    showing = group_schemas.GearGroupShowing()
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
            application("/gears", "/gear/<gear_id>", "/gears/<gear_id>"),
            gear_groups.list_gears,
            "Gears are shown in their groups",
            NOTHING,
            status=301,
            refusals=(404, 409),
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
                refusals=(403, 404, 409, 422, 500),
                recall=resource.show_changed,
                becomes_operation=True,
                conditional=True,
            )
            for method in ("POST", "PATCH")
        ),
        Url("GET", member, resource.show_one, "Show an environment variable", one, refusals=(404, 409), tagged=True),
        Url(
            "PUT",
            member,
            resource.update,
            "Change an environment variable",
            one,
            form=schemas.VariableValue(),
            refusals=(403, 404, 409, 422, 500),
            recall=resource.show_updated,
            becomes_operation=True,
            conditional=True,
        ),
        Url(
            "DELETE",
            member,
            resource.delete,
            "Remove an environment variable",
            NOTHING,
            refusals=(403, 404, 409, 500),
            recall=operations.nothing_left,
            becomes_operation=True,
            conditional=True,
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
