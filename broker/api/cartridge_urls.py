"""The part of the table of the interface that is about the cartridges of an application."""

from broker.api.resources import applications, cartridges, operations
from broker.api.schemas import applications as application_schemas
from broker.api.schemas import cartridges as schemas
from broker.api.schemas.cartridge_addition import CartridgeAddition
from broker.api.url import NOTHING, Shape, Url, application

ONE, SEVERAL = "cartridge", "cartridges"


def cartridge_urls() -> tuple[Url, ...]:
    """Every resource of the cartridges of an application."""
    one = Shape(kind=ONE, schema=schemas.CartridgeSchema())
    many = Shape(kind=SEVERAL, schema=one.schema, many=True)
    collection = application("/cartridges")
    return (
        Url(
            "GET",
            collection,
            cartridges.list_installed,
            "List the cartridges of an application",
            many,
            refusals=(404, 409),
        ),
        Url(
            "POST",
            collection,
            cartridges.add,
            "Add cartridges to an application",
            one,
            other_shapes=(many,),
            form=CartridgeAddition(),
            status=201,
            refusals=(403, 404, 409, 422, 500),
            recall=cartridges.show_added_installed,
            becomes_operation=True,
            conditional=True,
        ),
        *_one_cartridge(one),
    )


def _one_cartridge(one: Shape) -> tuple[Url, ...]:
    member = application("/cartridge/<cartridge_name>", "/cartridges/<cartridge_name>")
    event_paths = application("/cartridge/<cartridge_name>/events", "/cartridges/<cartridge_name>/events")
    return (
        Url(
            "GET",
            member,
            cartridges.show_installed,
            "Show a cartridge with its status",
            one,
            refusals=(404, 409),
            tagged=True,
        ),
        Url(
            "PUT",
            member,
            cartridges.update_installed,
            "Set how many gears a cartridge may have, and how much storage each of them",
            one,
            form=schemas.CartridgeChange(),
            refusals=(403, 404, 409, 422, 500),
            recall=cartridges.show_updated,
            becomes_operation=True,
            conditional=True,
        ),
        Url(
            "DELETE",
            member,
            cartridges.remove,
            "Remove a cartridge from an application",
            NOTHING,
            refusals=(403, 404, 409, 422, 500),
            recall=operations.nothing_left,
            becomes_operation=True,
            conditional=True,
        ),
        Url(
            "POST",
            event_paths,
            cartridges.post_cartridge_event,
            "Start, stop, restart, reload or scale a cartridge",
            Shape(kind="application", schema=application_schemas.ApplicationSchema()),
            form=schemas.CartridgeEvent(),
            refusals=(403, 404, 409, 422, 500),
            recall=applications.show_changed,
            becomes_operation=True,
            conditional=True,
        ),
    )
