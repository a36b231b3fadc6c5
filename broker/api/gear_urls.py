"""The part of the table of the interface that is about single gears, and about how well an application stands."""

from broker.api.resources import applications, gears, ha, operations
from broker.api.schemas import applications as application_schemas
from broker.api.schemas import gears as gear_schemas
from broker.api.schemas import ha as ha_schemas
from broker.api.url import NOTHING, Shape, Url, application


def gear_urls() -> tuple[Url, ...]:
    """What can be asked and done beside the contract of the field."""
    return (
        Url(
            "GET",
            application("/ha"),
            ha.show_ha,
            "Show whether an application is HA now, and why not",
            Shape(kind="ha", schema=ha_schemas.VerdictSchema()),
            refusals=(404, 409),
        ),
        Url(
            "POST",
            application("/gear/<gear_id>/events", "/gears/<gear_id>/events"),
            gears.post_gear_event,
            "Restart a gear, or take it out of rotation and back",
            Shape(kind="application", schema=application_schemas.ApplicationSchema()),
            form=gear_schemas.GearEvent(),
            refusals=(403, 404, 409, 422, 500),
            recall=applications.show_changed,
            becomes_operation=True,
            conditional=True,
        ),
        Url(
            "DELETE",
            application("/gear/<gear_id>", "/gears/<gear_id>"),
            gears.delete,
            "Delete a gear, and put another in its place where one is needed",
            NOTHING,
            refusals=(403, 404, 409, 422, 500),
            recall=operations.nothing_left,
            becomes_operation=True,
            conditional=True,
        ),
    )
