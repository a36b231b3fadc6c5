"""Single gears: their events, and their end."""

from broker.api.call import Answer, Call, told
from broker.api.resources.applications import shown_application
from broker.usecases.gear_deletion import delete_gear
from broker.usecases.gear_events import perform_gear_event
from broker.usecases.gears import GearTarget


def post_gear_event(call: Call) -> Answer:
    """The application after the event of one of its gears."""
    happened = perform_gear_event(_target(call), call.inputs["event"], call.inputs["timeout"])
    return Answer(data=shown_application(call, happened.view), messages=told(happened.text))


def delete(call: Call) -> Answer:
    """The gear is gone."""
    delete_gear(_target(call))
    return Answer(messages=told(f"Gear {call.path['gear_id']} is deleted."))


def _target(call: Call) -> GearTarget:
    return GearTarget(
        platform=call.platform,
        user=call.user,
        reference=call.application,
        gear_id=call.path["gear_id"],
        namespace=call.namespace,
    )
