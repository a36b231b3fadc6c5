"""The gear groups of an application."""

from collections.abc import Sequence

from broker.api.call import Answer, Call, Message, told
from broker.api.refusals import Moved
from broker.api.schemas.gear_groups import ShownGearGroup
from broker.core.application import ApplicationParts
from broker.usecases.applications import show_application
from broker.usecases.groups import list_groups, show_group
from broker.usecases.views import GearGroupView


def list_gear_groups(call: Call) -> Answer:
    """All gear groups, with the state of every gear as a message of its own."""
    parts, views = list_groups(
        call.platform, call.user, call.application, call.namespace, with_endpoints=_with_endpoints(call)
    )
    text = f"Showing gear groups for application {_named(parts)}"
    return Answer(data=[_shown(call, each) for each in views], messages=told(text, _states(views)))


def show_gear_group(call: Call) -> Answer:
    """One gear group."""
    group_id = call.path["group_id"]
    view = show_group(
        call.platform,
        call.user,
        call.application,
        group_id,
        call.namespace,
        with_endpoints=_with_endpoints(call),
    )
    text = f"Showing gear group {group_id} for application {_named(view.parts)}"
    return Answer(data=_shown(call, view), messages=told(text, _states([view])))


def list_gears(call: Call) -> Answer:
    """Gears are shown in their groups."""
    view = show_application(call.platform, call.user, call.application, call.namespace)
    raise Moved(f"{call.frame.base}/application/{view.parts.application.application_id}/gear_groups")


def _with_endpoints(call: Call) -> bool:
    return "endpoints" in call.inputs["include"]


def _states(views: Sequence[GearGroupView]) -> Message:
    return Message(severity="result", text="".join(f"{gear.state}\n" for view in views for gear in view.gears))


def _named(parts: ApplicationParts) -> str:
    return f"'{parts.application.name}' with domain '{parts.application.namespace}'"


def _shown(call: Call, view: GearGroupView) -> ShownGearGroup:
    return ShownGearGroup(view=view, frame=call.frame, with_endpoints=_with_endpoints(call))
